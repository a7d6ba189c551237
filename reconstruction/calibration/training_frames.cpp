#include "reconstruction/calibration/training_frames.h"

#include "capture/depth_views.h"
#include "engine/base/error.h"
#include "reconstruction/fusion/tsdf_volume.h"

namespace diorama {

std::vector<size_t> still_frames(const Capture& capture, size_t least, const char* purpose) {
  if (is_rig(capture.frames())) {
    fail(ErrorCode::kInvalidInput,
         "{}: several cameras take one moment of a scene that may move; {} needs one camera that moves through a still "
         "scene",
         capture.name(), purpose);
  }
  std::vector<size_t> frames;
  for (const size_t index : capture.frames_of(Split::kTrain)) {
    const Frame& frame = capture.frames()[index];
    if (frame.depth && frame.has_color) frames.push_back(index);
  }
  if (frames.size() < least) {
    fail(ErrorCode::kInvalidInput, "{}: has {} training frames with depth and colour, {} needs at least {}",
         capture.name(), frames.size(), purpose, least);
  }
  return frames;
}

std::vector<size_t> spread_over(const std::vector<size_t>& frames, size_t count) {
  if (frames.size() <= count) return frames;
  std::vector<size_t> spread(count);
  for (size_t i = 0; i < count; ++i) spread[i] = frames[i * frames.size() / count];
  return spread;
}

std::vector<Camera> depth_cameras_of(const Capture& capture, const std::vector<size_t>& frames) {
  std::vector<Camera> cameras;
  for (const size_t frame : frames) cameras.push_back(*capture.frames()[frame].depth);
  return cameras;
}

Mesh fused_surface(const Capture& capture, const std::vector<size_t>& frames, std::span<const Camera> depth_cameras,
                   float voxel_m, JobContext& job) {
  constexpr FrameParts kDepth{.color = false, .mask = false};
  TsdfVolume volume(FusionOptions{.voxel_m = voxel_m, .color = false});
  job.begin_stage("fusing depth", frames.size());
  for (size_t i = 0; i < frames.size(); ++i) {
    if (i + 1 < frames.size()) capture.prefetch(job.pool(), frames[i + 1], kDepth);
    const FrameImages images = capture.load(frames[i], kDepth);
    if (images.depth_m) {
      FusionView view{.depth_camera = depth_cameras[i], .depth_m = images.depth_m.get()};
      view.confidence = images.confidence.get();
      volume.integrate(view, job.pool());
    }
    job.advance();
  }
  return volume.extract({}, job.pool());
}

}  // namespace diorama
