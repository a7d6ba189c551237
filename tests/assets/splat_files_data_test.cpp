// Public splat files by other programs: one scene in two formats, and levels of detail.
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

// Levels 0 and 1 of the folder are absent.
TEST(SplatFilesData, PlaybotsLevelsLoadByBudget) {
  DIO_REQUIRE_TEST_DATA(folder, "splats/playbot");
  const Asset finest = read_asset(folder);
  ASSERT_EQ(splat_count(finest), 125000u);
  ASSERT_EQ(finest.notes.size(), 1u);
  EXPECT_EQ(finest.notes[0], "levels 0, 1 of the 7 are absent; the others are used");
  EXPECT_EQ(finest.splats[0].cloud.sh_degree, 2);
  for (const auto& [most, expected] :
       {std::pair(125000, 125000u), std::pair(124999, 31000u), std::pair(10000, 8406u), std::pair(1873, 1873u)}) {
    EXPECT_EQ(splat_count(read_asset(folder, {.max_splats = most})), expected);
  }
  // The box that lod-meta.json tells for all levels.
  const Bounds bounds = bounds_of(finest);
  EXPECT_GE(bounds.min.y, -1.0832f);
  EXPECT_LE(bounds.max.y, 0.0521f);
  EXPECT_NEAR(bounds.max.x - bounds.min.x, 2.06, 0.05);
}

}  // namespace
}  // namespace diorama
