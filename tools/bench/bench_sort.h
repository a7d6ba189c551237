#pragma once

#include "engine/base/job.h"
#include "tools/eval/asset_view.h"

#include <cstdint>
#include <string>
#include <vector>

namespace diorama {

struct SortBenchOptions {
  int count = 1000000, key_bits = 32, rounds = 9;
  template <class Visitor>
  void visit(Visitor&& option) {
    option("count", count, {1, 1 << 24}, "keys to sort");
    option("key-bits", key_bits, {1, 32}, "low bits of the keys that count");
    option("rounds", rounds, {1, 1000}, "sorts of each kind; the median counts");
  }
};

// On a software driver the CPU time is the work itself, which a busy machine does not stretch as it does `ms`.
struct SortCost {
  double ms = 0;      // by the device's clock where it has one
  double cpu_ms = 0;  // of all threads
};

// The sort of keys on the device, which gives their order, beside the CPU's of the same keys alone, in turn.
struct SortBench {
  std::string device;
  uint32_t count = 0, key_bits = 0;
  SortCost std_sort;  // one core, keys alone
  struct Path {
    std::string name;     // "subgroup", "plain", "few-cores"
    bool chosen = false;  // what the player takes on this device
    SortCost cost;
  };
  std::vector<Path> paths;
};

// All paths that the device has. Error: what GpuDevice refuses.
SortBench bench_sort(const SortBenchOptions& options, const BackendOptions& backend, JobContext& job);

std::string to_json(const SortBench& bench);
std::string to_text(const SortBench& bench);

}  // namespace diorama
