#include "tools/bench/bench_splat_render.h"

#include "engine/base/error.h"
#include "engine/base/random.h"
#include "renderers/splats/splat_raster_view.h"
#include "renderers/splats/splat_renderer.h"
#include "tools/bench/frame_timing.h"

#include <glm/gtc/quaternion.hpp>

#include <cmath>

namespace diorama {
namespace {

// Splats made and sent at once, so that millions of them never lie in the program's memory.
constexpr size_t kPart = 1 << 16;

// The cloud, part by part, as the options want it.
template <class Take>
void each_part(const SplatCloud& cloud, size_t target, Take&& take) {
  if (target == cloud.size()) {
    take(cloud);
    return;
  }
  const size_t sources = std::max<size_t>(1, kPart * cloud.size() / target);
  for (size_t first = 0; first < cloud.size(); first += sources) {
    take(replicated(cloud, target, first, std::min(first + sources, cloud.size())));
  }
}

SplatBuffers upload(GpuDevice& device, const SplatCloud& cloud, size_t target, bool sh_bytes) {
  SplatBufferOptions options{.sh_degree = cloud.sh_degree, .sh_bytes = sh_bytes};
  if (sh_bytes) options.sh_range = sh_range_of(cloud);
  SplatBuffers splats(device, options);
  UploadRing uploads(device);
  each_part(cloud, target, [&](const SplatCloud& part) { splats.append(part, uploads); });
  uploads.finish();
  return splats;
}

double overlapped_frames_per_s(SplatRenderer& renderer, std::span<const Camera> cameras,
                               const SplatRenderOptions& options, bool depth) {
  const Stopwatch watch;
  uint64_t last = renderer.begin(cameras[0], options, depth);
  for (const Camera& camera : cameras.subspan(1)) {
    const uint64_t next = renderer.begin(camera, options, depth);
    renderer.finish(last);
    last = next;
  }
  renderer.finish(last);
  return static_cast<double>(cameras.size()) / watch.seconds();
}

void bench_on_vulkan(const SplatCloud& cloud, size_t target, bool antialiased, std::span<const Camera> cameras,
                     const RenderBenchOptions& options, const BackendOptions& backend, JobContext& job,
                     RenderBench& result) {
  const SplatRenderOptions render{.antialiased = antialiased};
  const Stopwatch device_watch;
  GpuDevice device(gpu_options(backend, [&](LogLevel level, std::string_view line) { job.log(level, line); }));
  result.start_ms.device = device_watch.milliseconds();
  result.device = device.info().name;
  result.driver = device.info().driver;
  const Stopwatch upload_watch;
  const SplatBuffers splats = upload(device, cloud, target, options.sh_bytes);
  result.start_ms.upload = upload_watch.milliseconds();
  const Stopwatch pipeline_watch;
  SplatRenderer renderer(device, splats);
  result.start_ms.pipelines = pipeline_watch.milliseconds();
  const Stopwatch first;
  renderer.render(cameras[0], render, options.depth);
  result.start_ms.first_picture = first.milliseconds();
  Samples passes, counts;
  time_frames(cameras, options, job, result, [&](const Camera& camera, bool counted) {
    renderer.render(camera, render, options.depth);
    if (!counted) return;
    for (const PassTime& pass : renderer.pass_times()) passes.add(pass.name, pass.ms);
    counts.add("visible", static_cast<double>(renderer.stats().visible));
  });
  result.passes = passes.medians();
  result.splats = splats.size();
  result.splats_visible = counts.median_of("visible");
  result.draws = 1;
  result.overlapped_frames_per_s = overlapped_frames_per_s(renderer, cameras, render, options.depth);
  const double room = static_cast<double>(splats.chunks().size()) * splats.chunk_splats();
  result.bytes_per_splat = splats.bytes_per_splat();
  result.frame_bytes_per_splat = static_cast<double>(renderer.stats().memory_bytes) / room;
  result.device_memory_mb = static_cast<double>(device.memory().stats().used_bytes) / (1 << 20);
}

void bench_on_cpu(const SplatCloud& cloud, size_t target, const Asset& asset, std::span<const Camera> cameras,
                  const RenderBenchOptions& options, JobContext& job, RenderBench& result) {
  Asset drawn;
  drawn.record = asset.record;
  each_part(cloud, target, [&](const SplatCloud& part) { drawn.splats.push_back({"splats", part}); });
  result.splats = splat_count(drawn);
  SplatRasterView view(drawn);
  drawn.splats.clear();
  const Stopwatch first;
  view.draw(cameras[0], {}, options.depth, job.pool());
  result.start_ms.first_picture = first.milliseconds();
  time_frames(cameras, options, job, result,
              [&](const Camera& camera, bool) { view.draw(camera, {}, options.depth, job.pool()); });
  result.passes = {{"frame", result.frame_ms}};
  result.overlapped_frames_per_s = result.frames_per_s;
}

}  // namespace

SplatCloud replicated(const SplatCloud& cloud, size_t target, size_t first, size_t end) {
  DIO_CHECK(first <= end && end <= cloud.size() && target > 0);
  const size_t size = cloud.size(), coefficients = static_cast<size_t>(sh_count(cloud.sh_degree));
  const float shrink = std::sqrt(static_cast<float>(size) / static_cast<float>(target));
  const float spread = std::sqrt(std::max(0.0f, 1 - shrink * shrink));  // spread^2 + shrink^2 = 1
  SplatCloud result;
  result.sh_degree = cloud.sh_degree;
  for (size_t i = first; i < end; ++i) {
    Random random(i + 1);
    const glm::vec4 q = cloud.rotations_xyzw[i];
    const glm::quat rotation(q.w, q.x, q.y, q.z);
    for (size_t copy = i * target / size; copy < (i + 1) * target / size; ++copy) {
      const glm::vec3 normal(random.normal(), random.normal(), random.normal());
      result.positions.push_back(cloud.positions[i] + rotation * (spread * cloud.scales[i] * normal));
      result.scales.push_back(shrink * cloud.scales[i]);
      result.rotations_xyzw.push_back(q);
      result.opacities.push_back(cloud.opacities[i]);
      const auto* const sh = cloud.sh.data() + i * coefficients;
      result.sh.insert(result.sh.end(), sh, sh + coefficients);
    }
  }
  return result;
}

void bench_splat_render(const Asset& asset, std::span<const Camera> cameras, const RenderBenchOptions& options,
                        const BackendOptions& backend, JobContext& job, RenderBench& result) {
  if (!asset.meshes.empty()) fail(ErrorCode::kUnsupported, "holds meshes and splats; time them one by one");
  const SplatCloud cloud = merged_splats(asset);
  const size_t target = options.replicate > 0 ? static_cast<size_t>(options.replicate) : cloud.size();
  if (backend.on_vulkan()) {
    const bool antialiased = asset.record && asset.record->antialiased;
    bench_on_vulkan(cloud, target, antialiased, cameras, options, backend, job, result);
  } else {
    bench_on_cpu(cloud, target, asset, cameras, options, job, result);
  }
}

}  // namespace diorama
