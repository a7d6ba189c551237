#pragma once

#include "engine/base/job.h"
#include "streaming/splat_video_reader.h"

#include <filesystem>
#include <string>

namespace diorama {

struct StreamBenchOptions {
  int rounds = 3, seeks = 20;
  template <class Visitor>
  void visit(Visitor&& option) {
    option("rounds", rounds, {1, 1000}, "times that the whole is played; the median counts");
    option("seeks", seeks, {1, 10000}, "jumps to frames chosen at random");
  }
};

// How fast a coded splat video decodes from files, on the CPU but for what a hardware device decodes.
struct StreamBench {
  std::string file, representation, decoder;
  size_t frames = 0, most_splats = 0;
  int threads = 0;
  double pictures_per_s = 0;  // decoded, not turned into splats
  double frames_per_s = 0;    // decoded and turned into splats
  double cpu_ms = 0;          // of all threads for one of these
  double first_ms = 0;        // from nothing open to the first frame's splats
  double seek_ms = 0, most_seek_ms = 0;
};

// Error: what SplatVideoReader refuses.
StreamBench bench_stream(const std::filesystem::path& glb, const StreamBenchOptions& options,
                         const VideoPlayOptions& play, JobContext& job);

std::string to_json(const StreamBench& bench);
std::string to_text(const StreamBench& bench);

}  // namespace diorama
