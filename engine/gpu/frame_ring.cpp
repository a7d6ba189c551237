#include "engine/gpu/frame_ring.h"

#include "engine/gpu/barriers.h"
#include "engine/gpu/vulkan_result.h"

namespace diorama {

OwnedCommandPool make_command_pool(GpuDevice& device) {
  VkCommandPoolCreateInfo info{VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO};
  info.flags = VK_COMMAND_POOL_CREATE_RESET_COMMAND_BUFFER_BIT | VK_COMMAND_POOL_CREATE_TRANSIENT_BIT;
  info.queueFamilyIndex = device.queue_family();
  VkCommandPool pool = VK_NULL_HANDLE;
  check_vk(vkCreateCommandPool(device.handle(), &info, nullptr, &pool), "vkCreateCommandPool");
  return {device.handle(), pool};
}

VkCommandBuffer allocate_commands(GpuDevice& device, VkCommandPool pool) {
  const VkCommandBufferAllocateInfo info{VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO, nullptr, pool,
                                         VK_COMMAND_BUFFER_LEVEL_PRIMARY, 1};
  VkCommandBuffer commands = VK_NULL_HANDLE;
  check_vk(vkAllocateCommandBuffers(device.handle(), &info, &commands), "vkAllocateCommandBuffers");
  return commands;
}

OwnedFence make_fence(GpuDevice& device) {
  const VkFenceCreateInfo info{VK_STRUCTURE_TYPE_FENCE_CREATE_INFO, nullptr, 0};
  VkFence fence = VK_NULL_HANDLE;
  check_vk(vkCreateFence(device.handle(), &info, nullptr, &fence), "vkCreateFence");
  return {device.handle(), fence};
}

FrameRing::FrameRing(GpuDevice& device, int frames, uint32_t max_passes)
    : device_(&device),
      pool_(make_command_pool(device)),
      frames_(static_cast<size_t>(frames)),
      max_passes_(max_passes) {
  for (Frame& frame : frames_) {
    frame.commands = allocate_commands(device, pool_.get());
    frame.fence = make_fence(device);
    if (device.timestamp_bits() == 0) continue;
    VkQueryPoolCreateInfo info{VK_STRUCTURE_TYPE_QUERY_POOL_CREATE_INFO};
    info.queryType = VK_QUERY_TYPE_TIMESTAMP;
    info.queryCount = 2 * max_passes;
    VkQueryPool queries = VK_NULL_HANDLE;
    check_vk(vkCreateQueryPool(device.handle(), &info, nullptr, &queries), "vkCreateQueryPool");
    frame.queries = {device.handle(), queries};
  }
}

FrameRing::~FrameRing() {
  vkDeviceWaitIdle(device_->handle());
}

VkCommandBuffer FrameRing::begin() {
  Frame& frame = frames_[serial_ % frames_.size()];
  if (frame.pending) {
    device_->wait(frame.fence.get());
    frame.pending = false;
  }
  const VkFence fence = frame.fence.get();
  check_vk(vkResetFences(device_->handle(), 1, &fence), "vkResetFences");
  frame.passes.clear();
  const VkCommandBufferBeginInfo info{VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO, nullptr,
                                      VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT, nullptr};
  check_vk(vkBeginCommandBuffer(frame.commands, &info), "vkBeginCommandBuffer");
  if (frame.queries) vkCmdResetQueryPool(frame.commands, frame.queries.get(), 0, 2 * max_passes_);
  return frame.commands;
}

void FrameRing::timestamp(uint32_t query, VkPipelineStageFlagBits stage) {
  const Frame& frame = frames_[serial_ % frames_.size()];
  if (frame.queries) vkCmdWriteTimestamp(frame.commands, stage, frame.queries.get(), query);
}

void FrameRing::begin_pass(std::string_view name) {
  Frame& frame = frames_[serial_ % frames_.size()];
  DIO_CHECK(frame.passes.size() < max_passes_);
  timestamp(2 * static_cast<uint32_t>(frame.passes.size()), VK_PIPELINE_STAGE_TOP_OF_PIPE_BIT);
  frame.passes.emplace_back(name);
}

void FrameRing::end_pass() {
  const Frame& frame = frames_[serial_ % frames_.size()];
  DIO_CHECK(!frame.passes.empty());
  timestamp(2 * static_cast<uint32_t>(frame.passes.size()) - 1, VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT);
}

uint64_t FrameRing::submit(VkSemaphore until, VkSemaphore then) {
  Frame& frame = frames_[serial_ % frames_.size()];
  memory_barrier(frame.commands, {VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, VK_ACCESS_MEMORY_WRITE_BIT},
                 {VK_PIPELINE_STAGE_HOST_BIT, VK_ACCESS_HOST_READ_BIT});
  check_vk(vkEndCommandBuffer(frame.commands), "vkEndCommandBuffer");
  device_->submit(frame.commands, frame.fence.get(), until, then);
  frame.pending = true;
  return serial_++;
}

void FrameRing::wait(uint64_t number) {
  DIO_CHECK(number < serial_);
  Frame& frame = frames_[number % frames_.size()];
  if (number + frames_.size() < serial_ || !frame.pending) return;
  device_->wait(frame.fence.get());
  frame.pending = false;
}

std::vector<PassTime> FrameRing::pass_times(uint64_t number) const {
  DIO_CHECK(number < serial_ && number + frames_.size() >= serial_);
  const Frame& frame = frames_[number % frames_.size()];
  if (!frame.queries || frame.passes.empty()) return {};
  std::vector<uint64_t> ticks(2 * frame.passes.size());
  check_vk(vkGetQueryPoolResults(device_->handle(), frame.queries.get(), 0, static_cast<uint32_t>(ticks.size()),
                                 ticks.size() * sizeof(uint64_t), ticks.data(), sizeof(uint64_t),
                                 VK_QUERY_RESULT_64_BIT | VK_QUERY_RESULT_WAIT_BIT),
           "vkGetQueryPoolResults");
  // Ticks wrap at the queue's valid bits.
  const uint32_t bits = device_->timestamp_bits();
  const uint64_t mask = bits >= 64 ? ~uint64_t{0} : (uint64_t{1} << bits) - 1;
  std::vector<PassTime> times;
  for (size_t i = 0; i < frame.passes.size(); ++i) {
    const uint64_t span = (ticks[2 * i + 1] - ticks[2 * i]) & mask;
    times.push_back({frame.passes[i], static_cast<double>(span) * device_->limits().timestampPeriod * 1e-6});
  }
  return times;
}

}  // namespace diorama
