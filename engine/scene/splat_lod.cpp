#include "engine/scene/splat_lod.h"

#include "engine/base/error.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace diorama {
namespace {

constexpr double kLeast_m = 0.2;     // nearer boxes count as this far away; splats nearer are not drawn
constexpr double kHysteresis = 1.2;  // of spacings
constexpr double kBesideView = 4;    // how much farther boxes well outside the view count
constexpr double kBesideView_rad = 30 * std::numbers::pi / 180;  // how far outside that is

double distance_m(const Bounds& bounds, glm::vec3 eye) {
  return std::max<double>(glm::length(glm::clamp(eye, bounds.min, bounds.max) - eye), kLeast_m);
}

// 1 in view, and from there on continuous.
double view_factor(const Bounds& bounds, const Camera& camera) {
  const glm::vec3 middle = inverse(camera.world_from_camera) * (0.5f * (bounds.min + bounds.max));
  const double radius = 0.5 * glm::length(bounds.max - bounds.min), away = glm::length(middle);
  if (away <= radius) return 1;
  const glm::vec2 corner = glm::max(camera.center_px, glm::vec2(camera.size_px) - camera.center_px) / camera.focal_px;
  const double view_rad = std::atan(glm::length(corner));
  const double off_axis_rad = std::atan2(glm::length(glm::vec2(middle)), middle.z);
  const double beyond = (off_axis_rad - view_rad - std::asin(radius / away)) / kBesideView_rad;
  return 1 + (kBesideView - 1) * std::clamp(beyond, 0.0, 1.0);
}

// Pixels that a metre has there.
double px_per_m(const SplatLodNode& node, const Camera& camera) {
  const double focal_px = 0.5 * (camera.focal_px.x + camera.focal_px.y);
  return focal_px / (distance_m(node.bounds, camera.world_from_camera.translation) * view_factor(node.bounds, camera));
}

double spacing_m(const SplatLodNode& node, size_t level) {
  const double splats = static_cast<double>(std::max<size_t>(1, node.levels[level].splats));
  return glm::length(node.bounds.max - node.bounds.min) / std::sqrt(splats);
}

size_t splats_of(const SplatLodNode& node, int level) {
  return level < 0 ? 0 : node.levels[static_cast<size_t>(level)].splats;
}

int coarsest_of(const SplatLodNode& node) {
  return static_cast<int>(node.levels.size()) - 1;
}

// The next usable level; -1: none.
int next_level(const SplatLodNode& node, int level, int step) {
  for (level += step; level >= 0 && level <= coarsest_of(node); level += step) {
    if (node.levels[static_cast<size_t>(level)].usable) return level;
  }
  return -1;
}

size_t limit_of(const SplatLodOptions& options) {
  return options.max_splats > 0 ? static_cast<size_t>(options.max_splats) : std::numeric_limits<size_t>::max();
}

// Where the node is, or is on its way to.
int held_level(const SplatLodState& state) {
  return state.coming >= 0 ? state.coming : state.shown;
}

struct Refinement {
  size_t node = 0;
  int from = 0, to = 0;
  double spacing_px = 0;
};

// Of each node all steps from its coarsest level on, widest first.
std::vector<Refinement> refinements(std::span<const SplatLodNode> nodes, std::span<const SplatLodState> states,
                                    const Camera& camera) {
  std::vector<Refinement> steps;
  for (size_t i = 0; i < nodes.size(); ++i) {
    const double scale = px_per_m(nodes[i], camera);
    const int held = held_level(states[i]);
    for (int from = coarsest_of(nodes[i]), to = next_level(nodes[i], from, -1); to >= 0;
         from = to, to = next_level(nodes[i], from, -1)) {
      const double wider = held >= 0 && to >= held ? kHysteresis : 1;
      steps.push_back({i, from, to, wider * scale * spacing_m(nodes[i], static_cast<size_t>(from))});
    }
  }
  std::stable_sort(steps.begin(), steps.end(),
                   [](const Refinement& a, const Refinement& b) { return a.spacing_px > b.spacing_px; });
  return steps;
}

// The finest that a state can get to without another load.
int finest_reach(const SplatLodState& state) {
  return state.coming >= 0 ? std::min(state.shown, state.coming) : state.shown;
}

void fade(SplatLodState& state, bool forth, double share) {
  state.fade = static_cast<float>(std::clamp(state.fade + (forth ? share : -share), 0.0, 1.0));
  if (state.fade >= 1) {
    state = {.shown = state.coming};
  } else if (state.fade <= 0 && !forth) {
    state = {.shown = state.shown};
  }
}

// Loads that may be begun within the budget.
class Loads {
 public:
  Loads(std::span<const SplatLodNode> nodes, std::span<SplatLodState> states, const SplatLodOptions& options)
      : nodes_(nodes), states_(states), limit_(limit_of(options)), used_(lod_splats(nodes, states)) {
    for (const SplatLodState& state : states) loading_ += state.coming >= 0 && !state.loaded ? 1 : 0;
  }

  void begin_all(std::span<const int> targets, const Camera& camera) {
    std::vector<std::pair<double, size_t>> coarser, finer;
    for (size_t i = 0; i < nodes_.size(); ++i) {
      const SplatLodState& state = states_[i];
      if (state.coming >= 0 || targets[i] == state.shown) continue;
      const double spacing = lod_spacing_px(nodes_[i], static_cast<size_t>(state.shown), camera);
      if (targets[i] > state.shown) coarser.emplace_back(spacing, i);
      if (targets[i] < state.shown) finer.emplace_back(-spacing, i);
    }
    std::sort(coarser.begin(), coarser.end());
    std::sort(finer.begin(), finer.end());
    for (const auto& [spacing, i] : coarser) begin(i, targets[i]);
    for (const auto& [spacing, i] : finer) {
      if (can_be_left(i, targets[i])) begin(i, targets[i]);
    }
  }

