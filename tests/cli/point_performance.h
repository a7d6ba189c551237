#pragma once

#include "assets/splat_sequence.h"
#include "capture/capture.h"
#include "engine/base/file.h"

#include <fmt/format.h>

#include <cmath>
#include <cstring>

namespace diorama {

// Tracked points of a rendered rig (points/frame_NNNN.ply): three floats and a byte each.
inline std::vector<glm::vec3> tracked_points(const std::filesystem::path& capture, int frame) {
  const std::string bytes = read_text_file(capture / "points" / fmt::format("frame_{:04}.ply", frame));
  constexpr std::string_view kEnd = "end_header\n";
  constexpr size_t kRowBytes = 13;
  const size_t start = bytes.find(kEnd) + kEnd.size();
  std::vector<glm::vec3> points((bytes.size() - start) / kRowBytes);
  for (size_t i = 0; i < points.size(); ++i) std::memcpy(&points[i], bytes.data() + start + i * kRowBytes, 12);
  return points;
}

// The colour that the cameras of the first moment see each point in; grey where none does.
inline std::vector<glm::vec3> seen_colors(const Capture& capture, const std::vector<glm::vec3>& points) {
  std::vector<glm::vec4> sums(points.size(), glm::vec4(0));
  for (const size_t index : capture.frames_of(Split::kTrain)) {
    const Frame& frame = capture.frames()[index];
    if (frame.time_s != capture.frames().front().time_s) continue;
    const FrameImages images = capture.load(index);
    for (size_t i = 0; i < points.size(); ++i) {
      const glm::vec3 p = inverse(frame.color.world_from_camera) * points[i];
      const glm::ivec2 pixel(glm::floor(frame.color.focal_px * glm::vec2(p) / p.z + frame.color.center_px));
      if (p.z <= 0 || !images.color->contains(pixel)) continue;
      if (std::abs(images.depth_m->at(pixel.x, pixel.y) - p.z) > 0.005f) continue;
      sums[i] += glm::vec4(glm::vec3(images.color->at(pixel.x, pixel.y)) / 255.0f, 1);
    }
  }
  std::vector<glm::vec3> colors(points.size(), glm::vec3(0.5f));
  for (size_t i = 0; i < points.size(); ++i) {
    if (sums[i].w > 0) colors[i] = glm::vec3(sums[i]) / sums[i].w;
  }
  return colors;
}

// The true tracks as balls of this size, in groups of 10 frames: a performance that is right in its motion.
inline void write_point_performance(const Capture& capture, const std::filesystem::path& folder, int frames,
                                    float radius_m, const std::filesystem::path& glb) {
  const std::vector<glm::vec3> colors = seen_colors(capture, tracked_points(folder, 0));
  for (int first = 0; first < frames; first += 10) {
    SplatGroup group{.first_frame = static_cast<size_t>(first), .frames = {}};
    std::vector<double> times_s;
    for (int k = first; k < std::min(frames, first + 10); ++k) {
      SplatCloud cloud;
      cloud.resize(colors.size());
      cloud.positions = tracked_points(folder, k);
      for (size_t i = 0; i < colors.size(); ++i) {
        cloud.scales[i] = glm::vec3(radius_m);
        cloud.opacities[i] = 0.95f;
        cloud.sh[i] = (colors[i] - 0.5f) / kShC0;
      }
      group.frames.push_back(std::move(cloud));
      times_s.push_back(k / 30.0);
    }
    add_splat_group(splat_groups_folder(glb), group, times_s, 1);
  }
  AssetRecord record{.tool_version = "test", .capture_name = capture.name()};
  record.asset_from_capture.rotation = glm::mat3(1, 0, 0, 0, 0, -1, 0, 1, 0);  // +Z up to +Y up
  finish_splat_sequence(glb, record);
}

}  // namespace diorama
