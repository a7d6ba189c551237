#include "engine/gpu/vulkan_result.h"

namespace diorama {

DeviceLost::DeviceLost(std::string_view call)
    : Error(ErrorCode::kIo, fmt::format("{}: the GPU was lost (driver reset or device removed); try again, or choose "
                                        "another device",
                                        call)) {}

void check_vk(VkResult result, std::string_view call) {
  if (result >= 0) return;
  switch (result) {
    case VK_ERROR_DEVICE_LOST:
      throw DeviceLost(call);
    case VK_ERROR_OUT_OF_DEVICE_MEMORY:
      fail(ErrorCode::kIo, "{}: the GPU has no memory left; use a smaller size or asset, or close other programs",
           call);
    case VK_ERROR_OUT_OF_HOST_MEMORY:
      fail(ErrorCode::kIo, "{}: the graphics driver found no memory left; close other programs", call);
    default:
      fail(ErrorCode::kIo, "{}: the graphics driver failed with VkResult {}", call, static_cast<int>(result));
  }
}

}  // namespace diorama
