#pragma once

#include <vulkan/vulkan.h>

namespace diorama {

// The limits of the Android Baseline 2022 profile (VP_ANDROID_baseline_2022), which every phone that we support keeps.
// Fields that the profile does not list are 0.
VkPhysicalDeviceLimits baseline_2022_limits();

// The lesser of each limit and the profile's (the greater of each alignment).
VkPhysicalDeviceLimits clamped_to_baseline_2022(VkPhysicalDeviceLimits limits);

}  // namespace diorama
