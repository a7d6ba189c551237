#include "reconstruction/splats/sweep_points.h"

#include "engine/base/random.h"

#include <gmock/gmock.h>

#include <cmath>

namespace diorama {
namespace {

// A tilted wall: z = 2 + x / 4 in metres.
float wall_depth(const Camera& camera, glm::vec2 pixel) {
  const glm::vec3 ray = unproject_in_camera(camera, pixel, 1);
  const glm::vec3 origin = camera.world_from_camera.translation;
  return (2 + 0.25f * origin.x - origin.z) / (1 - 0.25f * ray.x);
}

// Random brightness at the corners of 4 cm cells, linear between: no two places look alike.
uint8_t wall_brightness(glm::vec3 p) {
  const auto corner = [](int x, int y) {
    return Random(static_cast<uint64_t>(x + 4096), static_cast<uint64_t>(y + 4096)).uniform(20, 235);
  };
  const glm::vec2 cell = glm::vec2(p) / 0.04f, whole = glm::floor(cell), part = cell - whole;
  const int x = static_cast<int>(whole.x), y = static_cast<int>(whole.y);
  const float above = glm::mix(corner(x, y), corner(x + 1, y), part.x);
  const float below = glm::mix(corner(x, y + 1), corner(x + 1, y + 1), part.x);
  return static_cast<uint8_t>(std::lround(glm::mix(above, below, part.y)));
}

TrainingSet wall_seen_by(size_t count, bool textured) {
  TrainingSet set;
  for (size_t i = 0; i < count; ++i) {
    TrainingView view;
    view.frame = i;
    view.camera.size_px = {160, 120};
    view.camera.focal_px = {150, 150};
    view.camera.center_px = {80, 60};
    view.camera.world_from_camera.translation = {0.06f * static_cast<float>(i % 3), 0.05f * static_cast<float>(i / 3),
                                                 0};
    view.color = ImageRgba8(view.camera.size_px, glm::u8vec4(90, 90, 90, 255));
    for (int y = 0; y < 120 && textured; ++y) {
      for (int x = 0; x < 160; ++x) {
        const glm::vec2 pixel(x + 0.5f, y + 0.5f);
        const glm::vec3 p =
            view.camera.world_from_camera * unproject_in_camera(view.camera, pixel, wall_depth(view.camera, pixel));
        view.color.at(x, y) = glm::u8vec4(glm::u8vec3(wall_brightness(p)), 255);
      }
    }
    set.views.push_back(std::move(view));
  }
  return set;
}

std::vector<StartPoint> sweep(const TrainingSet& set, int threads) {
  ThreadPool pool(threads);
  JobContext job(pool);
  return swept_points(set, {.count = 500, .seed = 3}, job);
}

TEST(SweepPoints, LieOnTheSurface) {
  const std::vector<StartPoint> points = sweep(wall_seen_by(6, true), 2);
  ASSERT_GT(points.size(), 250u);
  size_t far = 0;
  for (const StartPoint& point : points) {
    // The farthest neighbour is 12 cm away, 9 pixels of parallax: a third of a pixel is 8 cm of depth.
    if (std::abs(point.position.z - (2 + 0.25f * point.position.x)) > 0.08f) {
      ++far;
      continue;
    }
    EXPECT_NEAR(point.color.r * 255, wall_brightness(point.position), 75);  // half a pixel is a sixth of a cell
    EXPECT_NEAR(point.pixel_m, point.position.z / 150, 1e-4f);
  }
  EXPECT_LE(far, points.size() / 20);
}

TEST(SweepPoints, AreTheSameForAnyNumberOfThreads) {
  const TrainingSet set = wall_seen_by(4, true);
  const auto one = sweep(set, 1), three = sweep(set, 3);
  ASSERT_EQ(one.size(), three.size());
  for (size_t i = 0; i < one.size(); ++i) EXPECT_EQ(one[i].position, three[i].position);
}

TEST(SweepPoints, AreNoneWithoutTextureOrWithoutOverlap) {
  EXPECT_TRUE(sweep(wall_seen_by(6, false), 1).empty());
  EXPECT_TRUE(sweep(wall_seen_by(1, true), 1).empty());
  TrainingSet set = wall_seen_by(4, true);
  for (size_t i = 0; i < set.views.size(); ++i) {  // each looks another way
    set.views[i].camera.world_from_camera =
        look_at(glm::vec3(0.01f * static_cast<float>(i), 0, 0),
                glm::vec3(std::cos(1.5f * static_cast<float>(i)), std::sin(1.5f * static_cast<float>(i)), 0),
                glm::vec3(0, 0, 1));
  }
  EXPECT_TRUE(sweep(set, 1).empty());
}

}  // namespace
}  // namespace diorama
