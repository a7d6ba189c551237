// Public splat files: one scene in two formats by other programs.
#include "assets/asset_file.h"
#include "tests/test_data.h"

#include <algorithm>

namespace diorama {
namespace {

double mean_opacity(const SplatCloud& cloud) {
  double sum = 0;
  for (const float opacity : cloud.opacities) sum += static_cast<double>(opacity);
  return sum / static_cast<double>(cloud.size());
}

TEST(SplatFilesData, SpzAndCompressedPlyOfABikerAgree) {
  DIO_REQUIRE_TEST_DATA(folder, "splats");
  const Asset spz = read_asset(folder / "biker.spz"), ply = read_asset(folder / "biker.compressed.ply");
  const SplatCloud &a = spz.splats.at(0).cloud, &b = ply.splats.at(0).cloud;
  EXPECT_EQ(a.size(), 152746u);
  ASSERT_EQ(b.size(), a.size());
  EXPECT_TRUE(spz.notes.empty());
  EXPECT_TRUE(ply.notes.empty());
  // SPZ has y up and z back, the PLY y down and z forward; both quantise to millimetres at this size.
  const Bounds up = bounds_of(a), down = bounds_of(b);
  const glm::vec3 turned_min(down.min.x, -down.max.y, -down.max.z), turned_max(down.max.x, -down.min.y, -down.min.z);
  EXPECT_LE(glm::length(up.min - turned_min), 0.02f);
  EXPECT_LE(glm::length(up.max - turned_max), 0.02f);
  EXPECT_NEAR(mean_opacity(a), mean_opacity(b), 0.002) << "both have 8 bits";
}

}  // namespace
}  // namespace diorama
