#include "reconstruction/splat_video/static_scene.h"

#include "capture/rig.h"
#include "engine/scene/splat_transform.h"
#include "reconstruction/splats/fit_splats.h"
#include "reconstruction/splats/training_set.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

namespace diorama {
namespace {

constexpr size_t kMostMoments = 24;
constexpr size_t kLeastMoments = 3;
constexpr float kSameDepth = 0.01f;   // share of the depth
constexpr double kKnownShare = 0.15;  // of a pixel's measurements that must agree
constexpr float kMoved_m = 1e-4f;     // of a camera that stands still
constexpr float kTurned = 1e-4f;      // radians, likewise

struct Seen {
  ImageRgba8 color;
  ImageF32 depth_m;
};

bool stands_still(const Camera& a, const Camera& b) {
  const Rigid motion = inverse(a.world_from_camera) * b.world_from_camera;
  return a.size_px == b.size_px && glm::length(motion.translation) < kMoved_m &&
         rotation_angle(motion.rotation) < kTurned;
}

// Frames of each camera, in time; without cameras that move.
std::map<int, std::vector<size_t>> still_cameras(const Capture& capture, const Moments& moments) {
  std::map<int, std::vector<size_t>> frames;
  for (const Moment& moment : moments.list) {
    for (const size_t frame : moment.frames) frames[capture.frames()[frame].camera].push_back(frame);
  }
  std::erase_if(frames, [&](const auto& entry) {
    const Camera& first = capture.frames()[entry.second.front()].color;
    return entry.second.size() < kLeastMoments || !std::ranges::all_of(entry.second, [&](size_t frame) {
             return stands_still(first, capture.frames()[frame].color);
           });
  });
  return frames;
}

bool shows_by_itself(const Frame& frame) {
  return frame.has_alpha || frame.has_mask;
}

// Depth that the pixel keeps coming back to: the farthest that enough of the others agree with.
float still_depth(std::vector<float>& depths) {
  if (depths.empty()) return 0;
  std::ranges::sort(depths, std::greater<>());
  const auto enough = static_cast<size_t>(std::ceil(std::max(2.0, kKnownShare * static_cast<double>(depths.size()))));
  for (size_t i = 0; i + enough <= depths.size(); ++i) {
    if (depths[i + enough - 1] < (1 - kSameDepth) * depths[i]) continue;
    return depths[i + enough / 2];
  }
  return 0;
}

uint8_t middle(std::vector<uint8_t>& values) {
  const auto at = values.begin() + static_cast<ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

void fill_pixel(const std::vector<Seen>& seen, int x, int y, StillPicture& still) {
  std::vector<float> depths;
  for (const Seen& one : seen) {
    const float z = one.depth_m.empty() ? 0.0f : one.depth_m.at(x, y);
    if (z > 0) depths.push_back(z);
  }
  const bool measured = !depths.empty();
  const float z = still_depth(depths);
  still.depth_m.at(x, y) = z;
  still.known.at(x, y) = !measured || z > 0;
  std::array<std::vector<uint8_t>, 3> colors;
  for (const Seen& one : seen) {
    if (z > 0 && !(std::abs(one.depth_m.at(x, y) - z) < 2 * kSameDepth * z)) continue;
    for (size_t c = 0; c < 3; ++c) colors[c].push_back(one.color.at(x, y)[static_cast<int>(c)]);
  }
  for (size_t c = 0; c < 3 && !colors[c].empty(); ++c) still.color.at(x, y)[static_cast<int>(c)] = middle(colors[c]);
}

StillPicture still_picture(const Capture& capture, const std::vector<size_t>& frames, float scale, ThreadPool& pool) {
  const size_t used = std::min(kMostMoments, frames.size());
  std::vector<Seen> seen(used);
  StillPicture still;
  const Camera full = color_camera(capture.frames()[frames.front()], capture.calibration());
  const glm::vec2 size = glm::round(glm::vec2(full.size_px) * scale);
  still.camera = resized(full, glm::max(glm::ivec2(size), glm::ivec2(1)));
  pool.parallel_for(used, 1, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      const size_t index = frames[i * frames.size() / used];
      const FrameImages images =
          capture.load(index, {.color = true, .depth = true, .confidence = false, .mask = false});
      seen[i].color = shrink_by_area(*images.color, still.camera.size_px);
      if (images.depth_m) {
        seen[i].depth_m = depth_seen_from(still.camera, *capture.frames()[index].depth, *images.depth_m);
      }
    }
  });
  still.color = ImageRgba8(still.camera.size_px, glm::u8vec4(0, 0, 0, 255));
  still.depth_m = ImageF32(still.camera.size_px);
  still.known = ImageU8(still.camera.size_px);
  pool.parallel_for(static_cast<size_t>(still.color.height()), 4, [&](size_t begin, size_t end) {
    for (size_t y = begin; y < end; ++y) {
      for (int x = 0; x < still.color.width(); ++x) fill_pixel(seen, x, static_cast<int>(y), still);
    }
  });
  return still;
}

// The still pictures as frames of a capture of their own.
class StillSource : public FrameSource {
 public:
  explicit StillSource(const StaticScene& still) {
    for (const auto& [camera, picture] : still.pictures) {
      images_.push_back({.color = std::make_shared<const ImageRgba8>(picture.color),
                         .depth_m = std::make_shared<const ImageF32>(picture.depth_m),
                         .confidence = {},
                         .mask = std::make_shared<const ImageU8>(picture.known)});
    }
  }
  FrameImages load(size_t frame, FrameParts) const override { return images_[frame]; }

