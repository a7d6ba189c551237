#include "engine/gpu/transfer.h"

#include "engine/gpu/barriers.h"
#include "engine/gpu/frame_ring.h"
#include "engine/gpu/vulkan_result.h"

#include <algorithm>
#include <cstring>

namespace diorama {
namespace {

constexpr VkDeviceSize kAlign = 256;  // covers every texel size and optimalBufferCopyOffsetAlignment in practice
constexpr Use kCopyWrite{VK_PIPELINE_STAGE_TRANSFER_BIT, VK_ACCESS_TRANSFER_WRITE_BIT};
constexpr Use kCopyRead{VK_PIPELINE_STAGE_TRANSFER_BIT, VK_ACCESS_TRANSFER_READ_BIT};
constexpr Use kShaderRead{VK_PIPELINE_STAGE_FRAGMENT_SHADER_BIT | VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT,
                          VK_ACCESS_SHADER_READ_BIT};

VkDeviceSize round_up(VkDeviceSize value, VkDeviceSize multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

VkOffset3D corner(glm::ivec2 size_px) {
  return {size_px.x, size_px.y, 1};
}

}  // namespace

UploadRing::UploadRing(GpuDevice& device, VkDeviceSize piece_bytes)
    : device_(&device), pool_(make_command_pool(device)) {
  for (Piece& piece : pieces_) {
    piece.staging = Buffer(device, piece_bytes, VK_BUFFER_USAGE_TRANSFER_SRC_BIT, MemoryUse::kUpload, "upload ring");
    piece.commands = allocate_commands(device, pool_.get());
    piece.fence = make_fence(device);
  }
}

UploadRing::~UploadRing() {
  vkDeviceWaitIdle(device_->handle());
}

void UploadRing::begin(Piece& piece) {
  if (piece.recording) return;
  if (piece.pending) device_->wait(piece.fence.get());
  piece.pending = false;
  piece.used = 0;
  const VkFence fence = piece.fence.get();
  check_vk(vkResetFences(device_->handle(), 1, &fence), "vkResetFences");
  const VkCommandBufferBeginInfo info{VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO, nullptr,
                                      VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT, nullptr};
  check_vk(vkBeginCommandBuffer(piece.commands, &info), "vkBeginCommandBuffer");
  // Frames that were submitted before read what they were meant to, even where it is overwritten here.
  memory_barrier(piece.commands, kShaderRead, kCopyWrite);
  piece.recording = true;
}

UploadRing::Piece& UploadRing::piece_with_room(VkDeviceSize unit, VkDeviceSize align) {
  DIO_CHECK(unit <= pieces_[0].staging.bytes());
  if (pieces_[current_].recording &&
      round_up(pieces_[current_].used, align) + unit > pieces_[current_].staging.bytes()) {
    flush();
  }
  Piece& piece = pieces_[current_];
  begin(piece);
  piece.used = round_up(piece.used, align);
  return piece;
}

void UploadRing::to_buffer(const Buffer& target, VkDeviceSize offset, std::span<const std::byte> bytes) {
  DIO_CHECK(offset <= target.bytes() && bytes.size() <= target.bytes() - offset);
  while (!bytes.empty()) {
    Piece& piece = piece_with_room(1, kAlign);
    const size_t count = std::min<size_t>(bytes.size(), piece.staging.bytes() - piece.used);
    std::memcpy(piece.staging.mapped().data() + piece.used, bytes.data(), count);
    const VkBufferCopy region{piece.used, offset, count};
    vkCmdCopyBuffer(piece.commands, piece.staging.handle(), target.handle(), 1, &region);
    piece.used += count;
    offset += count;
    bytes = bytes.subspan(count);
  }
}

void UploadRing::to_image(const GpuImage& target, std::span<const std::byte> texels) {
  image_barrier(piece_with_room(1, kAlign).commands, target, VK_IMAGE_LAYOUT_UNDEFINED, {},
                VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL, kCopyWrite);
  copy_rows(target, texels);
  make_levels(target);
}

void UploadRing::copy_rows(const GpuImage& target, std::span<const std::byte> texels) {
  const glm::ivec2 size = target.options().size_px;
  const size_t row_bytes = texels.size() / static_cast<size_t>(size.y);
  DIO_CHECK(row_bytes > 0 && row_bytes * static_cast<size_t>(size.y) == texels.size());
  for (int y = 0; y < size.y;) {
    Piece& piece = piece_with_room(row_bytes, kAlign);
    const size_t fit = (piece.staging.bytes() - piece.used) / row_bytes;
    const int rows = static_cast<int>(std::min<size_t>(static_cast<size_t>(size.y - y), fit));
    const size_t count = static_cast<size_t>(rows) * row_bytes;
    std::memcpy(piece.staging.mapped().data() + piece.used, texels.data(), count);
    VkBufferImageCopy region{};
    region.bufferOffset = piece.used;
    region.imageSubresource = {target.options().aspect, 0, 0, 1};
    region.imageOffset = {0, y, 0};
    region.imageExtent = {static_cast<uint32_t>(size.x), static_cast<uint32_t>(rows), 1};
    vkCmdCopyBufferToImage(piece.commands, piece.staging.handle(), target.handle(),
                           VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL, 1, &region);
    piece.used += count;
    texels = texels.subspan(count);
    y += rows;
  }
}

void UploadRing::make_levels(const GpuImage& target) {
  const VkCommandBuffer commands = piece_with_room(1, kAlign).commands;
  const uint32_t levels = target.options().levels;
  for (uint32_t level = 1; level < levels; ++level) {
    image_barrier(commands, target, VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL, kCopyWrite,
                  VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL, kCopyRead, {level - 1, 1});
    VkImageBlit blit{};
    blit.srcSubresource = {target.options().aspect, level - 1, 0, 1};
    blit.srcOffsets[1] = corner(target.level_size_px(level - 1));
    blit.dstSubresource = {target.options().aspect, level, 0, 1};
    blit.dstOffsets[1] = corner(target.level_size_px(level));
    vkCmdBlitImage(commands, target.handle(), VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL, target.handle(),
                   VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL, 1, &blit, VK_FILTER_LINEAR);
  }
  if (levels > 1) {
    image_barrier(commands, target, VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL, kCopyRead,
                  VK_IMAGE_LAYOUT_SHADER_READ_ONLY_OPTIMAL, kShaderRead, {0, levels - 1});
  }
  image_barrier(commands, target, VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL, kCopyWrite,
                VK_IMAGE_LAYOUT_SHADER_READ_ONLY_OPTIMAL, kShaderRead, {levels - 1, 1});
}

void UploadRing::flush() {
  Piece& piece = pieces_[current_];
  if (!piece.recording) return;
  memory_barrier(piece.commands, kCopyWrite, {VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, VK_ACCESS_MEMORY_READ_BIT});
  check_vk(vkEndCommandBuffer(piece.commands), "vkEndCommandBuffer");
  piece.staging.allocation().flush();
  device_->submit(piece.commands, piece.fence.get());
  piece.recording = false;
  piece.pending = true;
  current_ = 1 - current_;
}

void UploadRing::finish() {
  flush();
  for (Piece& piece : pieces_) {
    if (piece.pending) device_->wait(piece.fence.get());
    piece.pending = false;
  }
}

ReadbackRing::ReadbackRing(GpuDevice& device, VkDeviceSize bytes)
    : buffer_(device, round_up(bytes, kAlign), VK_BUFFER_USAGE_TRANSFER_DST_BIT | VK_BUFFER_USAGE_STORAGE_BUFFER_BIT,
              MemoryUse::kReadback, "read-back ring") {}

ReadbackRing::Region ReadbackRing::reserve(VkDeviceSize bytes) {
  DIO_CHECK(bytes > 0 && bytes <= buffer_.bytes());
  if (bytes > buffer_.bytes() - next_) next_ = 0;
  const Region region{buffer_.handle(), next_, bytes};
  next_ = std::min(round_up(next_ + bytes, kAlign), buffer_.bytes());
  return region;
}

std::span<const std::byte> ReadbackRing::read(const Region& region) const {
  buffer_.allocation().invalidate();
  return buffer_.mapped().subspan(region.offset, region.bytes);
}

}  // namespace diorama
