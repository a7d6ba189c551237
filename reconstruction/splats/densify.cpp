#include "reconstruction/splats/densify.h"

#include "engine/base/error.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

namespace diorama {
namespace {

constexpr float kDeadOpacity = 0.005f;
constexpr double kGrowth = 0.05;  // share of the splats that each densification adds
constexpr int kMostShared = 51;   // splats at one place (Kheradmand et al. 2024)

constexpr float kCloneGradient = 2e-4f;  // mean |dL / d mean| in half image widths (Kerbl et al. 2023)
constexpr float kSmallScale = 0.01f;     // of the extent: cloned below, split above
constexpr float kHugeScale = 0.1f;       // of the extent: removed
constexpr float kSplitShrink = 1.6f;

constexpr size_t kFloaterViews = 24;
constexpr float kFloaterGap = 0.05f;  // share of the depth

float logit(float opacity) {
  const float inside = std::clamp(opacity, 1e-4f, 1 - 1e-4f);
  return std::log(inside / (1 - inside));
}

// Index drawn with the probability of its weight; `sums` are the running sums of the weights.
size_t draw(const std::vector<double>& sums, Random& random) {
  const double target = random.uniform() * sums.back();
  const auto found = std::upper_bound(sums.begin(), sums.end(), target);
  return std::min(static_cast<size_t>(found - sums.begin()), sums.size() - 1);
}

// How many splats are to come to each place, drawn by opacity among those that live.
std::vector<int> draw_places(const SplatModel& model, const std::vector<uint8_t>& dead, size_t count, Random& random) {
  std::vector<double> sums(model.count());
  double sum = 0;
  for (size_t i = 0; i < sums.size(); ++i) sums[i] = sum += dead[i] ? 0.0 : static_cast<double>(model.opacity(i));
  std::vector<int> arrivals(model.count(), 0);
  if (!(sum > 0)) return arrivals;
  for (size_t i = 0; i < count; ++i) {
    int& at = arrivals[draw(sums, random)];
    if (at + 1 < kMostShared) ++at;
  }
  return arrivals;
}

void set_look(std::span<float> record, const SharedLook& look) {
  record[SplatLayout::kOpacity] = logit(std::max(look.opacity, kDeadOpacity));
  const float log_share = std::log(look.scale);
  for (size_t axis = 0; axis < 3; ++axis) record[SplatLayout::kLogScale + axis] += log_share;
}

glm::vec3 position(std::span<const float> record) {
  return {record[0], record[1], record[2]};
}

glm::mat3 axes(std::span<const float> record) {
  const float* q = record.data() + SplatLayout::kRotation;
  const glm::vec4 r = glm::normalize(glm::vec4(q[0], q[1], q[2], q[3]));
  const glm::vec3 x(1 - 2 * (r.y * r.y + r.z * r.z), 2 * (r.x * r.y + r.w * r.z), 2 * (r.x * r.z - r.w * r.y));
  const glm::vec3 y(2 * (r.x * r.y - r.w * r.z), 1 - 2 * (r.x * r.x + r.z * r.z), 2 * (r.y * r.z + r.w * r.x));
  return glm::mat3(x, y, glm::cross(x, y));
}

glm::vec3 scales(std::span<const float> record) {
  const float* s = record.data() + SplatLayout::kLogScale;
  return {std::exp(s[0]), std::exp(s[1]), std::exp(s[2])};
}

void offset_within(std::span<float> record, Random& random) {
  const glm::vec3 offset =
      axes(record) * (scales(record) * glm::vec3(random.normal(), random.normal(), random.normal()));
  for (int axis = 0; axis < 3; ++axis) record[static_cast<size_t>(axis)] += offset[axis];
}

void split(SplatModel& model, size_t splat, Random& random) {
  const float log_shrink = std::log(kSplitShrink);
  for (size_t axis = 0; axis < 3; ++axis) model.record(splat)[SplatLayout::kLogScale + axis] -= log_shrink;
  const size_t other = model.append_copy(splat);
  // Both are drawn within the old one: its scale is larger by what they shrank.
  for (const size_t half : {splat, other}) {
    const std::span<float> record = model.record(half);
    const glm::vec3 offset =
        axes(record) * (kSplitShrink * scales(record) * glm::vec3(random.normal(), random.normal(), random.normal()));
    for (int axis = 0; axis < 3; ++axis) record[static_cast<size_t>(axis)] += offset[axis];
    model.forget_motion(half);
  }
}

}  // namespace

SharedLook share_look(float opacity, int count) {
  const double one = 1 - std::pow(1 - static_cast<double>(opacity), 1.0 / count);
  double sum = 0;
  for (int i = 1; i <= count; ++i) {
    double binomial = 1, power = one;
    for (int k = 0; k < i; ++k) {
      sum += binomial * (k % 2 == 0 ? 1 : -1) * power / std::sqrt(k + 1.0);
      binomial *= static_cast<double>(i - 1 - k) / (k + 1);
      power *= one;
    }
  }
  return {static_cast<float>(one), static_cast<float>(sum > 1e-12 ? opacity / sum : 1.0)};
}

DensifyStats densify_mcmc(SplatModel& model, size_t cap, Random& random) {
  DensifyStats stats;
  const size_t before = model.count();
  std::vector<uint8_t> dead(before);
  for (size_t i = 0; i < before; ++i) {
    dead[i] = !(model.opacity(i) > kDeadOpacity);
    stats.moved += dead[i];
  }
  const size_t grown = std::min(cap, before + static_cast<size_t>(kGrowth * static_cast<double>(before)));
  const size_t wanted = grown > before ? grown - before : 0;
  const std::vector<int> arrivals = draw_places(model, dead, stats.moved + wanted, random);
  std::vector<size_t> seats;
  for (size_t i = 0; i < before; ++i) {
    if (dead[i]) seats.push_back(i);
  }
  model.reserve(grown);
  size_t seat = 0;
  for (size_t place = 0; place < before; ++place) {
    if (arrivals[place] == 0) continue;
    set_look(model.record(place), share_look(model.opacity(place), arrivals[place] + 1));
    model.forget_motion(place);
    for (int i = 0; i < arrivals[place]; ++i) {
      if (seat < seats.size()) {
        model.overwrite(seats[seat], place);
        model.forget_motion(seats[seat++]);
      } else {
        model.append_copy(place);
        ++stats.added;
      }
    }
  }
  return stats;
}

DensifyStats densify_classic(SplatModel& model, size_t cap, float extent_m, Random& random) {
  DensifyStats stats;
  const size_t before = model.count();
  model.reserve(cap);
  std::vector<size_t> pulled;
  for (size_t i = 0; i < before; ++i) {
    const SplatHistory& history = model.history[i];
    if (history.views > 0 && history.gradient_sum > kCloneGradient * static_cast<float>(history.views))
      pulled.push_back(i);
  }
  const auto pull = [&](size_t i) {
    return model.history[i].gradient_sum / static_cast<float>(model.history[i].views);
  };
  std::ranges::stable_sort(pulled, [&](size_t a, size_t b) { return pull(a) > pull(b); });
  for (const size_t i : pulled) {
    if (model.count() >= cap) break;
    const glm::vec3 size = scales(model.record(i));
    if (std::max({size.x, size.y, size.z}) > kSmallScale * extent_m) {
      split(model, i, random);
    } else {
      const size_t clone = model.append_copy(i);
      offset_within(model.record(clone), random);
    }
    ++stats.added;
  }
  std::vector<uint8_t> gone(model.count());
  for (size_t i = 0; i < gone.size(); ++i) {
    const glm::vec3 size = scales(model.record(i));
    gone[i] = !(model.opacity(i) > kDeadOpacity) || !(std::max({size.x, size.y, size.z}) < kHugeScale * extent_m);
    stats.removed += gone[i];
  }
  model.remove(gone);
  std::ranges::fill(model.history, SplatHistory{});
  return stats;
}

void reset_opacities(SplatModel& model) {
  const float most = logit(0.01f);
  for (size_t i = 0; i < model.count(); ++i) {
    float& opacity = model.record(i)[SplatLayout::kOpacity];
    if (opacity > most) {
      opacity = most;
      model.first_moments[i * model.stride() + SplatLayout::kOpacity] = 0;
      model.second_moments[i * model.stride() + SplatLayout::kOpacity] = 0;
    }
  }
}

size_t remove_floaters(SplatModel& model, const TrainingSet& set, const std::function<Camera(size_t view)>& camera,
                       ThreadPool& pool) {
  const size_t used = std::min(kFloaterViews, set.views.size());
  std::vector<size_t> views;
  std::vector<Camera> cameras;
  for (size_t i = 0; i < used; ++i) {
    views.push_back(i * set.views.size() / used);
    cameras.push_back(camera(views.back()));
  }
  std::vector<uint8_t> gone(model.count(), 0);
  pool.parallel_for(model.count(), 1024, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      const auto record = std::as_const(model).record(i);
      const glm::vec3 size = scales(record);
      const float reach = 3 * std::max({size.x, size.y, size.z});
      int seen = 0, in_front = 0;
      for (size_t v = 0; v < used; ++v) {
        const ImageF32& depth_m = set.views[views[v]].depth_m;
        const glm::vec3 p = inverse(cameras[v].world_from_camera) * position(record);
        if (depth_m.empty() || !(p.z > 0)) continue;
        const glm::vec2 pixel = glm::floor(project_in_camera(cameras[v], p));
        if (!(pixel.x >= 0 && pixel.y >= 0 && pixel.x < static_cast<float>(depth_m.width()) &&
              pixel.y < static_cast<float>(depth_m.height()))) {
          continue;
        }
        const float z = depth_m.at(static_cast<int>(pixel.x), static_cast<int>(pixel.y));
        if (!(z > 0) || p.z > (1 + kFloaterGap) * z) continue;  // not measured, or hidden behind a surface
        ++seen;
        in_front += p.z + reach < (1 - kFloaterGap) * z;
      }
      gone[i] = seen >= 3 && in_front * 4 > seen * 3;
    }
  });
  const auto removed = static_cast<size_t>(std::count(gone.begin(), gone.end(), uint8_t{1}));
  if (removed > 0) model.remove(gone);
  return removed;
}

void jitter(std::span<float> record, float strength, Random& random) {
  const glm::mat3 turn = axes(record);
  const glm::vec3 size = scales(record);
  const glm::vec3 numbers(random.normal(), random.normal(), random.normal());
  const glm::vec3 offset = turn * (size * size * (glm::transpose(turn) * numbers));
  for (int axis = 0; axis < 3; ++axis) record[static_cast<size_t>(axis)] += strength * offset[axis];
}

size_t remove_broken(SplatModel& model) {
  std::vector<uint8_t> gone(model.count());
  for (size_t i = 0; i < gone.size(); ++i) gone[i] = !is_finite_record(std::as_const(model).record(i));
  const auto removed = static_cast<size_t>(std::count(gone.begin(), gone.end(), uint8_t{1}));
  if (removed > 0) model.remove(gone);
  return removed;
}

}  // namespace diorama
