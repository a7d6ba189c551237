#include "reconstruction/fusion/bench_fusion.h"

#include "engine/base/error.h"
#include "engine/base/measure.h"
#include "reconstruction/fusion/frame_feed.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace diorama {
namespace {

constexpr size_t kPieceBytes = size_t{512} << 20;

// Consecutive frames that fit into kPieceBytes, as [begin, end) of the list.
std::vector<std::pair<size_t, size_t>> pieces_of(const Capture& capture, const std::vector<size_t>& frames,
                                                 bool color) {
  std::vector<std::pair<size_t, size_t>> pieces;
  size_t bytes = 0;
  for (size_t i = 0; i < frames.size(); ++i) {
    const size_t own = decoded_bytes(capture.frames()[frames[i]], color);
    if (pieces.empty() || bytes + own > kPieceBytes) {
      pieces.emplace_back(i, i);
      bytes = 0;
    }
    bytes += own;
    pieces.back().second = i + 1;
  }
  return pieces;
}

// What one repeat took.
struct Run {
  double decode_s = 0, integrate_s = 0, extract_s = 0;
};

class Bench {
 public:
  Bench(const Capture& capture, const FusionOptions& options, std::vector<size_t> frames, JobContext& job)
      : capture_(capture),
        options_(options),
        frames_(std::move(frames)),
        pieces_(pieces_of(capture, frames_, options.color)),
        job_(job) {}

  Run run(FusionBench& result) {
    Run run;
    TsdfVolume volume(options_);
    for (const auto& [begin, end] : pieces_) {
      if (begin != decoded_begin_ || decoded_.empty()) run.decode_s += decode(begin, end);
      const Stopwatch watch;
      for (const FeedFrame& frame : decoded_) volume.integrate(frame.view, job_.pool());
      run.integrate_s += watch.seconds();
      job_.advance(end - begin);
    }
    const Stopwatch watch;
    const Mesh mesh = volume.extract({}, job_.pool());
    run.extract_s = watch.seconds();
    result.blocks = volume.block_count();
    result.volume_bytes = volume.memory_bytes();
    result.triangles = mesh.triangles.size();
    result.vertices = mesh.positions.size();
    return run;
  }

 private:
  double decode(size_t begin, size_t end) {
    decoded_.clear();
    const Stopwatch watch;
    decoded_.resize(end - begin);
    job_.pool().parallel_for(end - begin, 1, [&](size_t first, size_t last) {
      for (size_t i = first; i < last; ++i) decoded_[i] = load_to_fuse(capture_, frames_[begin + i], options_.color);
    });
    decoded_begin_ = begin;
    return watch.seconds();
  }

  const Capture& capture_;
  FusionOptions options_;
  std::vector<size_t> frames_;
  std::vector<std::pair<size_t, size_t>> pieces_;
  JobContext& job_;
  std::vector<FeedFrame> decoded_;  // of the piece that begins at decoded_begin_
  size_t decoded_begin_ = 0;
};

}  // namespace

FusionBench bench_fusion(const Capture& capture, const FusionOptions& options, int max_frames, int repeats,
                         JobContext& job) {
  DIO_CHECK(repeats > 0 && max_frames >= 0);
  std::vector<size_t> frames = frames_to_fuse(capture);
  if (max_frames > 0) frames.resize(std::min(frames.size(), static_cast<size_t>(max_frames)));
  FusionBench result{.capture = capture.name(),
                     .frames = frames.size(),
                     .repeats = repeats,
                     .threads = job.pool().thread_count(),
                     .voxel_m = options.voxel_m,
                     .truncation_m = options.voxel_m * options.truncation_voxels,
                     .color = options.color};
  job.begin_stage("fuse", frames.size() * static_cast<size_t>(repeats));
  Bench bench(capture, options, frames, job);
  std::vector<double> extraction_s;
  for (int i = 0; i < repeats; ++i) {
    const Run run = bench.run(result);
    if (i == 0) result.decode_s = run.decode_s;
    result.integration_fps_of.push_back(static_cast<double>(frames.size()) / run.integrate_s);
    extraction_s.push_back(run.extract_s);
  }
  result.integration_fps = median(result.integration_fps_of);
  result.extraction_s = median(extraction_s);
  result.peak_memory_mb = peak_memory_mb();
  return result;
}

std::string to_json(const FusionBench& bench) {
  const nlohmann::ordered_json json = {{"capture", bench.capture},
                                       {"frames", bench.frames},
                                       {"repeats", bench.repeats},
                                       {"threads", bench.threads},
                                       {"voxel_m", bench.voxel_m},
                                       {"truncation_m", bench.truncation_m},
                                       {"color", bench.color},
                                       {"decode_s", bench.decode_s},
                                       {"integration_fps", bench.integration_fps},
                                       {"integration_fps_of_repeats", bench.integration_fps_of},
                                       {"extraction_s", bench.extraction_s},
                                       {"blocks", bench.blocks},
                                       {"volume_bytes", bench.volume_bytes},
                                       {"triangles", bench.triangles},
                                       {"vertices", bench.vertices},
                                       {"peak_memory_mb", bench.peak_memory_mb}};
  return json.dump(2);
}

}  // namespace diorama
