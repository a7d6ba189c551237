#include "assets/splat_sequence.h"
#include "reconstruction/splat_video/fit_splat_video.h"
#include "reconstruction/splat_video/static_scene.h"
#include "tests/reconstruction/splat_video_capture.h"
#include "tests/test_data.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace diorama::test {
namespace {

constexpr float kWall_m = 1.0f;

// The ball before a striped wall, seen by five cameras on an arc.
Performance ball_before_a_wall() {
  Performance performance = rolling_ball();
  const auto ball = performance.scene;
  const auto chequers = performance.paint;
  performance.scene = [ball](double time_s) { return nearest_of({ball(time_s), wall(kWall_m)}); };
  performance.paint = [chequers](glm::vec3 p, double time_s) {
    if (p.z < kWall_m - 0.01f) return chequers(p, time_s);
    return std::lround(std::floor(p.x * 3)) % 2 == 0 ? glm::u8vec3(90, 160, 90) : glm::u8vec3(150, 110, 90);
  };
  performance.alpha = false;
  performance.moments = 8;
  performance.fps = 12;  // 150 mm a moment: what is behind shows in most of them
  performance.cameras.clear();
  for (const float x : {-0.9f, -0.45f, 0.0f, 0.45f, 0.9f}) {
    performance.cameras.push_back(camera_at({x, 0.2f, -1.4f}, {0.3f, 0, 0.3f}, {80, 60}, 60));
  }
  return performance;
}

TEST(StaticScene, IsWhatStandsBehindTheBall) {
  const Performance performance = ball_before_a_wall();
  const Capture capture = capture_of(performance);
  ThreadPool pool(2);
  JobContext job(pool);
  const StaticScene still = find_still_pictures(capture, training_moments(capture), 1, {}, job);
  ASSERT_EQ(still.pictures.size(), 5u);
  const StillPicture& middle = still.pictures.at(2);
  const ImageF32 truth = render_depth(wall(kWall_m), middle.camera);
  size_t known = 0;
  for (size_t i = 0; i < truth.pixels().size(); ++i) {
    if (!middle.known.pixels()[i]) continue;
    ++known;
    EXPECT_FLOAT_EQ(middle.depth_m.pixels()[i], truth.pixels()[i]);
  }
  EXPECT_GT(known, truth.pixels().size() * 9 / 10);
}

TEST(StaticScene, LeavesTheBallAsWhatMoves) {
  const Performance performance = ball_before_a_wall();
  const Capture capture = capture_of(performance);
  ThreadPool pool(2);
  JobContext job(pool);
  const Moments moments = training_moments(capture);
  const StaticScene still = find_still_pictures(capture, moments, 1, {}, job);
  const MomentViews moment = load_moment(capture, moments.list.at(4), 1, &still, {}, pool);
  ASSERT_EQ(moment.views.size(), 5u);
  for (const MomentView& view : moment.views) {
    const ImageF32 ball = render_depth(rolling_ball().scene(4 / 12.0), view.camera);
    for (size_t i = 0; i < ball.pixels().size(); ++i) {
      if (!(view.depth_m.pixels()[i] > 0)) continue;
      EXPECT_FLOAT_EQ(view.depth_m.pixels()[i], ball.pixels()[i]);
    }
    EXPECT_LT(view.camera.size_px.x, 70);
  }
}

TEST(StaticScene, IsNotLookedForWhereAlphaShowsWhatMovesOrCamerasMove) {
  ThreadPool pool(1);
  JobContext job(pool);
  const Capture cut_out = capture_of(rolling_ball());
  EXPECT_TRUE(find_still_pictures(cut_out, training_moments(cut_out), 1, {}, job).empty());
  Performance hand_held = ball_before_a_wall();
  hand_held.change = [](CaptureContent& content) {
    for (Frame& frame : content.frames) {
      frame.color.world_from_camera.translation.x += static_cast<float>(*frame.time_s);
      frame.depth = frame.color;
    }
  };
  const Capture moving = capture_of(hand_held);
  EXPECT_TRUE(find_still_pictures(moving, training_moments(moving), 1, {}, job).empty());
}

TEST(StaticScene, IsKeptOnceBesideWhatMoves) {
  SplatVideoOptions options = quick_video(500, 60);
  options.still_splats = 1000;
  options.still_steps = 60;
  options.frame_count = 2;
  ThreadPool pool(2);
  JobContext job(pool);
  const TempDir folder;
  const SplatVideoStats stats = fit_splat_video(capture_of(ball_before_a_wall()), options, folder / "ball.glb", job);
  EXPECT_GT(stats.still_splats, 100u);
  const SplatSequenceReader reader(splat_groups_folder(folder / "ball.glb"));
  EXPECT_EQ(reader.sequence().background.size(), stats.still_splats);
  size_t beside = 0;  // of what moves: before the wall, near the ball
  const SplatCloud moving = reader.moving(0);
  for (const glm::vec3& p : moving.positions) beside += glm::length(p - glm::vec3(-0.1f, 0, 0)) > 0.45f;
  EXPECT_LT(beside, moving.size() / 20);
}

TEST(StaticScene, IsFittedByOneOfSeveralPartsAtOnce) {
  SplatVideoOptions options = quick_video(300, 10);
  options.still_splats = 300;
  options.still_steps = 30;
  options.frame_count = 2;
  options.segment_frames = 1;
  const TempDir folder;
  std::atomic<int> fits = 0;
  const auto part = [&](int which) {
    ThreadPool pool(1);
    JobContext job(pool);
    job.on_progress([&](const Progress& progress) { fits += progress.stage == "still splats" && progress.step == 0; });
    fit_splat_video(capture_of(ball_before_a_wall()), options, folder / "ball.glb", job, {.part = which, .parts = 2});
  };
  std::thread other(part, 1);
  part(0);
  other.join();
  EXPECT_EQ(fits, 1);
  ThreadPool pool(2);
  JobContext job(pool);
  job.resume = true;
  const SplatVideoStats stats = fit_splat_video(capture_of(ball_before_a_wall()), options, folder / "ball.glb", job);
  EXPECT_EQ(stats.groups_kept, 2u);
  EXPECT_GT(stats.still_splats, 50u);
}

TEST(FitSplatVideo, OneHandHeldCameraIsFittedWholeWithoutAStillScene) {
  Performance performance = ball_before_a_wall();
  performance.cameras.resize(1);
  performance.moments = 3;
  performance.change = [](CaptureContent& content) {
    for (Frame& frame : content.frames) {
      frame.color.world_from_camera.translation.x += 0.2f * static_cast<float>(*frame.time_s);
      frame.depth = frame.color;
    }
  };
  ThreadPool pool(2);
  JobContext job(pool);
  const TempDir folder;
  const SplatVideoOptions options = quick_video(800, 40);
  const SplatVideoStats stats = fit_splat_video(capture_of(performance), options, folder / "one.glb", job);
  EXPECT_EQ(stats.frames.size(), 3u);
  EXPECT_EQ(stats.still_splats, 0u);
  EXPECT_GT(SplatSequenceReader(splat_groups_folder(folder / "one.glb")).moving(2).size(), 100u);
}

}  // namespace
}  // namespace diorama::test
