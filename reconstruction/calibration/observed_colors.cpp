#include "reconstruction/calibration/observed_colors.h"

#include "capture/rig.h"
#include "engine/base/error.h"

#include <algorithm>

namespace diorama {
namespace {

constexpr float kDarkest = 10.0f / 255, kBrightest = 243.0f / 255;
constexpr glm::vec3 kNothing(-1.0f);

glm::vec3 color_at(const ImageRgba8& image, glm::vec2 pixel) {
  const glm::vec2 at = pixel - 0.5f;
  if (!(at.x >= 0 && at.y >= 0 && at.x < static_cast<float>(image.width() - 1) &&
        at.y < static_cast<float>(image.height() - 1))) {
    return kNothing;
  }
  const glm::ivec2 base(at);
  const glm::vec2 f = at - glm::vec2(base);
  const auto code = [&](int x, int y) { return glm::vec4(image.at(base.x + x, base.y + y)) / 255.0f; };
  const glm::vec4 top = glm::mix(code(0, 0), code(1, 0), f.x), bottom = glm::mix(code(0, 1), code(1, 1), f.x);
  const glm::vec4 color = glm::mix(top, bottom, f.y);
  const float low = std::min({color.x, color.y, color.z}), high = std::max({color.x, color.y, color.z});
  return color.w > 0.999f && low >= kDarkest && high <= kBrightest ? glm::vec3(color) : kNothing;
}

}  // namespace

ObservationsByFrame by_frame(const SurfaceSamples& samples) {
  ObservationsByFrame result;
  result.first.assign(samples.frames.size() + 1, 0);
  for (const Observation& observation : samples.observations) ++result.first[observation.frame + 1];
  for (size_t f = 0; f + 1 < result.first.size(); ++f) result.first[f + 1] += result.first[f];
  std::vector<uint32_t> next(result.first.begin(), result.first.end() - 1);
  result.order.resize(samples.observations.size());
  result.point.resize(samples.observations.size());
  for (uint32_t point = 0; point < samples.point_count(); ++point) {
    for (uint32_t i = samples.first[point]; i < samples.first[point + 1]; ++i) {
      const uint32_t place = next[samples.observations[i].frame]++;
      result.order[place] = i;
      result.point[place] = point;
    }
  }
  return result;
}

std::vector<glm::vec3> observed_colors(const Capture& capture, const SurfaceSamples& samples, JobContext& job) {
  constexpr FrameParts kColor{.depth = false, .confidence = false, .mask = false};
  const ObservationsByFrame frames = by_frame(samples);
  std::vector<glm::vec3> colors(samples.observations.size(), kNothing);
  job.begin_stage("reading colour", samples.frames.size());
  job.pool().parallel_for(samples.frames.size(), 1, [&](size_t f, size_t) {
    const Frame& frame = capture.frames()[samples.frames[f]];
    const FrameImages images = capture.load(samples.frames[f], kColor);
    DIO_CHECK(frame.depth && images.color);
    const int factor = std::max(1, images.color->width() / kObservedWidthPx);
    const ImageRgba8 small = shrink_by_area(*images.color, glm::max(images.color->size_px() / factor, glm::ivec2(1)));
    const Camera camera = resized(color_camera(frame, capture.calibration()), small.size_px());
    const Rigid color_from_depth = inverse(camera.world_from_camera) * frame.depth->world_from_camera;
    for (uint32_t i = frames.first[f]; i < frames.first[f + 1]; ++i) {
      const glm::vec3 p = color_from_depth * samples.observations[frames.order[i]].p_in_depth;
      if (p.z > 0) colors[frames.order[i]] = color_at(small, project_in_camera(camera, p));
    }
    job.advance();
  });
  return colors;
}

}  // namespace diorama
