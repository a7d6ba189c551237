#pragma once

#include "assets/asset.h"
#include "engine/base/job.h"

#include <string>
#include <vector>

namespace diorama {

// One kind of file: medians over the repeats, in memory.
struct FormatBenchRow {
  std::string kind;
  double encode_s = 0, decode_s = 0;
  size_t bytes = 0;
};

struct FormatBench {
  size_t splats = 0;
  int sh_degree = 0, repeats = 0, threads = 0;
  std::vector<FormatBenchRow> rows;
};

// Encodes and decodes the asset's splats as PLY, SPZ and SOG, repeated side by side until there are `splats` of them.
FormatBench bench_formats(const Asset& asset, size_t splats, int repeats, JobContext& job);

std::string to_json(const FormatBench& bench);
std::string to_text(const FormatBench& bench);

}  // namespace diorama
