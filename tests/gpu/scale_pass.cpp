#include "tests/gpu/scale_pass.h"

#include "engine/gpu/barriers.h"
#include "engine/gpu/frame_ring.h"
#include "engine/gpu/pipeline.h"
#include "engine/gpu/transfer.h"
#include "tests/gpu/sample_shared.h"
#include "tests/gpu/scale.comp.spv.h"

#include <chrono>
#include <cstring>

namespace diorama {
namespace {

struct Constants {
  float factor;
  uint32_t count;
};

std::vector<SampleItem> items_of(std::span<const float> weights) {
  std::vector<SampleItem> items(weights.size());
  for (size_t i = 0; i < items.size(); ++i) {
    std::memset(static_cast<void*>(&items[i]), 0, sizeof(SampleItem));
    items[i].weight = weights[i];
    items[i].index = static_cast<uint32_t>(i);
  }
  return items;
}

}  // namespace

ScaleRun run_scale(GpuDevice& device, std::span<const float> weights, float factor, uint32_t bias) {
  const std::vector<SampleItem> items = items_of(weights);
  const Buffer in(device, items.size() * sizeof(SampleItem),
                  VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT, MemoryUse::kDevice, "items");
  const Buffer out(device, items.size() * sizeof(float),
                   VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_TRANSFER_SRC_BIT, MemoryUse::kDevice,
                   "results");
  UploadRing uploads(device, VkDeviceSize{1} << 16);
  uploads.to_buffer(in, 0, std::as_bytes(std::span(items)));
  uploads.flush();

  const Pipeline pipeline = make_compute_pipeline(device, {kScaleCompSpirv, "scale.comp"}, std::span(&bias, 1));
  DescriptorSets sets(device);
  const VkDescriptorSet set = sets.allocate(pipeline, 0);
  sets.write_buffer(set, pipeline, 0, 0, in);
  sets.write_buffer(set, pipeline, 0, 1, out);

  ReadbackRing readback(device, out.bytes());
  const ReadbackRing::Region region = readback.reserve(out.bytes());
  FrameRing frames(device);
  const VkCommandBuffer commands = frames.begin();
  frames.begin_pass("scale");
  vkCmdBindPipeline(commands, pipeline.bind_point, pipeline.pipeline.get());
  vkCmdBindDescriptorSets(commands, pipeline.bind_point, pipeline.layout.get(), 0, 1, &set, 0, nullptr);
  push_constants(commands, pipeline, Constants{factor, static_cast<uint32_t>(items.size())});
  vkCmdDispatch(commands, static_cast<uint32_t>((items.size() + 63) / 64), 1, 1);
  frames.end_pass();
  memory_barrier(commands, {VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, VK_ACCESS_SHADER_WRITE_BIT},
                 {VK_PIPELINE_STAGE_TRANSFER_BIT, VK_ACCESS_TRANSFER_READ_BIT});
  const VkBufferCopy copy{0, region.offset, region.bytes};
  vkCmdCopyBuffer(commands, out.handle(), region.buffer, 1, &copy);

  const auto start = std::chrono::steady_clock::now();
  const uint64_t frame = frames.submit();
  frames.wait(frame);
  ScaleRun run;
  run.wall_ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  const std::vector<PassTime> times = frames.pass_times(frame);
  if (!times.empty()) run.pass_ms = times.front().ms;
  run.results.resize(items.size());
  std::memcpy(run.results.data(), readback.read(region).data(), region.bytes);
  return run;
}

}  // namespace diorama
