#include "engine/raster/clip.h"

#include <algorithm>
#include <cmath>

namespace diorama {
namespace {

// Inside where dot(normal, p) + offset >= 0.
struct Plane {
  glm::dvec3 normal{0.0};
  double offset = 0.0;
  double side(glm::dvec3 p) const { return glm::dot(normal, p) + offset; }
};

std::array<Plane, 5> clip_planes(const Viewport& viewport) {
  const glm::dvec2 low = -glm::dvec2(kGuardBandPx) - viewport.center_px;
  const glm::dvec2 high = glm::dvec2(viewport.size_px + kGuardBandPx) - viewport.center_px;
  const glm::dvec2 f = viewport.focal_px;
  return {{{{0, 0, 1}, -viewport.near_m},
           {{f.x, 0, -low.x}, 0},
           {{-f.x, 0, high.x}, 0},
           {{0, f.y, -low.y}, 0},
           {{0, -f.y, high.y}, 0}}};
}

// Always from the inner to the outer end: the same bits whichever way round the polygon runs.
ClipVertex cut(const ClipVertex& inside, const ClipVertex& outside, const Plane& plane) {
  const double from = plane.side(inside.p_in_camera), to = plane.side(outside.p_in_camera);
  const double t = from / (from - to);
  return {inside.p_in_camera + t * (outside.p_in_camera - inside.p_in_camera),
          inside.barycentric + t * (outside.barycentric - inside.barycentric), -1};
}

ClipPolygon clip_at(const ClipPolygon& polygon, const Plane& plane) {
  ClipPolygon result;
  const auto push = [&](const ClipVertex& vertex) {
    if (result.count < static_cast<int>(result.vertices.size())) {
      result.vertices[static_cast<size_t>(result.count++)] = vertex;
    }
  };
  for (int i = 0; i < polygon.count; ++i) {
    const ClipVertex& a = polygon.vertices[static_cast<size_t>(i)];
    const ClipVertex& b = polygon.vertices[static_cast<size_t>((i + 1) % polygon.count)];
    const bool a_inside = plane.side(a.p_in_camera) >= 0, b_inside = plane.side(b.p_in_camera) >= 0;
    if (a_inside) push(a);
    if (a_inside && !b_inside) push(cut(a, b, plane));
    if (!a_inside && b_inside) push(cut(b, a, plane));
  }
  return result;
}

}  // namespace

ClipPolygon clip_triangle(const std::array<glm::dvec3, 3>& corners_in_camera, const Viewport& viewport) {
  ClipPolygon polygon;
  for (int i = 0; i < 3; ++i) {
    glm::dvec3 barycentric(0.0);
    barycentric[i] = 1.0;
    polygon.vertices[static_cast<size_t>(i)] = {corners_in_camera[static_cast<size_t>(i)], barycentric, i};
  }
  polygon.count = 3;
  for (const Plane& plane : clip_planes(viewport)) {
    polygon = clip_at(polygon, plane);
    if (polygon.count < 3) return {};
  }
  return polygon;
}

ScreenVertex project_clipped(glm::dvec3 p_in_camera, const Viewport& viewport) {
  const double z = std::max(p_in_camera.z, viewport.near_m);
  const glm::dvec2 px = glm::clamp(viewport.focal_px * glm::dvec2(p_in_camera) / z + viewport.center_px,
                                   -glm::dvec2(kGuardBandPx), glm::dvec2(viewport.size_px + kGuardBandPx));
  ScreenVertex vertex;
  vertex.snapped = glm::ivec2(glm::floor(px * static_cast<double>(1 << viewport.subpixel_bits) + 0.5));
  vertex.px = glm::vec2(px);
  vertex.inverse_z = static_cast<float>(1.0 / z);
  return vertex;
}

}  // namespace diorama
