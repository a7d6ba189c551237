#include "engine/gpu/memory.h"

#include "engine/gpu/vulkan_result.h"

#include <algorithm>
#include <array>
#include <utility>

namespace diorama {

struct MemoryBlocks::Block {
  uint32_t type;
  bool tiled_image, coherent;
  uint64_t bytes;
  VkDeviceMemory memory;
  std::byte* mapped;
  RangeAllocator ranges;
};

Allocation::~Allocation() {
  if (owner_ != nullptr) owner_->release(*this);
}

Allocation& Allocation::operator=(Allocation&& other) noexcept {
  std::swap(owner_, other.owner_);
  std::swap(block_, other.block_);
  std::swap(memory_, other.memory_);
  std::swap(offset_, other.offset_);
  std::swap(size_, other.size_);
  std::swap(mapped_, other.mapped_);
  std::swap(coherent_, other.coherent_);
  return *this;
}

// Offset and size are multiples of nonCoherentAtomSize where the memory is not coherent.
VkMappedMemoryRange Allocation::range() const {
  return {VK_STRUCTURE_TYPE_MAPPED_MEMORY_RANGE, nullptr, memory_, offset_, size_};
}

void Allocation::flush() const {
  if (coherent_) return;
  const VkMappedMemoryRange mapped_range = range();
  check_vk(vkFlushMappedMemoryRanges(owner_->device_, 1, &mapped_range), "vkFlushMappedMemoryRanges");
}

void Allocation::invalidate() const {
  if (coherent_) return;
  const VkMappedMemoryRange mapped_range = range();
  check_vk(vkInvalidateMappedMemoryRanges(owner_->device_, 1, &mapped_range), "vkInvalidateMappedMemoryRanges");
}

MemoryBlocks::MemoryBlocks(VkPhysicalDevice physical, VkDevice device) : device_(device) {
  vkGetPhysicalDeviceMemoryProperties(physical, &properties_);
  VkPhysicalDeviceProperties properties{};
  vkGetPhysicalDeviceProperties(physical, &properties);
  atom_bytes_ = std::max<uint64_t>(1, properties.limits.nonCoherentAtomSize);
}

MemoryBlocks::~MemoryBlocks() {
  for (const auto& block : blocks_) vkFreeMemory(device_, block->memory, nullptr);
}

uint32_t MemoryBlocks::choose_type(uint32_t allowed, MemoryUse use) const {
  constexpr VkMemoryPropertyFlags kLocal = VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT;
  constexpr VkMemoryPropertyFlags kVisible = VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT;
  constexpr VkMemoryPropertyFlags kCoherent = VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
  constexpr VkMemoryPropertyFlags kCached = VK_MEMORY_PROPERTY_HOST_CACHED_BIT;
  constexpr VkMemoryPropertyFlags kLazy = VK_MEMORY_PROPERTY_LAZILY_ALLOCATED_BIT;
  // Best first; the last one is what Vulkan promises.
  static constexpr std::array<std::array<VkMemoryPropertyFlags, 3>, 4> kWishes = {{
      {kLocal, kLocal, 0},
      {kVisible | kCoherent, kVisible | kCoherent, kVisible},
      {kVisible | kCoherent | kCached, kVisible | kCached, kVisible},
      {kLazy | kLocal, kLocal, 0},
  }};
  for (const VkMemoryPropertyFlags wish : kWishes[static_cast<size_t>(use)]) {
    for (uint32_t type = 0; type < properties_.memoryTypeCount; ++type) {
      const VkMemoryPropertyFlags flags = properties_.memoryTypes[type].propertyFlags;
      const bool lazy_unasked = (flags & kLazy) != 0 && use != MemoryUse::kTransient;
      const bool is_protected = (flags & VK_MEMORY_PROPERTY_PROTECTED_BIT) != 0;
      if ((allowed >> type & 1) != 0 && (flags & wish) == wish && !lazy_unasked && !is_protected) return type;
    }
  }
  fail(ErrorCode::kUnsupported, "the GPU has no memory of the kind that a resource needs (memory type bits {:#x})",
       allowed);
}

MemoryBlocks::Block& MemoryBlocks::new_block(uint32_t type, bool tiled_image, uint64_t bytes) {
  const VkMemoryAllocateInfo info{VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO, nullptr, bytes, type};
  VkDeviceMemory memory = VK_NULL_HANDLE;
  check_vk(vkAllocateMemory(device_, &info, nullptr, &memory), fmt::format("vkAllocateMemory of {} bytes", bytes));
  const VkMemoryPropertyFlags flags = properties_.memoryTypes[type].propertyFlags;
  const bool coherent = (flags & VK_MEMORY_PROPERTY_HOST_COHERENT_BIT) != 0;
  blocks_.push_back(
      std::make_unique<Block>(Block{type, tiled_image, coherent, bytes, memory, nullptr, RangeAllocator(bytes)}));
  Block& block = *blocks_.back();
  if ((flags & VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT) != 0 && !tiled_image) {
    void* mapped = nullptr;
    const VkResult result = vkMapMemory(device_, memory, 0, VK_WHOLE_SIZE, 0, &mapped);
    if (result < 0) {
      vkFreeMemory(device_, memory, nullptr);
      blocks_.pop_back();
      check_vk(result, "vkMapMemory");
    }
    block.mapped = static_cast<std::byte*>(mapped);
  }
  return block;
}

MemoryBlocks::Block& MemoryBlocks::block_with_room(uint32_t type, bool tiled_image,
                                                   const VkMemoryRequirements& requirements, uint64_t* offset) {
  const uint64_t heap = properties_.memoryHeaps[properties_.memoryTypes[type].heapIndex].size;
  const uint64_t block_bytes = std::min(kBlockBytes, std::max(heap / 8, atom_bytes_) / atom_bytes_ * atom_bytes_);
  if (requirements.size > block_bytes / 2) {
    Block& block = new_block(type, tiled_image, requirements.size);
    *offset = block.ranges.allocate(requirements.size, 1).value();
    return block;
  }
  for (const auto& block : blocks_) {
    if (block->type != type || block->tiled_image != tiled_image) continue;
    const auto found = block->ranges.allocate(requirements.size, requirements.alignment);
    if (!found) continue;
    *offset = *found;
    return *block;
  }
  Block& block = new_block(type, tiled_image, block_bytes);
  *offset = block.ranges.allocate(requirements.size, requirements.alignment).value();
  return block;
}

Allocation MemoryBlocks::allocate(const VkMemoryRequirements& requirements, MemoryUse use, bool tiled_image) {
  const uint32_t type = choose_type(requirements.memoryTypeBits, use);
  VkMemoryRequirements rounded = requirements;
  if ((properties_.memoryTypes[type].propertyFlags & VK_MEMORY_PROPERTY_HOST_COHERENT_BIT) == 0) {
    rounded.alignment = std::max(rounded.alignment, atom_bytes_);
    rounded.size = (rounded.size + atom_bytes_ - 1) / atom_bytes_ * atom_bytes_;
  }
  Allocation result;
  Block& block = block_with_room(type, tiled_image, rounded, &result.offset_);
  result.owner_ = this;
  result.block_ = &block;
  result.memory_ = block.memory;
  result.size_ = rounded.size;
  result.coherent_ = block.coherent;
  if (block.mapped != nullptr) result.mapped_ = block.mapped + result.offset_;
  ++allocations_;
  return result;
}

// An empty block is freed unless it is the only one of its kind: the next resource takes it again.
void MemoryBlocks::release(const Allocation& allocation) {
  Block* block = static_cast<Block*>(allocation.block_);
  block->ranges.release(allocation.offset_);
  --allocations_;
  if (!block->ranges.empty()) return;
  const auto same_kind = [&](const auto& other) {
    return other.get() != block && other->type == block->type && other->tiled_image == block->tiled_image;
  };
  const bool only_one = std::none_of(blocks_.begin(), blocks_.end(), same_kind);
  if (only_one && block->bytes <= kBlockBytes) return;
  vkFreeMemory(device_, block->memory, nullptr);
  std::erase_if(blocks_, [&](const auto& other) { return other.get() == block; });
}

MemoryStats MemoryBlocks::stats() const {
  MemoryStats stats{blocks_.size(), 0, 0, allocations_};
  for (const auto& block : blocks_) {
    stats.reserved_bytes += block->bytes;
    stats.used_bytes += block->ranges.used();
  }
  return stats;
}

}  // namespace diorama
