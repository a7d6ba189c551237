#include "reconstruction/light_field/plane_sweep.h"

#include "reconstruction/light_field/slab_trainer.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace diorama {
namespace {

constexpr int kWindow = 2;            // pixels to each side over which a match is judged
constexpr int kWideWindow = 7;        // where the small window does not tell
constexpr int kFewPlanes = 7;         // a match that allows more planes does not tell
constexpr float kOutside = 0.2f;      // cost of a pixel that a neighbour does not see
constexpr float kNoise = 0.003f;      // mean difference that says nothing
constexpr float kNearlyBest = 1.25f;  // a match this much worse than the best may be the true one

ImageRgb halved(const ImageRgb& image) {
  ImageRgb half(glm::max(image.size_px() / 2, glm::ivec2(1)));
  const glm::ivec2 last = image.size_px() - 1;
  for (int y = 0; y < half.height(); ++y) {
    for (int x = 0; x < half.width(); ++x) {
      const glm::ivec2 low(2 * x, 2 * y), high = glm::min(low + 1, last);
      half.at(x, y) = 0.25f * (image.at(low.x, low.y) + image.at(high.x, low.y) + image.at(low.x, high.y) +
                               image.at(high.x, high.y));
    }
  }
  return half;
}

// Views at half size, for matching.
std::vector<LightFieldView> small_views(std::span<const LightFieldView> views, JobContext& job) {
  std::vector<LightFieldView> small(views.size());
  job.pool().parallel_for(views.size(), 1, [&](size_t i, size_t) {
    const LightFieldView& view = views[i];
    ImageRgb half = halved(view.color);
    small[i] = {view.frame, view.row, view.column, resized(view.camera, half.size_px()), std::move(half)};
  });
  return small;
}

// The nearest views of the same row or column, one to each side where there is one.
std::vector<const LightFieldView*> neighbours_of(const LightFieldView& view, std::span<const LightFieldView> views) {
  std::array<const LightFieldView*, 4> nearest{};
  std::array<int, 4> distance{};
  for (const LightFieldView& other : views) {
    const int across = other.column - view.column, down = other.row - view.row;
    if ((across == 0) == (down == 0)) continue;
    const size_t side = across < 0 ? 0 : across > 0 ? 1 : down < 0 ? 2 : 3;
    const int steps = std::abs(across + down);
    if (nearest[side] && distance[side] <= steps) continue;
    nearest[side] = &other, distance[side] = steps;
  }
  std::vector<const LightFieldView*> found;
  for (const LightFieldView* other : nearest) {
    if (other) found.push_back(other);
  }
  return found;
}

float difference(const ImageRgb& image, glm::vec2 px, glm::vec3 color) {
  const glm::vec2 p = px - 0.5f;
  const glm::ivec2 low(glm::floor(p));
  if (low.x < 0 || low.y < 0 || low.x + 1 >= image.width() || low.y + 1 >= image.height()) return kOutside;
  const glm::vec2 f = p - glm::vec2(low);
  const glm::vec3 there = glm::mix(glm::mix(image.at(low.x, low.y), image.at(low.x + 1, low.y), f.x),
                                   glm::mix(image.at(low.x, low.y + 1), image.at(low.x + 1, low.y + 1), f.x), f.y);
  const glm::vec3 off = glm::abs(there - color);
  return (off.x + off.y + off.z) / 3;
}

// Mean over the pixels up to `reach` away on both axes.
ImageF32 smoothed(const ImageF32& image, int reach) {
  ImageF32 rows(image.size_px()), means(image.size_px());
  const auto share = 1 / static_cast<float>(2 * reach + 1);
  for (int y = 0; y < image.height(); ++y) {
    for (int x = 0; x < image.width(); ++x) {
      float sum = 0;
      for (int i = -reach; i <= reach; ++i) sum += image.at(std::clamp(x + i, 0, image.width() - 1), y);
      rows.at(x, y) = share * sum;
    }
  }
  for (int y = 0; y < image.height(); ++y) {
    for (int x = 0; x < image.width(); ++x) {
      float sum = 0;
      for (int i = -reach; i <= reach; ++i) sum += rows.at(x, std::clamp(y + i, 0, image.height() - 1));
      means.at(x, y) = share * sum;
    }
  }
  return means;
}

// How badly a view agrees with its neighbours at a depth: of each pixel the mean difference to the two neighbours that
// agree best, since what is behind an edge is seen from one side only.
ImageF32 matching_cost(const LightFieldView& view, std::span<const LightFieldView* const> neighbours,
                       float inverse_depth) {
  const Camera& camera = view.camera;
  const glm::mat3 to_camera = glm::transpose(camera.world_from_camera.rotation);
  std::vector<glm::vec2> shifts;
  for (const LightFieldView* other : neighbours) {
    const glm::vec3 offset =
        to_camera * (camera.world_from_camera.translation - other->camera.world_from_camera.translation);
    shifts.push_back(camera.focal_px * glm::vec2(offset) * inverse_depth);
  }
  ImageF32 cost(view.color.size_px());
  for (int y = 0; y < cost.height(); ++y) {
    for (int x = 0; x < cost.width(); ++x) {
      std::array<float, 2> best{kOutside, kOutside};
      for (size_t i = 0; i < neighbours.size(); ++i) {
        const float off = difference(neighbours[i]->color, glm::vec2(x, y) + 0.5f + shifts[i], view.color.at(x, y));
        if (off < best[0]) {
          best = {off, best[0]};
        } else {
          best[1] = std::min(best[1], off);
        }
      }
      cost.at(x, y) = 0.5f * (best[0] + best[1]);
    }
  }
  return smoothed(cost, kWindow);
}

std::vector<ImageF32> matching_costs(const LightFieldView& view, std::span<const LightFieldView> views,
                                     std::span<const float> inverse_depths) {
  const std::vector<const LightFieldView*> neighbours = neighbours_of(view, views);
  std::vector<ImageF32> costs;
  for (const float inverse_depth : inverse_depths) costs.push_back(matching_cost(view, neighbours, inverse_depth));
  return costs;
}

struct Match {
  size_t best = 0;
  float least = 0, greatest = 0;
  bool is_sure() const { return greatest > 6 * kNoise && least < 0.25f * greatest; }
  bool allows(float cost) const { return cost <= kNearlyBest * least + kNoise; }
};

Match match_at(std::span<const ImageF32> costs, int x, int y) {
  Match match{0, costs[0].at(x, y), costs[0].at(x, y)};
  for (size_t i = 1; i < costs.size(); ++i) {
    const float cost = costs[i].at(x, y);
    if (cost < match.least) match.best = i, match.least = cost;
    match.greatest = std::max(match.greatest, cost);
  }
  return match;
}

int count_allowed(const Match& match, std::span<const ImageF32> costs, int x, int y) {
  int count = 0;
  for (const ImageF32& cost : costs) count += match.allows(cost.at(x, y)) ? 1 : 0;
  return count;
}

// Planes on which the surface at a pixel may be, and those next to them.
std::vector<bool> allowed_planes(std::span<const ImageF32> costs, std::span<const ImageF32> wide_costs, int x, int y) {
  Match match = match_at(costs, x, y);
  if (count_allowed(match, costs, x, y) > kFewPlanes) costs = wide_costs, match = match_at(costs, x, y);
  std::vector<bool> allowed(costs.size(), false);
  for (size_t plane = 0; plane < costs.size(); ++plane) {
    if (!match.allows(costs[plane].at(x, y))) continue;
    for (size_t p = plane == 0 ? 0 : plane - 1; p < std::min(plane + 2, costs.size()); ++p) allowed[p] = true;
  }
  return allowed;
}

// Pixels at the edge that some neighbour may not see at depths down to nearest_m.
int margin_of(const LightFieldView& view, std::span<const LightFieldView* const> neighbours, float nearest_m) {
  float farthest_m = 0;
  for (const LightFieldView* other : neighbours) {
    farthest_m = std::max(farthest_m, glm::length(other->camera.world_from_camera.translation -
                                                  view.camera.world_from_camera.translation));
  }
  const float shift_px = view.camera.focal_px.x * farthest_m / nearest_m;
  const int side = std::min(view.color.width(), view.color.height());
  return static_cast<int>(std::min(std::ceil(shift_px) + kWindow, static_cast<float>(side / 3)));
}

}  // namespace

