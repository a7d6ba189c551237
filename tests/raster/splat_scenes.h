#pragma once

#include "engine/base/random.h"
#include "engine/raster/splat_rasterizer.h"

#include <cmath>

namespace diorama {

// A turned camera with unequal focal lengths and an off-centre principal point.
inline Camera splat_camera(glm::ivec2 size_px) {
  Camera camera;
  camera.size_px = size_px;
  camera.focal_px = glm::vec2(0.9f, 0.85f) * static_cast<float>(size_px.x);
  camera.center_px = glm::vec2(0.53f, 0.46f) * glm::vec2(size_px);
  camera.world_from_camera = look_at({0.4f, -0.3f, -0.5f}, {0.1f, 0.2f, 3.0f}, {0.1f, -1.0f, 0.05f});
  return camera;
}

enum class SplatKind { kOrdinary, kGrazing, kTiny, kHuge, kBehind, kAside, kOpaque, kCount };

// A splat's record somewhere in the camera's view (or behind it, or just outside).
inline void random_splat(const Camera& camera, SplatLayout layout, SplatKind kind, Random& random, float* record) {
  const float z = kind == SplatKind::kBehind ? random.uniform(-3.0f, 0.15f) : random.uniform(0.6f, 5.0f);
  glm::vec2 px = glm::vec2(random.uniform(), random.uniform()) * glm::vec2(camera.size_px);
  if (kind == SplatKind::kAside)
    px.x = (random.uniform() < 0.5f ? -0.3f : 1.25f) * static_cast<float>(camera.size_px.x);
  const glm::vec3 position = camera.world_from_camera * unproject_in_camera(camera, px, z);
  // Of 1 to 4 pixels, or far from it.
  const float pixel_m = std::abs(z) / camera.focal_px.x;
  float size = std::log(pixel_m * random.uniform(1.0f, 4.0f));
  if (kind == SplatKind::kTiny) size = std::log(pixel_m) - 5;
  if (kind == SplatKind::kHuge || kind == SplatKind::kAside) size = std::log(pixel_m * 15);
  for (int k = 0; k < 3; ++k) {
    record[SplatLayout::kPosition + static_cast<size_t>(k)] = position[k];
    record[SplatLayout::kLogScale + static_cast<size_t>(k)] = size + random.uniform(-0.7f, 0.7f);
    record[SplatLayout::kColor + static_cast<size_t>(k)] = random.uniform(-1.5f, 2.0f);
    for (int j = 1; j < sh_count(layout.sh_degree); ++j) record[layout.rest(k, j)] = 0.3f * random.normal();
  }
  for (size_t k = 0; k < 4; ++k) record[SplatLayout::kRotation + k] = random.normal();
  record[SplatLayout::kOpacity] = kind == SplatKind::kOpaque ? random.uniform(5.5f, 7.0f) : random.uniform(-2.5f, 3.0f);
  if (kind != SplatKind::kGrazing) return;
  // A disc whose normal is across the ray.
  record[SplatLayout::kLogScale + 2] = size - 6;
  const glm::vec3 ray = glm::normalize(position - camera.world_from_camera.translation);
  const glm::vec3 across =
      glm::normalize(glm::cross(ray, glm::vec3(random.normal(), random.normal(), random.normal())));
  const glm::vec3 normal = glm::normalize(across + 0.05f * ray);
  const glm::vec3 turn = glm::cross(glm::vec3(0, 0, 1), normal);  // from +z to the normal
  const glm::vec4 rotation(turn, 1 + normal.z);
  for (int k = 0; k < 4; ++k) record[SplatLayout::kRotation + static_cast<size_t>(k)] = rotation[k];
}

inline AlignedVector<float> random_splats(const Camera& camera, SplatLayout layout, size_t count, uint64_t seed) {
  AlignedVector<float> records(count * layout.stride(), 0.0f);
  Random random(seed);
  for (size_t i = 0; i < count; ++i) {
    const auto kind = static_cast<SplatKind>(i % static_cast<size_t>(SplatKind::kCount));
    random_splat(camera, layout, kind, random, records.data() + i * layout.stride());
  }
  return records;
}

}  // namespace diorama
