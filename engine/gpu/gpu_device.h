#pragma once

#include "engine/base/log.h"
#include "engine/gpu/instance.h"
#include "engine/gpu/memory.h"
#include "engine/gpu/owned.h"

#include <vulkan/vulkan.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace diorama {

class PipelineCacheFile;

struct GpuDeviceInfo {
  int index = 0;  // among list_devices()
  std::string name, driver;
  std::string kind;  // "discrete GPU", "integrated GPU", "virtual GPU", "software driver", "other"
  bool software = false;
  uint32_t vulkan_version = 0;  // as VK_MAKE_API_VERSION packs it
  uint64_t memory_bytes = 0;    // of the largest device-local heap
  std::string problem;          // why Diorama cannot use it; empty: it can
};

// Every Vulkan device of the machine. Error kNotFound without any driver.
std::vector<GpuDeviceInfo> list_devices();

// What subgroups of compute shaders can do beyond Android Baseline 2022.
struct SubgroupInfo {
  uint32_t size = 1;    // invocations
  bool ballot = false;  // false where the limits are clamped to the profile
};

struct GpuOptions {
  // An index of list_devices() or a part of a name, whatever the case. Empty: the first real GPU (discrete before
  // integrated), else a software driver.
  std::string device;
  bool validation = false;  // the validation layer, with synchronisation checks; messages go to `log` and are counted
  bool baseline_2022 = false;                      // limits() tells no more than Android Baseline 2022
  std::optional<std::filesystem::path> cache_dir;  // of compiled pipelines (user_cache_dir()); absent: none is kept
  // Instance extensions that a window's surfaces need; with any, the device can present. Empty: no window.
  std::vector<std::string> window_extensions;
  LogSink log;
};

// A Vulkan 1.1 device with one queue for graphics, compute and transfer. It and all that is made on it are used from
// one thread at a time; what is made on it is destroyed before it.
class GpuDevice {
 public:
  // Error kNotFound: no driver, no such device, no validation layer. Error kUnsupported: the named device cannot be
  // used.
  explicit GpuDevice(const GpuOptions& options = {});
  ~GpuDevice();  // waits for the device, writes the pipeline cache
  GpuDevice(const GpuDevice&) = delete;
  GpuDevice& operator=(const GpuDevice&) = delete;

  VkInstance instance() const { return instance_.handle(); }
  VkDevice handle() const { return device_; }
  VkQueue queue() const { return queue_; }
  VkPhysicalDevice physical() const { return physical_; }
  uint32_t queue_family() const { return queue_family_; }
  const GpuDeviceInfo& info() const { return info_; }
  const VkPhysicalDeviceLimits& limits() const { return limits_; }
  const VkPhysicalDeviceFeatures& features() const { return features_; }  // those that are enabled
  const SubgroupInfo& subgroups() const { return subgroups_; }
  uint32_t timestamp_bits() const { return timestamp_bits_; }  // 0: the queue has no timestamps
  VkPipelineCache pipeline_cache() const { return pipeline_cache_.get(); }
  MemoryBlocks& memory() { return *memory_; }
  uint64_t validation_messages() const { return instance_.validation_messages(); }

  // Names an object for validation messages and debuggers.
  template <class Handle>
  void set_name(Handle handle, VkObjectType type, std::string_view name) const {
    set_name(reinterpret_cast<uint64_t>(handle), type, name);
  }

  // All submissions and waits go through here. DeviceLost when the device is lost, now or before.
  // `until`: waited for before colour is written; `then`: signalled when all is done. Null: none.
  void submit(VkCommandBuffer commands, VkFence fence, VkSemaphore until = VK_NULL_HANDLE,
              VkSemaphore then = VK_NULL_HANDLE);
  void wait(VkFence fence);
  void wait_idle();

  // Shows a swapchain's image once `after` is signalled. False: the swapchain no longer fits its surface.
  bool present(VkSwapchainKHR swapchain, uint32_t image, VkSemaphore after);

  // The next submit() finds the device lost, for tests of recovery.
  void lose_at_next_submit() { lose_at_next_submit_ = true; }

 private:
  void set_name(uint64_t handle, VkObjectType type, std::string_view name) const;
  void choose(const std::string& wanted);
  void find_limits(bool baseline_2022);
  void make_device(bool presents);
  void make_pipeline_cache(const std::optional<std::filesystem::path>& folder);
  void keep_pipeline_cache();
  void check_not_lost(std::string_view call) const;

  Instance instance_;
  LogSink log_;
  GpuDeviceInfo info_;
  VkPhysicalDevice physical_ = VK_NULL_HANDLE;
  VkDevice device_ = VK_NULL_HANDLE;
  VkQueue queue_ = VK_NULL_HANDLE;
  VkPhysicalDeviceLimits limits_{};
  VkPhysicalDeviceFeatures features_{};
  SubgroupInfo subgroups_;
  uint32_t queue_family_ = 0, timestamp_bits_ = 0;
  PFN_vkSetDebugUtilsObjectNameEXT set_name_ = nullptr;
  bool lost_ = false, lose_at_next_submit_ = false;
  std::unique_ptr<MemoryBlocks> memory_;
  std::unique_ptr<PipelineCacheFile> cache_file_;
  OwnedPipelineCache pipeline_cache_;
  std::vector<std::byte> cached_;  // what is on disk
};

}  // namespace diorama
