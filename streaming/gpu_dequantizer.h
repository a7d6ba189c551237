#pragma once

#include "engine/gpu/frame_ring.h"
#include "engine/gpu/pipeline.h"
#include "engine/gpu/splat_buffers.h"
#include "engine/gpu/transfer.h"
#include "engine/scene/rigid.h"
#include "streaming/dequantize_shared.h"
#include "streaming/group_coding.h"

#include <optional>
#include <vector>

namespace diorama {

// Turns decoded pictures of groups into splats on the device, straight into the buffers that the player draws: what is
// sent for a frame are the picture's bytes. The CPU's twin is GroupDequantizer.
class GpuDequantizer {
 public:
  // Fills splats [first, first + the group's) of `target`, which must be there by then and keep their place.
  // `asset_from_capture`: of the .glb. Error: what the device cannot do or hold.
  GpuDequantizer(GpuDevice& device, const SplatBuffers& target, size_t first, const Rigid& asset_from_capture);

  // The group that the next frames are of. Error kInvalidInput: parameters that do not fit the layouts.
  void start(const GroupParameters& parameters, const GroupLayouts& layouts, const Picture420& first_exact,
             ThreadPool& pool);

  // Work that is submitted later draws these splats; frames that were submitted before still see the old ones. Error
  // kInvalidInput: pictures of another size than the layouts'.
  void decode(const Picture420& exact, const Picture420& lossy);

 private:
  void hold(Buffer& buffer, VkDeviceSize bytes, VkBufferUsageFlags usage, const char* name);
  void send_skin(const NodeMotion& motion, std::span<const glm::vec3> base);
  void send_constants();
  void make_sets();
  void record(VkCommandBuffer commands) const;

  GpuDevice* device_;
  const SplatBuffers* target_;
  size_t first_;
  Rigid asset_from_capture_;
  Pipeline pipeline_;
  Buffer constants_, picture_, skin_, nodes_;
  std::optional<DescriptorSets> sets_;
  std::vector<VkDescriptorSet> chunk_sets_;
  VkDescriptorSet group_set_ = VK_NULL_HANDLE;
  GroupParameters parameters_;
  GroupLayouts layouts_;
  std::vector<glm::vec3> node_places_;
  std::vector<NodeTransform> transforms_;
  std::vector<glm::vec4> node_rows_;
  UploadRing uploads_;
  FrameRing frames_;  // goes first: it waits for the device
};

}  // namespace diorama
