#include "capture/inspect.h"

#include "tests/capture/box_room.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace diorama {
namespace {

CaptureSummary inspect(const Capture& capture) {
  ThreadPool pool(2);
  JobContext job(pool);
  return inspect_capture(capture, {}, job);
}

Capture room(size_t count) {
  const std::vector<Camera> cameras = walk_through_room(count);
  return room_capture(cameras, cameras);
}

TEST(Inspect, CountsFramesAndMeasuresThePath) {
  const CaptureSummary summary = inspect(room(32));
  EXPECT_EQ(summary.frames, 32u);
  EXPECT_EQ(summary.train_frames, 28u);
  EXPECT_EQ(summary.test_frames, 4u);
  EXPECT_EQ(summary.cameras, 1u);
  ASSERT_EQ(summary.depth_sizes.size(), 1u);
  EXPECT_EQ(summary.depth_sizes[0].size_px, glm::ivec2(80, 60));
  EXPECT_EQ(summary.depth_sizes[0].frames, 32u);
  const std::vector<Camera> cameras = walk_through_room(32);
  double path_m = 0;
  for (size_t i = 1; i < 32; ++i) {
    path_m += static_cast<double>(
        glm::distance(cameras[i].world_from_camera.translation, cameras[i - 1].world_from_camera.translation));
  }
  EXPECT_NEAR(summary.path_m, path_m, 1e-5);  // float against double distances
  EXPECT_NEAR(*summary.duration_s, 3.1, 1e-9);
}

TEST(Inspect, MeasuresDepthWithinTheRoom) {
  const CaptureSummary summary = inspect(room(32));
  EXPECT_EQ(*summary.depth_coverage, 1.0);
  const auto& depth_m = *summary.depth_m;
  EXPECT_LT(depth_m[0], depth_m[1]);
  EXPECT_LT(depth_m[1], depth_m[2]);
  EXPECT_GT(depth_m[0], 0.5);
  EXPECT_LT(depth_m[2], 5.0);
  // Walls are at x = +-2 m, floor at y = 1.5 m, the far wall at z = 2.5 m.
  EXPECT_NEAR(summary.point_bounds.max.y, 1.5f, 1e-3f);
  EXPECT_NEAR(summary.point_bounds.max.z, 2.5f, 1e-3f);
  EXPECT_GE(summary.point_bounds.min.x, -2.001f);
  EXPECT_EQ(summary.check.verdict, CheckVerdict::kOk) << summary.check.cause;
}

TEST(Inspect, TheJsonHoldsEveryFigureAndNullForWhatIsNotKnown) {
  const nlohmann::json full = nlohmann::json::parse(to_json(inspect(room(16))));
  EXPECT_EQ(full["frames"], 16);
  EXPECT_EQ(full["depth_sizes"][0]["width"], 80);
  EXPECT_EQ(full["check"]["verdict"], "ok");
  EXPECT_EQ(full["conventions"]["camera_axes"], "OpenCV");
  EXPECT_TRUE(full["depth_percentiles_m"].is_array());

  CaptureContent content;
  content.name = "bad \xff name";
  content.frames.resize(2);
  content.frames[0].color = content.frames[1].color = walk_through_room(1).front();
  content.source = std::make_unique<BoxRoomSource>(std::vector<Camera>{}, 1.0f);
  const nlohmann::json bare = nlohmann::json::parse(to_json(inspect(Capture(std::move(content), {}))));
  EXPECT_TRUE(bare["depth_coverage"].is_null());
  EXPECT_TRUE(bare["point_bounds"].is_null());
  EXPECT_TRUE(bare["check"]["median_error_m"].is_null());
  EXPECT_EQ(bare["check"]["verdict"], "unknown");
}

TEST(Inspect, TheTextNamesVerdictConventionsAndWarnings) {
  CaptureSummary summary = inspect(room(16));
  summary.warnings.emplace_back("three images are missing");
  const std::string text = to_text(summary);
  for (const char* part : {"self-check    ok", "axes OpenCV", "80x60", "warning       three images are missing"}) {
    EXPECT_THAT(text, testing::HasSubstr(part));
  }
  EXPECT_EQ(text.back(), '\n');
}

TEST(Inspect, SaysWhenTheRigIsNotKnown) {
  const std::vector<Camera> cameras = walk_through_room(8);
  CaptureConventions conventions;
  conventions.color_registered = false;
  const CaptureSummary summary = inspect(room_capture(cameras, cameras, 1, conventions));
  EXPECT_FALSE(summary.calibration_known);
  EXPECT_THAT(to_text(summary), testing::HasSubstr("the rig is not known"));
}

}  // namespace
}  // namespace diorama
