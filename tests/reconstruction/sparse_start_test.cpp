#include "reconstruction/splats/sparse_start.h"

#include "engine/base/file.h"
#include "engine/base/random.h"
#include "tests/reconstruction/ball_capture.h"
#include "tests/test_data.h"

namespace diorama::test {
namespace {

// Points of the ball of ball_capture.h, and as many far behind all of the cameras.
std::string points_of_ball(int count) {
  Random random(3);
  std::string rows;
  for (int i = 0; i < count; ++i) {
    const glm::vec3 direction = glm::normalize(glm::vec3(random.normal(), random.normal(), random.normal()));
    const glm::vec3 p = 0.4f * direction;
    const glm::u8vec3 c = paint(p);
    rows += fmt::format("{} {} {} {} {} {}\n", p.x, p.y, p.z, c.r, c.g, c.b);
    rows += fmt::format("{} {} -500 9 9 9\n", 400 * direction.x, 400 * direction.y);
  }
  return fmt::format(
             "ply\nformat ascii 1.0\nelement vertex {}\nproperty float x\nproperty float y\nproperty float z\n"
             "property uchar red\nproperty uchar green\nproperty uchar blue\nend_header\n",
             2 * count) +
         rows;
}

Capture ball_with_points(const std::filesystem::path& file, int count) {
  write_file(file, points_of_ball(count));
  return ball([&](CaptureContent& content) {
    std::erase_if(content.frames,
                  [](const Frame& frame) { return frame.color.world_from_camera.translation.z > -0.3f; });
    for (Frame& frame : content.frames) frame.depth.reset();
    content.points_file = file;
  });
}

TEST(SparseStart, TakesThePointsThatTrainingViewsSeeWithTheirColours) {
  const TempDir dir;
  ThreadPool pool(2);
  JobContext job(pool);
  const Capture capture = ball_with_points(dir / "points.ply", 2000);
  const TrainingSet set = load_training_set(capture, 1, job);
  const std::vector<StartPoint> points = start_points(capture, set, {.count = 1000}, job);
  EXPECT_LE(points.size(), 1000u);
  EXPECT_GT(points.size(), 200u);
  for (const StartPoint& point : points) {
    ASSERT_NEAR(glm::length(point.position), 0.4f, 1e-5f);  // none of those that no camera sees
    ASSERT_GT(point.pixel_m, 0);
  }
  EXPECT_EQ(glm::u8vec3(255.0f * points[5].color + 0.5f), paint(points[5].position));
}

TEST(SparseStart, SplatsAreAsWideAsTheThreeNearestAreAway) {
  ThreadPool pool(1);
  std::vector<StartPoint> points;
  for (int i = 0; i < 4; ++i) points.push_back({.position = {0.1f * static_cast<float>(i), 0, 5}, .pixel_m = 0.01f});
  const SplatCloud cloud = splats_at(points, 0, pool);
  EXPECT_NEAR(cloud.scales[1].x / cloud.scales[0].x, (0.1f + 0.1f + 0.2f) / (0.1f + 0.2f + 0.3f), 1e-5f);
  EXPECT_EQ(cloud.scales[0].x, cloud.scales[0].z);  // round: nothing tells how the surface lies
}

TEST(SparseStart, TooFewPointsAreToldOfAndNotUsed) {
  const TempDir dir;
  ThreadPool pool(2);
  std::string told;
  JobContext job(pool, [&](LogLevel, std::string_view line) { told = line; });
  const Capture capture = ball_with_points(dir / "points.ply", 20);
  const TrainingSet set = load_training_set(capture, 1, job);
  EXPECT_TRUE(sparse_points(capture, set, {.count = 1000}, job).empty());
  EXPECT_NE(told.find("20 of its 40 points"), std::string::npos) << told;
  EXPECT_FALSE(start_points(capture, set, {.count = 1000}, job).empty());
}

}  // namespace
}  // namespace diorama::test