 private:
  std::vector<FrameImages> images_;
};

}  // namespace

StaticScene find_still_pictures(const Capture& capture, const Moments& moments, float scale,
                                const RigExposure& exposure, JobContext& job) {
  StaticScene still;
  const auto cameras = still_cameras(capture, moments);
  const bool by_itself = std::ranges::any_of(cameras, [&](const auto& entry) {
    return std::ranges::any_of(entry.second, [&](size_t frame) { return shows_by_itself(capture.frames()[frame]); });
  });
  if (by_itself || cameras.empty()) return still;
  job.begin_stage("still pictures", cameras.size());
  for (const auto& [camera, frames] : cameras) {
    StillPicture& picture = still.pictures[camera] = still_picture(capture, frames, scale, job.pool());
    if (const auto own = exposure.find(camera); own != exposure.end()) take_out(own->second, picture.color);
    job.advance();
  }
  return still;
}

SplatCloud fit_still_splats(const Capture& capture, const StaticScene& still, const SplatVideoOptions& options,
                            JobContext& job) {
  CaptureContent content;
  content.name = capture.name();
  content.conventions = capture.conventions();
  for (const auto& [camera, picture] : still.pictures) {
    content.frames.push_back({.id = fmt::format("still/{}", camera),
                              .color = picture.camera,
                              .depth = picture.camera,
                              .camera = camera,
                              .has_mask = true});
  }
  content.source = std::make_unique<StillSource>(still);
  const Capture stills(std::move(content), {});
  SplatFitOptions fit;
  fit.preset = 0;
  fit.steps = static_cast<int>(budget_of(options).still_steps);
  fit.max_splats = static_cast<int>(budget_of(options).still_splats);
  fit.start_splats = fit.max_splats * 4 / 5;
  fit.start_voxel_m = 2 * options.voxel_m;
  fit.sh_degree = options.sh_degree;
  fit.ssim_weight = options.ssim_weight;
  fit.depth_weight = options.depth_weight;
  fit.seed = options.seed;
  fit.blur_weights = false;
  JobContext own(job.pool());
  own.on_progress([&](const Progress&) {
    if (job.cancel_requested()) own.request_cancel();
  });
  job.begin_stage("still splats", 1);
  SplatFit fitted = fit_splats(stills, fit, own);
  SplatCloud cloud = std::move(fitted.asset.splats.at(0).cloud);
  transform(cloud, inverse(fitted.asset.record->asset_from_capture));
  job.advance();
  return cloud;
}

}  // namespace diorama
