#include "capture/readers/seven_scenes.h"
#include "tests/capture/sample_capture.h"

#include <algorithm>

namespace diorama {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(CaptureData, RedkitchenIsUnregisteredWithItsOwnSplit) {
  DIO_REQUIRE_TEST_DATA(folder, "7scenes_redkitchen");
  const Capture capture = open_capture(folder);
  EXPECT_EQ(capture.conventions().format, "transforms");
  EXPECT_FALSE(capture.conventions().color_registered);
  EXPECT_TRUE(capture.conventions().metric);
  EXPECT_EQ(capture.frames().size(), 160u);
  EXPECT_EQ(capture.frames_of(Split::kTrain).size(), 140u);
  EXPECT_EQ(capture.frames_of(Split::kTest).size(), 20u);
  EXPECT_TRUE(capture.warnings().empty());
  EXPECT_EQ(capture.frames()[1].id, "frame-000005");
  EXPECT_EQ(capture.frames()[1].depth->focal_px, glm::vec2(585));
  const FrameImages images = capture.load(1);
  EXPECT_EQ(images.color->size_px(), glm::ivec2(640, 480));
  const auto [nearest, farthest] =
      std::minmax_element(images.depth_m->pixels().begin(), images.depth_m->pixels().end());
  EXPECT_EQ(*nearest, 0.0f);
  EXPECT_LT(*farthest, 10.0f);  // 65535 mm would be 65 m; the sensor sees a few metres
}

TEST(CaptureData, RedkitchensPoseFilesAgreeWithItsTransforms) {
  DIO_REQUIRE_TEST_DATA(folder, "7scenes_redkitchen");
  const Capture transforms = open_capture(folder), poses = open_capture(folder / "data");
  EXPECT_EQ(poses.conventions().format, "7scenes");
  ASSERT_EQ(poses.frames().size(), transforms.frames().size());
  for (size_t i = 0; i < poses.frames().size(); ++i) {
    const Rigid& a = transforms.frames()[i].color.world_from_camera;
    const Rigid& b = poses.frames()[i].color.world_from_camera;
    EXPECT_LT(glm::distance(a.translation, b.translation), 1e-6f);              // written with eight digits
    EXPECT_LT(rotation_angle(glm::transpose(a.rotation) * b.rotation), 1e-5f);  // float rounding
  }
}

TEST(CaptureData, LegoTestsOnItsTestViews) {
  DIO_REQUIRE_TEST_DATA(folder, "nerf_lego_400");
  const Capture capture = open_capture(folder);
  EXPECT_EQ(capture.frames_of(Split::kTrain).size(), 100u);
  EXPECT_EQ(capture.frames_of(Split::kTest).size(), 4u);
  EXPECT_EQ(capture.frames_of(Split::kValidation).size(), 25u);
  EXPECT_THAT(capture.warnings(), ElementsAre());
  EXPECT_FALSE(capture.conventions().metric);
  EXPECT_TRUE(capture.frames()[0].has_alpha);
  EXPECT_FALSE(capture.frames()[0].depth.has_value());
  EXPECT_NEAR(capture.frames()[0].color.focal_px.x, 555.555, 0.01);  // 200 / tan(0.6911112 / 2)
  EXPECT_EQ(capture.load(0).color->at(0, 0).a, 0);
  // All cameras stand around the origin and look at it.
  for (const Frame& frame : capture.frames()) {
    const auto pixel = project(frame.color, glm::vec3(0));
    ASSERT_TRUE(pixel.has_value());
    EXPECT_LT(glm::distance(*pixel, glm::vec2(200)), 1.0f);
  }
}

TEST(CaptureData, FoxIsUndistorted) {
  DIO_REQUIRE_TEST_DATA(folder, "ngp_fox");
  const Capture capture = open_capture(folder);
  EXPECT_EQ(capture.frames().size(), 44u);
  EXPECT_EQ(capture.frames_of(Split::kTest).size(), 6u);
  EXPECT_NE(capture.conventions().distortion, "none");
  EXPECT_EQ(capture.frames()[0].color.size_px, glm::ivec2(1080, 1920));
  const FrameImages images = capture.load(0);
  const ImageRgba8 stored = read_rgba8(folder / "images" / "0001.jpg");
  // Near the principal point the lens does nothing; far out it moves pixels.
  const auto differing = [&](glm::ivec2 from) {
    int count = 0;
    for (int y = 0; y < 64; ++y) {
      for (int x = 0; x < 64; ++x) {
        const glm::ivec4 a(images.color->at(from.x + x, from.y + y)), b(stored.at(from.x + x, from.y + y));
        count += std::abs(a.g - b.g) > 4;
      }
    }
    return count;
  };
  EXPECT_LT(differing({522, 933}), 64 * 64 / 50);
  EXPECT_GT(differing({100, 200}), 64 * 64 / 10);
  EXPECT_EQ(images.mask->at(540, 960), 255);
}

}  // namespace
}  // namespace diorama
