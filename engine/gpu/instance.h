#pragma once

#include "engine/base/log.h"

#include <vulkan/vulkan.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace diorama {

// The connection to the Vulkan loader, with validation if asked for.
class Instance {
 public:
  // `extensions`: besides those of validation. Error kNotFound: no driver, no such extension, or the validation layer
  // is asked for and not installed.
  Instance(bool validation, LogSink log, const std::vector<std::string>& extensions = {});
  ~Instance();
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;

  VkInstance handle() const { return instance_; }
  std::vector<VkPhysicalDevice> physical_devices() const;
  bool has_debug_names() const { return messenger_ != VK_NULL_HANDLE; }

  // Warnings and errors of the validation layer so far; each went to the log, too.
  uint64_t validation_messages() const { return sink_->count; }

 private:
  struct Sink {
    LogSink log;
    std::atomic<uint64_t> count{0};
  };
  static VKAPI_ATTR VkBool32 VKAPI_CALL receive(VkDebugUtilsMessageSeverityFlagBitsEXT severity,
                                                VkDebugUtilsMessageTypeFlagsEXT types,
                                                const VkDebugUtilsMessengerCallbackDataEXT* data, void* sink);

  std::unique_ptr<Sink> sink_;  // its address is the driver's
  VkInstance instance_ = VK_NULL_HANDLE;
  VkDebugUtilsMessengerEXT messenger_ = VK_NULL_HANDLE;
};

}  // namespace diorama
