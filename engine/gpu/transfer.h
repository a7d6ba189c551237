#pragma once

#include "engine/gpu/buffer.h"
#include "engine/gpu/gpu_image.h"

#include <array>
#include <cstddef>
#include <span>

namespace diorama {

// Copies from the program to the device through two pieces of host memory in turn: one is filled while the other is
// copied. Larger data goes in parts.
class UploadRing {
 public:
  explicit UploadRing(GpuDevice& device, VkDeviceSize piece_bytes = VkDeviceSize{8} << 20);
  ~UploadRing();  // waits for the device
  UploadRing(UploadRing&&) = delete;

  void to_buffer(const Buffer& target, VkDeviceSize offset, std::span<const std::byte> bytes);

  // Rows of level 0, tightly packed, into an image fresh from its making; the other levels are made by halving with a
  // linear filter (in linear light for sRGB formats). All levels are then ready to be sampled.
  void to_image(const GpuImage& target, std::span<const std::byte> texels);

  // Sends what is recorded. Later submissions see it all.
  void flush();
  void finish();  // flush(), and waits until all is copied

 private:
  struct Piece {
    Buffer staging;
    VkCommandBuffer commands = VK_NULL_HANDLE;
    OwnedFence fence;
    VkDeviceSize used = 0;
    bool recording = false, pending = false;
  };
  // The piece being filled, with `align`ed room for at least one `unit`.
  Piece& piece_with_room(VkDeviceSize unit, VkDeviceSize align);
  void begin(Piece& piece);
  void copy_rows(const GpuImage& target, std::span<const std::byte> texels);
  void make_levels(const GpuImage& target);

  GpuDevice* device_;
  OwnedCommandPool pool_;
  std::array<Piece, 2> pieces_;
  size_t current_ = 0;
};

// Host memory that the device writes and the program reads, handed out in turn: a region stays valid until the ring
// comes round to it.
class ReadbackRing {
 public:
  ReadbackRing(GpuDevice& device, VkDeviceSize bytes);

  struct Region {
    VkBuffer buffer = VK_NULL_HANDLE;
    VkDeviceSize offset = 0, bytes = 0;
  };
  Region reserve(VkDeviceSize bytes);  // at most the ring's size, at a multiple of 256 bytes

  // What the device wrote; only after the frame that wrote it is done.
  std::span<const std::byte> read(const Region& region) const;

  VkDeviceSize bytes() const { return buffer_.bytes(); }

 private:
  Buffer buffer_;
  VkDeviceSize next_ = 0;
};

}  // namespace diorama
