#include "engine/gpu/pipeline_cache.h"

#include "engine/base/error.h"
#include "engine/base/file.h"

#include <cstdlib>
#include <cstring>

namespace diorama {
namespace {

constexpr char kMagic[8] = {'D', 'I', 'O', 'P', 'I', 'P', 'E', '1'};
constexpr uint64_t kMaxBytes = uint64_t{256} << 20;

// What follows the identity.
struct Trailer {
  uint64_t data_bytes, checksum;
};

uint64_t fnv1a(std::span<const std::byte> bytes) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const std::byte byte : bytes) hash = (hash ^ static_cast<uint8_t>(byte)) * 0x100000001b3;
  return hash;
}

void append(std::vector<std::byte>& target, const void* data, size_t size) {
  const auto* bytes = static_cast<const std::byte*>(data);
  target.insert(target.end(), bytes, bytes + size);
}

// The header that the driver itself puts in front (Vulkan 1.0, VkPipelineCacheHeaderVersionOne).
bool is_drivers_header(std::span<const std::byte> data, const VkPhysicalDeviceProperties& properties) {
  VkPipelineCacheHeaderVersionOne header;
  if (data.size() < sizeof header) return false;
  std::memcpy(&header, data.data(), sizeof header);
  return header.headerSize >= sizeof header && header.headerSize <= data.size() &&
         header.headerVersion == VK_PIPELINE_CACHE_HEADER_VERSION_ONE && header.vendorID == properties.vendorID &&
         header.deviceID == properties.deviceID &&
         std::memcmp(header.pipelineCacheUUID, properties.pipelineCacheUUID, VK_UUID_SIZE) == 0;
}

}  // namespace

std::optional<std::filesystem::path> user_cache_dir() {
  if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache != nullptr && cache[0] == '/') {
    return std::filesystem::path(cache) / "diorama";
  }
  if (const char* home = std::getenv("HOME"); home != nullptr && home[0] == '/') {
    return std::filesystem::path(home) / ".cache" / "diorama";
  }
  return std::nullopt;
}

PipelineCacheFile::PipelineCacheFile(const std::filesystem::path& folder, VkPhysicalDevice physical) {
  VkPhysicalDeviceIDProperties ids{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_ID_PROPERTIES};
  VkPhysicalDeviceProperties2 properties{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2, &ids};
  vkGetPhysicalDeviceProperties2(physical, &properties);
  properties_ = properties.properties;
  append(identity_, kMagic, sizeof kMagic);
  append(identity_, &properties_.vendorID, sizeof properties_.vendorID);
  append(identity_, &properties_.deviceID, sizeof properties_.deviceID);
  append(identity_, &properties_.driverVersion, sizeof properties_.driverVersion);
  append(identity_, properties_.pipelineCacheUUID, VK_UUID_SIZE);
  append(identity_, ids.driverUUID, VK_UUID_SIZE);
  path_ = folder / fmt::format("pipelines-{:04x}-{:04x}-{:016x}.bin", properties_.vendorID, properties_.deviceID,
                               fnv1a(identity_));
}

std::optional<std::vector<std::byte>> PipelineCacheFile::load(std::string* why_not) const {
  why_not->clear();
  std::vector<std::byte> file;
  try {
    file = read_file(path_, kMaxBytes);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kNotFound) *why_not = error.what();
    return std::nullopt;
  }
  const size_t head = identity_.size() + sizeof(Trailer);
  Trailer trailer{};
  if (file.size() >= head) std::memcpy(&trailer, file.data() + identity_.size(), sizeof trailer);
  if (file.size() < head || std::memcmp(file.data(), identity_.data(), identity_.size()) != 0) {
    *why_not = path_.string() + ": is not of this device and driver";
  } else if (trailer.data_bytes != file.size() - head || fnv1a(std::span(file).subspan(head)) != trailer.checksum) {
    *why_not = path_.string() + ": is damaged";
  } else if (!is_drivers_header(std::span(file).subspan(head), properties_)) {
    *why_not = path_.string() + ": does not hold this driver's data";
  }
  if (!why_not->empty()) return std::nullopt;
  file.erase(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(head));
  return file;
}

void PipelineCacheFile::store(std::span<const std::byte> data) const {
  const Trailer trailer{data.size(), fnv1a(data)};
  AtomicFile file(path_);
  file.write(identity_);
  file.write(std::as_bytes(std::span(&trailer, 1)));
  file.write(data);
  file.commit();
}

}  // namespace diorama
