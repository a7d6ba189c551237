#pragma once

#include <vulkan/vulkan.h>

#include <cstddef>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace diorama {

// Folder of the user's caches as XDG has it ($XDG_CACHE_HOME or ~/.cache, then diorama); nothing without a home.
std::optional<std::filesystem::path> user_cache_dir();

// Compiled pipelines on disk. The file begins with what they were made by and for: vendor, device, driver version, the
// UUIDs of driver and cache, then size and checksum of the driver's data. A file that differs in any of these is not
// used, so that a driver never sees damaged data.
class PipelineCacheFile {
 public:
  PipelineCacheFile(const std::filesystem::path& folder, VkPhysicalDevice physical);

  const std::filesystem::path& path() const { return path_; }

  // The driver's data, or nothing with the reason in `why_not` (empty when there is no file yet).
  std::optional<std::vector<std::byte>> load(std::string* why_not) const;

  // Replaces the file. Error kIo.
  void store(std::span<const std::byte> data) const;

 private:
  std::filesystem::path path_;
  std::vector<std::byte> identity_;  // the start that every valid file has
  VkPhysicalDeviceProperties properties_{};
};

}  // namespace diorama