DepthRange find_depth_range(std::span<const LightFieldView> views, float nearest_m, JobContext& job) {
  constexpr int kDepths = 64;
  constexpr size_t kViews = 5;
  constexpr double kFewestSure = 50;
  constexpr double kBeyond = 0.01;  // of the sure pixels may be nearer or farther
  std::vector<float> inverse_depths;
  for (int i = 0; i < kDepths; ++i) inverse_depths.push_back(static_cast<float>(i) / (kDepths - 1) / nearest_m);
  const std::vector<LightFieldView> small = small_views(views, job);
  std::vector<std::array<size_t, kDepths>> counts(kViews);
  job.begin_stage("finding depths", kViews);
  job.pool().parallel_for(kViews, 1, [&](size_t i, size_t) {
    const LightFieldView& view = small[i * (small.size() - 1) / (kViews - 1)];
    const std::vector<ImageF32> costs = matching_costs(view, small, inverse_depths);
    const int margin = margin_of(view, neighbours_of(view, small), nearest_m);
    counts[i].fill(0);
    for (int y = margin; y < view.color.height() - margin; ++y) {
      for (int x = margin; x < view.color.width() - margin; ++x) {
        if (const Match match = match_at(costs, x, y); match.is_sure()) ++counts[i][match.best];
      }
    }
    job.advance();
  });
  std::array<double, kDepths> sums{};
  double all = 0;
  for (const auto& of_view : counts) {
    for (size_t d = 0; d < kDepths; ++d)
      sums[d] += static_cast<double>(of_view[d]), all += static_cast<double>(of_view[d]);
  }
  if (!(all > kFewestSure)) {
    fail(ErrorCode::kInvalidInput,
         "the views agree with their neighbours at no depth beyond {} m; check that they see the same scene",
         nearest_m);
  }
  size_t first = 0, last = kDepths - 1;
  for (double sum = sums[first]; sum < kBeyond * all; sum += sums[++first]) continue;
  for (double sum = sums[last]; sum < kBeyond * all; sum += sums[--last]) continue;
  const float step = inverse_depths[1];
  const float farthest = std::max(inverse_depths[first] - step, 0.1f * step);
  return {1 / (inverse_depths[last] + step), 1 / farthest};
}

