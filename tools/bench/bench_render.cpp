#include "tools/bench/bench_render.h"

#include "renderers/mesh/mesh_renderer.h"
#include "renderers/mesh/raster_view.h"
#include "tools/bench/bench_splat_render.h"
#include "tools/bench/frame_timing.h"

namespace diorama {
namespace {

void bench_on_cpu(const Asset& asset, std::span<const Camera> cameras, const RenderBenchOptions& options,
                  JobContext& job, RenderBench& result) {
  const AssetMips mips = make_asset_mips(asset, job.pool());
  const std::vector<RasterMesh> meshes = raster_meshes(asset, &mips);
  const RasterOptions raster{.samples = options.samples_per_pixel()};
  const Stopwatch first;
  rasterize(meshes, cameras[0], raster, job.pool());
  result.start_ms.first_picture = first.milliseconds();
  time_frames(cameras, options, job, result,
              [&](const Camera& camera, bool) { rasterize(meshes, camera, raster, job.pool()); });
  result.passes = {{"frame", result.frame_ms}};
  result.overlapped_frames_per_s = result.frames_per_s;
  result.draws = static_cast<double>(asset.meshes.size());
  result.triangles_drawn = static_cast<double>(result.triangles);
  result.depth = true;
}

// All frames once more, each begun before the one before it is taken.
double overlapped_frames_per_s(MeshRenderer& renderer, std::span<const Camera> cameras, const RasterOptions& raster,
                               bool depth) {
  const Stopwatch watch;
  uint64_t last = renderer.begin(cameras[0], raster, depth);
  for (const Camera& camera : cameras.subspan(1)) {
    const uint64_t next = renderer.begin(camera, raster, depth);
    renderer.finish(last);
    last = next;
  }
  renderer.finish(last);
  return static_cast<double>(cameras.size()) / watch.seconds();
}

void bench_on_vulkan(const Asset& asset, std::span<const Camera> cameras, const RenderBenchOptions& options,
                     const BackendOptions& backend, JobContext& job, RenderBench& result) {
  const RasterOptions raster{.samples = options.samples_per_pixel()};
  const Stopwatch device_watch;
  GpuDevice device(gpu_options(backend, [&](LogLevel level, std::string_view line) { job.log(level, line); }));
  result.start_ms.device = device_watch.milliseconds();
  result.device = device.info().name;
  result.driver = device.info().driver;
  const Stopwatch upload_watch;
  MeshRenderer renderer(device, asset);
  result.start_ms.upload = upload_watch.milliseconds();
  const Stopwatch pipeline_watch;
  renderer.prepare(raster.samples, options.depth);
  result.start_ms.pipelines = pipeline_watch.milliseconds();
  const Stopwatch first;
  renderer.render(cameras[0], raster, options.depth);
  result.start_ms.first_picture = first.milliseconds();

  Samples passes, counts;
  time_frames(cameras, options, job, result, [&](const Camera& camera, bool counted) {
    renderer.render(camera, raster, options.depth);
    if (!counted) return;
    for (const PassTime& pass : renderer.pass_times()) passes.add(pass.name, pass.ms);
    counts.add("draws", static_cast<double>(renderer.stats().draws));
    counts.add("triangles", static_cast<double>(renderer.stats().triangles_drawn));
  });
  result.passes = passes.medians();
  result.draws = counts.median_of("draws");
  result.triangles_drawn = counts.median_of("triangles");
  result.overlapped_frames_per_s = overlapped_frames_per_s(renderer, cameras, raster, options.depth);
  const MeshRendererStats stats = renderer.stats();
  result.chunks = stats.chunks;
  result.device_memory_mb = static_cast<double>(stats.memory_bytes) / (1 << 20);
}

}  // namespace

RenderBench bench_render(const Asset& asset, std::span<const Camera> cameras, const RenderBenchOptions& options,
                         const BackendOptions& backend, JobContext& job) {
  DIO_CHECK(!cameras.empty() && options.rounds > 0 && options.warm_up >= 0);
  RenderBench result;
  result.size_px = cameras[0].size_px;
  result.samples = options.samples_per_pixel();
  result.rounds = options.rounds;
  result.threads = job.pool().thread_count();
  result.depth = options.depth;
  result.cameras.assign(cameras.begin(), cameras.end());
  for (const MeshPart& part : asset.meshes) {
    result.triangles += part.mesh.triangles.size();
    result.vertices += part.mesh.positions.size();
  }
  if (splat_count(asset) > 0) {
    result.samples = 1;
    result.backend = backend.on_vulkan() ? "vulkan" : "cpu";
    bench_splat_render(asset, cameras, options, backend, job, result);
  } else if (backend.on_vulkan()) {
    result.backend = "vulkan";
    bench_on_vulkan(asset, cameras, options, backend, job, result);
  } else {
    result.backend = "cpu";
    bench_on_cpu(asset, cameras, options, job, result);
  }
  result.peak_memory_mb = peak_memory_mb();
  return result;
}

}  // namespace diorama
