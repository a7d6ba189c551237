#include "engine/scene/splat_lod.h"

#include "engine/base/error.h"
#include "engine/base/random.h"
#include "engine/scene/splat_fade_shared.h"
#include "tests/expect_error.h"

#include <gtest/gtest.h>

#include <cmath>

namespace diorama {
namespace {

using Nodes = std::vector<SplatLodNode>;
using States = std::vector<SplatLodState>;

// A row of boxes of 1 m along +z, each with levels of 800, 400, 200 and 100 splats.
Nodes row_of(size_t count) {
  Nodes nodes;
  for (size_t i = 0; i < count; ++i) {
    const auto z = static_cast<float>(i);
    nodes.push_back({{{-0.5f, -0.5f, z}, {0.5f, 0.5f, z + 1}}, {{800, 0}, {400, 1}, {200, 2}, {100, 3}}});
  }
  return nodes;
}

// Boxes and levels of all kinds, around the origin.
Nodes random_nodes(size_t count, uint64_t seed) {
  Random random(seed);
  Nodes nodes;
  for (size_t i = 0; i < count; ++i) {
    const glm::vec3 low(random.uniform(-9, 9), random.uniform(-9, 9), random.uniform(-9, 9));
    const glm::vec3 size(random.uniform(0.1f, 3), random.uniform(0.1f, 3), random.uniform(0.1f, 3));
    SplatLodNode node{{low, low + size}, {}};
    size_t splats = 500 + random.below(4000);
    for (uint32_t level = 0; level < 1 + random.below(5); ++level) {
      node.levels.push_back({splats, static_cast<int>(level)});
      splats = splats * (20 + random.below(75)) / 100;
    }
    nodes.push_back(std::move(node));
  }
  return nodes;
}

Camera camera_at(glm::vec3 eye, glm::vec3 target) {
  return {{640, 480}, {500, 500}, {320, 240}, look_at(eye, target, {0, 1, 0})};
}

size_t coarsest_splats(const Nodes& nodes) {
  size_t sum = 0;
  for (const SplatLodNode& node : nodes) sum += node.levels.back().splats;
  return sum;
}

// Loads come at once; true once nothing moves any more.
bool settle(const Nodes& nodes, States& states, const Camera& camera, const SplatLodOptions& options) {
  for (int step = 0; step < 1000; ++step) {
    advance_lod(nodes, states, camera, options, 1);
    bool busy = false;
    for (SplatLodState& state : states) {
      busy = busy || state.coming >= 0;
      if (state.coming >= 0) state.loaded = true;
    }
    if (!busy) return true;
  }
  return false;
}

std::vector<int> shown(const States& states) {
  std::vector<int> levels;
  for (const SplatLodState& state : states) levels.push_back(state.shown);
  return levels;
}

TEST(SplatLod, TheBudgetHoldsAtEveryStepWithBothLevelsOfEveryFade) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const Nodes nodes = random_nodes(12, seed);
    Random random(seed + 100);
    SplatLodOptions options{.max_splats = static_cast<int>(coarsest_splats(nodes) + random.below(20000))};
    States states = coarsest_lod(nodes, options);
    for (int step = 0; step < 300; ++step) {
      // Slowly on, and now and then somewhere else.
      const auto turn = static_cast<float>(step / 60) * 2.1f + static_cast<float>(step % 60) * 0.01f;
      const glm::vec3 eye(9 * std::sin(turn), 2 * std::cos(3 * turn), 9 * std::cos(turn));
      advance_lod(nodes, states, camera_at(eye, {0, 0, 0}), options, 0.06);
      ASSERT_LE(lod_splats(nodes, states), static_cast<size_t>(options.max_splats)) << seed << " " << step;
      for (SplatLodState& state : states) {
        if (state.coming >= 0 && random.below(4) == 0) state.loaded = true;  // loads take their time
      }
    }
  }
}

TEST(SplatLod, EveryChoiceIsReachedFromEveryOther) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const Nodes nodes = random_nodes(12, seed);
    Random random(seed + 200);
    const SplatLodOptions options{.max_splats = static_cast<int>(coarsest_splats(nodes) + random.below(12000)),
                                  .detail_px = 0};
    States states = coarsest_lod(nodes, options);
    for (int view = 0; view < 6; ++view) {
      const glm::vec3 eye(random.uniform(-9, 9), random.uniform(-9, 9), random.uniform(-9, 9));
      const Camera camera = camera_at(eye, {0, 0, 0});
      ASSERT_TRUE(settle(nodes, states, camera, options)) << seed << " " << view;
      EXPECT_EQ(shown(states), choose_lod_levels(nodes, states, camera, options));
    }
  }
}

