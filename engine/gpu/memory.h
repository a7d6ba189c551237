#pragma once

#include "engine/gpu/range_allocator.h"

#include <vulkan/vulkan.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace diorama {

enum class MemoryUse {
  kDevice,     // read and written by the device alone
  kUpload,     // the program writes, the device reads; mapped
  kReadback,   // the device writes, the program reads; mapped, cached where there is such memory
  kTransient,  // attachments that never leave the tile, where there is such memory; else as kDevice
};

struct MemoryStats {
  uint64_t blocks = 0;          // VkDeviceMemory objects
  uint64_t reserved_bytes = 0;  // in them
  uint64_t used_bytes = 0;      // handed out
  uint64_t allocations = 0;     // handed out
};

class MemoryBlocks;

// A piece of device memory; goes back to its block with its owner. Move-only.
class Allocation {
 public:
  Allocation() = default;
  ~Allocation();
  Allocation(Allocation&& other) noexcept { *this = std::move(other); }
  Allocation& operator=(Allocation&& other) noexcept;

  VkDeviceMemory memory() const { return memory_; }
  uint64_t offset() const { return offset_; }
  uint64_t size() const { return size_; }
  std::byte* mapped() const { return mapped_; }  // null unless the program may touch it

  // Make the program's writes visible to the device, or the device's to the program (after its fence). No-ops on
  // coherent memory.
  void flush() const;
  void invalidate() const;

 private:
  friend class MemoryBlocks;
  VkMappedMemoryRange range() const;

  MemoryBlocks* owner_ = nullptr;
  void* block_ = nullptr;
  VkDeviceMemory memory_ = VK_NULL_HANDLE;
  uint64_t offset_ = 0, size_ = 0;
  std::byte* mapped_ = nullptr;
  bool coherent_ = true;
};

// Device memory in blocks of 64 MiB by memory type (an eighth of small heaps), large pieces in their own. Buffers and
// tiled images never share a block, so that bufferImageGranularity does not matter.
class MemoryBlocks {
 public:
  static constexpr uint64_t kBlockBytes = uint64_t{64} << 20;

  MemoryBlocks(VkPhysicalDevice physical, VkDevice device);
  ~MemoryBlocks();
  MemoryBlocks(const MemoryBlocks&) = delete;
  MemoryBlocks& operator=(const MemoryBlocks&) = delete;

  // Error kIo when the device has no memory left.
  Allocation allocate(const VkMemoryRequirements& requirements, MemoryUse use, bool tiled_image);

  MemoryStats stats() const;

 private:
  friend class Allocation;
  struct Block;

  uint32_t choose_type(uint32_t allowed, MemoryUse use) const;
  Block& new_block(uint32_t type, bool tiled_image, uint64_t bytes);
  Block& block_with_room(uint32_t type, bool tiled_image, const VkMemoryRequirements& requirements, uint64_t* offset);
  void release(const Allocation& allocation);

  VkDevice device_;
  VkPhysicalDeviceMemoryProperties properties_{};
  uint64_t atom_bytes_ = 1;  // nonCoherentAtomSize
  std::vector<std::unique_ptr<Block>> blocks_;
  uint64_t allocations_ = 0;
};

}  // namespace diorama
