#include "capture/capture.h"
#include "tests/capture/sample_capture.h"

namespace diorama {
namespace {

TEST(LightFieldReader, TakesCamerasFromFileNames) {
  const TempDir dir;
  write_color(dir / "Camera_00_01_400.000000_-61.5_30_36.png", {96, 64});
  write_color(dir / "Camera_01_00_-20_5_30_36.png", {96, 64});
  write_color(dir / "preview.png", {10, 10});
  const Capture capture = open_capture(dir.path());
  EXPECT_EQ(capture.conventions().format, "light-field");
  ASSERT_EQ(capture.frames().size(), 2u);
  const Camera& camera = capture.frames()[0].color;
  EXPECT_EQ(camera.focal_px, glm::vec2(80));
  EXPECT_EQ(camera.center_px, glm::vec2(48, 32));
  // The names say down and right in mm; the world is the cameras' frame.
  EXPECT_NEAR(camera.world_from_camera.translation.x, -0.0615f, 1e-7f);
  EXPECT_NEAR(camera.world_from_camera.translation.y, 0.4f, 1e-7f);
  EXPECT_EQ(capture.conventions().up_in_world, glm::vec3(0, -1, 0));
  EXPECT_FALSE(capture.frames()[0].depth);
}

TEST(LightFieldReader, RefusesCamerasThatCannotBe) {
  for (const char* name : {"a_0_0_nan_0_30_36.png", "a_0_0_0_0_0_36.png", "a_0_0_0_0_30_-1.png"}) {
    const TempDir dir;
    write_color(dir / name, {8, 8});
    write_color(dir / "a_1_0_0_0_30_36.png", {8, 8});
    expect_error([&] { open_capture(dir.path()); }, ErrorCode::kInvalidInput, {name, "expected finite and positive"});
  }
}

TEST(LightFieldReader, PicturesWithOtherNamesAreNoLightField) {
  const TempDir dir;
  write_color(dir / "IMG_0001.png", {8, 8});
  write_color(dir / "x_1_2_3_4_5.png", {8, 8});
  EXPECT_THROW(open_capture(dir.path()), Error);
}

}  // namespace
}  // namespace diorama
