#pragma once

#include "engine/gpu/gpu_image.h"

namespace diorama {

inline constexpr VkFormat kMeshColorFormat = VK_FORMAT_R8G8B8A8_SRGB;
inline constexpr VkFormat kMeshDepthFormat = VK_FORMAT_D32_SFLOAT;

// Colour (sRGB, resolved from `samples`) and depth beside it; what leaves the pass is ready to be copied.
OwnedRenderPass make_color_pass(GpuDevice& device, VkSampleCountFlagBits samples);

// Depth alone, one sample a pixel; ready to be copied.
OwnedRenderPass make_depth_pass(GpuDevice& device);

// The images that a frame is drawn into.
struct MeshTargets {
  glm::ivec2 size_px{0};
  GpuImage color;          // one sample a pixel
  GpuImage color_samples;  // absent with one sample
  GpuImage depth_samples;  // beside the colour
  GpuImage depth;          // of the depth pass
  OwnedFramebuffer color_framebuffer, depth_framebuffer;
};

// Error kUnsupported: larger than the device draws.
MeshTargets make_mesh_targets(GpuDevice& device, glm::ivec2 size_px, VkSampleCountFlagBits samples,
                              VkRenderPass color_pass, VkRenderPass depth_pass);

}  // namespace diorama
