#include "engine/gpu/gpu_device.h"
#include "tools/cli/command.h"

#include <cstdlib>

namespace diorama {
namespace {

std::string line_of(const GpuDeviceInfo& info) {
  const std::string line =
      fmt::format("{}: {}, {}, Vulkan {}.{}.{}, {:.1f} GiB, {}", info.index, info.name, info.kind,
                  VK_API_VERSION_MAJOR(info.vulkan_version), VK_API_VERSION_MINOR(info.vulkan_version),
                  VK_API_VERSION_PATCH(info.vulkan_version),
                  static_cast<double>(info.memory_bytes) / static_cast<double>(uint64_t{1} << 30), info.driver);
  return info.problem.empty() ? line : line + "; cannot be used: " + info.problem;
}

}  // namespace

BackendOptions with_environment(BackendOptions options) {
  const char* device = std::getenv("DIORAMA_DEVICE");
  if (options.device.empty() && device != nullptr) options.device = device;
  return options;
}

Command devices_command(CLI::App& program) {
  CLI::App* app = program.add_subcommand("devices", "Lists the Vulkan devices that can draw; --device chooses one.");
  return {app, [](const Settings&) {
            for (const GpuDeviceInfo& info : list_devices()) fmt::print("{}\n", line_of(info));
          }};
}

}  // namespace diorama
