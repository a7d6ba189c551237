#include "engine/scene/camera.h"

#include "tests/expect_error.h"

#include <limits>

namespace diorama {
namespace {

Camera sample() {
  Camera camera{{640, 480}, {500, 510}, {320, 240}, {}};
  camera.world_from_camera.translation = {1, 2, 3};
  return camera;
}

TEST(Camera, ProjectsByOpenCvAxes) {
  const Camera camera = sample();
  const auto center = project(camera, {1, 2, 5});
  ASSERT_TRUE(center.has_value());
  EXPECT_EQ(*center, glm::vec2(320, 240));
  const auto right_and_down = project(camera, {1.2f, 2.2f, 5});
  EXPECT_NEAR(right_and_down->x, 320 + 500 * 0.1f, 1e-3f);  // float rounding at 400 px
  EXPECT_NEAR(right_and_down->y, 240 + 510 * 0.1f, 1e-3f);
}

TEST(Camera, SeesNothingBehindItself) {
  EXPECT_FALSE(project(sample(), {1, 2, 2.9f}).has_value());
  EXPECT_FALSE(project(sample(), {1, 2, 3}).has_value());
  EXPECT_FALSE(project(sample(), {1, 2, std::numeric_limits<float>::quiet_NaN()}).has_value());
}

TEST(Camera, UnprojectUndoesProject) {
  const Camera camera = sample();
  const glm::vec3 p = unproject_in_camera(camera, {100.5f, 400.5f}, 2.5f);
  EXPECT_EQ(p.z, 2.5f);
  EXPECT_LT(glm::length(project_in_camera(camera, p) - glm::vec2(100.5f, 400.5f)), 1e-3f);  // float rounding
}

TEST(Camera, ResizeKeepsRaysByTheExactRatio) {
  const Camera camera = sample();
  const Camera small = resized(camera, {213, 160});  // 480 / 160 = 3, 640 / 213 = 3.0047
  EXPECT_EQ(small.size_px, glm::ivec2(213, 160));
  EXPECT_FLOAT_EQ(small.focal_px.y, 170);
  EXPECT_FLOAT_EQ(small.focal_px.x, 500 * 213.0f / 640);
  // The picture's far corner stays its far corner, on the same ray.
  const glm::vec3 corner = unproject_in_camera(camera, glm::vec2(camera.size_px), 1);
  EXPECT_LT(glm::length(project_in_camera(small, corner) - glm::vec2(213, 160)), 1e-3f);
}

TEST(Camera, CheckNamesWhatIsWrong) {
  EXPECT_NO_THROW(check_camera(sample()));
  const auto check = [](auto change) {
    Camera camera = sample();
    change(camera);
    check_camera(camera);
  };
  const float nan = std::numeric_limits<float>::quiet_NaN();
  DIO_EXPECT_ERROR(check([](Camera& c) { c.size_px.x = 0; }), ErrorCode::kInvalidInput, "image size is 0x480");
  DIO_EXPECT_ERROR(check([](Camera& c) { c.size_px.y = 40000; }), ErrorCode::kInvalidInput, "640x40000");
  DIO_EXPECT_ERROR(check([](Camera& c) { c.focal_px.x = -1; }), ErrorCode::kInvalidInput, "focal length is -1");
  DIO_EXPECT_ERROR(check([&](Camera& c) { c.focal_px.y = nan; }), ErrorCode::kInvalidInput, "focal length is 500 nan");
  DIO_EXPECT_ERROR(check([](Camera& c) { c.focal_px.x = INFINITY; }), ErrorCode::kInvalidInput, "focal length is inf");
  DIO_EXPECT_ERROR(check([&](Camera& c) { c.center_px.x = nan; }), ErrorCode::kInvalidInput, "principal point is nan");
}

}  // namespace
}  // namespace diorama
