#include "engine/raster/splat_records.h"

#include "engine/raster/splat_planes.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace diorama {
namespace {

SplatCloud two_splats(int sh_degree) {
  SplatCloud cloud;
  cloud.sh_degree = sh_degree;
  cloud.resize(2);
  cloud.positions = {{1, 2, 3}, {-4, 5, -6}};
  cloud.scales = {{0.1f, 0.2f, 0.3f}, {0.0f, 1.0f, 20.0f}};
  cloud.rotations_xyzw = {{0, 0, 0, 1}, {0.5f, -0.5f, 0.5f, -0.5f}};
  cloud.opacities = {0.25f, 1.0f};
  for (size_t i = 0; i < cloud.sh.size(); ++i) cloud.sh[i] = glm::vec3(0.1f, -0.2f, 0.3f) * static_cast<float>(i + 1);
  return cloud;
}

TEST(SplatRecords, ComeBackAsTheCloudThatTheyWereMadeFrom) {
  for (int degree = 0; degree <= 3; ++degree) {
    const SplatCloud cloud = two_splats(degree);
    const SplatCloud back = cloud_from_records(records_from_cloud(cloud), {degree});
    check_splat_cloud(back);
    EXPECT_EQ(back.positions, cloud.positions);
    EXPECT_EQ(back.sh, cloud.sh);
    for (size_t i = 0; i < 2; ++i) {
      // Through a logarithm and back: an ulp of a logarithm of about 3 is 2.4e-7 of the value.
      for (int k = 0; k < 3; ++k)
        EXPECT_NEAR(back.scales[i][k], cloud.scales[i][k], 1e-9f + 1e-6f * cloud.scales[i][k]);
      EXPECT_NEAR(back.opacities[i], cloud.opacities[i], 3e-7f);
    }
    // The sign of a quaternion says nothing; w >= 0 is the one written.
    EXPECT_LT(glm::length(back.rotations_xyzw[0] - cloud.rotations_xyzw[0]), 1e-6f);
    EXPECT_LT(glm::length(back.rotations_xyzw[1] + cloud.rotations_xyzw[1]), 1e-6f);
  }
}

TEST(SplatRecords, PadsAreZero) {
  const SplatLayout layout{3};
  const AlignedVector<float> records = records_from_cloud(two_splats(3));
  ASSERT_EQ(records.size(), 2 * layout.stride());
  for (const size_t pad : {7, 15, 31, 47, 63}) EXPECT_EQ(records[pad], 0.0f) << pad;
  EXPECT_EQ(reinterpret_cast<uintptr_t>(records.data()) % 64, 0u);
}

TEST(SplatRecords, WhatCannotBeDrawnIsToldApart) {
  const AlignedVector<float> good = records_from_cloud(two_splats(1));
  const std::span<const float> record = std::span(good).first(SplatLayout{1}.stride());
  EXPECT_TRUE(is_finite_record(record));
  for (size_t i = 0; i < record.size(); ++i) {
    for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
      AlignedVector<float> changed(record.begin(), record.end());
      changed[i] = bad;
      EXPECT_FALSE(is_finite_record(changed)) << i;
    }
  }
  AlignedVector<float> huge(record.begin(), record.end()), unturned(record.begin(), record.end());
  huge[SplatLayout::kLogScale] = 80;
  for (size_t k = 0; k < 4; ++k) unturned[SplatLayout::kRotation + k] = 0;
  EXPECT_FALSE(is_finite_record(huge));
  EXPECT_FALSE(is_finite_record(unturned));
}

TEST(SplatPlanes, RowsStartOnCacheLinesAndPlanesFollowEachOther) {
  SplatPlanes planes;
  planes.resize({17, 5}, {.depth = true});
  EXPECT_EQ(planes.stride(), 32u);
  EXPECT_EQ(planes.plane_stride(), 32u * 32u);
  EXPECT_EQ(planes.row(SplatPlane::kGreen, 2).data(), planes.data() + planes.plane_stride() + 2 * planes.stride());
  EXPECT_EQ(planes.row(SplatPlane::kDepth, 4).size(), 17u);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(planes.data()) % 64, 0u);
}

}  // namespace
}  // namespace diorama
