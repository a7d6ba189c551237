#include "reconstruction/mesh/fit_mesh.h"

#include "engine/base/error.h"
#include "engine/base/options.h"
#include "reconstruction/fusion/frame_feed.h"
#include "reconstruction/mesh/fusion_checkpoint.h"
#include "reconstruction/mesh/simplify.h"
#include "reconstruction/provenance/asset_record.h"

#include <chrono>

namespace diorama {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

std::string identity_of(const Capture& capture, const std::vector<size_t>& frames, FusionOptions options) {
  return fit_identity(capture, frames, options_to_json(option_fields(options)));
}

// Fusion of a capture that can be stopped between frames.
class CaptureFusion {
 public:
  CaptureFusion(const Capture& capture, const FusionOptions& options, JobContext& job)
      : frames_(frames_to_fuse(capture)),
        identity_(identity_of(capture, frames_, options)),
        feed_(capture, frames_, options.color, job.pool()),
        job_(job),
        volume_(options) {
    if (!job.resume || !job.checkpoint_dir) return;
    auto progress = load_checkpoint(*job.checkpoint_dir, identity_, frames_.size());
    if (!progress) return;
    volume_ = std::move(progress->volume);
    done_ = progress->frames_done;
  }

  const TsdfVolume& volume() const { return volume_; }
  size_t frame_count() const { return frames_.size(); }

  void run() {
    job_.begin_stage("fuse", frames_.size(), done_);
    while (done_ < frames_.size()) {
      const FeedFrame frame = feed_.load(done_);
      volume_.integrate(frame.view, job_.pool());
      ++done_;
      job_.advance();
    }
  }

  void save() const {
    if (job_.checkpoint_dir) save_checkpoint(*job_.checkpoint_dir, identity_, volume_, done_);
  }
  void forget() const {
    if (job_.checkpoint_dir) remove_checkpoint(*job_.checkpoint_dir);
  }

 private:
  std::vector<size_t> frames_;
  std::string identity_;
  FrameFeed feed_;
  JobContext& job_;
  TsdfVolume volume_;
  size_t done_ = 0;
};

Asset asset_of(Mesh mesh, AssetRecord record) {
  const Rigid& motion = record.asset_from_capture;
  for (glm::vec3& p : mesh.positions) p = motion * p;
  for (glm::vec3& n : mesh.normals) n = motion.rotation * n;
  Asset asset;
  asset.materials.push_back({.name = "fused", .metallic = 0, .unlit = true});
  asset.meshes.push_back({.name = "surface", .mesh = std::move(mesh), .material = 0});
  asset.record = std::move(record);
  return asset;
}

MeshFit finish(const CaptureFusion& fusion, const Capture& capture, const MeshFitOptions& options, JobContext& job) {
  MeshFit fit;
  job.begin_stage("extract", 1);
  const auto extract_start = Clock::now();
  Mesh mesh = fusion.volume().extract(options.extract, job.pool());
  fit.stats.extract_s = seconds_since(extract_start);
  fit.stats.frames = fusion.frame_count();
  fit.stats.triangles_fused = mesh.triangles.size();
  job.advance();
  if (mesh.triangles.empty()) {
    fail(ErrorCode::kInvalidInput,
         "{}: no surface was seen often enough: lower --min-weight (now {}) or --min-component (now {})",
         capture.name(), options.extract.min_weight, options.extract.min_component);
  }
  job.begin_stage("simplify", 1);
  const auto simplify_start = Clock::now();
  simplify(mesh, {.max_error_m = options.simplify_error_m,
                  .max_color_step = options.simplify_color_step,
                  .max_triangles = static_cast<size_t>(options.max_triangles)});
  fit.stats.simplify_s = seconds_since(simplify_start);
  fit.stats.triangles = mesh.triangles.size();
  fit.stats.vertices = mesh.positions.size();
  job.advance();
  MeshFitOptions used = options;
  fit.asset = asset_of(std::move(mesh), asset_record(capture, "mesh", options_to_json(option_fields(used))));
  return fit;
}

}  // namespace

MeshFit fit_mesh(const Capture& capture, const MeshFitOptions& options, JobContext& job) {
  MeshFitOptions checked = options;
  check_options(option_fields(checked));
  CaptureFusion fusion(capture, options.fusion, job);
  try {
    const auto start = Clock::now();
    fusion.run();
    const double fuse_s = seconds_since(start);
    MeshFit fit = finish(fusion, capture, options, job);
    fit.stats.fuse_s = fuse_s;
    fusion.forget();
    return fit;
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kCancelled) fusion.save();
    throw;
  }
}

}  // namespace diorama
