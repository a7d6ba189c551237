#pragma once

#include "assets/asset.h"
#include "engine/gpu/pipeline.h"
#include "engine/gpu/transfer.h"

#include <map>
#include <tuple>
#include <utility>
#include <vector>

namespace diorama {

// The asset's materials on the device: textures with all their levels, samplers and constants. The material after the
// asset's last is glTF's default one.
class MeshMaterials {
 public:
  MeshMaterials(GpuDevice& device, const Asset& asset, UploadRing& uploads);

  size_t index_of(std::optional<size_t> material) const { return material.value_or(materials_.size() - 1); }
  const Material& material(size_t index) const { return materials_[index]; }

  // Set 1 of a pipeline that draws with the material.
  VkDescriptorSet make_set(size_t index, const Pipeline& pipeline, DescriptorSets& sets);

 private:
  struct Bound {
    VkImageView view;
    VkSampler sampler;
  };
  void add_texture(const Asset& asset, std::optional<size_t> texture, VkFormat format, UploadRing& uploads);
  void add_constants(UploadRing& uploads);
  Bound bound(std::optional<size_t> texture, VkFormat format, const GpuImage& absent);

  GpuDevice* device_;
  std::vector<Material> materials_;
  struct Wrap {
    bool repeat_u = true, repeat_v = true, mirror_u = false, mirror_v = false, nearest = false;
    auto operator<=>(const Wrap&) const = default;
  };
  std::vector<Wrap> wraps_;                                   // by texture of the asset
  std::map<std::pair<size_t, VkFormat>, GpuImage> textures_;  // the same picture may be colour here and data there
  std::map<Wrap, OwnedSampler> samplers_;
  GpuImage white_, flat_;  // where a texture is absent: 1, and a normal straight up
  Buffer constants_;
  VkDeviceSize constants_stride_ = 0;
};

}  // namespace diorama
