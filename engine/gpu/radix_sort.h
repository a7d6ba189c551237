#pragma once

#include "engine/gpu/buffer.h"
#include "engine/gpu/pipeline.h"

#include <array>
#include <cstdint>
#include <vector>

namespace diorama {

enum class RadixSortPath {
  kBest,      // the one for the device
  kSubgroup,  // for GPUs with ballots in compute shaders, which Android Baseline 2022 does not promise
  kPlain,     // for other GPUs: no subgroup operations
  kFewCores,  // for software drivers: no subgroup operations, few long runs of keys
};

struct RadixSortOptions {
  uint32_t key_bits = 32;  // how many low bits of the keys count; the others are 0
  RadixSortPath path = RadixSortPath::kBest;
};

// A stable sort of keys on the device: least digit first, each digit by counting, scanning and scattering (reduce, then
// scan), so that no workgroup ever waits for another. The number of keys is read on the device: nothing comes back to
// the program. Memory beside the keys: 4 bytes a key for up to two passes, 8 or 12 for more (4 more where what is left
// of a key does not fit into a word with its place), and a small table.
class RadixSorter {
 public:
  // Room for 2^24 keys: their pairs fill one storage range, 128 MiB.
  static constexpr uint32_t kMostKeys = 1u << 24;

  // Sorts the first words of `keys`, as many as word `count_word` of `count` says, at most `capacity`. Both buffers
  // (storage) must stay. Error kUnsupported: the path is one that the device does not have.
  RadixSorter(GpuDevice& device, const Buffer& keys, uint32_t capacity, const Buffer& count, uint32_t count_word,
              const RadixSortOptions& options = {});

  // Records the sort, after which `keys` holds the keys' places before it in ascending order of keys, equal keys in
  // theirs. Compute passes or copies before it may have written keys and count; what comes after needs a barrier from
  // compute writes.
  void record(VkCommandBuffer commands) const;

  RadixSortPath path() const { return path_; }  // never kBest
  uint64_t memory_bytes() const;

  // What `wanted` means on the device. Error as the constructor.
  static RadixSortPath choose_path(const GpuDevice& device, RadixSortPath wanted);

 private:
  // How a kind of device likes its work cut.
  struct Tuning {
    uint32_t digit_bits, threads, keys_per_thread, counter_stride, scan_threads;
  };
  struct Pass {
    Pipeline count, scatter;
    VkDescriptorSet count_set = VK_NULL_HANDLE, scatter_set = VK_NULL_HANDLE;
  };
  static Tuning tuning_for(RadixSortPath path);
  void plan(uint32_t key_bits);
  bool is_packed_after(uint32_t pass) const;
  void make_buffers(GpuDevice& device);
  void make_pipelines(GpuDevice& device);
  uint32_t form_of(uint32_t pass) const;
  Pass make_pass(GpuDevice& device, uint32_t form) const;
  void make_sets(const Buffer& count);
  void record_prepare(VkCommandBuffer commands) const;
  void record_pass(VkCommandBuffer commands, uint32_t pass) const;
  void record_scan(VkCommandBuffer commands) const;
  void dispatch_keys(VkCommandBuffer commands) const;

  const Buffer* keys_;
  uint32_t capacity_, count_word_;
  RadixSortPath path_;
  Tuning tuning_;
  uint32_t key_bits_ = 0, value_bits_ = 0;  // of a key, of its place
  uint32_t passes_ = 0, digits_ = 0, parts_ = 0;
  uint32_t table_words_ = 0, sum_count_ = 0;
  std::array<Buffer, 2> pairs_;
  Buffer table_, control_;
  Pipeline prepare_, sum_, scan_;  // sum_: kFewCores alone
  DescriptorSets sets_;
  VkDescriptorSet prepare_set_ = VK_NULL_HANDLE, sum_set_ = VK_NULL_HANDLE, scan_set_ = VK_NULL_HANDLE;
  std::vector<Pass> passes_made_;
};

}  // namespace diorama
