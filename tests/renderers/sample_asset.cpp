#include "tests/renderers/sample_asset.h"

#include "engine/base/random.h"

#include <cmath>

namespace diorama {

Mesh wavy_sheet(int n) {
  Mesh mesh;
  for (int y = 0; y <= n; ++y) {
    for (int x = 0; x <= n; ++x) {
      const glm::vec2 uv(static_cast<float>(x) / static_cast<float>(n), static_cast<float>(y) / static_cast<float>(n));
      const glm::vec2 p = uv * 2.0f - 1.0f;
      mesh.positions.emplace_back(p.x, -p.y, 0.2f * std::sin(3 * p.x) * std::cos(2 * p.y));
      mesh.colors_linear.emplace_back(uv.x, uv.y, 0.5f + 0.5f * std::sin(5 * p.x + 3 * p.y), 1.0f);
      mesh.uvs.push_back(uv);
    }
  }
  const auto row = static_cast<uint32_t>(n + 1);
  for (uint32_t y = 0; y + 1 < row; ++y) {
    for (uint32_t x = 0; x + 1 < row; ++x) {
      const uint32_t corner = y * row + x;
      mesh.triangles.emplace_back(corner, corner + row, corner + 1);
      mesh.triangles.emplace_back(corner + 1, corner + row, corner + row + 1);
    }
  }
  mesh.normals = vertex_normals(mesh);
  return mesh;
}

Asset unlit_asset(Mesh mesh) {
  Asset asset;
  Material material;
  material.unlit = true;
  material.double_sided = true;
  asset.materials.push_back(material);
  asset.meshes.push_back({"sheet", std::move(mesh), 0});
  return asset;
}

ImageRgba8 block_texture(glm::ivec2 size_px, bool with_alpha) {
  ImageRgba8 image(size_px);
  Random random(5);
  for (int y = 0; y < size_px.y; ++y) {
    for (int x = 0; x < size_px.x; ++x) {
      if (x % 4 != 0 || y % 4 != 0) {
        image.at(x, y) = image.at(x / 4 * 4, y / 4 * 4);
        continue;
      }
      const uint32_t bits = random.next();
      const uint8_t alpha = with_alpha && (bits & 1) != 0 ? 0 : 255;
      image.at(x, y) = {static_cast<uint8_t>(bits >> 8), static_cast<uint8_t>(bits >> 16),
                        static_cast<uint8_t>(bits >> 24), alpha};
    }
  }
  return image;
}

Camera camera_before(float distance_m) {
  Camera camera;
  camera.size_px = {160, 120};
  camera.focal_px = {150, 145};
  camera.center_px = {84.3f, 57.1f};
  const glm::vec3 eye = distance_m * glm::normalize(glm::vec3(0.35f, 0.2f, 1.0f));
  const glm::vec3 forward = glm::normalize(-eye);
  const glm::vec3 right = glm::normalize(glm::cross(forward, glm::vec3(0, 1, 0)));
  camera.world_from_camera = {glm::mat3(right, glm::cross(forward, right), forward), eye};
  return camera;
}

}  // namespace diorama
