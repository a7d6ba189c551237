#include "tools/cli/camera_path.h"

#include "engine/base/error.h"
#include "viewer/scene/outside_view.h"

#include <gtest/gtest.h>

namespace diorama {
namespace {

TEST(OrbitCameras, SeeTheWholeBox) {
  const Bounds bounds{{-1, 0, -2}, {3, 1, 2}};
  for (const glm::ivec2 size : {glm::ivec2(640, 480), glm::ivec2(200, 600)}) {
    for (const Camera& camera : orbit_cameras(bounds, 0.3f, 7, size)) {
      for (int corner = 0; corner < 8; ++corner) {
        const glm::vec3 p((corner & 1) ? 3 : -1, (corner & 2) ? 1 : 0, (corner & 4) ? 2 : -2);
        const auto pixel = project(camera, p);
        ASSERT_TRUE(pixel.has_value());
        EXPECT_TRUE(pixel->x >= 0 && pixel->y >= 0 && pixel->x <= static_cast<float>(size.x) &&
                    pixel->y <= static_cast<float>(size.y));
      }
    }
  }
}

TEST(OrbitCameras, LookFromAboveWithUpAtTheTop) {
  const Camera camera = orbit_cameras({{-1, -1, -1}, {1, 1, 1}}, 0, 1, {100, 100}).front();
  EXPECT_GT(camera.world_from_camera.translation.y, 0);
  EXPECT_LT(project(camera, {0, 0.5f, 0})->y, project(camera, {0, -0.5f, 0})->y);
}

TEST(BestTurn, LooksAtTheFrontOfAWall) {
  Asset asset;
  MeshPart wall;
  wall.mesh.positions = {{0, 0, -1}, {0, 0, 1}, {0, 1, 0}};
  wall.mesh.triangles = {{0, 1, 2}};  // its normal is -x
  asset.meshes.push_back(wall);
  const glm::vec3 eye = orbit_cameras(bounds_of(asset), best_turn(asset), 1, {64, 64})[0].world_from_camera.translation;
  EXPECT_LT(eye.x, 0);
  EXPECT_NEAR(eye.z, 0, 1e-4);
}

TEST(Fitted, KeepsTheOldPictureInsideAndPixelsSquare) {
  const Camera camera{{640, 480}, {500, 510}, {330, 250}, {}};
  const Camera wide = fitted(camera, {1920, 960});
  EXPECT_FLOAT_EQ(wide.focal_px.x, 1000);
  EXPECT_FLOAT_EQ(wide.focal_px.y, 1020);
  // The middle of the old picture is the middle of the new one.
  EXPECT_FLOAT_EQ(wide.center_px.x, 960 + 2 * 10);
  EXPECT_FLOAT_EQ(wide.center_px.y, 480 + 2 * 10);
}

TEST(ParseSize, TakesWidthTimesHeight) {
  EXPECT_EQ(parse_size("1280x720"), glm::ivec2(1280, 720));
}

TEST(ParseSize, RefusesAnythingElse) {
  for (const char* text :
       {"", "x", "640", "640x", "x480", "0x10", "10x-1", "1e3x10", "640x480x3", "99999x10", " 1x1"}) {
    EXPECT_THROW(parse_size(text), Error) << text;
  }
}

}  // namespace
}  // namespace diorama
