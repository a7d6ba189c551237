#pragma once

#include "engine/gpu/gpu_image.h"

namespace diorama {

inline constexpr VkFormat kMeshColorFormat = VK_FORMAT_R8G8B8A8_SRGB;
inline constexpr VkFormat kMeshEncodedFormat = VK_FORMAT_R8G8B8A8_UNORM;  // where the shader encodes sRGB
inline constexpr VkFormat kMeshDepthFormat = VK_FORMAT_D32_SFLOAT;

// How a frame's passes are made.
struct MeshPassOptions {
  VkSampleCountFlagBits samples = VK_SAMPLE_COUNT_1_BIT;
  // Opaque surfaces are encoded as sRGB by their shader, once a pixel, into a plain view of the samples; blending and
  // the resolve see the sRGB view of the same image in a pass of its own. Software drivers encode each sample else.
  bool shader_encodes = false;
};

struct MeshPasses {
  MeshPassOptions options;
  OwnedRenderPass color;    // opaque and masked parts
  OwnedRenderPass blended;  // absent: they are drawn in `color`, too
  OwnedRenderPass depth;    // depth alone, one sample a pixel
  VkRenderPass last() const { return blended ? blended.get() : color.get(); }
};

// What leaves the last of the colour passes (sRGB, resolved) and the depth pass is ready to be copied.
MeshPasses make_mesh_passes(GpuDevice& device, const MeshPassOptions& options);

// The images that a frame is drawn into.
struct MeshTargets {
  glm::ivec2 size_px{0};
  GpuImage color;          // one sample a pixel
  GpuImage color_samples;  // absent with one sample
  GpuImage depth_samples;  // beside the colour
  GpuImage depth;          // of the depth pass
  OwnedFramebuffer color_framebuffer, blended_framebuffer, depth_framebuffer;
};

// Error kUnsupported: larger than the device draws.
MeshTargets make_mesh_targets(GpuDevice& device, glm::ivec2 size_px, const MeshPasses& passes);

}  // namespace diorama
