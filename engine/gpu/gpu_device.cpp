#include "engine/gpu/gpu_device.h"

#include "engine/gpu/device_list.h"
#include "engine/gpu/limits.h"
#include "engine/gpu/pipeline_cache.h"
#include "engine/gpu/vulkan_result.h"

#include <algorithm>
#include <exception>

namespace diorama {

GpuDevice::GpuDevice(const GpuOptions& options)
    : instance_(options.validation, options.log, options.window_extensions), log_(options.log) {
  choose(options.device);
  find_limits(options.baseline_2022);
  make_device(!options.window_extensions.empty());
  try {
    memory_ = std::make_unique<MemoryBlocks>(physical_, device_);
    make_pipeline_cache(options.cache_dir);
  } catch (...) {
    vkDestroyDevice(device_, nullptr);
    throw;
  }
}

GpuDevice::~GpuDevice() {
  vkDeviceWaitIdle(device_);
  keep_pipeline_cache();
  pipeline_cache_ = {};
  if (const uint64_t left = memory_->stats().allocations; left != 0 && log_) {
    log_(LogLevel::kWarning, fmt::format("{} pieces of GPU memory are still in use as the device goes", left));
  }
  memory_.reset();
  vkDestroyDevice(device_, nullptr);
}

void GpuDevice::choose(const std::string& wanted) {
  const std::vector<VkPhysicalDevice> physical = instance_.physical_devices();
  std::vector<GpuDeviceInfo> devices;
  for (const VkPhysicalDevice device : physical) {
    devices.push_back(describe_device(device, static_cast<int>(devices.size())));
  }
  const size_t chosen = choose_device(devices, wanted);
  physical_ = physical[chosen];
  info_ = devices[chosen];
  queue_family_ = find_queue_family(physical_).value();
}

void GpuDevice::find_limits(bool baseline_2022) {
  VkPhysicalDeviceSubgroupProperties subgroups{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_PROPERTIES};
  VkPhysicalDeviceProperties2 properties{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2, &subgroups, {}};
  vkGetPhysicalDeviceProperties2(physical_, &properties);
  const VkPhysicalDeviceLimits& limits = properties.properties.limits;
  limits_ = baseline_2022 ? clamped_to_baseline_2022(limits) : limits;
  subgroups_.size = subgroups.subgroupSize;
  subgroups_.ballot = !baseline_2022 && (subgroups.supportedStages & VK_SHADER_STAGE_COMPUTE_BIT) != 0 &&
                      (subgroups.supportedOperations & VK_SUBGROUP_FEATURE_BALLOT_BIT) != 0;
}

// Enabled are features of Android Baseline 2022 alone, and of these what we use: 32-bit indices without a limit, and
// shading by sample.
void GpuDevice::make_device(bool presents) {
  const float priority = 1.0f;
  VkDeviceQueueCreateInfo queue{VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO};
  queue.queueFamilyIndex = queue_family_;
  queue.queueCount = 1;
  queue.pQueuePriorities = &priority;
  VkPhysicalDeviceFeatures there{};
  vkGetPhysicalDeviceFeatures(physical_, &there);
  features_.fullDrawIndexUint32 = there.fullDrawIndexUint32;
  features_.sampleRateShading = there.sampleRateShading;
  VkDeviceCreateInfo info{VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO};
  info.pEnabledFeatures = &features_;
  info.queueCreateInfoCount = 1;
  info.pQueueCreateInfos = &queue;
  const char* const swapchain = VK_KHR_SWAPCHAIN_EXTENSION_NAME;
  if (presents) {
    info.enabledExtensionCount = 1;
    info.ppEnabledExtensionNames = &swapchain;
  }
  check_vk(vkCreateDevice(physical_, &info, nullptr, &device_), "vkCreateDevice");
  vkGetDeviceQueue(device_, queue_family_, 0, &queue_);
  if (instance_.has_debug_names()) {
    set_name_ = reinterpret_cast<PFN_vkSetDebugUtilsObjectNameEXT>(
        vkGetDeviceProcAddr(device_, "vkSetDebugUtilsObjectNameEXT"));
  }
  uint32_t count = 0;
  vkGetPhysicalDeviceQueueFamilyProperties(physical_, &count, nullptr);
  std::vector<VkQueueFamilyProperties> families(count);
  vkGetPhysicalDeviceQueueFamilyProperties(physical_, &count, families.data());
  timestamp_bits_ = families[queue_family_].timestampValidBits;
}

void GpuDevice::make_pipeline_cache(const std::optional<std::filesystem::path>& folder) {
  if (folder) {
    cache_file_ = std::make_unique<PipelineCacheFile>(*folder, physical_);
    std::string why_not;
    if (auto data = cache_file_->load(&why_not)) cached_ = std::move(*data);
    if (!why_not.empty() && log_) log_(LogLevel::kInfo, "pipelines are compiled again: " + why_not);
  }
  VkPipelineCacheCreateInfo info{VK_STRUCTURE_TYPE_PIPELINE_CACHE_CREATE_INFO};
  info.initialDataSize = cached_.size();
  info.pInitialData = cached_.data();
  VkPipelineCache cache = VK_NULL_HANDLE;
  check_vk(vkCreatePipelineCache(device_, &info, nullptr, &cache), "vkCreatePipelineCache");
  pipeline_cache_ = {device_, cache};
}

// A cache that cannot be written costs time at the next start and nothing else.
void GpuDevice::keep_pipeline_cache() {
  if (!cache_file_ || lost_) return;
  size_t size = 0;
  if (vkGetPipelineCacheData(device_, pipeline_cache_.get(), &size, nullptr) != VK_SUCCESS) return;
  std::vector<std::byte> data(size);
  if (vkGetPipelineCacheData(device_, pipeline_cache_.get(), &size, data.data()) != VK_SUCCESS) return;
  data.resize(size);
  if (data == cached_) return;
  try {
    cache_file_->store(data);
  } catch (const std::exception& error) {
    if (log_) log_(LogLevel::kWarning, fmt::format("compiled pipelines are not kept: {}", error.what()));
  }
}

void GpuDevice::set_name(uint64_t handle, VkObjectType type, std::string_view name) const {
  if (set_name_ == nullptr) return;
  const std::string terminated(name);
  const VkDebugUtilsObjectNameInfoEXT info{VK_STRUCTURE_TYPE_DEBUG_UTILS_OBJECT_NAME_INFO_EXT, nullptr, type, handle,
                                           terminated.c_str()};
  check_vk(set_name_(device_, &info), "vkSetDebugUtilsObjectNameEXT");
}

void GpuDevice::check_not_lost(std::string_view call) const {
  if (lost_) throw DeviceLost(call);
}

void GpuDevice::submit(VkCommandBuffer commands, VkFence fence, VkSemaphore until, VkSemaphore then) {
  if (lose_at_next_submit_) lost_ = true;
  check_not_lost("vkQueueSubmit");
  VkSubmitInfo info{VK_STRUCTURE_TYPE_SUBMIT_INFO};
  info.commandBufferCount = 1;
  info.pCommandBuffers = &commands;
  const VkPipelineStageFlags stage = VK_PIPELINE_STAGE_COLOR_ATTACHMENT_OUTPUT_BIT | VK_PIPELINE_STAGE_TRANSFER_BIT;
  info.waitSemaphoreCount = until != VK_NULL_HANDLE ? 1 : 0;
  info.pWaitSemaphores = &until;
  info.pWaitDstStageMask = &stage;
  info.signalSemaphoreCount = then != VK_NULL_HANDLE ? 1 : 0;
  info.pSignalSemaphores = &then;
  const VkResult result = vkQueueSubmit(queue_, 1, &info, fence);
  lost_ = result == VK_ERROR_DEVICE_LOST;
  check_vk(result, "vkQueueSubmit");
}

void GpuDevice::wait(VkFence fence) {
  check_not_lost("vkWaitForFences");
  const VkResult result = vkWaitForFences(device_, 1, &fence, VK_TRUE, UINT64_MAX);
  lost_ = result == VK_ERROR_DEVICE_LOST;
  check_vk(result, "vkWaitForFences");
}

void GpuDevice::wait_idle() {
  check_not_lost("vkDeviceWaitIdle");
  const VkResult result = vkDeviceWaitIdle(device_);
  lost_ = result == VK_ERROR_DEVICE_LOST;
  check_vk(result, "vkDeviceWaitIdle");
}

bool GpuDevice::present(VkSwapchainKHR swapchain, uint32_t image, VkSemaphore after) {
  check_not_lost("vkQueuePresentKHR");
  VkPresentInfoKHR info{VK_STRUCTURE_TYPE_PRESENT_INFO_KHR};
  info.waitSemaphoreCount = 1;
  info.pWaitSemaphores = &after;
  info.swapchainCount = 1;
  info.pSwapchains = &swapchain;
  info.pImageIndices = &image;
  const VkResult result = vkQueuePresentKHR(queue_, &info);
  if (result == VK_ERROR_OUT_OF_DATE_KHR || result == VK_SUBOPTIMAL_KHR) return false;
  lost_ = result == VK_ERROR_DEVICE_LOST;
  check_vk(result, "vkQueuePresentKHR");
  return true;
}

}  // namespace diorama
