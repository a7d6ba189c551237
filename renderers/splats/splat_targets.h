#pragma once

#include "engine/gpu/gpu_image.h"

namespace diorama {

// What the passes of a picture of splats are made for.
struct SplatPassOptions {
  bool with_depth = false;     // the splats' mean depth, too
  bool with_backdrop = false;  // tested against the depth of other geometry
  bool operator==(const SplatPassOptions&) const = default;
};

inline constexpr VkFormat kSplatColorFormat = VK_FORMAT_R8G8B8A8_UNORM;
inline constexpr VkFormat kSplatDepthFormat = VK_FORMAT_R32_SFLOAT;
inline constexpr VkFormat kBackdropDepthFormat = VK_FORMAT_D32_SFLOAT;

// Of sums of colour (premultiplied, sRGB display values) and alpha: half floats, which every device blends; floats on
// software drivers, which blend them as fast and cut half floats off instead of rounding them.
VkFormat splat_sum_format(const GpuDevice& device);

// Of sums of depths: float where the device blends it, else half float.
VkFormat splat_depth_sum_format(const GpuDevice& device);

// Two subpasses, so that the sums need not leave a tile: quads into sums, then the resolve. What leaves it is ready to
// be copied.
OwnedRenderPass make_splat_pass(GpuDevice& device, const SplatPassOptions& options);

// The images that a picture is drawn into; those without depth are absent.
struct SplatTargets {
  glm::ivec2 size_px{0};
  SplatPassOptions options;
  VkImageView backdrop_depth = VK_NULL_HANDLE;
  GpuImage sums, depth_sums, color, depth;
  OwnedFramebuffer framebuffer;
};

// Error kUnsupported: larger than the device draws.
SplatTargets make_splat_targets(GpuDevice& device, glm::ivec2 size_px, const SplatPassOptions& options,
                                VkRenderPass pass, VkImageView backdrop_depth);

}  // namespace diorama
