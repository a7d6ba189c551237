#include "reconstruction/calibration/surface_samples.h"

#include "engine/base/error.h"

#include <algorithm>
#include <cmath>

namespace diorama {
namespace {

constexpr FrameParts kDepthOnly{.color = false, .confidence = false, .mask = false};
constexpr int kEdgeRadiusPx = 4;  // colour camera 2 cm aside at 2 m and f = 525: 5 px of parallax
constexpr float kEdgeShareOfZ = 0.04f;

// Pixels whose neighbourhood holds one smooth surface.
ImageU8 smooth_pixels(const ImageF32& depth_m) {
  ImageU8 smooth(depth_m.size_px(), 0);
  const int r = kEdgeRadiusPx;
  for (int y = r; y < depth_m.height() - r; ++y) {
    for (int x = r; x < depth_m.width() - r; ++x) {
      const float z = depth_m.at(x, y);
      if (!(z > 0)) continue;
      bool same = true;
      for (const glm::ivec2 step : {glm::ivec2(r, 0), {-r, 0}, {0, r}, {0, -r}, {r, r}, {-r, -r}, {r, -r}, {-r, r}}) {
        const float other = depth_m.at(x + step.x, y + step.y);
        same = same && (other == 0 || std::abs(other - z) < kEdgeShareOfZ * z);
      }
      smooth.at(x, y) = same ? 1 : 0;
    }
  }
  return smooth;
}

// The vertices that one frame sees, in vertex order.
struct FrameView {
  std::vector<uint32_t> vertices;
  std::vector<glm::vec3> p_in_depth;
};

FrameView vertices_seen(const Mesh& surface, const std::vector<uint32_t>& chosen, const Camera& camera,
                        const ImageF32& depth_m, const SampleOptions& options) {
  const ImageU8 smooth = smooth_pixels(depth_m);
  const Rigid camera_from_world = inverse(camera.world_from_camera);
  FrameView view;
  for (uint32_t k = 0; k < chosen.size(); ++k) {
    const glm::vec3 p = camera_from_world * surface.positions[chosen[k]];
    if (!(p.z > 0.1f)) continue;
    const glm::vec2 pixel = glm::floor(project_in_camera(camera, p));
    if (!(std::abs(pixel.x) < 1e6f && std::abs(pixel.y) < 1e6f)) continue;
    const glm::ivec2 at(pixel);
    if (!depth_m.contains(at) || smooth.at(at.x, at.y) == 0) continue;
    if (!(std::abs(depth_m.at(at.x, at.y) - p.z) < options.depth_tolerance * p.z)) continue;
    const glm::vec3 normal = camera_from_world.rotation * surface.normals[chosen[k]];
    if (!(-glm::dot(normal, glm::normalize(p)) > options.min_cosine)) continue;
    view.vertices.push_back(k);
    view.p_in_depth.push_back(p);
  }
  return view;
}

}  // namespace

size_t points_for(size_t frames) {
  constexpr size_t kFramesInFull = 150;
  const size_t most = SampleOptions{}.max_points;
  return frames <= kFramesInFull ? most : std::max<size_t>(8000, most * kFramesInFull / frames);
}

SurfaceSamples sample_surface(const Mesh& surface, const Capture& capture, const std::vector<size_t>& frames,
                              std::span<const Camera> depth_cameras, const SampleOptions& options, JobContext& job) {
  DIO_CHECK(surface.normals.size() == surface.positions.size() && depth_cameras.size() == frames.size());
  const size_t stride = std::max<size_t>(1, (surface.positions.size() + options.max_points - 1) / options.max_points);
  std::vector<uint32_t> chosen;
  for (size_t v = 0; v < surface.positions.size(); v += stride) chosen.push_back(static_cast<uint32_t>(v));

  job.begin_stage("finding views", frames.size());
  std::vector<FrameView> views(frames.size());
  job.pool().parallel_for(frames.size(), 1, [&](size_t begin, size_t) {
    const FrameImages images = capture.load(frames[begin], kDepthOnly);
    if (images.depth_m) {
      views[begin] = vertices_seen(surface, chosen, depth_cameras[begin], *images.depth_m, options);
    }
    job.advance();
  });

  std::vector<uint32_t> count(chosen.size(), 0);
  for (const FrameView& view : views) {
    for (const uint32_t k : view.vertices) ++count[k];
  }
  SurfaceSamples samples;
  samples.frames = frames;
  std::vector<uint32_t> place(chosen.size(), UINT32_MAX);
  for (size_t k = 0; k < chosen.size(); ++k) {
    if (count[k] < static_cast<uint32_t>(options.min_views)) continue;
    place[k] = samples.first.back();
    samples.first.push_back(samples.first.back() + count[k]);
    samples.positions.push_back(surface.positions[chosen[k]]);
    samples.normals.push_back(surface.normals[chosen[k]]);
  }
  samples.observations.resize(samples.first.back());
  for (uint32_t f = 0; f < views.size(); ++f) {
    for (size_t i = 0; i < views[f].vertices.size(); ++i) {
      uint32_t& next = place[views[f].vertices[i]];
      if (next != UINT32_MAX) samples.observations[next++] = {f, views[f].p_in_depth[i]};
    }
  }
  return samples;
}

}  // namespace diorama
