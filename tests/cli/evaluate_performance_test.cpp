#include "assets/splat_sequence.h"
#include "engine/base/file.h"
#include "renderers/splats/splat_raster_view.h"
#include "tests/expect_error.h"
#include "tests/test_data.h"
#include "tools/eval/comparison_video.h"
#include "tools/eval/report_page.h"

#include <nlohmann/json.hpp>

namespace diorama {
namespace {

using testing::HasSubstr;

constexpr int kFrames = 6;
constexpr double kStepS = 0.1;

// A ball of splats that moves 5 cm a frame along x.
SplatCloud ball_at(int frame) {
  SplatCloud cloud;
  cloud.resize(60);
  for (size_t i = 0; i < cloud.size(); ++i) {
    const float angle = 2.4f * static_cast<float>(i), y = 2 * (static_cast<float>(i) + 0.5f) / 60 - 1;
    const float radius = std::sqrt(1 - y * y);
    cloud.positions[i] = 0.3f * glm::vec3(radius * std::cos(angle), y, radius * std::sin(angle));
    cloud.positions[i].x += 0.05f * static_cast<float>(frame);
    cloud.scales[i] = glm::vec3(0.06f);
    cloud.opacities[i] = 0.9f;
    cloud.sh[i] = {y, -y, 0.5f * std::sin(angle)};
  }
  return cloud;
}

// A still wall behind it.
SplatCloud wall() {
  SplatCloud cloud;
  cloud.resize(100);
  for (size_t i = 0; i < cloud.size(); ++i) {
    cloud.positions[i] = {0.3f * static_cast<float>(i % 10) - 1.35f, 0.3f * static_cast<float>(i / 10) - 1.35f, 1.5f};
    cloud.scales[i] = glm::vec3(0.15f);
    cloud.opacities[i] = 0.9f;
    cloud.sh[i] = glm::vec3(i % 3 == 0 ? 0.6f : -0.4f);
  }
  return cloud;
}

// Two cameras before it, 3 m away, in the capture's frame.
Camera camera_of(int index) {
  Camera camera{{64, 48}, {50, 50}, {32, 24}, {}};
  camera.world_from_camera.translation = {index == 0 ? -0.3f : 0.4f, 0, -3};
  return camera;
}

// What the cameras record: the performance itself, drawn by the same rasteriser in frames 0 to 5.
struct PerformanceSource : FrameSource {
  std::vector<ImageRgba8> pictures;
  FrameImages load(size_t frame, FrameParts) const override {
    return {.color = std::make_shared<ImageRgba8>(pictures.at(frame))};
  }
};

Rigid turned() {
  return {glm::mat3(1, 0, 0, 0, -1, 0, 0, 0, -1), {0.1f, 0.2f, 0.3f}};
}

class EvaluatePerformance : public testing::Test {
 protected:
  EvaluatePerformance() {
    const std::filesystem::path folder = splat_groups_folder(glb_);
    for (int first = 0; first < kFrames; first += 3) {
      SplatGroup group{.first_frame = static_cast<size_t>(first), .frames = {}};
      std::vector<double> times_s;
      for (int k = first; k < first + 3; ++k) {
        group.frames.push_back(ball_at(k));
        times_s.push_back(k * kStepS);
      }
      add_splat_group(folder, group, times_s, 1);
    }
    set_splat_background(folder, wall(), 1);
    finish_splat_sequence(glb_, {.capture_name = "ball", .asset_from_capture = turned()});
    asset_ = read_gltf_asset();
    performance_.emplace(folder);
  }

  Asset read_gltf_asset() const;