 private:
  void begin(size_t i, int level) {
    const size_t splats = splats_of(nodes_[i], level);
    if (loading_ >= kMostLodLoads || splats > limit_ - std::min(limit_, used_)) return;
    used_ += splats;
    ++loading_;
    states_[i].coming = level;
  }

  // Whether after this refinement, and all that is under way, there is room for a switch to something coarser: else
  // nothing could ever change again.
  bool can_be_left(size_t changed, int level) const {
    size_t sum = 0, most_beside = 0;
    for (size_t i = 0; i < nodes_.size(); ++i) {
      const int reach = i == changed ? level : finest_reach(states_[i]);
      sum += splats_of(nodes_[i], reach);
      most_beside = std::max(most_beside, splats_of(nodes_[i], next_level(nodes_[i], reach, 1)));
    }
    return sum <= limit_ && most_beside <= limit_ - sum;
  }

  std::span<const SplatLodNode> nodes_;
  std::span<SplatLodState> states_;
  size_t limit_, used_, loading_ = 0;
};

}  // namespace

double lod_spacing_px(const SplatLodNode& node, size_t level, const Camera& camera) {
  return px_per_m(node, camera) * spacing_m(node, level);
}

std::vector<int> choose_lod_levels(std::span<const SplatLodNode> nodes, std::span<const SplatLodState> states,
                                   const Camera& camera, const SplatLodOptions& options) {
  DIO_CHECK(nodes.size() == states.size());
  std::vector<int> levels;
  size_t sum = 0, most_beside = 0;
  for (const SplatLodNode& node : nodes) {
    levels.push_back(coarsest_of(node));
    sum += splats_of(node, levels.back());
  }
  const size_t limit = limit_of(options);
  for (const Refinement& step : refinements(nodes, states, camera)) {
    if (!(step.spacing_px > options.detail_px)) break;
    const SplatLodNode& node = nodes[step.node];
    const size_t finer_sum = sum + splats_of(node, step.to) - splats_of(node, step.from);
    const size_t beside = std::max(most_beside, splats_of(node, step.from));
    if (finer_sum > limit || beside > limit - finer_sum) break;
    sum = finer_sum;
    most_beside = beside;
    levels[step.node] = step.to;
  }
  return levels;
}

std::vector<SplatLodState> coarsest_lod(std::span<const SplatLodNode> nodes, const SplatLodOptions& options) {
  std::vector<SplatLodState> states;
  for (const SplatLodNode& node : nodes) states.push_back({.shown = coarsest_of(node)});
  const size_t splats = lod_splats(nodes, states);
  if (splats > limit_of(options)) {
    fail(ErrorCode::kInvalidInput, "its coarsest level has {} splats, more than the {} allowed (--max-splats)", splats,
         options.max_splats);
  }
  return states;
}

void advance_lod(std::span<const SplatLodNode> nodes, std::span<SplatLodState> states, const Camera& camera,
                 const SplatLodOptions& options, double dt_s) {
  DIO_CHECK(dt_s >= 0);
  const std::vector<int> targets = choose_lod_levels(nodes, states, camera, options);
  const double share = options.fade_s > 0 ? dt_s / options.fade_s : 1;
  for (size_t i = 0; i < states.size(); ++i) {
    SplatLodState& state = states[i];
    if (state.coming < 0) continue;
    if (state.loaded) {
      fade(state, targets[i] != state.shown, share);
    } else if (state.coming != targets[i]) {
      state = {.shown = state.shown};
    }
  }
  Loads(nodes, states, options).begin_all(targets, camera);
}

size_t lod_splats(std::span<const SplatLodNode> nodes, std::span<const SplatLodState> states) {
  DIO_CHECK(nodes.size() == states.size());
  size_t splats = 0;
  for (size_t i = 0; i < nodes.size(); ++i) {
    splats += splats_of(nodes[i], states[i].shown) + splats_of(nodes[i], states[i].coming);
  }
  return splats;
}

float lod_weight(float fade) {
  // Half the time lets a level of this optical depth come evenly to the front, the other half the other one go. At
  // depths from 1 to 10 no thirtieth of a fade then changes more than 0.12 of what is seen.
  constexpr float kDepth = 5;
  if (fade > 0.5f) return 1 - lod_weight(1 - fade);
  return -std::log1p(2 * fade * std::expm1(-0.5f * kDepth)) / kDepth;
}

std::vector<SplatLodDraw> lod_draws(std::span<const SplatLodState> states) {
  std::vector<SplatLodDraw> draws;
  for (size_t i = 0; i < states.size(); ++i) {
    const SplatLodState& state = states[i];
    const float coming = state.coming >= 0 && state.loaded ? lod_weight(state.fade) : 0.0f;
    const auto node = static_cast<uint32_t>(i);
    draws.push_back({node, static_cast<uint32_t>(state.shown), 1 - coming});
    if (coming > 0) draws.push_back({node, static_cast<uint32_t>(state.coming), coming});
  }
  return draws;
}

}  // namespace diorama