TEST(SplatLod, ALargerBudgetNeverGivesACoarserNode) {
  for (uint64_t seed = 0; seed < 10; ++seed) {
    const Nodes nodes = random_nodes(15, seed);
    const Camera camera = camera_at({3, 1, -8}, {0, 0, 0});
    const States start = coarsest_lod(nodes, {});
    std::vector<int> before = shown(start);
    for (int more = 0; more < 40000; more += 500) {
      const SplatLodOptions options{.max_splats = static_cast<int>(coarsest_splats(nodes)) + more, .detail_px = 0};
      const std::vector<int> levels = choose_lod_levels(nodes, start, camera, options);
      for (size_t i = 0; i < nodes.size(); ++i) EXPECT_LE(levels[i], before[i]) << seed << " " << more << " " << i;
      before = levels;
    }
    EXPECT_EQ(before, std::vector<int>(nodes.size(), 0)) << "all at their finest in the end";
  }
}

TEST(SplatLod, ANearerBoxIsNeverCoarserThanAnEqualOneBehind) {
  const Nodes nodes = row_of(10);
  const States start = coarsest_lod(nodes, {});
  bool differ = false;
  for (int budget = 1000; budget < 9000; budget += 100) {
    const std::vector<int> levels =
        choose_lod_levels(nodes, start, camera_at({0, 0, -3}, {0, 0, 9}), {.max_splats = budget, .detail_px = 0});
    for (size_t i = 1; i < levels.size(); ++i) EXPECT_LE(levels[i - 1], levels[i]) << budget << " " << i;
    differ = differ || levels.front() < levels.back();
  }
  EXPECT_TRUE(differ);
}

TEST(SplatLod, DetailEndsWhereSplatsAreAsNearAsAsked) {
  const Nodes nodes = row_of(6);
  const Camera camera = camera_at({0, 0, -3}, {0, 0, 9});
  const std::vector<int> levels = choose_lod_levels(nodes, coarsest_lod(nodes, {}), camera, {.detail_px = 12});
  for (size_t i = 0; i < nodes.size(); ++i) {
    const auto level = static_cast<size_t>(levels[i]);
    EXPECT_TRUE(level == 0 || lod_spacing_px(nodes[i], level, camera) <= 12);
    EXPECT_TRUE(level == 3 || lod_spacing_px(nodes[i], level + 1, camera) > 12);
  }
  EXPECT_LT(levels.front(), levels.back());
}

TEST(SplatLod, BoxesBesideTheViewGetLess) {
  const Nodes nodes = {{{{-1, -1, 4}, {1, 1, 6}}, {{800, 0}, {100, 1}}},
                       {{{-1, -1, -6}, {1, 1, -4}}, {{800, 0}, {100, 1}}}};
  const States start = coarsest_lod(nodes, {});
  const SplatLodOptions options{.max_splats = 1000, .detail_px = 0};
  EXPECT_EQ(choose_lod_levels(nodes, start, camera_at({0, 0, 0}, {0, 0, 1}), options), (std::vector{0, 1}));
  EXPECT_EQ(choose_lod_levels(nodes, start, camera_at({0, 0, 0}, {0, 0, -1}), options), (std::vector{1, 0}));
}

// Counts loads begun while the camera goes to and fro by a share of its distance.
int loads_while_swaying(const Nodes& nodes, const SplatLodOptions& options, float z, float share) {
  States states = coarsest_lod(nodes, options);
  settle(nodes, states, camera_at({0, 0, z}, {0, 0, 99}), options);
  int loads = 0;
  for (int step = 0; step < 200; ++step) {
    const float at = z * (1 + (step % 2 == 0 ? share : -share));
    advance_lod(nodes, states, camera_at({0, 0, at}, {0, 0, 99}), options, 0.1);
    for (SplatLodState& state : states) {
      if (state.coming < 0 || state.loaded) continue;
      ++loads;
      state.loaded = true;
    }
  }
  return loads;
}

TEST(SplatLod, NothingGoesToAndFroAtABorder) {
  const Nodes nodes = row_of(8);
  for (const SplatLodOptions& options :
       {SplatLodOptions{.detail_px = 10}, SplatLodOptions{.max_splats = 2500, .detail_px = 0}}) {
    for (float z = -2; z > -12; z -= 0.05f) {
      // Each of 8 boxes may settle once on its side of a border that is within the sway; without memory of what is
      // shown it would be some 200 loads.
      EXPECT_LE(loads_while_swaying(nodes, options, z, 0.03f), 8) << z;
    }
  }
}

