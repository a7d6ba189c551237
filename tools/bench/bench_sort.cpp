#include "tools/bench/bench_sort.h"

#include "engine/base/measure.h"
#include "engine/base/random.h"
#include "engine/gpu/barriers.h"
#include "engine/gpu/frame_ring.h"
#include "engine/gpu/radix_sort.h"
#include "engine/gpu/transfer.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace diorama {
namespace {

constexpr VkBufferUsageFlags kBoth =
    VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT | VK_BUFFER_USAGE_TRANSFER_SRC_BIT;

const char* name_of(RadixSortPath path) {
  if (path == RadixSortPath::kSubgroup) return "subgroup";
  return path == RadixSortPath::kPlain ? "plain" : "few-cores";
}

// Sorts the same keys again and again.
class DeviceSort {
 public:
  DeviceSort(GpuDevice& device, std::span<const uint32_t> keys, uint32_t key_bits, RadixSortPath path)
      : source_(device, keys.size_bytes(), kBoth, MemoryUse::kDevice, "source"),
        keys_(device, keys.size_bytes(), kBoth, MemoryUse::kDevice, "keys"),
        count_(device, 4, kBoth, MemoryUse::kDevice, "count"),
        sorter_(device, keys_, static_cast<uint32_t>(keys.size()), count_, 0, {key_bits, path}),
        frames_(device) {
    const auto count = static_cast<uint32_t>(keys.size());
    UploadRing uploads(device);
    uploads.to_buffer(source_, 0, std::as_bytes(keys));
    uploads.to_buffer(count_, 0, std::as_bytes(std::span(&count, 1)));
    uploads.finish();
  }

  // By the device's clock, and CPU time of all threads (the work itself on a software driver).
  SortCost run() {
    const VkCommandBuffer commands = frames_.begin();
    const VkBufferCopy whole{0, 0, keys_.bytes()};
    vkCmdCopyBuffer(commands, source_.handle(), keys_.handle(), 1, &whole);
    memory_barrier(commands, {VK_PIPELINE_STAGE_TRANSFER_BIT, VK_ACCESS_TRANSFER_WRITE_BIT},
                   {VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, VK_ACCESS_MEMORY_READ_BIT});
    frames_.begin_pass("sort");
    sorter_.record(commands);
    frames_.end_pass();
    const Stopwatch watch;
    const double cpu_before_s = process_cpu_seconds();
    const uint64_t frame = frames_.submit();
    frames_.wait(frame);
    const SortCost host{watch.milliseconds(), 1e3 * (process_cpu_seconds() - cpu_before_s)};
    const std::vector<PassTime> times = frames_.pass_times(frame);
    return {times.empty() ? host.ms : times.front().ms, host.cpu_ms};
  }

 private:
  Buffer source_, keys_, count_;
  RadixSorter sorter_;
  FrameRing frames_;
};

std::vector<uint32_t> random_keys(const SortBenchOptions& options) {
  Random random(1);
  std::vector<uint32_t> keys(static_cast<size_t>(options.count));
  for (uint32_t& key : keys) key = random.next() >> (32 - options.key_bits);
  return keys;
}

SortCost std_sort(std::vector<uint32_t> keys) {
  const Stopwatch watch;
  const double cpu_before_s = process_cpu_seconds();
  std::sort(keys.begin(), keys.end());
  return {watch.milliseconds(), 1e3 * (process_cpu_seconds() - cpu_before_s)};
}

SortCost median_of(std::span<const SortCost> costs) {
  std::vector<double> ms, cpu_ms;
  for (const SortCost& cost : costs) {
    ms.push_back(cost.ms);
    cpu_ms.push_back(cost.cpu_ms);
  }
  return {median(std::move(ms)), median(std::move(cpu_ms))};
}

}  // namespace

SortBench bench_sort(const SortBenchOptions& options, const BackendOptions& backend, JobContext& job) {
  GpuDevice device(gpu_options(backend, [&](LogLevel level, std::string_view line) { job.log(level, line); }));
  SortBench result{device.info().name, static_cast<uint32_t>(options.count), static_cast<uint32_t>(options.key_bits)};
  const std::vector<uint32_t> keys = random_keys(options);
  std::vector<std::unique_ptr<DeviceSort>> sorts;
  const RadixSortPath best = RadixSorter::choose_path(device, RadixSortPath::kBest);
  for (const RadixSortPath path : {RadixSortPath::kSubgroup, RadixSortPath::kPlain, RadixSortPath::kFewCores}) {
    if (path == RadixSortPath::kSubgroup && !device.subgroups().ballot) continue;
    sorts.push_back(std::make_unique<DeviceSort>(device, keys, result.key_bits, path));
    result.paths.push_back({name_of(path), path == best});
  }
  std::vector<SortCost> on_cpu;
  std::vector<std::vector<SortCost>> on_device(sorts.size());
  job.begin_stage("sorting", static_cast<size_t>(options.rounds));
  for (const auto& sort : sorts) sort->run();  // the first compiles
  for (int round = 0; round < options.rounds; ++round) {
    on_cpu.push_back(std_sort(keys));
    for (size_t i = 0; i < sorts.size(); ++i) on_device[i].push_back(sorts[i]->run());
    job.advance();
  }
  result.std_sort = median_of(on_cpu);
  for (size_t i = 0; i < sorts.size(); ++i) result.paths[i].cost = median_of(on_device[i]);
  return result;
}

std::string to_json(const SortBench& bench) {
  nlohmann::ordered_json paths = nlohmann::ordered_json::array();
  for (const SortBench::Path& path : bench.paths) {
    paths.push_back({{"name", path.name}, {"chosen", path.chosen}, {"ms", path.cost.ms}, {"cpu_ms", path.cost.cpu_ms}});
  }
  const nlohmann::ordered_json json = {{"device", bench.device},
                                       {"count", bench.count},
                                       {"key_bits", bench.key_bits},
                                       {"std_sort_ms", bench.std_sort.ms},
                                       {"std_sort_cpu_ms", bench.std_sort.cpu_ms},
                                       {"paths", std::move(paths)}};
  return json.dump(2);
}

std::string to_text(const SortBench& bench) {
  std::string text = fmt::format("{} keys of {} bits on {}; std::sort on one core {:.1f} ms (CPU {:.1f} ms)\n",
                                 bench.count, bench.key_bits, bench.device, bench.std_sort.ms, bench.std_sort.cpu_ms);
  for (const SortBench::Path& path : bench.paths) {
    text += fmt::format("{}: {:.1f} ms, {:.2f} times std::sort (CPU {:.1f} ms){}\n", path.name, path.cost.ms,
                        path.cost.ms / bench.std_sort.ms, path.cost.cpu_ms, path.chosen ? ", chosen here" : "");
  }
  return text;
}

}  // namespace diorama
