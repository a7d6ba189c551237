#include "engine/base/random.h"
#include "reconstruction/splat_video/temporal_terms.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace diorama::test {
namespace {

AlignedVector<float> random_records(SplatLayout layout, size_t count, float spread, uint64_t seed) {
  Random random(seed);
  AlignedVector<float> records(count * layout.stride(), 0.0f);
  for (size_t i = 0; i < records.size(); ++i) {
    const size_t field = i % layout.stride();
    const bool pad = field == 7 || field == 15 || (field >= SplatLayout::kRest && field % 4 == 3);
    if (!pad) records[i] = spread * random.normal();
  }
  return records;
}

std::vector<glm::vec3> positions_in(const AlignedVector<float>& records, SplatLayout layout) {
  std::vector<glm::vec3> positions;
  for (size_t at = 0; at < records.size(); at += layout.stride()) {
    positions.emplace_back(records[at], records[at + 1], records[at + 2]);
  }
  return positions;
}

// Every parameter of a few splats against central differences.
void expect_gradient_of(const TemporalWeights& weights) {
  constexpr SplatLayout kLayout{.sh_degree = 1};
  constexpr size_t kCount = 12;
  const AlignedVector<float> anchor = random_records(kLayout, kCount, 0.2f, 1);
  AlignedVector<float> records = anchor;
  const AlignedVector<float> change = random_records(kLayout, kCount, 0.01f, 2);
  for (size_t i = 0; i < records.size(); ++i) records[i] += change[i];
  const SplatNeighbours neighbours = neighbours_of(anchor, kLayout, 3);
  const TemporalTerms terms(anchor, kLayout, neighbours, weights);
  const std::vector<glm::vec3> positions = positions_in(records, kLayout);
  for (const size_t splat : {size_t{0}, size_t{7}}) {
    std::vector<float> gradient(kLayout.stride(), 0.0f);
    const std::span<const float> record(records.data() + splat * kLayout.stride(), kLayout.stride());
    terms.add_gradient(splat, record, positions, gradient);
    for (size_t k = 0; k < kLayout.stride(); ++k) {
      constexpr float kStep = 1e-4f;
      AlignedVector<float> up = records, down = records;
      up[splat * kLayout.stride() + k] += kStep;
      down[splat * kLayout.stride() + k] -= kStep;
      const double apart = static_cast<double>(up[splat * kLayout.stride() + k] - down[splat * kLayout.stride() + k]);
      if (k == 7 || k == 15 || (k >= SplatLayout::kRest && k % 4 == 3)) continue;  // pads
      const double numeric = (terms.energy(up) - terms.energy(down)) / apart;
      // Floats near 0.2 resolve 1e-8, a share of 1e-4 of the step; the logarithm's curvature adds as much.
      EXPECT_NEAR(static_cast<double>(gradient[k]), numeric, 2e-3 * std::abs(numeric) + 1e-4) << "field " << k;
    }
  }
}

TEST(TemporalTerms, SquaredChangeHasItsGradient) {
  expect_gradient_of({.temporal = 0.7f});
}
TEST(TemporalTerms, BitsOfTheChangeHaveTheirGradient) {
  expect_gradient_of({.entropy = 1.3f});
}
TEST(TemporalTerms, RigidityHasItsGradient) {
  expect_gradient_of({.rigidity = 0.4f});
}

TEST(TemporalTerms, AreZeroWhereNothingChanged) {
  constexpr SplatLayout kLayout{.sh_degree = 0};
  const AlignedVector<float> anchor = random_records(kLayout, 20, 1.0f, 4);
  const SplatNeighbours neighbours = neighbours_of(anchor, kLayout, 4);
  EXPECT_EQ(TemporalTerms(anchor, kLayout, neighbours, {1, 1, 1}).energy(anchor), 0);
}

TEST(TemporalTerms, RigidityLetsAllMoveTogether) {
  constexpr SplatLayout kLayout{.sh_degree = 0};
  const AlignedVector<float> anchor = random_records(kLayout, 20, 1.0f, 4);
  AlignedVector<float> records = anchor;
  for (size_t at = 0; at < records.size(); at += kLayout.stride()) records[at] += 0.25f;
  const SplatNeighbours neighbours = neighbours_of(anchor, kLayout, 4);
  EXPECT_NEAR(TemporalTerms(anchor, kLayout, neighbours, {.rigidity = 1}).energy(records), 0, 1e-6);
}

TEST(SplatNeighbours, AreMutual) {
  constexpr SplatLayout kLayout{.sh_degree = 0};
  const AlignedVector<float> records = random_records(kLayout, 60, 1.0f, 9);
  const SplatNeighbours neighbours = neighbours_of(records, kLayout, 4);
  for (uint32_t i = 0; i < 60; ++i) {
    EXPECT_GE(neighbours.of(i).size(), 4u);
    for (const uint32_t k : neighbours.of(i)) {
      EXPECT_NE(k, i);
      EXPECT_NE(std::ranges::find(neighbours.of(k), i), neighbours.of(k).end());
    }
  }
}

}  // namespace
}  // namespace diorama::test
