// What a program without a line of Diorama makes of our files, by tools/compare/decode_splats.py.
#include "assets/asset_file.h"
#include "tests/assets/samples.h"
#include "tests/test_data.h"

#include <fmt/format.h>

#include <cstdlib>

namespace diorama {
namespace {

class IndependentDecoder : public testing::Test {
 protected:
  void SetUp() override {
    if (std::system("/usr/bin/python3 -c 'import numpy, zstandard; from PIL import features; "
                    "assert features.check(\"webp\")' 2>/dev/null") != 0) {
      GTEST_SKIP() << "needs python3-numpy, python3-pil and python3-zstandard";
    }
    SplatCloud cloud = random_splats(2000, 3);
    for (size_t i = 0; i < cloud.sh.size(); ++i) {
      if (i % 16 != 0) cloud.sh[i] *= 0.05f;  // as small as those of scenes
    }
    asset_.splats.push_back({.name = "noise", .cloud = std::move(cloud)});
  }

  void write() const {
    for (const char* name : {"a.ply", "a.sog", "a.spz", "folder/meta.json"}) write_asset(asset_, dir_ / name);
  }

  int decode(const std::string& other) const {
    return std::system(fmt::format("/usr/bin/python3 '{}' '{}' '{}' >'{}'", DIORAMA_DECODE_SPLATS,
                                   (dir_ / "a.ply").string(), (dir_ / other).string(), (dir_ / "log").string())
                           .c_str());
  }

  TempDir dir_;
  Asset asset_;
};

TEST_F(IndependentDecoder, FindsThePlysSplatsInSogAndSpz) {
  write();
  for (const char* name : {"a.sog", "folder", "a.spz"}) EXPECT_EQ(decode(name), 0) << name;
}

TEST_F(IndependentDecoder, FindsThemInTheFramesThatTheFormatsHave) {
  asset_.record = AssetRecord{.representation = "splats", .asset_from_capture = turned_up()};
  write();
  for (const char* name : {"a.sog", "a.spz"}) EXPECT_EQ(decode(name), 0) << name;
}

TEST_F(IndependentDecoder, SeesWhenTheyAreOthers) {
  write();
  asset_.splats[0].cloud.rotations_xyzw.assign(2000, glm::vec4(0, 0, 0, 1));
  write_asset(asset_, dir_ / "a.ply");
  for (const char* name : {"a.sog", "a.spz"}) EXPECT_NE(decode(name), 0) << name;
}

}  // namespace
}  // namespace diorama
