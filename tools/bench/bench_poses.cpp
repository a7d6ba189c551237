#include "tools/bench/bench_poses.h"

#include "engine/base/error.h"
#include "engine/base/measure.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace diorama {
namespace {

PoseBench::Animation bench_animation(const AnimatedGltf& gltf, size_t index, int poses, AssetView& view,
                                     JobContext& job) {
  const AnimationInfo& info = gltf.animations()[index];
  std::vector<double> pose_ms, set_ms;
  for (int i = 0; i < poses; ++i) {
    const Stopwatch pose_watch;
    std::vector<MeshPart> meshes = gltf.meshes_at(index, info.duration_s * i / poses);
    pose_ms.push_back(pose_watch.milliseconds());
    const Stopwatch set_watch;
    view.set_meshes(std::move(meshes));
    set_ms.push_back(set_watch.milliseconds());
    job.advance();
  }
  return {info.name, median(std::move(pose_ms)), median(std::move(set_ms))};
}

}  // namespace

PoseBench bench_poses(const AnimatedGltf& gltf, const PoseBenchOptions& options, const BackendOptions& backend,
                      JobContext& job) {
  DIO_CHECK(options.poses > 0);
  if (gltf.animations().empty())
    fail(ErrorCode::kInvalidInput, "the file has no animation; bench render times a still");
  const std::unique_ptr<AssetView> view = make_asset_view(
      gltf.at_start(), backend, job.pool(), [&](LogLevel level, std::string_view line) { job.log(level, line); });
  PoseBench bench;
  bench.backend = backend.on_vulkan() ? "vulkan" : "cpu";
  for (const MeshPart& part : gltf.at_start().meshes) {
    bench.vertices += part.mesh.positions.size();
    bench.triangles += part.mesh.triangles.size();
  }
  job.begin_stage("poses", static_cast<uint64_t>(options.poses) * gltf.animations().size());
  for (size_t i = 0; i < gltf.animations().size(); ++i) {
    bench.animations.push_back(bench_animation(gltf, i, options.poses, *view, job));
  }
  return bench;
}

std::string to_json(const PoseBench& bench) {
  nlohmann::ordered_json animations = nlohmann::ordered_json::array();
  for (const PoseBench::Animation& animation : bench.animations) {
    animations.push_back({{"name", animation.name}, {"pose_ms", animation.pose_ms}, {"set_ms", animation.set_ms}});
  }
  const nlohmann::ordered_json json = {{"asset", bench.asset},
                                       {"backend", bench.backend},
                                       {"vertices", bench.vertices},
                                       {"triangles", bench.triangles},
                                       {"animations", std::move(animations)}};
  return json.dump(1) + "\n";
}

std::string to_text(const PoseBench& bench) {
  std::string text = fmt::format("{} vertices, {} triangles, {}\n", bench.vertices, bench.triangles, bench.backend);
  for (const PoseBench::Animation& animation : bench.animations) {
    text += fmt::format("{:<16} {:>8.3f} ms to pose, {:>8.3f} ms to hand over\n",
                        animation.name.empty() ? "(no name)" : animation.name, animation.pose_ms, animation.set_ms);
  }
  return text;
}

}  // namespace diorama
