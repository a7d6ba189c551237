#include "engine/gpu/device_list.h"

#include "engine/base/error.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstring>

namespace diorama {
namespace {

const char* kind_name(VkPhysicalDeviceType type) {
  switch (type) {
    case VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU:
      return "discrete GPU";
    case VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU:
      return "integrated GPU";
    case VK_PHYSICAL_DEVICE_TYPE_VIRTUAL_GPU:
      return "virtual GPU";
    case VK_PHYSICAL_DEVICE_TYPE_CPU:
      return "software driver";
    default:
      return "other";
  }
}

// Smaller is better.
int rank(const GpuDeviceInfo& info) {
  constexpr std::string_view kOrder[] = {"discrete GPU", "integrated GPU", "virtual GPU", "other", "software driver"};
  return static_cast<int>(std::find(std::begin(kOrder), std::end(kOrder), info.kind) - std::begin(kOrder));
}

bool has_extension(VkPhysicalDevice device, const char* name) {
  uint32_t count = 0;
  vkEnumerateDeviceExtensionProperties(device, nullptr, &count, nullptr);
  std::vector<VkExtensionProperties> extensions(count);
  vkEnumerateDeviceExtensionProperties(device, nullptr, &count, extensions.data());
  return std::any_of(extensions.begin(), extensions.end(), [&](const VkExtensionProperties& extension) {
    return std::strcmp(extension.extensionName, name) == 0;
  });
}

std::string driver_of(VkPhysicalDevice device, const VkPhysicalDeviceProperties& properties) {
  if (!has_extension(device, VK_KHR_DRIVER_PROPERTIES_EXTENSION_NAME)) {
    return fmt::format("version {:#x}", properties.driverVersion);
  }
  VkPhysicalDeviceDriverProperties driver{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DRIVER_PROPERTIES};
  VkPhysicalDeviceProperties2 all{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2, &driver};
  vkGetPhysicalDeviceProperties2(device, &all);
  return fmt::format("{} {}", driver.driverName, driver.driverInfo);
}

uint64_t device_memory(VkPhysicalDevice device) {
  VkPhysicalDeviceMemoryProperties memory{};
  vkGetPhysicalDeviceMemoryProperties(device, &memory);
  uint64_t most = 0;
  for (uint32_t i = 0; i < memory.memoryHeapCount; ++i) {
    if ((memory.memoryHeaps[i].flags & VK_MEMORY_HEAP_DEVICE_LOCAL_BIT) != 0) {
      most = std::max<uint64_t>(most, memory.memoryHeaps[i].size);
    }
  }
  return most;
}

std::string lowercase(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

std::optional<size_t> find_named(const std::vector<GpuDeviceInfo>& devices, const std::string& wanted) {
  size_t index = 0;
  const auto [end, error] = std::from_chars(wanted.data(), wanted.data() + wanted.size(), index);
  if (error == std::errc() && end == wanted.data() + wanted.size()) {
    return index < devices.size() ? std::optional(index) : std::nullopt;
  }
  for (size_t i = 0; i < devices.size(); ++i) {
    if (lowercase(devices[i].name).find(lowercase(wanted)) != std::string::npos) return i;
  }
  return std::nullopt;
}

}  // namespace

std::optional<uint32_t> find_queue_family(VkPhysicalDevice device) {
  constexpr VkQueueFlags kNeeded = VK_QUEUE_GRAPHICS_BIT | VK_QUEUE_COMPUTE_BIT;
  uint32_t count = 0;
  vkGetPhysicalDeviceQueueFamilyProperties(device, &count, nullptr);
  std::vector<VkQueueFamilyProperties> families(count);
  vkGetPhysicalDeviceQueueFamilyProperties(device, &count, families.data());
  for (uint32_t i = 0; i < count; ++i) {
    if ((families[i].queueFlags & kNeeded) == kNeeded) return i;
  }
  return std::nullopt;
}

GpuDeviceInfo describe_device(VkPhysicalDevice device, int index) {
  VkPhysicalDeviceProperties properties{};
  vkGetPhysicalDeviceProperties(device, &properties);
  GpuDeviceInfo info;
  info.index = index;
  info.name = properties.deviceName;
  info.kind = kind_name(properties.deviceType);
  info.software = properties.deviceType == VK_PHYSICAL_DEVICE_TYPE_CPU;
  info.vulkan_version = properties.apiVersion;
  info.memory_bytes = device_memory(device);
  if (properties.apiVersion < VK_API_VERSION_1_1) {
    info.driver = fmt::format("version {:#x}", properties.driverVersion);
    info.problem =
        fmt::format("it has Vulkan {}.{}, at least 1.1 is needed", VK_API_VERSION_MAJOR(properties.apiVersion),
                    VK_API_VERSION_MINOR(properties.apiVersion));
    return info;
  }
  info.driver = driver_of(device, properties);
  if (!find_queue_family(device)) info.problem = "it has no queue for both graphics and compute";
  return info;
}

size_t choose_device(const std::vector<GpuDeviceInfo>& devices, const std::string& wanted) {
  std::optional<size_t> chosen;
  if (!wanted.empty()) {
    chosen = find_named(devices, wanted);
  } else {
    for (size_t i = 0; i < devices.size(); ++i) {
      if (devices[i].problem.empty() && (!chosen || rank(devices[i]) < rank(devices[*chosen]))) chosen = i;
    }
  }
  if (!chosen) {
    std::string there;
    for (const GpuDeviceInfo& info : devices)
      there += fmt::format("{}{}: {}", there.empty() ? "" : ", ", info.index, info.name);
    if (there.empty()) there = "none";
    if (wanted.empty()) fail(ErrorCode::kNotFound, "no Vulkan device can be used (there is: {})", there);
    fail(ErrorCode::kNotFound, "there is no Vulkan device '{}'; choose one of: {}", wanted, there);
  }
  const GpuDeviceInfo& info = devices[*chosen];
  if (!info.problem.empty()) {
    fail(ErrorCode::kUnsupported, "Vulkan device {} cannot be used: {}", info.name, info.problem);
  }
  return *chosen;
}

std::vector<GpuDeviceInfo> list_devices() {
  const Instance instance(false, {});
  std::vector<GpuDeviceInfo> devices;
  for (const VkPhysicalDevice device : instance.physical_devices()) {
    devices.push_back(describe_device(device, static_cast<int>(devices.size())));
  }
  return devices;
}

}  // namespace diorama