void find_occupancy(std::span<const LightFieldView> views, const Rigid& slab_from_world, SlabField& field,
                    JobContext& job) {
  const SlabLayout& layout = field.layout();
  std::vector<float> inverse_depths;
  for (int plane = 0; plane < layout.planes; ++plane) inverse_depths.push_back(field.inverse_depth(plane));
  const std::vector<LightFieldView> small = small_views(views, job);
  constexpr size_t kParts = 8;  // views are taken in turn; each part marks cells of its own
  std::vector<std::vector<float>> found(kParts, std::vector<float>(field.occupancy().size(), 0.0f));
  job.begin_stage("finding surfaces", small.size());
  job.pool().parallel_for(kParts, 1, [&](size_t part, size_t) {
    for (size_t v = part; v < small.size(); v += kParts) {
      const LightFieldView& view = small[v];
      const std::vector<ImageF32> costs = matching_costs(view, small, inverse_depths);
      std::vector<ImageF32> wide_costs;
      for (const ImageF32& cost : costs) wide_costs.push_back(smoothed(cost, kWideWindow));
      for (int i = 0; i < view.color.width() * view.color.height(); ++i) {
        const int x = i % view.color.width(), y = i / view.color.width();
        const auto allowed = allowed_planes(costs, wide_costs, x, y);
        const SlabRay ray = slab_ray(view.camera, slab_from_world, glm::vec2(x, y) + 0.5f);
        for (int plane = 0; plane < layout.planes; ++plane) {
          if (!allowed[static_cast<size_t>(plane)]) continue;
          const auto [s, t] = slab_point(layout, ray, inverse_depths[static_cast<size_t>(plane)]);
          if (s >= 0 && s <= 1 && t >= 0 && t <= 1) found[part][field.cell_of(s, t, plane)] = 1;
        }
      }
      job.advance();
    }
  });
  for (size_t part = 1; part < kParts; ++part) {
    for (size_t i = 0; i < found[0].size(); ++i) found[0][i] = std::max(found[0][i], found[part][i]);
  }
  field.set_occupancy(found[0], 0.5f);
}

}  // namespace diorama
