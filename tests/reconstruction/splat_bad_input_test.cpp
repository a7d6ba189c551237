#include "engine/raster/splat_rasterizer.h"
#include "reconstruction/splats/cpu/cpu_trainer.h"
#include "tests/expect_error.h"
#include "tests/reconstruction/ball_capture.h"

#include <limits>

namespace diorama::test {
namespace {

void expect_refused(const Capture& capture, const SplatFitOptions& options, const std::string& part) {
  DIO_EXPECT_ERROR(cloud_of(capture, options), ErrorCode::kInvalidInput, part);
}

void expect_sound(const SplatCloud& cloud) {
  EXPECT_GT(cloud.size(), 0u);
  check_splat_cloud(cloud);
}

TEST(SplatsOfBadInput, TenSplatsOneFrameOrTwinsGiveASoundResult) {
  SplatFitOptions ten = quick();
  ten.max_splats = 10;
  ten.start_splats = 0;
  const SplatCloud few = cloud_of(ball(), ten);
  EXPECT_LE(few.size(), 10u);
  EXPECT_GT(few.size(), 0u);
  for (const int frames : {1, 2}) {
    const Capture capture = ball([&](CaptureContent& content) {
      content.frames.resize(static_cast<size_t>(frames));
      for (Frame& frame : content.frames) {
        frame.color = frame.depth.emplace(content.frames[0].color);
        frame.split = Split::kTrain;
      }
    });
    const SplatCloud cloud = cloud_of(capture, quick());
    EXPECT_GT(cloud.size(), 0u);
    check_splat_cloud(cloud);
  }
}

TEST(SplatsOfBadInput, PosesThatContradictDepthStillGiveFiniteSplats) {
  const Capture capture = ball([](CaptureContent& content) {
    for (Frame& frame : content.frames) frame.depth->world_from_camera.translation += glm::vec3(3, 0, 0);
  });
  check_splat_cloud(cloud_of(capture, quick()));
}

TEST(SplatsOfBadInput, BlackFramesAreNamed) {
  const Capture capture = memory_capture(
      sphere({0, 0, 0}, 0.4f), [](glm::vec3) { return glm::u8vec3(0); }, cameras_around({0, 0, 0}, 1.3f, 5));
  ThreadPool pool(1);
  JobContext job(pool);
  DIO_EXPECT_ERROR(fit_splats(capture, quick(), job), ErrorCode::kInvalidInput, "are black");
}

TEST(SplatsOfBadInput, NoFrameWithColourIsNamed) {
  const Capture capture = ball([](CaptureContent& content) {
    for (Frame& frame : content.frames) frame.has_color = false;
  });
  ThreadPool pool(1);
  JobContext job(pool);
  DIO_EXPECT_ERROR(fit_splats(capture, quick(), job), ErrorCode::kInvalidInput, "no training frame has colour");
}

TEST(SplatsOfBadInput, FramesThatAreMaskedAltogetherAreLeftOutOrNamed) {
  const auto masked = [](CaptureContent& content) {
    for (Frame& frame : content.frames) frame.has_mask = true;
  };
  const auto mask_from = [](size_t first) {
    return [first](size_t frame, FrameImages& images) {
      if (!images.color) return;
      images.mask = std::make_shared<ImageU8>(images.color->size_px(), frame >= first ? uint8_t{0} : uint8_t{255});
    };
  };
  expect_refused(ball(masked, 6, mask_from(0)), quick(), "not masked out");
  expect_sound(cloud_of(ball(masked, 6, mask_from(3)), quick()));
}

TEST(SplatsOfBadInput, DepthThatIsNotANumberCountsAsNotMeasured) {
  const auto spoil = [](size_t, FrameImages& images) {
    if (!images.depth_m) return;
    ImageF32 depth = *images.depth_m;
    const float bad[] = {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(), -1.0f, 1e30f};
    for (size_t i = 0; i < depth.pixels().size(); i += 3) depth.pixels()[i] = bad[i / 3 % 4];
    images.depth_m = std::make_shared<ImageF32>(std::move(depth));
  };
  expect_sound(cloud_of(ball({}, 12, spoil), quick()));
}

TEST(SplatsOfBadInput, DepthWithoutAMeasurementStartsFromTheCameras) {
  const auto nothing = [](size_t, FrameImages& images) {
    if (images.depth_m) images.depth_m = std::make_shared<ImageF32>(images.depth_m->size_px());
  };
  expect_sound(cloud_of(ball({}, 12, nothing), quick()));
}

TEST(SplatsOfBadInput, SceneThatNoCameraSeesIsFittedWithoutAStep) {
  // Nearer than the rasteriser draws: no splat is visible in any step.
  const Capture capture =
      memory_capture(nearest_of({sphere({0, 0, 0}, 0.05f)}), paint, cameras_around({0, 0, 0}, 0.12f, 6));
  expect_sound(cloud_of(capture, quick()));
}

TEST(SplatsOfBadInput, EveryFrameBlackButOneIsStillAScene) {
  const auto black = [](size_t frame, FrameImages& images) {
    if (images.color && frame != 2) {
      images.color = std::make_shared<ImageRgba8>(images.color->size_px(), glm::u8vec4(0, 0, 0, 255));
    }
  };
  SplatFitOptions options = quick();
  options.exposure = true;
  expect_sound(cloud_of(ball({}, 6, black), options));
}

TEST(SplatsOfBadInput, CapOfOneSplatIsKept) {
  SplatFitOptions options = quick();
  options.max_splats = 1;
  options.start_splats = 0;
  EXPECT_EQ(cloud_of(ball(), options).size(), 1u);
}

// Two views of splats on a plane: the second as drawn, the first brighter; the left half is masked and holds other
// light.
TrainingSet half_masked_views(const SplatCloud& cloud, float gain, ThreadPool& pool) {
  Camera camera;
  camera.size_px = {96, 96};
  camera.focal_px = {100, 100};
  camera.center_px = {48, 48};
  SplatRasterizer rasterizer;
  SplatPlanes drawn;
  rasterizer.forward(records_from_cloud(cloud), {.sh_degree = 0}, camera, {}, drawn, pool);
  TrainingSet set;
  for (int i = 0; i < 2; ++i) {
    TrainingView view;
    view.frame = static_cast<size_t>(i);
    view.camera = camera;
    view.color = ImageRgba8(camera.size_px, glm::u8vec4(255));
    view.mask = ImageU8(camera.size_px, 255);
    for (int y = 0; y < 96; ++y) {
      for (int x = 0; x < 96; ++x) {
        if (x < 48) view.mask.at(x, y) = 0;
        for (int c = 0; c < 3; ++c) {
          const float value = (i == 0 ? gain : 1) * drawn.row(static_cast<SplatPlane>(c), y)[static_cast<size_t>(x)];
          const float light = x < 48 ? static_cast<float>(1 - i) : value;  // white in the first, black in the second
          view.color.at(x, y)[c] = static_cast<uint8_t>(255 * std::clamp(light, 0.0f, 1.0f));
        }
      }
    }
    set.views.push_back(view);
  }
  return set;
}

TEST(SplatsOfMaskedFrames, ExposureFollowsWhatCountsAlone) {
  ThreadPool pool(2);
  SplatCloud cloud;
  cloud.resize(12 * 12);
  for (size_t i = 0; i < cloud.size(); ++i) {
    const size_t x = i % 12, y = i / 12;
    cloud.positions[i] = {0.17f * (static_cast<float>(x) - 5.5f), 0.17f * (static_cast<float>(y) - 5.5f), 2};
    cloud.scales[i] = glm::vec3(0.08f, 0.08f, 0.01f);
    cloud.rotations_xyzw[i] = {0, 0, 0, 1};
    cloud.opacities[i] = 0.9f;
    cloud.sh[i] = glm::vec3((x * 7 + y * 3) % 5 < 2 ? -0.9f : 0.2f);
  }
  constexpr float kGain = 1.4f;
  const TrainingSet set = half_masked_views(cloud, kGain, pool);
  SplatFitOptions options;
  options.steps = 1000;
  options.exposure = true;
  options.poses = options.rig = false;
  options.sh_degree = 0;
  CpuSplatTrainer trainer(set, cloud, options, cloud.size(), pool);
  for (size_t step = 1; step <= 60; ++step) {
    trainer.step({.view = step % 2, .step = step, .progress = 0.6f});
    if (step % 2 == 0) trainer.end_pass();
  }
  // The masked half is white against black: counted in, it would make the ratio far larger. The priors and what the
  // splats take on themselves hold back a tenth.
  const float ratio = trainer.refinement().exposure(0).gain.x / trainer.refinement().exposure(1).gain.x;
  EXPECT_NEAR(ratio, kGain, 0.2f);
  EXPECT_NEAR(trainer.refinement().exposure(0).bias.x, 0, 0.05f);
}

TEST(SplatMemory, StaysWithinItsBoundsWhereEveryViewSeesEverySplat) {
  ThreadPool pool(2);
  const Capture capture = ball({}, 6);
  for (const auto& [degree, most] : {std::pair(3, 1100.0), std::pair(0, 400.0)}) {
    JobContext job(pool);
    SplatFitOptions options = quick();
    options.sh_degree = degree;
    options.max_splats = options.start_splats = 20000;
    options.steps = 10;
    const SplatFit fit = fit_splats(capture, options, job);
    EXPECT_GT(fit.stats.splats, 5000u);
    EXPECT_LE(static_cast<double>(fit.stats.memory_bytes) / static_cast<double>(fit.stats.splats), most) << degree;
  }
}

}  // namespace
}  // namespace diorama::test
