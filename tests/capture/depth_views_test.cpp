#include "capture/depth_views.h"

#include "tests/capture/box_room.h"

#include <gtest/gtest.h>

#include <set>

namespace diorama {
namespace {

std::vector<Frame> frames_with_depth(size_t count) {
  std::vector<Frame> frames(count);
  for (Frame& frame : frames) frame.depth = Camera{};
  return frames;
}

TEST(ChooseDepthFrames, TakesAllOfAShortCapture) {
  std::vector<Frame> frames = frames_with_depth(5);
  frames[2].depth.reset();
  EXPECT_EQ(choose_depth_frames(frames, 60), (std::vector<size_t>{0, 1, 3, 4}));
}

TEST(ChooseDepthFrames, SpreadsBurstsOverALongCapture) {
  const std::vector<size_t> chosen = choose_depth_frames(frames_with_depth(5000), 60);
  EXPECT_LE(chosen.size(), 60u);
  EXPECT_EQ(chosen.front(), 0u);
  EXPECT_EQ(chosen[1], 3u);
  EXPECT_EQ(chosen.back(), 4999u);
}

TEST(ChooseDepthFrames, TakesAllCamerasOfAFewMomentsOfARig) {
  std::vector<Frame> frames = frames_with_depth(24 * 30);
  for (size_t i = 0; i < frames.size(); ++i) {
    frames[i].camera = static_cast<int>(i / 30);
    frames[i].time_s = static_cast<double>(i % 30);
  }
  const std::vector<size_t> chosen = choose_depth_frames(frames, 60);
  std::set<double> moments;
  for (const size_t i : chosen) moments.insert(*frames[i].time_s);
  EXPECT_EQ(chosen.size(), 48u);
  EXPECT_EQ(moments, (std::set<double>{0, 29}));
}

TEST(SurfaceDepth, IsExactOnAPlaneAndNothingAtEdges) {
  ImageF32 depth({8, 8});
  for (int y = 0; y < 8; ++y) {
    for (int x = 0; x < 8; ++x) depth.at(x, y) = 1 / (0.5f + 0.002f * static_cast<float>(x));  // a slanted plane
  }
  EXPECT_NEAR(*surface_depth(depth, {3.75f, 4.2f}), 1 / (0.5f + 0.002f * 3.25f), 1e-6f);
  depth.at(5, 5) = 9;
  EXPECT_FALSE(surface_depth(depth, {5.2f, 5.2f}));
  depth.at(5, 5) = 0;
  EXPECT_FALSE(surface_depth(depth, {5.2f, 5.2f}));
  EXPECT_FALSE(surface_depth(depth, {0.2f, 4}));
  EXPECT_FALSE(surface_depth(depth, {7.8f, 4}));
  EXPECT_FALSE(surface_depth(depth, {std::nanf(""), 4}));
}

TEST(LoadDepthViews, ReducesLargeImagesWithoutMovingTheirPoints) {
  const std::vector<Camera> cameras = walk_through_room(2, {1500, 900});
  const Capture capture = room_capture(cameras, cameras);
  ThreadPool pool(2);
  JobContext job(pool);
  const std::vector<size_t> frames{1};
  const DepthView view = std::move(load_depth_views(capture, frames, job).front());
  EXPECT_LE(view.camera.size_px.x, 640);
  EXPECT_EQ(view.pixels, 1500u * 900u);
  EXPECT_EQ(view.valid_pixels, view.pixels);
  EXPECT_EQ(view.order, 1u);
  EXPECT_LE(view.points.size(), 600u);
  EXPECT_GE(view.points.size(), 400u);
  for (const glm::vec3 point : view.points) {
    Camera pixel = cameras[1];
    pixel.size_px = {1, 1};
    pixel.center_px += 0.5f - project_in_camera(cameras[1], point);
    // The exact depth along the very ray; float rounding of pixel positions up to 1500 allows 1e-4.
    EXPECT_NEAR(BoxRoom().depth_m(pixel).at(0, 0), point.z, 2e-3f);
  }
}

}  // namespace
}  // namespace diorama