  // Camera by camera, as some captures list their frames. `drop`: a frame of camera 0 that is not there.
  Capture capture(bool alpha = false, int drop = -1, double late_s = 0) {
    auto source = std::make_unique<PerformanceSource>();
    CaptureContent content{.name = "ball", .has_split = true};
    for (int c = 0; c < 2; ++c) {
      for (int k = 0; k < kFrames; ++k) {
        if (c == 0 && k == drop) continue;
        Frame frame{.id = fmt::format("cam{:02}/{:04}", c, k), .color = camera_of(c), .time_s = k * kStepS + late_s};
        frame.camera = c;
        frame.split = Split::kTest;
        frame.has_alpha = alpha;
        content.frames.push_back(frame);
        source->pictures.push_back(alpha ? cut_out(k, c) : drawn({wall(), ball_at(k)}, c));
      }
    }
    content.source = std::move(source);
    return Capture(std::move(content), {});
  }

  ImageRgba8 drawn(const std::vector<SplatCloud>& clouds, int camera) {
    Asset asset;
    for (const SplatCloud& cloud : clouds) asset.splats.push_back({"cloud", cloud});
    return SplatRasterView(asset).draw(camera_of(camera), {.background = glm::vec3(0)}, false, pool_).color;
  }

  // The ball alone, with its coverage as alpha.
  ImageRgba8 cut_out(int frame, int camera) {
    Asset asset;
    asset.splats.push_back({"ball", ball_at(frame)});
    RasterResult result = SplatRasterView(asset).draw(camera_of(camera), {.background = glm::vec3(1)}, false, pool_);
    for (size_t i = 0; i < result.color.pixels().size(); ++i) {
      result.color.pixels()[i].a = result.coverage.pixels()[i] > 0.5f ? 255 : 0;
    }
    return std::move(result.color);
  }

  EvalReport score(const Capture& capture, const ScoreObserver& observer = {}) {
    return evaluate({asset_, "ball.glb", &*performance_}, capture, {}, job_, observer);
  }

