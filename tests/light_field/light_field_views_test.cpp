#include "reconstruction/light_field/light_field_views.h"

#include "tests/expect_error.h"
#include "tests/light_field/light_field_scene.h"

#include <gtest/gtest.h>

namespace diorama {
namespace {

using namespace test;

class LightFieldViewsTest : public testing::Test {
 protected:
  LightFieldViews load(const std::vector<Camera>& cameras, int keep_every, const RayScene& scene = wall(6)) {
    const Capture capture = memory_capture(scene, waves, cameras);
    return load_light_field(capture, 1, keep_every, job_);
  }
  ThreadPool pool_{2};
  JobContext job_{pool_};
};

TEST_F(LightFieldViewsTest, EvenRowsAndColumnsAreKeptAndThoseBetweenHeldOut) {
  // 6 x 6: rows and columns 0, 2 and 4 are kept; 5 is outside of their hull.
  const LightFieldViews views = load(camera_grid(6, 0.1f), 2);
  EXPECT_EQ(views.kept.size(), 9u);
  EXPECT_EQ(views.held_out.size(), 25u - 9u);
  for (const LightFieldView& view : views.kept) EXPECT_TRUE(view.row % 2 == 0 && view.column % 2 == 0);
  for (const LightFieldView& view : views.held_out) EXPECT_TRUE(view.row < 5 && view.column < 5);
}

TEST_F(LightFieldViewsTest, BlendingOnTheDepthOfAWallShowsTheWall) {
  const LightFieldViews views = load(camera_grid(3, 0.12f), 2);
  for (const LightFieldView& view : views.held_out) {
    // Shifts of whole pixels: 50 px * 0.12 m / 6 m = 1 px; what is off are the pixels that a kept view does not see.
    EXPECT_GT(psnr_of(blend_on_plane(views, view, 6), view.color), 30);
    EXPECT_LT(psnr_of(blend_on_plane(views, view, 2), view.color), 25);
  }
}

TEST_F(LightFieldViewsTest, PsnrIsTheMeanSquaredErrorInDecibels) {
  const ImageRgb black({4, 4}, glm::vec3(0.0f)), grey({4, 4}, glm::vec3(0.1f)), beyond({4, 4}, glm::vec3(-3.0f));
  EXPECT_NEAR(psnr_of(grey, black), 20, 1e-4);
  EXPECT_NEAR(psnr_of(beyond, grey), 20, 1e-4);  // clamped to 0
}

TEST_F(LightFieldViewsTest, CamerasThatAreNoGridAreErrors) {
  std::vector<Camera> cameras = camera_grid(3, 0.1f);
  cameras[4].world_from_camera.rotation = look_at({0, 0, 0}, {0.2f, 0, 1}, {0, -1, 0}).rotation;
  DIO_EXPECT_ERROR(load(cameras, 2), ErrorCode::kInvalidInput, "4 is turned");
  cameras = camera_grid(3, 0.1f);
  cameras[5].world_from_camera.translation.z = 0.5f;
  DIO_EXPECT_ERROR(load(cameras, 2), ErrorCode::kInvalidInput, "5 is 0.5 m before the plane");
  cameras = camera_grid(3, 0.1f);
  cameras[3].world_from_camera.translation.x += 0.03f;
  DIO_EXPECT_ERROR(load(cameras, 2), ErrorCode::kInvalidInput, "regular grid");
  cameras = camera_grid(3, 0.1f);
  cameras.resize(3);
  DIO_EXPECT_ERROR(load(cameras, 2), ErrorCode::kInvalidInput, "position downwards");
  DIO_EXPECT_ERROR(load(camera_grid(3, 0.1f), 3), ErrorCode::kInvalidInput, "every 3th");
}

}  // namespace
}  // namespace diorama
