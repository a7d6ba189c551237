#include "tools/bench/bench_render.h"

#include <nlohmann/json.hpp>

namespace diorama {
namespace {

using Json = nlohmann::ordered_json;

Json camera_json(const Camera& camera) {
  Json matrix = Json::array();
  const Rigid& pose = camera.world_from_camera;
  for (int row = 0; row < 3; ++row) {
    for (int column = 0; column < 3; ++column) matrix.push_back(pose.rotation[column][row]);
    matrix.push_back(pose.translation[row]);
  }
  for (const int value : {0, 0, 0, 1}) matrix.push_back(value);
  return {{"focal_px", {camera.focal_px.x, camera.focal_px.y}},
          {"center_px", {camera.center_px.x, camera.center_px.y}},
          {"world_from_camera", std::move(matrix)}};
}

}  // namespace

std::string to_json(const RenderBench& bench) {
  Json passes = Json::object(), cameras = Json::array();
  for (const PassTime& pass : bench.passes) passes[pass.name] = pass.ms;
  for (const Camera& camera : bench.cameras) cameras.push_back(camera_json(camera));
  const RenderStart& start = bench.start_ms;
  const Json json = {{"asset", bench.asset},
                     {"trajectory", bench.trajectory},
                     {"backend", bench.backend},
                     {"device", bench.device},
                     {"driver", bench.driver},
                     {"size_px", {bench.size_px.x, bench.size_px.y}},
                     {"samples", bench.samples},
                     {"depth", bench.depth},
                     {"threads", bench.threads},
                     {"rounds", bench.rounds},
                     {"frame_ms", bench.frame_ms},
                     {"frame_ms_95", bench.frame_ms_95},
                     {"frame_cpu_ms", bench.frame_cpu_ms},
                     {"frames_per_s", bench.frames_per_s},
                     {"overlapped_frames_per_s", bench.overlapped_frames_per_s},
                     {"passes_ms", std::move(passes)},
                     {"triangles", bench.triangles},
                     {"vertices", bench.vertices},
                     {"chunks", bench.chunks},
                     {"draws", bench.draws},
                     {"triangles_drawn", bench.triangles_drawn},
                     {"splats", bench.splats},
                     {"splats_visible", bench.splats_visible},
                     {"bytes_per_splat", bench.bytes_per_splat},
                     {"frame_bytes_per_splat", bench.frame_bytes_per_splat},
                     {"device_memory_mb", bench.device_memory_mb},
                     {"peak_memory_mb", bench.peak_memory_mb},
                     {"start_ms",
                      {{"read", start.read},
                       {"device", start.device},
                       {"upload", start.upload},
                       {"pipelines", start.pipelines},
                       {"first_picture", start.first_picture}}},
                     {"cameras", std::move(cameras)}};
  return json.dump(2);
}

std::string to_text(const RenderBench& bench) {
  std::string passes;
  for (const PassTime& pass : bench.passes) passes += fmt::format(", {} {:.2f} ms", pass.name, pass.ms);
  const RenderStart& start = bench.start_ms;
  const std::string drawn =
      bench.splats > 0
          ? fmt::format("{} splats, {:.0f} of them visible, {:.0f} bytes each and {:.0f} for frames", bench.splats,
                        bench.splats_visible, bench.bytes_per_splat, bench.frame_bytes_per_splat)
          : fmt::format("{} triangles, {:.0f} of them in {:.0f} draws a frame", bench.triangles, bench.triangles_drawn,
                        bench.draws);
  return fmt::format(
      "{} pictures of {}x{} with {} samples on {}: {:.1f} frames/s (median {:.2f} ms, 95 % below {:.2f} ms, CPU {:.1f} "
      "ms), {:.1f} "
      "overlapped{}\n"
      "{}; memory {:.0f} MiB on the device, process peak {:.0f} MiB\n"
      "start: read {:.0f} ms, device {:.0f} ms, upload {:.0f} ms, pipelines {:.0f} ms, first picture {:.0f} ms\n",
      bench.cameras.size() * static_cast<size_t>(bench.rounds), bench.size_px.x, bench.size_px.y, bench.samples,
      bench.device.empty() ? fmt::format("the CPU ({} threads)", bench.threads) : bench.device, bench.frames_per_s,
      bench.frame_ms, bench.frame_ms_95, bench.frame_cpu_ms, bench.overlapped_frames_per_s, passes, drawn,
      bench.device_memory_mb, bench.peak_memory_mb, start.read, start.device, start.upload, start.pipelines,
      start.first_picture);
}

}  // namespace diorama
