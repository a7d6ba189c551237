#pragma once

#include "engine/base/error.h"

#include <vulkan/vulkan.h>

#include <string_view>

namespace diorama {

// The GPU went away (driver reset, device removed). Nothing made on the device works any more: destroy it all, make a
// new GpuDevice and build again.
class DeviceLost : public Error {
 public:
  explicit DeviceLost(std::string_view call);
};

// DeviceLost, or Error kIo that names the call and the result. Results >= 0 pass.
void check_vk(VkResult result, std::string_view call);

}  // namespace diorama
