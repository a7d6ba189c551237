#include "assets/asset_file.h"
#include "assets/splat_sequence.h"
#include "engine/base/file.h"
#include "reconstruction/splat_video/fit_splat_video.h"
#include "tests/expect_error.h"
#include "tests/reconstruction/splat_video_capture.h"
#include "tests/test_data.h"

#include <filesystem>

namespace diorama::test {
namespace {

namespace fs = std::filesystem;

SplatVideoStats fit_to(const fs::path& glb, const Performance& performance, const SplatVideoOptions& options,
                       int threads = 2, bool resume = false, const SplatVideoRun& run = {}) {
  ThreadPool pool(threads);
  JobContext job(pool);
  job.resume = resume;
  return fit_splat_video(capture_of(performance), options, glb, job, run);
}

std::vector<std::byte> bytes_of_group(const fs::path& glb, size_t first) {
  return read_file(splat_group_path(splat_groups_folder(glb), first));
}

TEST(FitSplatVideo, FollowsARollingBall) {
  const TempDir folder;
  SplatVideoOptions options = quick_video(500, 40);
  options.key_steps = 150;
  options.frame_steps = 20;
  const SplatVideoStats stats = fit_to(folder / "ball.glb", rolling_ball(), options);
  ASSERT_EQ(stats.frames.size(), 4u);
  EXPECT_TRUE(stats.finished);
  EXPECT_TRUE(stats.frames[0].is_key);
  for (const VideoFrameStats& frame : stats.frames) {
    EXPECT_GT(frame.psnr, 13) << frame.frame;  // half of the chequers wrong: 7 dB; pixels are 20 mm, not antialiased
    EXPECT_LE(frame.splats, 500u);
  }
  const SplatSequenceReader reader(splat_groups_folder(folder / "ball.glb"));
  EXPECT_EQ(reader.sequence().frame_count(), 4u);
  EXPECT_NEAR(reader.sequence().times_s[2], 2.0 / 30, 1e-9);
  const Asset first = read_asset(folder / "ball.glb");
  EXPECT_EQ(first.record->representation, "splat-video");
  EXPECT_GT(splat_count(first), 100u);
}

TEST(FitSplatVideo, MotionAloneCarriesTheChequersAlong) {
  SplatVideoOptions options = quick_video(500, 100);
  options.motion_steps = 60;
  options.frame_steps = 0;
  options.group_drop_db = 100;
  const TempDir folder;
  const SplatVideoStats stats = fit_to(folder / "ball.glb", rolling_ball(), options);
  ASSERT_EQ(stats.frames.size(), 4u);
  EXPECT_EQ(stats.groups, 1u);
  EXPECT_GT(stats.frames[3].motion_psnr, stats.frames[0].psnr - 3);  // the ball has turned by 0.6 rad
}

TEST(FitSplatVideo, SplatsKeepTheirNumberInAGroup) {
  const TempDir folder;
  SplatVideoOptions options = quick_video(500, 40);
  options.group_frames = 2;
  fit_to(folder / "ball.glb", rolling_ball(), options);
  const fs::path groups = splat_groups_folder(folder / "ball.glb");
  for (const SplatGroupHead& head : find_splat_groups(groups)) {
    EXPECT_LE(head.frame_count(), 2u);
    check_splat_group(read_splat_group(splat_group_path(groups, head.first_frame)));
  }
}

TEST(FitSplatVideo, ThreadsDoNotChangeABit) {
  const TempDir folder;
  fit_to(folder / "one.glb", rolling_ball(), quick_video(500, 40), 1);
  fit_to(folder / "three.glb", rolling_ball(), quick_video(500, 40), 3);
  EXPECT_EQ(bytes_of_group(folder / "one.glb", 0), bytes_of_group(folder / "three.glb", 0));
}

TEST(FitSplatVideo, GoesOnAfterCancellationToTheSameBits) {
  const TempDir folder;
  SplatVideoOptions options = quick_video(500, 40);
  options.group_frames = 2;
  fit_to(folder / "whole.glb", rolling_ball(), options);
  {
    ThreadPool pool(2);
    JobContext job(pool);
    job.on_progress([&job](const Progress& progress) {
      if (progress.stage == "frames" && progress.step == 3) job.request_cancel();
    });
    const Error error =
        error_of([&] { fit_splat_video(capture_of(rolling_ball()), options, folder / "cut.glb", job); });
    EXPECT_EQ(error.code(), ErrorCode::kCancelled);
  }
  const SplatVideoStats stats = fit_to(folder / "cut.glb", rolling_ball(), options, 2, true);
  EXPECT_EQ(stats.groups_kept, 1u);
  for (const size_t first : {size_t{0}, size_t{2}}) {
    EXPECT_EQ(bytes_of_group(folder / "cut.glb", first), bytes_of_group(folder / "whole.glb", first));
  }
  options.ssim_weight = 0.5f;
  DIO_EXPECT_ERROR(fit_to(folder / "cut.glb", rolling_ball(), options, 2, true), ErrorCode::kInvalidInput,
                   "other options");
}

TEST(FitSplatVideo, PartsMakeTheSameGroupsAsOneRun) {
  const TempDir folder;
  SplatVideoOptions options = quick_video(500, 40);
  options.segment_frames = 2;
  fit_to(folder / "one.glb", rolling_ball(), options);
  const SplatVideoStats second =
      fit_to(folder / "parts.glb", rolling_ball(), options, 2, false, {.part = 1, .parts = 2});
  EXPECT_FALSE(second.finished);
  EXPECT_FALSE(fs::exists(folder / "parts.glb"));
  fit_to(folder / "parts.glb", rolling_ball(), options, 2, false, {.part = 0, .parts = 2});
  const SplatVideoStats last = fit_to(folder / "parts.glb", rolling_ball(), options, 2, true);
  EXPECT_TRUE(last.finished);
  EXPECT_EQ(last.groups_kept, 2u);
  for (const size_t first : {size_t{0}, size_t{2}}) {
    EXPECT_EQ(bytes_of_group(folder / "parts.glb", first), bytes_of_group(folder / "one.glb", first));
  }
  options.segment_frames = 0;
  DIO_EXPECT_ERROR(fit_to(folder / "parts.glb", rolling_ball(), options, 2, false, {.part = 0, .parts = 2}),
                   ErrorCode::kInvalidInput, "--segment-frames");
}

TEST(FitSplatVideo, FitsARangeWithAPartialLastGroup) {
  const TempDir folder;
  SplatVideoOptions options = quick_video(500, 40);
  options.group_frames = 2;
  options.first_frame = 1;
  options.frame_count = 3;
  fit_to(folder / "ball.glb", rolling_ball(), options);
  const SplatSequenceReader reader(splat_groups_folder(folder / "ball.glb"));
  ASSERT_EQ(reader.sequence().groups.size(), 2u);
  EXPECT_EQ(reader.sequence().groups[0].first_frame, 1u);
  EXPECT_EQ(reader.sequence().groups[1].frame_count, 1u);
  options.frame_count = 4;
  DIO_EXPECT_ERROR(fit_to(folder / "ball.glb", rolling_ball(), options), ErrorCode::kInvalidInput, "--frame-count 4");
  options.first_frame = 4;
  DIO_EXPECT_ERROR(fit_to(folder / "ball.glb", rolling_ball(), options), ErrorCode::kInvalidInput, "--first-frame 4");
}

TEST(FitSplatVideo, AnObjectThatLeavesAndComesBackLeavesEmptyFrames) {
  Performance performance = rolling_ball();
  performance.moments = 5;
  const auto scene = performance.scene;
  performance.scene = [scene](double time_s) {
    const int moment = static_cast<int>(std::lround(30 * time_s));
    return moment == 1 || moment == 2 ? RayScene([](glm::vec3, glm::vec3) { return kMiss; }) : scene(time_s);
  };
  const TempDir folder;
  fit_to(folder / "ball.glb", performance, quick_video(500, 40));
  const SplatSequenceReader reader(splat_groups_folder(folder / "ball.glb"));
  ASSERT_EQ(reader.sequence().groups.size(), 3u);
  EXPECT_GT(reader.moving(0).size(), 0u);
  EXPECT_EQ(reader.moving(1).size(), 0u);
  EXPECT_EQ(reader.moving(2).size(), 0u);
  EXPECT_GT(reader.moving(4).size(), 0u);
}

TEST(FitSplatVideo, AJumpStartsAGroup) {
  Performance performance = rolling_ball();
  const auto scene = performance.scene;
  performance.scene = [scene](double time_s) {
    const bool late = time_s > 0.05;
    return late ? nearest_of({scene(time_s), sphere({0, 0.5f, 0}, 0.15f)}) : scene(time_s);
  };
  const TempDir folder;
  fit_to(folder / "ball.glb", performance, quick_video(500, 40));
  const SplatSequenceReader reader(splat_groups_folder(folder / "ball.glb"));
  ASSERT_GE(reader.sequence().groups.size(), 2u);
  EXPECT_EQ(reader.sequence().groups[1].first_frame, 2u);
}

TEST(FitSplatVideo, RefusesACaptureWithoutDepth) {
  Performance performance = rolling_ball();
  performance.change = [](CaptureContent& content) {
    for (Frame& frame : content.frames) frame.depth.reset();
  };
  const TempDir folder;
  DIO_EXPECT_ERROR(fit_to(folder / "ball.glb", performance, quick_video(500, 40)), ErrorCode::kInvalidInput,
                   "has depth");
}

TEST(FitSplatVideo, LeavesTheFilesOfOthersAlone) {
  const TempDir folder;
  const fs::path groups = splat_groups_folder(folder / "ball.glb");
  write_file(groups / "notes.txt", std::string_view("mine"));
  SplatVideoOptions options = quick_video(500, 40);
  options.frame_count = 1;
  fit_to(folder / "ball.glb", rolling_ball(), options);
  EXPECT_EQ(read_text_file(groups / "notes.txt"), "mine");
}

}  // namespace
}  // namespace diorama::test
