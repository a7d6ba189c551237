#include "reconstruction/splats/depth_normals.h"

#include <cmath>

namespace diorama {
namespace {

constexpr float kEdgeStep = 0.05f;  // share of z beyond which neighbours are on two surfaces

}  // namespace

ImageRgb normals_of(const Camera& camera, const ImageF32& depth_m, int reach) {
  ImageRgb normals(depth_m.size_px(), glm::vec3(0));
  const auto point = [&](int x, int y) {
    return unproject_in_camera(camera, glm::vec2(x, y) + 0.5f, depth_m.at(x, y));
  };
  for (int y = reach; y + reach < depth_m.height(); ++y) {
    for (int x = reach; x + reach < depth_m.width(); ++x) {
      const float z = depth_m.at(x, y);
      if (!(z > 0)) continue;
      const auto near = [&](int px, int py) { return std::abs(depth_m.at(px, py) - z) < kEdgeStep * z; };
      if (!near(x - reach, y) || !near(x + reach, y) || !near(x, y - reach) || !near(x, y + reach)) continue;
      const glm::vec3 across = point(x + reach, y) - point(x - reach, y),
                      down = point(x, y + reach) - point(x, y - reach);
      const glm::vec3 normal = glm::cross(down, across);  // +x right, +y down: towards the camera
      const float length = glm::length(normal);
      if (length > 0) normals.at(x, y) = normal / length;
    }
  }
  return normals;
}

}  // namespace diorama