  TempDir dir_;
  std::filesystem::path glb_ = dir_ / "ball.glb";
  ThreadPool pool_{2};
  JobContext job_{pool_};
  Asset asset_;
  std::optional<SplatSequenceReader> performance_;
};

Asset EvaluatePerformance::read_gltf_asset() const {
  Asset asset;
  const SplatSequenceReader reader(splat_groups_folder(glb_));
  asset.splats = reader.frame(0);
  asset.record = reader.record();
  return asset;
}

TEST_F(EvaluatePerformance, EachFrameIsDrawnAtItsOwnTime) {
  const EvalReport report = score(capture());
  ASSERT_EQ(report.frames.size(), 12u);
  EXPECT_EQ(report.frames[0].id, "cam00/0000");
  EXPECT_EQ(report.frames[1].id, "cam01/0000") << "by time, then as the capture has it";
  for (const FrameScore& frame : report.frames) {
    EXPECT_GE(frame.psnr, 60) << frame.id
                              << ": the frames differ by the rounding of turning them, a count here and there";
    EXPECT_FALSE(frame.psnr_mask) << "there is no alpha";
  }
  // The same asset without its performance is right at the first time alone.
  const EvalReport still = evaluate(asset_, "ball.glb", capture(), {}, job_);
  EXPECT_GE(still.frames[0].psnr, 60);
  EXPECT_LT(still.frames[11].psnr, 40);
  EXPECT_LT(still.frames[11].psnr_moving.value(), still.frames[11].psnr);
  EXPECT_FALSE(still.motion);
}

TEST_F(EvaluatePerformance, CamerasAndTimesHaveMeans) {
  const EvalReport report = score(capture());
  ASSERT_EQ(report.cameras.size(), 2u);
  EXPECT_EQ(report.cameras[1].mean.camera, "cam01");
  EXPECT_EQ(report.cameras[1].frames, 6u);
  ASSERT_EQ(report.times.size(), 6u);
  EXPECT_DOUBLE_EQ(report.times[3].mean.time_s.value(), 3 * kStepS);
  EXPECT_EQ(report.times[3].frames, 2u);
  const auto json = nlohmann::json::parse(to_json(report));
  EXPECT_EQ(json["frames"][3]["camera"], "cam01");
  EXPECT_DOUBLE_EQ(json["frames"][3]["time_s"], 0.1);
  EXPECT_TRUE(json["frames"][3].contains("psnr_moving"));
  EXPECT_EQ(json["cameras"][0]["camera"], "cam00");
  EXPECT_EQ(json["times"].size(), 6u);
  const std::string text = to_text(report);
  EXPECT_THAT(text, HasSubstr("moving dB"));
  EXPECT_THAT(text, HasSubstr("\ncam01 "));
  EXPECT_THAT(text, HasSubstr("\n   0.500 "));
}

TEST_F(EvaluatePerformance, TheMaskCountsThePixelsWithAlphaAlone) {
  const EvalReport with_wall = score(capture(true));
  ASSERT_TRUE(with_wall.mean.psnr_mask);
  EXPECT_GT(*with_wall.mean.psnr_mask, with_wall.mean.psnr + 10) << "the wall is in no mask and wrong on white";
  EXPECT_TRUE(nlohmann::json::parse(to_json(with_wall))["frames"][0].contains("psnr_mask"));
}

TEST_F(EvaluatePerformance, StillPartsDoNotFlickerAndMotionIsMeasured) {
  const EvalReport report = score(capture());
  ASSERT_TRUE(report.flicker);
  EXPECT_LT(report.flicker->render, 0.1) << "rounding alone; margins keep the ball's rim out";
  EXPECT_LT(report.flicker->truth, 0.1);
  EXPECT_GT(report.flicker->static_share, 0.4);
  EXPECT_LT(report.flicker->static_share, 1.0);
  ASSERT_TRUE(report.motion);
  EXPECT_NEAR(report.motion->step_mm, 50, 0.01) << "a float's rounding at 1 m";
  EXPECT_LT(report.motion->second_difference_mm, 0.01) << "constant speed";
}

TEST_F(EvaluatePerformance, ADroppedFrameBreaksThePairsAroundIt) {
  const EvalReport report = score(capture(false, 3));
  EXPECT_EQ(report.frames.size(), 11u);
  for (const FrameScore& frame : report.frames) {
    const bool first = frame.id.ends_with("/0000"), after_gap = frame.id == "cam00/0004";
    EXPECT_EQ(frame.psnr_moving.has_value(), !first && !after_gap) << frame.id;
  }
}

TEST_F(EvaluatePerformance, FramesOutsideThePerformanceAreLeftOut) {
  EXPECT_EQ(score(capture(false, -1, 0.2)).frames.size(), 8u) << "four of six times are in it";
  const Capture never = capture(false, -1, 50);
  DIO_EXPECT_ERROR(score(never), ErrorCode::kInvalidInput, "none of the 12 frames to score was taken between 0.000");
  EXPECT_EQ(score(capture(false, -1, 0.004)).frames.size(), 12u)
      << "cameras need not be synchronous to the millisecond";
}

TEST_F(EvaluatePerformance, TheVideoHasAPictureATime) {
  const Capture taken = capture();
  const ScoredAsset scored{asset_, "ball.glb", &*performance_};
  ComparisonVideo video(dir_ / "ball.mp4", taken, scored_frames(scored, taken, 0), 1.0f);
  score(taken, [&](size_t index, size_t, const ScoredPictures& pictures) { video.add(index, pictures); });
  video.finish();
  EXPECT_GT(std::filesystem::file_size(dir_ / "ball.mp4"), 1000u);
}

TEST_F(EvaluatePerformance, ThePageHasCurvesOverTime) {
  const Capture taken = capture(true);
  ReportPictures pictures;
  const EvalReport report = score(taken, pictures.observer());
  const std::string page = report_page(report, pictures, {asset_, taken, "ball", "diorama eval", {}});
  EXPECT_THAT(page, HasSubstr("Over time"));
  EXPECT_THAT(page, HasSubstr("PSNR in the mask over time"));
  EXPECT_THAT(page, HasSubstr("<title>cam01</title>"));
}

}  // namespace
}  // namespace diorama
