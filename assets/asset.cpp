#include "assets/asset.h"

#include <algorithm>

namespace diorama {

std::optional<size_t> Material::texture(TextureSlot slot) const {
  const std::optional<size_t> textures[kTextureSlots] = {base_color_texture, metallic_roughness_texture, normal_texture,
                                                         occlusion_texture, emissive_texture};
  return textures[static_cast<size_t>(slot)];
}

float Material::dielectric_reflectance() const {
  const float ratio = (ior - 1) / (ior + 1);
  return ratio * ratio;
}

glm::vec3 Material::volume_tint() const {
  return glm::pow(attenuation_color, glm::vec3(thickness_m / attenuation_distance_m));
}

Bounds bounds_of(const Asset& asset) {
  Bounds bounds;
  const auto extend = [&](const Bounds& part) {
    if (part.empty()) return;
    bounds.extend(part.min);
    bounds.extend(part.max);
  };
  for (const MeshPart& part : asset.meshes) extend(bounds_of(part.mesh));
  for (const SplatPart& part : asset.splats) extend(bounds_of(part.cloud));
  return bounds;
}

size_t splat_count(const Asset& asset) {
  size_t count = 0;
  for (const SplatPart& part : asset.splats) count += part.cloud.size();
  return count;
}

SplatCloud merged_splats(const Asset& asset) {
  SplatCloud merged;
  for (const SplatPart& part : asset.splats) merged.sh_degree = std::max(merged.sh_degree, part.cloud.sh_degree);
  merged.resize(splat_count(asset));
  const auto width = static_cast<size_t>(sh_count(merged.sh_degree));
  size_t first = 0;
  for (const SplatPart& part : asset.splats) {
    const SplatCloud& cloud = part.cloud;
    const auto part_width = static_cast<size_t>(sh_count(cloud.sh_degree));
    const auto offset = static_cast<std::ptrdiff_t>(first);
    std::copy(cloud.positions.begin(), cloud.positions.end(), merged.positions.begin() + offset);
    std::copy(cloud.scales.begin(), cloud.scales.end(), merged.scales.begin() + offset);
    std::copy(cloud.rotations_xyzw.begin(), cloud.rotations_xyzw.end(), merged.rotations_xyzw.begin() + offset);
    std::copy(cloud.opacities.begin(), cloud.opacities.end(), merged.opacities.begin() + offset);
    for (size_t i = 0; i < cloud.size(); ++i) {
      std::copy_n(cloud.sh.data() + i * part_width, part_width, merged.sh.data() + (first + i) * width);
    }
    first += cloud.size();
  }
  return merged;
}

}  // namespace diorama
