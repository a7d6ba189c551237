#include "engine/gpu/radix_sort.h"

#include "engine/base/error.h"
#include "engine/gpu/barriers.h"
#include "engine/gpu/radix_count_own.comp.spv.h"
#include "engine/gpu/radix_count_plain.comp.spv.h"
#include "engine/gpu/radix_count_shared.comp.spv.h"
#include "engine/gpu/radix_prepare.comp.spv.h"
#include "engine/gpu/radix_scan.comp.spv.h"
#include "engine/gpu/radix_scan_pieces.comp.spv.h"
#include "engine/gpu/radix_scatter_own.comp.spv.h"
#include "engine/gpu/radix_scatter_plain.comp.spv.h"
#include "engine/gpu/radix_scatter_subgroup.comp.spv.h"
#include "engine/gpu/radix_sort_shared.h"
#include "engine/gpu/radix_sum_pieces.comp.spv.h"

#include <algorithm>
#include <bit>
#include <thread>

namespace diorama {
namespace {

struct PrepareConstants {
  uint32_t count_at, most, block_keys, sums_at, sum_count;
};

constexpr VkBufferUsageFlags kStorage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT;
constexpr Use kCompute{VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_SHADER_WRITE_BIT};
constexpr uint32_t kOwnGroup = 8;  // invocations of the shaders for software drivers
constexpr uint32_t kPieces = 128;

void bind(VkCommandBuffer commands, const Pipeline& pipeline, VkDescriptorSet set) {
  vkCmdBindPipeline(commands, pipeline.bind_point, pipeline.pipeline.get());
  vkCmdBindDescriptorSets(commands, pipeline.bind_point, pipeline.layout.get(), 0, 1, &set, 0, nullptr);
}

// Two groups a core, so that one which waits for its core does not hold up all.
uint32_t own_threads() {
  return kOwnGroup * 2 * std::clamp(std::thread::hardware_concurrency(), 2u, 32u);
}

}  // namespace

RadixSortPath RadixSorter::choose_path(const GpuDevice& device, RadixSortPath wanted) {
  if (wanted == RadixSortPath::kSubgroup && !device.subgroups().ballot) {
    fail(ErrorCode::kUnsupported, "{} has no subgroup ballots in compute shaders; sort by RadixSortPath::kPlain",
         device.info().name);
  }
  if (wanted != RadixSortPath::kBest) return wanted;
  if (device.info().software) return RadixSortPath::kFewCores;
  return device.subgroups().ballot ? RadixSortPath::kSubgroup : RadixSortPath::kPlain;
}

RadixSorter::Tuning RadixSorter::tuning_for(RadixSortPath path) {
  if (path == RadixSortPath::kSubgroup) return {8, 64, 32, 0, 128};
  if (path == RadixSortPath::kFewCores) return {12, own_threads(), 0, 0, 0};
  return {6, 64, 32, 65, 128};
}

RadixSorter::RadixSorter(GpuDevice& device, const Buffer& keys, uint32_t capacity, const Buffer& count,
                         uint32_t count_word, const RadixSortOptions& options)
    : keys_(&keys),
      capacity_(capacity),
      count_word_(count_word),
      path_(choose_path(device, options.path)),
      tuning_(tuning_for(path_)),
      sets_(device) {
  DIO_CHECK(capacity > 0 && capacity <= kMostKeys && keys.bytes() >= VkDeviceSize{capacity} * 4);
  DIO_CHECK(options.key_bits > 0 && options.key_bits <= 32 && count.bytes() >= (uint64_t{count_word} + 1) * 4);
  plan(options.key_bits);
  make_buffers(device);
  make_pipelines(device);
  make_sets(count);
}

// At least two passes: the result lies where the keys were.
void RadixSorter::plan(uint32_t key_bits) {
  key_bits_ = key_bits;
  value_bits_ = static_cast<uint32_t>(std::bit_width(capacity_ - 1));
  passes_ = std::max(2u, (key_bits + tuning_.digit_bits - 1) / tuning_.digit_bits);
  if (path_ != RadixSortPath::kSubgroup) tuning_.digit_bits = (key_bits + passes_ - 1) / passes_;
  digits_ = 1u << tuning_.digit_bits;
  if (path_ == RadixSortPath::kFewCores) {
    parts_ = tuning_.threads;
    sum_count_ = kPieces;
  } else {
    const uint32_t block_keys = tuning_.threads * tuning_.keys_per_thread;
    parts_ = (capacity_ + block_keys - 1) / block_keys;
    sum_count_ = passes_ * digits_;
  }
  table_words_ = (digits_ * parts_ + kPieces - 1) / kPieces * kPieces;
}

// Whether a pass writes what is left of a key and its value in one word.
bool RadixSorter::is_packed_after(uint32_t pass) const {
  const uint32_t sorted = (pass + 1) * tuning_.digit_bits;
  return pass + 1 < passes_ && key_bits_ - std::min(key_bits_, sorted) + value_bits_ <= 32;
}

void RadixSorter::make_buffers(GpuDevice& device) {
  for (uint32_t i = 0; i < std::min(passes_ - 1, 2u); ++i) {
    const VkDeviceSize words = is_packed_after(i) ? 1 : 2;  // later passes write no larger ones
    pairs_[i] = Buffer(device, words * 4 * capacity_, kStorage, MemoryUse::kDevice, "sort pairs");
  }
  table_ = Buffer(device, VkDeviceSize{table_words_ + sum_count_} * 4, kStorage | VK_BUFFER_USAGE_TRANSFER_DST_BIT,
                  MemoryUse::kDevice, "sort table");
  control_ = Buffer(device, sizeof(RadixControl), kStorage | VK_BUFFER_USAGE_INDIRECT_BUFFER_BIT, MemoryUse::kDevice,
                    "sort control");
}

// kRadixFirst and so on.
uint32_t RadixSorter::form_of(uint32_t pass) const {
  return (pass == 0 ? kRadixFirst : 0) | (pass + 1 == passes_ ? kRadixLast : 0) |
         (pass > 0 && is_packed_after(pass - 1) ? kRadixPackedIn : 0) | (is_packed_after(pass) ? kRadixPackedOut : 0);
}

void RadixSorter::make_pipelines(GpuDevice& device) {
  prepare_ = make_compute_pipeline(device, {kRadixPrepareCompSpirv, "radix_prepare.comp"});
  if (path_ == RadixSortPath::kFewCores) {
    const uint32_t pieces[] = {table_words_, kPieces, digits_};
    sum_ = make_compute_pipeline(device, {kRadixSumPiecesCompSpirv, "radix_sum_pieces.comp"}, pieces);
    scan_ = make_compute_pipeline(device, {kRadixScanPiecesCompSpirv, "radix_scan_pieces.comp"}, pieces);
  } else {
    scan_ =
        make_compute_pipeline(device, {kRadixScanCompSpirv, "radix_scan.comp"}, std::span(&tuning_.scan_threads, 1));
  }
  for (uint32_t pass = 0; pass < passes_; ++pass) passes_made_.push_back(make_pass(device, form_of(pass)));
}

// The form is constant 5 of every shader that reads or writes keys.
RadixSorter::Pass RadixSorter::make_pass(GpuDevice& device, uint32_t form) const {
  if (path_ == RadixSortPath::kFewCores) {
    const uint32_t constants[] = {tuning_.digit_bits, 0, 0, 0, 0, form};
    return {make_compute_pipeline(device, {kRadixCountOwnCompSpirv, "radix_count_own.comp"}, constants),
            make_compute_pipeline(device, {kRadixScatterOwnCompSpirv, "radix_scatter_own.comp"}, constants)};
  }
  if (path_ == RadixSortPath::kSubgroup) {
    const uint32_t counter_words = 256 * std::max(1u, tuning_.threads / device.subgroups().size);
    const uint32_t counting[] = {tuning_.keys_per_thread, 0, 0, 0, 0, form};
    const uint32_t scattering[] = {counter_words, 0, 0, 0, 0, form};
    return {make_compute_pipeline(device, {kRadixCountSharedCompSpirv, "radix_count_shared.comp"}, counting),
            make_compute_pipeline(device, {kRadixScatterSubgroupCompSpirv, "radix_scatter_subgroup.comp"}, scattering)};
  }
  const uint32_t constants[] = {tuning_.threads,
                                tuning_.digit_bits,
                                tuning_.keys_per_thread,
                                tuning_.counter_stride,
                                std::max(1u, digits_ / 2) * tuning_.counter_stride,
                                form};
  return {make_compute_pipeline(device, {kRadixCountPlainCompSpirv, "radix_count_plain.comp"}, constants),
          make_compute_pipeline(device, {kRadixScatterPlainCompSpirv, "radix_scatter_plain.comp"}, constants)};
}

void RadixSorter::make_sets(const Buffer& count) {
  const auto make = [&](const Pipeline& pipeline, std::initializer_list<const Buffer*> buffers) {
    const VkDescriptorSet set = sets_.allocate(pipeline, 0);
    uint32_t binding = 0;
    for (const Buffer* buffer : buffers) {
      sets_.write_buffer(set, pipeline, 0, binding++, *buffer, 0,
                         buffer == keys_ ? VkDeviceSize{capacity_} * 4 : VK_WHOLE_SIZE);
    }
    return set;
  };
  prepare_set_ = make(prepare_, {&count, &control_, &table_});
  if (path_ == RadixSortPath::kFewCores) {
    sum_set_ = make(sum_, {&table_});
    scan_set_ = make(scan_, {&table_});
  } else {
    scan_set_ = make(scan_, {&control_, &table_});
  }
  for (uint32_t pass = 0; pass < passes_; ++pass) {
    const Buffer* const in = pass == 0 ? keys_ : &pairs_[(pass - 1) % 2];
    const Buffer* const out = pass + 1 == passes_ ? keys_ : &pairs_[pass % 2];
    Pass& made = passes_made_[pass];
    made.count_set = make(made.count, {&control_, in, &table_});
    made.scatter_set = make(made.scatter, {&control_, in, &table_, out});
  }
}

uint64_t RadixSorter::memory_bytes() const {
  return pairs_[0].bytes() + pairs_[1].bytes() + table_.bytes() + control_.bytes();
}

void RadixSorter::record_prepare(VkCommandBuffer commands) const {
  const uint32_t block_keys = std::max(1u, tuning_.threads * tuning_.keys_per_thread);
  memory_barrier(
      commands,
      {VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT | VK_PIPELINE_STAGE_TRANSFER_BIT | VK_PIPELINE_STAGE_DRAW_INDIRECT_BIT,
       VK_ACCESS_SHADER_WRITE_BIT | VK_ACCESS_TRANSFER_WRITE_BIT},
      kCompute);
  bind(commands, prepare_, prepare_set_);
  push_constants(commands, prepare_, PrepareConstants{count_word_, capacity_, block_keys, table_words_, sum_count_});
  vkCmdDispatch(commands, 1, 1, 1);
  memory_barrier(commands, {VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, VK_ACCESS_SHADER_WRITE_BIT},
                 {VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT | VK_PIPELINE_STAGE_DRAW_INDIRECT_BIT,
                  kCompute.access | VK_ACCESS_INDIRECT_COMMAND_READ_BIT});
}

void RadixSorter::dispatch_keys(VkCommandBuffer commands) const {
  if (path_ == RadixSortPath::kFewCores) {
    vkCmdDispatch(commands, parts_ / kOwnGroup, 1, 1);
  } else {
    vkCmdDispatchIndirect(commands, control_.handle(), 0);
  }
}

void RadixSorter::record_scan(VkCommandBuffer commands) const {
  if (path_ == RadixSortPath::kFewCores) {
    bind(commands, sum_, sum_set_);
    vkCmdDispatch(commands, kPieces / kOwnGroup, 1, 1);
    memory_barrier(commands, kCompute, kCompute);
    bind(commands, scan_, scan_set_);
    vkCmdDispatch(commands, kPieces / kOwnGroup, 1, 1);
  } else {
    bind(commands, scan_, scan_set_);
    vkCmdDispatch(commands, digits_, 1, 1);
  }
}

void RadixSorter::record_pass(VkCommandBuffer commands, uint32_t pass) const {
  const bool own = path_ == RadixSortPath::kFewCores;
  const bool packed = pass > 0 && is_packed_after(pass - 1);
  const RadixPassConstants constants{packed ? value_bits_ : pass * tuning_.digit_bits, parts_,
                                     table_words_ + (own ? 0 : pass * digits_), value_bits_ | tuning_.digit_bits << 8};
  if (own) {
    constexpr Use kFill{VK_PIPELINE_STAGE_TRANSFER_BIT, VK_ACCESS_TRANSFER_WRITE_BIT};
    memory_barrier(commands, kCompute, kFill);
    vkCmdFillBuffer(commands, table_.handle(), 0, VkDeviceSize{table_words_} * 4, 0);
    memory_barrier(commands, kFill, kCompute);
  }
  const Pass& made = passes_made_[pass];
  bind(commands, made.count, made.count_set);
  push_constants(commands, made.count, constants);
  dispatch_keys(commands);
  memory_barrier(commands, kCompute, kCompute);
  push_constants(commands, scan_, constants);
  record_scan(commands);
  memory_barrier(commands, kCompute, kCompute);
  bind(commands, made.scatter, made.scatter_set);
  push_constants(commands, made.scatter, constants);
  dispatch_keys(commands);
}

void RadixSorter::record(VkCommandBuffer commands) const {
  record_prepare(commands);
  for (uint32_t pass = 0; pass < passes_; ++pass) {
    if (pass > 0) memory_barrier(commands, kCompute, kCompute);
    record_pass(commands, pass);
  }
}

}  // namespace diorama
