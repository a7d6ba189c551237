#include "engine/scene/splat_edit.h"

#include "engine/base/random.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace diorama {
namespace {

using ::testing::Each;

// A sheet of small splats with a little noise.
SplatCloud sheet(int side) {
  Random random(3);
  SplatCloud cloud;
  cloud.sh_degree = 1;
  cloud.resize(static_cast<size_t>(side * side));
  for (size_t i = 0; i < cloud.size(); ++i) {
    const auto column = static_cast<float>(i % static_cast<size_t>(side)), row = static_cast<float>(i) / 40.0f;
    cloud.positions[i] = {0.02f * (column + random.uniform()), 0.02f * (std::floor(row) + random.uniform()), 0.0f};
    cloud.scales[i] = glm::vec3(random.uniform(0.008f, 0.012f));
    cloud.rotations_xyzw[i] = {0, 0, 0, 1};
    cloud.opacities[i] = random.uniform(0.2f, 0.9f);
    for (size_t k = 0; k < 4; ++k) cloud.sh[4 * i + k] = glm::vec3(static_cast<float>(k));
  }
  return cloud;
}

SplatCloud one_splat(glm::vec3 position, float size_m) {
  SplatCloud cloud;
  cloud.resize(1);
  cloud.positions[0] = position;
  cloud.scales[0] = glm::vec3(size_m);
  cloud.rotations_xyzw[0] = {0, 0, 0, 1};
  cloud.opacities[0] = 0.5f;
  return cloud;
}

size_t kept(const SplatMask& mask) {
  return std::accumulate(mask.begin(), mask.end(), size_t{0});
}

TEST(SplatEdit, RegionsHoldTheirSurfaceAndCutIsWhatCropLeaves) {
  SplatRegion box;
  box.box = {{0, 0, -1}, {0.5f, 0.5f, 0}};
  EXPECT_TRUE(box.contains({0.5f, 0, 0}));
  EXPECT_FALSE(box.contains({0.5f, 0.51f, 0}));
  SplatRegion sphere{SplatRegion::Kind::kSphere, {}, {1, 0, 0}, 0.25f};
  EXPECT_TRUE(sphere.contains({1.25f, 0, 0}));
  EXPECT_FALSE(sphere.contains({1.25f, 0.01f, 0}));
  const SplatCloud cloud = sheet(40);
  for (const SplatRegion& region : {box, sphere}) {
    const SplatMask inside = mask_inside(cloud, region), outside = mask_outside(cloud, region);
    EXPECT_EQ(kept(inside) + kept(outside), cloud.size());
  }
  const SplatCloud inside = masked(cloud, mask_inside(cloud, box));
  EXPECT_GT(inside.size(), 500u);
  EXPECT_TRUE(std::ranges::all_of(inside.positions, [&](glm::vec3 p) { return box.contains(p); }));
}

TEST(SplatEdit, MasksKeepOrderAndEveryMember) {
  const SplatCloud cloud = sheet(40);
  const SplatCloud opaque = masked(cloud, mask_opacity(cloud, 0.5f));
  size_t at = 0;
  for (size_t i = 0; i < cloud.size(); ++i) {
    if (cloud.opacities[i] < 0.5f) continue;
    ASSERT_EQ(opaque.positions[at], cloud.positions[i]);
    ASSERT_EQ(opaque.scales[at], cloud.scales[i]);
    ASSERT_EQ(opaque.sh[4 * at + 3], cloud.sh[4 * i + 3]);
    ++at;
  }
  EXPECT_EQ(at, opaque.size());
  EXPECT_EQ(kept(mask_size(cloud, 0.01f)),
            static_cast<size_t>(std::ranges::count_if(cloud.scales, [](glm::vec3 s) { return s.x <= 0.01f; })));
}

TEST(SplatEdit, FloatersAreWhatLiesAloneOrIsLargeForItsPlace) {
  const SplatCloud clean = sheet(40);
  SplatCloud cloud = joined(clean, one_splat({0.4f, 0.4f, 1.5f}, 0.01f));  // alone
  cloud = joined(cloud, one_splat({0.4f, 0.4f, 0.0f}, 0.6f));              // a hundred times its neighbours
  ThreadPool pool(2);
  const SplatMask mask = mask_floaters(cloud, {}, pool);
  EXPECT_EQ(mask[1600], 0);
  EXPECT_EQ(mask[1601], 0);
  EXPECT_GE(kept(mask), 1590u) << "of 1600: at most some of the sheet's corners";
  SplatCloud large = cloud;  // the same scene in other units
  for (glm::vec3& p : large.positions) p *= 64.0f;
  for (glm::vec3& s : large.scales) s *= 64.0f;
  EXPECT_EQ(mask_floaters(large, {}, pool), mask);
  ThreadPool one(1);
  EXPECT_EQ(mask_floaters(cloud, {}, one), mask);
  EXPECT_LE(kept(mask_floaters(cloud, {16, 1.0f}, pool)), kept(mask));
}

TEST(SplatEdit, FewOrEqualSplatsHaveNoFloaters) {
  ThreadPool pool(2);
  EXPECT_THAT(mask_floaters(one_splat({0, 0, 0}, 1), {}, pool), Each(1));
  SplatCloud same = one_splat({1, 2, 3}, 0.1f);
  for (int i = 0; i < 6; ++i) same = joined(same, same);  // 64 at one place
  EXPECT_THAT(mask_floaters(same, {}, pool), Each(1));
}

TEST(SplatEdit, JoinedCloudsTakeTheHigherDegreeAndLimitsTakeItBack) {
  const SplatCloud a = sheet(8), b = one_splat({5, 0, 0}, 1);
  SplatCloud both = joined(b, a);
  EXPECT_EQ(both.sh_degree, 1);
  EXPECT_EQ(both.sh[1], glm::vec3(0.0f));
  EXPECT_EQ(both.sh[4 + 3], a.sh[3]);
  limit_sh_degree(both, 0);
  EXPECT_EQ(both.sh.size(), both.size());
  EXPECT_EQ(both.sh[1], a.sh[0]);
  limit_sh_degree(both, 3);
  EXPECT_EQ(both.sh_degree, 0);
  EXPECT_NO_THROW(check_splat_cloud(both));
}

}  // namespace
}  // namespace diorama
