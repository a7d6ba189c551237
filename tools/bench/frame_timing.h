#pragma once

#include "engine/base/measure.h"
#include "tools/bench/bench_render.h"

#include <algorithm>
#include <map>

namespace diorama {

// Values of many frames by name, in the order in which the names first came.
class Samples {
 public:
  void add(const std::string& name, double value) {
    if (!values_.contains(name)) order_.push_back(name);
    values_[name].push_back(value);
  }
  std::vector<PassTime> medians() const {
    std::vector<PassTime> result;
    for (const std::string& name : order_) result.push_back({name, median(values_.at(name))});
    return result;
  }
  double median_of(const std::string& name) const { return median(values_.at(name)); }

 private:
  std::vector<std::string> order_;
  std::map<std::string, std::vector<double>> values_;
};

// Runs the measured frames: draw(camera) and what it took; the warm-up goes before.
template <class Draw>
void time_frames(std::span<const Camera> cameras, const RenderBenchOptions& options, JobContext& job,
                 RenderBench& result, Draw&& draw) {
  for (int i = 0; i < options.warm_up; ++i) draw(cameras[static_cast<size_t>(i) % cameras.size()], false);
  std::vector<double> times;
  const double cpu_before = process_cpu_seconds();
  job.begin_stage("drawing", cameras.size() * static_cast<size_t>(options.rounds));
  for (int round = 0; round < options.rounds; ++round) {
    for (const Camera& camera : cameras) {
      const Stopwatch watch;
      draw(camera, true);
      times.push_back(watch.milliseconds());
      job.advance();
    }
  }
  result.frame_cpu_ms = 1e3 * (process_cpu_seconds() - cpu_before) / static_cast<double>(times.size());
  std::vector<double> sorted = times;
  std::sort(sorted.begin(), sorted.end());
  result.frame_ms = median(std::move(times));
  result.frame_ms_95 = sorted[(sorted.size() - 1) * 95 / 100];
  result.frames_per_s = 1e3 / result.frame_ms;
}

}  // namespace diorama
