#include "engine/gpu/instance.h"

#include "engine/gpu/vulkan_result.h"

#include <algorithm>
#include <cstring>

namespace diorama {
namespace {

constexpr const char* kValidationLayer = "VK_LAYER_KHRONOS_validation";

void require_validation_layer() {
  uint32_t count = 0;
  vkEnumerateInstanceLayerProperties(&count, nullptr);
  std::vector<VkLayerProperties> layers(count);
  vkEnumerateInstanceLayerProperties(&count, layers.data());
  const bool found = std::any_of(layers.begin(), layers.end(), [](const VkLayerProperties& layer) {
    return std::strcmp(layer.layerName, kValidationLayer) == 0;
  });
  if (!found) {
    fail(ErrorCode::kNotFound, "{} is not installed, validation needs it: install vulkan-validationlayers",
         kValidationLayer);
  }
}

void check_instance(VkResult result) {
  if (result == VK_ERROR_INCOMPATIBLE_DRIVER || result == VK_ERROR_INITIALIZATION_FAILED) {
    fail(
        ErrorCode::kNotFound,
        "no Vulkan driver was found: install the driver of the GPU, or mesa-vulkan-drivers for the software driver, or "
        "use the CPU");
  }
  if (result == VK_ERROR_EXTENSION_NOT_PRESENT) {
    fail(ErrorCode::kNotFound, "the Vulkan drivers here cannot draw into this kind of window");
  }
  check_vk(result, "vkCreateInstance");
}

template <class Function>
Function instance_function(VkInstance instance, const char* name) {
  return reinterpret_cast<Function>(vkGetInstanceProcAddr(instance, name));
}

}  // namespace

VkBool32 Instance::receive(VkDebugUtilsMessageSeverityFlagBitsEXT, VkDebugUtilsMessageTypeFlagsEXT,
                           const VkDebugUtilsMessengerCallbackDataEXT* data, void* sink_pointer) {
  auto* sink = static_cast<Sink*>(sink_pointer);
  ++sink->count;
  if (sink->log) sink->log(LogLevel::kWarning, data->pMessage);
  return VK_FALSE;
}

Instance::Instance(bool validation, LogSink log, const std::vector<std::string>& wanted)
    : sink_(std::make_unique<Sink>()) {
  sink_->log = std::move(log);
  if (validation) require_validation_layer();
  VkApplicationInfo application{VK_STRUCTURE_TYPE_APPLICATION_INFO};
  application.pApplicationName = application.pEngineName = "diorama";
  application.apiVersion = VK_API_VERSION_1_1;

  VkDebugUtilsMessengerCreateInfoEXT messenger{VK_STRUCTURE_TYPE_DEBUG_UTILS_MESSENGER_CREATE_INFO_EXT};
  messenger.messageSeverity =
      VK_DEBUG_UTILS_MESSAGE_SEVERITY_WARNING_BIT_EXT | VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT;
  messenger.messageType =
      VK_DEBUG_UTILS_MESSAGE_TYPE_VALIDATION_BIT_EXT | VK_DEBUG_UTILS_MESSAGE_TYPE_PERFORMANCE_BIT_EXT;
  messenger.pfnUserCallback = receive;
  messenger.pUserData = sink_.get();
  const VkValidationFeatureEnableEXT enabled = VK_VALIDATION_FEATURE_ENABLE_SYNCHRONIZATION_VALIDATION_EXT;
  const VkValidationFeaturesEXT features{
      VK_STRUCTURE_TYPE_VALIDATION_FEATURES_EXT, &messenger, 1, &enabled, 0, nullptr};

  std::vector<const char*> extensions;
  for (const std::string& name : wanted) extensions.push_back(name.c_str());
  VkInstanceCreateInfo info{VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO};
  info.pApplicationInfo = &application;
  if (validation) {
    info.pNext = &features;
    info.enabledLayerCount = 1;
    info.ppEnabledLayerNames = &kValidationLayer;
    extensions.push_back(VK_EXT_DEBUG_UTILS_EXTENSION_NAME);
    extensions.push_back(VK_EXT_VALIDATION_FEATURES_EXTENSION_NAME);
  }
  info.enabledExtensionCount = static_cast<uint32_t>(extensions.size());
  info.ppEnabledExtensionNames = extensions.data();
  check_instance(vkCreateInstance(&info, nullptr, &instance_));
  if (!validation) return;
  const auto create =
      instance_function<PFN_vkCreateDebugUtilsMessengerEXT>(instance_, "vkCreateDebugUtilsMessengerEXT");
  const VkResult result = create(instance_, &messenger, nullptr, &messenger_);
  if (result < 0) vkDestroyInstance(instance_, nullptr);
  check_vk(result, "vkCreateDebugUtilsMessengerEXT");
}

Instance::~Instance() {
  if (messenger_ != VK_NULL_HANDLE) {
    instance_function<PFN_vkDestroyDebugUtilsMessengerEXT>(instance_, "vkDestroyDebugUtilsMessengerEXT")(
        instance_, messenger_, nullptr);
  }
  vkDestroyInstance(instance_, nullptr);
}

std::vector<VkPhysicalDevice> Instance::physical_devices() const {
  uint32_t count = 0;
  check_vk(vkEnumeratePhysicalDevices(instance_, &count, nullptr), "vkEnumeratePhysicalDevices");
  std::vector<VkPhysicalDevice> devices(count);
  check_vk(vkEnumeratePhysicalDevices(instance_, &count, devices.data()), "vkEnumeratePhysicalDevices");
  devices.resize(count);
  return devices;
}

}  // namespace diorama
