#pragma once

#include "engine/gpu/gpu_device.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace diorama {

OwnedCommandPool make_command_pool(GpuDevice& device);
VkCommandBuffer allocate_commands(GpuDevice& device, VkCommandPool pool);
OwnedFence make_fence(GpuDevice& device);

struct PassTime {
  std::string name;
  double ms = 0;
};

// Frames in flight: command buffers in turn, each with its fence and timestamps.
class FrameRing {
 public:
  explicit FrameRing(GpuDevice& device, int frames = 2, uint32_t max_passes = 16);
  ~FrameRing();  // waits for the device
  FrameRing(FrameRing&&) = delete;

  // Waits until the slot's last frame is done, then starts recording.
  VkCommandBuffer begin();
  int slot() const { return static_cast<int>(serial_ % frames_.size()); }  // of the frame being recorded
  int slot_count() const { return static_cast<int>(frames_.size()); }

  // Bracket a part of the frame for pass_times(); passes follow one another.
  void begin_pass(std::string_view name);
  void end_pass();

  // Sends the frame; its number counts from 0. Semaphores as GpuDevice::submit() has them.
  uint64_t submit(VkSemaphore until = VK_NULL_HANDLE, VkSemaphore then = VK_NULL_HANDLE);

  // The frame is done, and what it wrote to host memory is there. A frame that already gave its slot to another is
  // done.
  void wait(uint64_t frame);

  // Of a frame that is done and whose slot was not taken again; empty where the queue has no timestamps.
  std::vector<PassTime> pass_times(uint64_t frame) const;

 private:
  struct Frame {
    VkCommandBuffer commands = VK_NULL_HANDLE;
    OwnedFence fence;
    OwnedQueryPool queries;
    std::vector<std::string> passes;
    bool pending = false;
  };
  void timestamp(uint32_t query, VkPipelineStageFlagBits stage);

  GpuDevice* device_;
  OwnedCommandPool pool_;
  std::vector<Frame> frames_;
  uint32_t max_passes_;
  uint64_t serial_ = 0;  // of the frame that is or will be recorded
};

}  // namespace diorama