TEST(SplatLod, WeightsAddUpToOneWhileLevelsFade) {
  const Nodes nodes = random_nodes(10, 7);
  const SplatLodOptions options{.max_splats = 20000, .fade_s = 0.5};
  States states = coarsest_lod(nodes, options);
  std::vector<std::vector<float>> before;
  size_t faded = 0;
  for (int step = 0; step < 200; ++step) {
    const float turn = static_cast<float>(step) * 0.03f;
    advance_lod(nodes, states, camera_at({9 * std::sin(turn), 1, 9 * std::cos(turn)}, {0, 0, 0}), options, 0.05);
    std::vector<std::vector<float>> weights;
    for (const SplatLodNode& node : nodes) weights.emplace_back(node.levels.size(), 0.0f);
    for (const SplatLodDraw& draw : lod_draws(states)) weights[draw.node][draw.level] += draw.weight;
    for (size_t i = 0; i < nodes.size(); ++i) {
      float sum = 0;
      for (size_t level = 0; level < weights[i].size(); ++level) {
        sum += weights[i][level];
        if (weights[i][level] > 0 && weights[i][level] < 1) ++faded;
        // A tenth of a fade changes the weight most in its middle: from lod_weight(0.45) = 0.35 to 0.65.
        EXPECT_TRUE(before.empty() || std::abs(weights[i][level] - before[i][level]) <= 0.31f);
      }
      EXPECT_FLOAT_EQ(sum, 1) << "no hole, nothing twice";
    }
    before = weights;
    for (SplatLodState& state : states) state.loaded = state.coming >= 0;
  }
  EXPECT_GT(faded, 100u) << "else nothing was seen";
}

TEST(SplatLod, WhatIsNotWantedAnyMoreIsDroppedOrFadesBack) {
  const Nodes nodes = row_of(1);
  const SplatLodOptions options{.detail_px = 10, .fade_s = 1};
  const Camera near = camera_at({0, 0, -1}, {0, 0, 9}), far = camera_at({0, 0, -80}, {0, 0, 9});
  States states = coarsest_lod(nodes, options);
  advance_lod(nodes, states, near, options, 0.1);
  EXPECT_EQ(states[0].coming, 0);
  advance_lod(nodes, states, far, options, 0.1);
  EXPECT_EQ(states[0].coming, -1) << "the load";
  advance_lod(nodes, states, near, options, 0.1);
  states[0].loaded = true;
  for (int i = 0; i < 5; ++i) advance_lod(nodes, states, near, options, 0.1);
  EXPECT_NEAR(states[0].fade, 0.5f, 1e-5f);
  advance_lod(nodes, states, far, options, 0.1);
  EXPECT_NEAR(states[0].fade, 0.4f, 1e-5f);
  for (int i = 0; i < 5; ++i) advance_lod(nodes, states, far, options, 0.1);
  EXPECT_EQ(states[0].coming, -1);
  EXPECT_EQ(states[0].shown, 3);
}

TEST(SplatLod, LevelsThatCannotBeReadArePassedOver) {
  Nodes nodes = row_of(1);
  nodes[0].levels[0].usable = nodes[0].levels[2].usable = false;
  const SplatLodOptions options{.detail_px = 0};
  States states = coarsest_lod(nodes, options);
  ASSERT_TRUE(settle(nodes, states, camera_at({0, 0, -1}, {0, 0, 9}), options));
  EXPECT_EQ(states[0].shown, 1);
}

TEST(SplatLod, ABudgetBelowTheCoarsestLevelsIsRefused) {
  const Nodes nodes = row_of(3);
  EXPECT_EQ(shown(coarsest_lod(nodes, {.max_splats = 300})), (std::vector{3, 3, 3}));
  DIO_EXPECT_ERROR(coarsest_lod(nodes, {.max_splats = 299}), ErrorCode::kInvalidInput,
                   "its coarsest level has 300 splats");
}

TEST(SplatLod, WhatIsInFrontComesAndGoesEvenly) {
  EXPECT_EQ(lod_weight(0), 0.0f);
  EXPECT_FLOAT_EQ(lod_weight(0.5f), 0.5f);
  EXPECT_EQ(lod_weight(1), 1.0f);
  constexpr int kPictures = 30;
  for (const float depth : {1.0f, 2.0f, 4.0f, 6.0f, 8.0f, 10.0f}) {
    float before = 0, most = 0;
    for (int i = 1; i <= kPictures; ++i) {
      const float seen = 1 - std::exp(-depth * lod_weight(static_cast<float>(i) / kPictures));
      most = std::max(most, seen - before);
      before = seen;
    }
    // Evenly over half of the time is 2 of 30; without the slow ends it would be 8.5 at depth 10.
    EXPECT_LE(most, 3.6f / kPictures) << depth;
  }
}

TEST(FadedOpacity, TwoThatFadeIntoEachOtherHideAsMuchAsOne) {
  for (const float opacity : {0.01f, 0.3f, 0.8f, 0.99f}) {
    EXPECT_EQ(faded_opacity(opacity, 1), opacity);
    EXPECT_EQ(faded_opacity(opacity, 0), 0.0f);
    for (const float weight : {0.1f, 0.5f, 0.7f}) {
      const float through = (1 - faded_opacity(opacity, weight)) * (1 - faded_opacity(opacity, 1 - weight));
      EXPECT_NEAR(through, 1 - opacity, 1e-5f);
    }
  }
  EXPECT_EQ(faded_opacity(0, 0.5f), 0.0f);
  EXPECT_NEAR(faded_opacity(1, 0.9999f), 1, 1e-3f) << "no jump where the fade ends";
}

}  // namespace
}  // namespace diorama
