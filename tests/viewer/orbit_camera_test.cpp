#include "viewer/core/orbit_camera.h"

#include <gtest/gtest.h>

#include <cmath>

namespace diorama {
namespace {

constexpr glm::ivec2 kSize{640, 480};

OrbitCamera before_a_box() {
  OrbitCamera camera;
  camera.look_from_outside({glm::vec3(-1, 0, -1), glm::vec3(1, 2, 1)}, 0.4f, kSize);
  return camera;
}

glm::vec2 pixel_of(const OrbitCamera& camera, glm::vec3 p) {
  return project(camera.camera(kSize), p).value();
}

TEST(OrbitCamera, SeesTheWholeBoxFromOutside) {
  const OrbitCamera camera = before_a_box();
  for (const float x : {-1.0f, 1.0f}) {
    for (const float y : {0.0f, 2.0f}) {
      for (const float z : {-1.0f, 1.0f}) {
        const glm::vec2 at = pixel_of(camera, {x, y, z});
        EXPECT_TRUE(at.x > 0 && at.y > 0 && at.x < 640 && at.y < 480) << x << y << z;
      }
    }
  }
  EXPECT_LT(glm::distance(camera.pivot(), glm::vec3(0, 1, 0)), 1e-5f);
}

TEST(OrbitCamera, TurnsAboutThePivotWithTheHorizonLevel) {
  OrbitCamera camera = before_a_box();
  const float distance = camera.distance_m();
  camera.orbit({130, -47}, 480);
  const Camera view = camera.camera(kSize);
  EXPECT_NEAR(glm::distance(view.world_from_camera.translation, camera.pivot()), distance, 1e-4f);
  EXPECT_LT(glm::distance(pixel_of(camera, camera.pivot()), glm::vec2(320, 240)), 1e-2f);
  EXPECT_NEAR(view.world_from_camera.rotation[0].y, 0, 1e-6f);
  camera.orbit({0, 99999}, 480);  // never over the top
  EXPECT_LT(camera.camera(kSize).world_from_camera.rotation[2].y, -0.99f);
  EXPECT_NEAR(camera.camera(kSize).world_from_camera.rotation[0].y, 0, 1e-6f);
}

TEST(OrbitCamera, ThePivotGoesWithThePointer) {
  OrbitCamera camera = before_a_box();
  const glm::vec3 before = camera.pivot();
  camera.pan({40, -25}, 480);
  EXPECT_LT(glm::distance(pixel_of(camera, before), glm::vec2(360, 215)), 0.05f);
}

TEST(OrbitCamera, ZoomsByShareAndWithinBounds) {
  OrbitCamera camera = before_a_box();
  const float distance = camera.distance_m();
  camera.zoom(1);
  EXPECT_NEAR(camera.distance_m(), 0.9f * distance, 1e-4f);
  camera.zoom(1e6f);
  EXPECT_GT(camera.distance_m(), 0);
  camera.zoom(-1e6f);
  EXPECT_TRUE(std::isfinite(camera.distance_m()));
}

TEST(OrbitCamera, LooksAtANewPivotFromWhereItIs) {
  OrbitCamera camera = before_a_box();
  const glm::vec3 eye = camera.camera(kSize).world_from_camera.translation;
  camera.set_pivot({0.7f, 1.5f, 0.2f});
  EXPECT_LT(glm::distance(camera.camera(kSize).world_from_camera.translation, eye), 1e-4f);
  EXPECT_LT(glm::distance(pixel_of(camera, {0.7f, 1.5f, 0.2f}), glm::vec2(320, 240)), 0.05f);
  camera.look_around({50, 20}, 480);
  EXPECT_LT(glm::distance(camera.camera(kSize).world_from_camera.translation, eye), 1e-4f);
  camera.set_pivot(eye);  // nowhere to look: nothing happens
  EXPECT_TRUE(std::isfinite(camera.camera(kSize).world_from_camera.rotation[2].x));
}

TEST(OrbitCamera, FliesAlongItsOwnAxes) {
  OrbitCamera camera = before_a_box();
  const Camera before = camera.camera(kSize);
  camera.fly({0.1f, 0.2f, 0.3f});
  const Rigid& pose = before.world_from_camera;
  const glm::vec3 expected = pose * glm::vec3(0.1f, -0.2f, 0.3f);
  EXPECT_LT(glm::distance(camera.camera(kSize).world_from_camera.translation, expected), 1e-4f);
}

}  // namespace
}  // namespace diorama
