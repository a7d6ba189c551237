#pragma once

#include "engine/gpu/gpu_device.h"

#include <optional>

namespace diorama {

// The queue family for graphics and compute.
std::optional<uint32_t> find_queue_family(VkPhysicalDevice device);

GpuDeviceInfo describe_device(VkPhysicalDevice device, int index);

// Index into `devices` of the one that `wanted` (see GpuOptions::device) names. Error kNotFound lists what there is;
// kUnsupported: it cannot be used.
size_t choose_device(const std::vector<GpuDeviceInfo>& devices, const std::string& wanted);

}  // namespace diorama
