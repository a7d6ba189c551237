#include "tools/bench/bench_light_field.h"

#include "engine/base/file.h"
#include "engine/base/measure.h"
#include "engine/scene/image_io.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace diorama {
namespace {

void write_picture(const std::filesystem::path& path, const ImageRgb& image) {
  ImageRgba8 picture(image.size_px());
  std::ranges::transform(image.pixels(), picture.pixels().begin(), [](glm::vec3 color) {
    return glm::u8vec4(glm::clamp(color, 0.0f, 1.0f) * 255.0f + 0.5f, 255);
  });
  write_file(path, encode_png(picture));
}

// Near is bright.
ImageRgb depth_picture(const ImageF32& inverse_depths, DepthRange depths) {
  ImageRgb picture(inverse_depths.size_px());
  std::ranges::transform(inverse_depths.pixels(), picture.pixels().begin(), [&](float inverse_depth) {
    return glm::vec3((inverse_depth - 1 / depths.far_m) / (1 / depths.near_m - 1 / depths.far_m));
  });
  return picture;
}

void write_pictures(const std::filesystem::path& folder, SlabFit& fit, const LightFieldViews& views, float plane_m,
                    ThreadPool& pool) {
  std::filesystem::create_directories(folder);
  const LightFieldView& view = views.held_out[views.held_out.size() / 2];
  ImageF32 inverse_depths;
  const Rigid slab_from_world = inverse(fit.world_from_slab);
  write_picture(folder / "fit.png", render_slab(fit.field, view.camera, slab_from_world, &inverse_depths, pool));
  write_picture(folder / "real.png", view.color);
  write_picture(folder / "blend.png", blend_on_plane(views, view, plane_m));
  write_picture(folder / "depth.png", depth_picture(inverse_depths, fit.stats.depths));
}

}  // namespace

LightFieldBench bench_light_field(const Capture& capture, const LightFieldBenchOptions& options,
                                  const SlabFitOptions& fit_options, const std::filesystem::path& pictures,
                                  JobContext& job) {
  const LightFieldViews views = load_light_field(capture, options.scale, options.keep_every, job);
  if (views.held_out.empty()) {
    fail(ErrorCode::kInvalidInput, "{}: no view is left to score; keep every 2nd row and column or fewer",
         capture.name());
  }
  SlabFit fit = fit_slab(views, fit_options, job);
  LightFieldBench bench{capture.name(), views.kept.front().color.size_px(), views.kept.size(), views.held_out.size()};
  bench.fit = fit.stats;
  bench.least_psnr = 1e9;
  const Rigid slab_from_world = inverse(fit.world_from_slab);
  const auto share = 1 / static_cast<double>(views.held_out.size());
  job.begin_stage("scoring", views.held_out.size());
  for (const LightFieldView& view : views.held_out) {
    const double cpu_before_s = process_cpu_seconds();
    const ImageRgb image = render_slab(fit.field, view.camera, slab_from_world, nullptr, job.pool());
    bench.render_cpu_ms += share * 1e3 * (process_cpu_seconds() - cpu_before_s);
    const double psnr = psnr_of(image, view.color);
    bench.psnr += share * psnr;
    bench.least_psnr = std::min(bench.least_psnr, psnr);
    bench.blend_psnr += share * psnr_of(blend_on_plane(views, view, options.plane_m), view.color);
    job.advance();
  }
  if (!pictures.empty()) write_pictures(pictures, fit, views, options.plane_m, job.pool());
  return bench;
}

std::string to_json(const LightFieldBench& bench) {
  const nlohmann::ordered_json json = {{"capture", bench.capture},
                                       {"size_px", {bench.size_px.x, bench.size_px.y}},
                                       {"kept", bench.kept},
                                       {"held_out", bench.held_out},
                                       {"psnr", bench.psnr},
                                       {"least_psnr", bench.least_psnr},
                                       {"blend_psnr", bench.blend_psnr},
                                       {"render_cpu_ms", bench.render_cpu_ms},
                                       {"near_m", bench.fit.depths.near_m},
                                       {"far_m", bench.fit.depths.far_m},
                                       {"train_psnr", bench.fit.train_psnr},
                                       {"samples_per_ray", bench.fit.samples_per_ray},
                                       {"macs_per_ray", bench.fit.macs_per_ray},
                                       {"stored_mb", bench.fit.stored_mb},
                                       {"fit_cpu_s", bench.fit.cpu_s}};
  return json.dump(2);
}

std::string to_text(const LightFieldBench& bench) {
  return fmt::format(
      "{}: {} views of {} x {} fitted in {:.0f} s of CPU time, {:.2f} MB; {:.1f} points and {:.0f} multiply-adds a "
      "ray, "
      "depths {:.2f} to {:.1f} m\n"
      "{} views between them: PSNR {:.2f} dB (worst {:.2f}), {:+.2f} dB beside the nearest views blended on a plane "
      "({:.2f}); {:.0f} ms of CPU time a view\n",
      bench.capture, bench.kept, bench.size_px.x, bench.size_px.y, bench.fit.cpu_s, bench.fit.stored_mb,
      bench.fit.samples_per_ray, bench.fit.macs_per_ray, bench.fit.depths.near_m, bench.fit.depths.far_m,
      bench.held_out, bench.psnr, bench.least_psnr, bench.psnr - bench.blend_psnr, bench.blend_psnr,
      bench.render_cpu_ms);
}

}  // namespace diorama
