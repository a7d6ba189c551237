#include "capture/capture.h"
#include "tests/test_data.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace diorama {
namespace {

TEST(LayoutReadersData, FernHasItsPhotosAtAQuarterOfTheSize) {
  DIO_REQUIRE_TEST_DATA(path, "llff_fern");
  const Capture capture = open_capture(path);
  EXPECT_EQ(capture.conventions().format, "llff");
  ASSERT_EQ(capture.frames().size(), 17u);
  EXPECT_EQ(capture.frames()[7].id, "image009");
  const Camera& camera = capture.frames()[0].color;
  EXPECT_EQ(camera.size_px, glm::ivec2(1008, 756));
  EXPECT_NEAR(camera.focal_px.x, 815.13f, 0.01f);  // 3260.5 px at 4032x3024
  EXPECT_NEAR(camera.focal_px.y, camera.focal_px.x, 1e-2f);
  EXPECT_EQ(capture.load(3).color->size_px(), camera.size_px);
  // Forward-facing: all cameras look the same way, to within the angle of a photo's field of view.
  const glm::vec3 forward = camera.world_from_camera.rotation[2];
  for (const Frame& frame : capture.frames()) {
    EXPECT_GT(glm::dot(frame.color.world_from_camera.rotation[2], forward), 0.9f) << frame.id;
  }
}

// The shift of b's picture, along one axis, that fits a's best. Clamped differences: occlusions must not decide.
int best_shift(const ImageRgba8& a, const ImageRgba8& b, glm::ivec2 axis, int range_px) {
  int best = 0;
  double best_cost = 1e30;
  for (int shift = -range_px; shift <= range_px; ++shift) {
    double cost = 0;
    for (int y = 120; y < 520; y += 4) {
      for (int x = 120; x < 840; x += 4) {
        const glm::ivec2 p = glm::ivec2(x, y) + shift * axis;
        const glm::ivec4 difference = glm::abs(glm::ivec4(a.at(x, y)) - glm::ivec4(b.at(p.x, p.y)));
        cost += std::min(40, difference.x) + std::min(40, difference.y) + std::min(40, difference.z);
      }
    }
    if (cost < best_cost) {
      best_cost = cost;
      best = shift;
    }
  }
  return best;
}

const Frame& view_at(const Capture& capture, size_t& index, const std::string& prefix) {
  const auto found = std::find_if(capture.frames().begin(), capture.frames().end(),
                                  [&](const Frame& frame) { return frame.id.starts_with(prefix); });
  EXPECT_NE(found, capture.frames().end()) << prefix;
  index = static_cast<size_t>(found - capture.frames().begin());
  return *found;
}

// Both signs of the camera positions: the shop, at its focus distance of 8.2 m, must shift as the cameras say.
TEST(LayoutReadersData, TheShopsDisparityFitsItsCameraPositions) {
  DIO_REQUIRE_TEST_DATA(path, "lightfield_shop");
  const Capture capture = open_capture(path);
  EXPECT_EQ(capture.conventions().format, "light-field");
  ASSERT_EQ(capture.frames().size(), 196u);
  EXPECT_NEAR(capture.frames()[0].color.focal_px.x, 800, 1e-3f);
  const glm::vec3 p_at_focus(0, 0, 8.2f);
  struct Pair {
    const char *a, *b;
    glm::ivec2 axis;
  };
  for (const Pair& pair :
       {Pair{"Camera_12_00", "Camera_12_26", {1, 0}}, Pair{"Camera_00_12", "Camera_26_12", {0, 1}}}) {
    size_t a = 0, b = 0;
    const Camera camera_a = view_at(capture, a, pair.a).color, camera_b = view_at(capture, b, pair.b).color;
    const glm::vec2 expected = *project(camera_b, p_at_focus) - *project(camera_a, p_at_focus);
    const int shift = best_shift(*capture.load(a).color, *capture.load(b).color, pair.axis, 100);
    EXPECT_NEAR(glm::dot(expected, glm::vec2(pair.axis)), static_cast<float>(shift), 4) << pair.a;
    EXPECT_GT(std::abs(shift), 60) << pair.a;
  }
}

TEST(LayoutReadersData, RigFramesCarryTimeCameraAndAlpha) {
  DIO_REQUIRE_TEST_DATA(path, "volumetric_fox");
  const Capture capture = open_capture(path);
  size_t index = 0;
  const Frame& frame = view_at(capture, index, "cam20/0007");
  EXPECT_EQ(frame.split, Split::kTest);
  EXPECT_EQ(frame.camera, 20);
  EXPECT_NEAR(*frame.time_s, 7.0 / 30, 1e-12);
  const FrameImages images = capture.load(index);
  // Its README: alpha >= 0.5 and depth > 0 disagree on 0.08 % of the object's pixels.
  size_t object = 0, disagree = 0;
  for (size_t i = 0; i < images.color->pixels().size(); ++i) {
    const bool opaque = images.color->pixels()[i].a >= 128, hit = images.depth_m->pixels()[i] > 0;
    object += hit ? 1 : 0;
    disagree += opaque != hit ? 1 : 0;
  }
  EXPECT_GT(object, 5000u);
  EXPECT_LT(disagree, object / 100);
}

}  // namespace
}  // namespace diorama
