#include "capture/synth/synth.h"

#include "capture/synth/figure.h"
#include "capture/synth/light.h"
#include "capture/synth/noise.h"
#include "capture/synth/path.h"
#include "capture/synth/render.h"
#include "capture/synth/room.h"
#include "capture/synth/scene.h"
#include "capture/synth/scene_impl.h"
#include "capture/synth/sensor.h"
#include "capture/synth/stage.h"
#include "capture/synth/writer.h"
#include "engine/base/error.h"
#include "engine/base/options.h"

#include <algorithm>
#include <chrono>
#include <memory>

namespace diorama {
namespace {

constexpr double kShutterS = 1.0 / 60;  // at motion blur 1
constexpr int kBlurMoments = 4;         // poses of the figure in one exposure

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

void check(SynthOptions options) {
  check_options(option_fields(options));
  if (options.hide_calibration && !options.unregistered) {
    fail(ErrorCode::kInvalidInput,
         "--hide-calibration is given without --unregistered: there is no calibration to hide");
  }
  if (options.lens_distortion > 0 && !options.unregistered) {
    fail(ErrorCode::kInvalidInput,
         "--lens-distortion is given without --unregistered: only a colour camera of its own has a lens");
  }
}

// A scene whose light is known, at one moment.
struct LitScene {
  LitScene(SynthGeometry g, float detail, JobContext& job)
      : scene(std::move(g)), light(scene.geometry, scene.bvh, detail, job) {}
  SynthScene::Impl scene;
  SynthLightMap light;
};

struct Recorder {
  const SynthOptions& options;
  JobContext& job;
  SynthWriter& writer;
  SynthStats& stats;
  uint64_t measured = 0, pixels = 0;

  // The depth camera sees `scene`; the exposure is spread evenly over `moments`.
  void record(size_t index, const SynthView& view, const SynthScene::Impl& scene, const SynthColorSum& color) {
    const auto key = static_cast<uint32_t>(index);
    const SynthSurfaceImage surface = render_surface(scene.geometry, scene.bvh, view.depth, job.pool());
    SynthFrameImages images{develop(color, options.samples, options, view.time_s, key),
                            measure_depth(surface, options, key), surface.ids};
    writer.write_frame(index, images, job.pool());
    const auto counts = images.depth.pixels();
    measured += static_cast<uint64_t>(std::count_if(counts.begin(), counts.end(), [](uint16_t z) { return z > 0; }));
    pixels += counts.size();
    ++stats.frames;
    stats.depth_coverage = static_cast<float>(static_cast<double>(measured) / static_cast<double>(pixels));
    job.advance();
  }
};

// The colour camera of a walk through the room while the shutter is open.
SynthColorRays room_rays(const SynthOptions& options, const SynthView& view, size_t index) {
  SynthColorRays rays{0, options.samples, options.samples, static_cast<uint32_t>(index), {}, view.color_lens};
  if (options.motion_blur > 0) {
    const Rigid depth_from_color = inverse(view.depth.world_from_camera) * view.color.world_from_camera;
    rays.camera_at = [=, open_s = options.motion_blur * kShutterS](float s) {
      Camera camera = view.color;
      camera.world_from_camera = room_pose(view.time_s + (static_cast<double>(s) - 0.5) * open_s) * depth_from_color;
      return camera;
    };
  } else {
    rays.camera_at = [camera = view.color](float) { return camera; };
  }
  return rays;
}

// The figure's poses in one exposure, lit.
std::vector<std::unique_ptr<LitScene>> figure_moments(const SynthFigure& figure, const SynthOptions& options,
                                                      double time_s, int moments, JobContext& job) {
  std::vector<std::unique_ptr<LitScene>> lit;
  for (int m = 0; m < moments; ++m) {
    const double within = (m + 0.5) / moments - 0.5;
    lit.push_back(std::make_unique<LitScene>(
        make_performance(figure, time_s + within * options.motion_blur * kShutterS, options.cutout),
        options.light_detail, job));
  }
  return lit;
}

}  // namespace

SynthStats write_synth_room(const std::filesystem::path& folder, const SynthOptions& options, JobContext& job) {
  check(options);
  const std::vector<SynthView> views = synth_room_views(options);
  SynthWriter writer(folder, "room", options, views);
  SynthStats stats;
  job.begin_stage("light", SynthLightMap::kSteps);
  const Clock::time_point start = Clock::now();
  const LitScene lit(make_room(), options.light_detail, job);
  stats.light_s = seconds_since(start);
  stats.triangles = lit.scene.geometry.triangles.size();
  job.begin_stage("frames", views.size());
  Recorder recorder{options, job, writer, stats};
  for (size_t i = 0; i < views.size(); ++i) {
    SynthColorSum sum(views[i].color.size_px, glm::vec4(0.0f));
    add_color_rays(lit.scene.geometry, lit.scene.bvh, lit.light, room_rays(options, views[i], i), sum, job.pool());
    recorder.record(i, views[i], lit.scene, sum);
  }
  stats.render_s = seconds_since(start) - stats.light_s;
  writer.commit(lit.scene.geometry.things);
  return stats;
}

SynthStats write_synth_performance(const std::filesystem::path& folder, const SynthOptions& options, JobContext& job) {
  check(options);
  const std::vector<SynthView> views = synth_performance_views(options);
  SynthWriter writer(folder, "performance", options, views);
  const auto cameras = static_cast<size_t>(options.cameras), frames = views.size() / cameras;
  const int moments = options.motion_blur > 0 ? std::min(options.samples, kBlurMoments) : 1;
  job.begin_stage("frames", views.size() + frames * static_cast<size_t>(moments) * SynthLightMap::kSteps);
  SynthStats stats;
  const Clock::time_point start = Clock::now();
  Recorder recorder{options, job, writer, stats};
  const SynthFigure figure;
  std::vector<std::string> things;
  for (size_t frame = 0; frame < frames; ++frame) {
    const Clock::time_point frame_start = Clock::now();
    const double time_s = views[frame].time_s;
    const auto lit = figure_moments(figure, options, time_s, moments, job);
    const SynthScene::Impl middle(make_performance(figure, time_s, options.cutout));
    stats.light_s += seconds_since(frame_start);
    stats.triangles = middle.geometry.triangles.size();
    things = middle.geometry.things;
    for (size_t camera = 0; camera < cameras; ++camera) {
      const size_t index = camera * frames + frame;
      const SynthView& view = views[index];
      SynthColorSum sum(view.color.size_px, glm::vec4(0.0f));
      for (int m = 0; m < moments; ++m) {
        const SynthColorRays rays{m * options.samples / moments, (m + 1) * options.samples / moments, options.samples,
                                  static_cast<uint32_t>(index),  [&](float) { return view.color; },   view.color_lens};
        const LitScene& moment = *lit[static_cast<size_t>(m)];
        add_color_rays(moment.scene.geometry, moment.scene.bvh, moment.light, rays, sum, job.pool());
      }
      recorder.record(index, view, middle, sum);
    }
  }
  stats.render_s = seconds_since(start) - stats.light_s;
  writer.commit(things);
  return stats;
}

}  // namespace diorama
