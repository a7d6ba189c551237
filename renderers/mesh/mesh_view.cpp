#include "renderers/mesh/mesh_view.h"

#include <array>
#include <cstring>

namespace diorama {

glm::mat4 mesh_clip_from_world(const Camera& camera, float near_m) {
  const glm::dmat3 rotation = glm::transpose(glm::dmat3(camera.world_from_camera.rotation));
  const glm::dvec3 translation = -(rotation * glm::dvec3(camera.world_from_camera.translation));
  glm::dmat4 camera_from_world(rotation);
  camera_from_world[3] = glm::dvec4(translation, 1.0);
  const glm::dvec2 size(camera.size_px), focal(camera.focal_px), center(camera.center_px);
  glm::dmat4 clip_from_camera(0.0);
  clip_from_camera[0][0] = 2 * focal.x / size.x;
  clip_from_camera[1][1] = 2 * focal.y / size.y;
  clip_from_camera[2] = glm::dvec4(2 * center.x / size.x - 1, 2 * center.y / size.y - 1, 0, 1);
  clip_from_camera[3][2] = near_m;
  return glm::mat4(clip_from_camera * camera_from_world);
}

void sort_blended(const MeshGeometry& geometry, const Camera& camera, const Buffer& indices) {
  const glm::vec3 forward = camera.world_from_camera.rotation[2];
  std::vector<glm::uvec3> sorted;
  size_t at = 0;
  for (const BlendedBatch& batch : geometry.blended) {
    sorted.resize(batch.triangles.size());
    sort_far_to_near(batch, forward, sorted);
    std::memcpy(indices.mapped().data() + at, sorted.data(), sorted.size() * sizeof(glm::uvec3));
    at += sorted.size() * sizeof(glm::uvec3);
  }
  indices.allocation().flush();
}

void unpack_color(std::span<const std::byte> bytes, glm::ivec2 size_px, int samples, RasterResult& result) {
  result.color = ImageRgba8(size_px);
  result.coverage = ImageF32(size_px);
  const std::span pixels = result.color.pixels();
  DIO_CHECK(bytes.size() == pixels.size_bytes());
  std::memcpy(pixels.data(), bytes.data(), bytes.size());
  std::array<float, 256> coverage_of;  // by alpha: the share of samples next to it
  for (int alpha = 0; alpha < 256; ++alpha) {
    const int covered = (alpha * samples + 127) / 255;
    coverage_of[static_cast<size_t>(alpha)] = static_cast<float>(covered) / static_cast<float>(samples);
  }
  for (size_t i = 0; i < pixels.size(); ++i) {
    result.coverage.pixels()[i] = coverage_of[pixels[i].w];
    pixels[i].w = 255;
  }
}

ImageF32 unpack_depth(std::span<const std::byte> bytes, glm::ivec2 size_px, float near_m) {
  ImageF32 result(size_px);
  const std::span pixels = result.pixels();
  DIO_CHECK(bytes.size() == pixels.size_bytes());
  std::memcpy(pixels.data(), bytes.data(), bytes.size());
  for (float& value : pixels) value = value > 0 ? near_m / value : 0.0f;
  return result;
}

}  // namespace diorama
