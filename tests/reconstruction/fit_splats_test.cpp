#include "reconstruction/splats/fit_splats.h"

#include "engine/base/file.h"
#include "engine/base/options.h"
#include "engine/raster/metrics.h"
#include "engine/scene/splat_transform.h"
#include "tests/expect_error.h"
#include "tests/reconstruction/ball_capture.h"
#include "tests/test_data.h"

#include <cmath>
#include <cstring>

namespace diorama::test {
namespace {

bool same_bits(const SplatCloud& a, const SplatCloud& b) {
  const auto same = [](const auto& x, const auto& y) {
    return x.size() == y.size() && std::memcmp(x.data(), y.data(), x.size() * sizeof(x[0])) == 0;
  };
  return same(a.positions, b.positions) && same(a.scales, b.scales) && same(a.rotations_xyzw, b.rotations_xyzw) &&
         same(a.opacities, b.opacities) && same(a.sh, b.sh);
}

void stop_at_step(JobContext& job, size_t step) {
  job.on_progress([&job, step](const Progress& progress) {
    if (progress.stage == "train" && progress.step == step) job.request_cancel();
  });
}

// Mean PSNR of frames that were not trained on.
double held_out_psnr(const Capture& capture, const SplatFit& fit) {
  ThreadPool pool(2);
  SplatCloud cloud = fit.asset.splats.at(0).cloud;
  transform(cloud, inverse(fit.asset.record->asset_from_capture));
  const auto records = records_from_cloud(cloud);
  SplatRasterizer rasterizer;
  SplatPlanes drawn;
  double sum = 0;
  const auto frames = capture.frames_of(Split::kTest);
  for (const size_t frame : frames) {
    const Camera& camera = capture.frames()[frame].color;
    rasterizer.forward(records, {.sh_degree = cloud.sh_degree}, camera, {}, drawn, pool);
    ImageRgba8 picture(camera.size_px, glm::u8vec4(255));
    for (int y = 0; y < camera.size_px.y; ++y) {
      for (int x = 0; x < camera.size_px.x; ++x) {
        for (int c = 0; c < 3; ++c) {
          const float value = drawn.row(static_cast<SplatPlane>(c), y)[static_cast<size_t>(x)];
          picture.at(x, y)[c] = static_cast<uint8_t>(std::lround(255 * std::clamp(value, 0.0f, 1.0f)));
        }
      }
    }
    sum += psnr(picture, *capture.load(frame).color);
  }
  return sum / static_cast<double>(frames.size());
}

TEST(FitSplats, FindsTheSceneInFramesThatItNeverSaw) {
  ThreadPool pool(2);
  JobContext job(pool);
  const auto hold_out = [](CaptureContent& content) {
    for (size_t i = 0; i < content.frames.size(); i += 6) content.frames[i].split = Split::kTest;
  };
  const Capture capture = ball(hold_out, 24);
  SplatFitOptions options = quick();
  options.steps = 1;
  const double start_psnr = held_out_psnr(capture, fit_splats(capture, options, job));
  options.steps = 300;
  const SplatFit fit = fit_splats(capture, options, job);
  EXPECT_GT(held_out_psnr(capture, fit), start_psnr + 3);  // half the squared error: not what luck gives
  EXPECT_EQ(fit.stats.steps, 300u);
  EXPECT_EQ(fit.asset.record->representation, "splats");
  EXPECT_LE(fit.stats.splats, 1500u);
  check_splat_cloud(fit.asset.splats.at(0).cloud);
}

TEST(FitSplats, StartsWithoutDepthToo) {
  ThreadPool pool(2);
  JobContext job(pool);
  const auto without_depth = [](CaptureContent& content) {
    for (size_t i = 0; i < content.frames.size(); ++i) {
      content.frames[i].depth.reset();
      if (i % 6 == 0) content.frames[i].split = Split::kTest;
    }
  };
  const Capture capture = ball(without_depth, 24);
  SplatFitOptions options = quick();
  options.steps = 1;
  const double start_psnr = held_out_psnr(capture, fit_splats(capture, options, job));
  options.steps = 400;
  EXPECT_GT(held_out_psnr(capture, fit_splats(capture, options, job)), start_psnr + 2);  // from a random cloud
}

TEST(FitSplats, ThreadsDoNotChangeABit) {
  const Capture capture = ball();
  EXPECT_TRUE(same_bits(cloud_of(capture, quick(), 1), cloud_of(capture, quick(), 3)));
}

TEST(FitSplats, SeedChangesTheResult) {
  const Capture capture = ball();
  SplatFitOptions other = quick();
  other.seed = 2;
  EXPECT_FALSE(same_bits(cloud_of(capture, quick()), cloud_of(capture, other)));
}

TEST(FitSplats, GoesOnAfterCancellationToTheSameBits) {
  const Capture capture = ball();
  const TempDir folder;
  ThreadPool pool(2);
  {
    JobContext job(pool);
    job.checkpoint_dir = folder.path();
    stop_at_step(job, 57);
    EXPECT_EQ(error_of([&] { fit_splats(capture, quick(), job); }).code(), ErrorCode::kCancelled);
  }
  JobContext job(pool);
  job.checkpoint_dir = folder.path();
  job.resume = true;
  const SplatFit fit = fit_splats(capture, quick(), job);
  EXPECT_TRUE(same_bits(fit.asset.splats.at(0).cloud, cloud_of(capture, quick())));
  EXPECT_EQ(fit.stats.steps, 120u);
  SplatFitOptions other = quick();
  other.ssim_weight = 0.5f;
  DIO_EXPECT_ERROR(fit_splats(capture, other, job), ErrorCode::kInvalidInput, "other options");
}

TEST(FitSplats, DamagedCheckpointIsRefused) {
  const Capture capture = ball();
  const TempDir folder;
  ThreadPool pool(2);
  JobContext job(pool);
  job.checkpoint_dir = folder.path();
  stop_at_step(job, 5);
  error_of([&] { fit_splats(capture, quick(), job); });
  const auto path = folder.path() / "splats.state";
  const std::vector<std::byte> good = read_file(path);
  for (const size_t length : {size_t{0}, size_t{5}, size_t{40}, good.size() / 2, good.size() - 1}) {
    write_file(path, std::span(good).first(length));
    JobContext again(pool);
    again.checkpoint_dir = folder.path();
    again.resume = true;
    DIO_EXPECT_ERROR(fit_splats(capture, quick(), again), ErrorCode::kInvalidInput, "splats.state");
  }
  std::vector<std::byte> flipped = good;
  flipped[flipped.size() - 100] ^= std::byte{1};
  write_file(path, flipped);
  JobContext again(pool);
  again.checkpoint_dir = folder.path();
  again.resume = true;
  DIO_EXPECT_ERROR(fit_splats(capture, quick(), again), ErrorCode::kInvalidInput, "damaged");
}

TEST(FitSplats, RunBoundedByTimeIsRepeatedToTheBit) {
  const Capture capture = ball();
  SplatFitOptions options = quick();
  options.steps = 1000000;
  options.max_minutes = 0.02f;
  ThreadPool pool(2);
  JobContext job(pool);
  const SplatFit fit = fit_splats(capture, options, job);
  ASSERT_GT(fit.stats.steps, 0u);
  SplatFitRun run;
  run.replay = fit.stats.schedule_json;
  EXPECT_TRUE(same_bits(fit.asset.splats.at(0).cloud, cloud_of(capture, options, 2, run)));
}

TEST(FitSplats, SnapshotsChangeNoBitAndStartWhereTheRunDoes) {
  const Capture capture = ball();
  const TempDir folder;
  ThreadPool pool(2);
  std::vector<size_t> steps;
  SplatFitRun run;
  run.snapshot_every_s = 0;  // between any two steps
  run.on_snapshot = [&](SplatFitSnapshot snapshot) {
    steps.push_back(snapshot.step);
    EXPECT_EQ(snapshot.asset.record->representation, "splats");
    check_splat_cloud(snapshot.asset.splats.at(0).cloud);
  };
  {
    JobContext job(pool);
    job.checkpoint_dir = folder.path();
    stop_at_step(job, 57);
    error_of([&] { fit_splats(capture, quick(), job, run); });
  }
  ASSERT_FALSE(steps.empty());
  EXPECT_EQ(steps.front(), 0u);
  const size_t before = steps.size();
  JobContext job(pool);
  job.checkpoint_dir = folder.path();
  job.resume = true;
  const SplatFit fit = fit_splats(capture, quick(), job, run);
  EXPECT_EQ(steps.at(before), steps.at(before - 1) + 1);  // goes on where the first run was stopped
  EXPECT_EQ(steps.size(), before + 120 - steps.at(before) + 1);
  EXPECT_TRUE(same_bits(fit.asset.splats.at(0).cloud, cloud_of(capture, quick())));
}

TEST(FitSplats, TimeThatIsOverBeforeTheFirstStepIsToldOf) {
  SplatFitOptions options = quick();
  options.max_minutes = 0.01f;
  SplatFitRun run;
  run.started -= std::chrono::seconds(60);
  DIO_EXPECT_ERROR(cloud_of(ball(), options, 2, run), ErrorCode::kInvalidInput, "before the first step");
}

TEST(FitSplats, ClassicStrategyKeepsTheBudget) {
  SplatFitOptions options = quick();
  options.strategy = 1;
  options.steps = 400;
  options.max_splats = 1100;
  EXPECT_LE(cloud_of(ball(), options).size(), 1100u);
}

TEST(FitSplats, BudgetInMegabytesBoundsTheSplats) {
  SplatFitOptions options = quick();
  options.max_mb = 0.05f;
  EXPECT_LE(cloud_of(ball(), options).size(), 450u);  // about 100 bytes a splat of SH degree 1
  options.max_mb = 0.001f;
  ThreadPool pool(1);
  JobContext job(pool);
  DIO_EXPECT_ERROR(fit_splats(ball(), options, job), ErrorCode::kInvalidInput, "--max-mb");
}

}  // namespace
}  // namespace diorama::test
