#include "reconstruction/splats/bench_splats.h"

#include "engine/base/measure.h"
#include "reconstruction/splats/cpu/cpu_trainer.h"
#include "reconstruction/splats/start_splats.h"

#include <nlohmann/json.hpp>

#include <array>

namespace diorama {
namespace {

constexpr size_t kWarmUpSteps = 10;
constexpr float kProgress = 0.5f;  // full size, full SH degree

using Stages = std::array<double, 8>;

Stages stages_of(const StepTimings& t) {
  return {t.project_s, t.sort_s, t.bin_s, t.forward_s, t.loss_s, t.backward_s, t.update_s, 0};
}

SplatStepBench bench_count(const TrainingSet& set, const std::vector<StartPoint>& points, SplatFitOptions options,
                           size_t steps, JobContext& job) {
  options.strategy = 2;  // the number of splats stays
  const SplatCloud cloud = splats_at(points, options.sh_degree, job.pool());
  CpuSplatTrainer trainer(set, cloud, options, cloud.size(), job.pool());
  std::array<std::vector<double>, 8> milliseconds;
  job.begin_stage(fmt::format("{} splats", cloud.size()), steps);
  for (size_t step = 1; step <= steps + kWarmUpSteps; ++step) {
    const Stages before = stages_of(trainer.timings());
    const Stopwatch watch;
    trainer.step({.view = step * 7 % set.views.size(), .step = step, .progress = kProgress});
    Stages stages = stages_of(trainer.timings());
    for (size_t i = 0; i < stages.size(); ++i) stages[i] = 1e3 * (stages[i] - before[i]);
    stages.back() = watch.milliseconds();
    if (step <= kWarmUpSteps) continue;
    for (size_t i = 0; i < stages.size(); ++i) milliseconds[i].push_back(stages[i]);
    job.advance();
  }
  SplatStepBench bench;
  bench.splats = cloud.size();
  bench.steps = steps;
  double* const fields[] = {&bench.project_ms, &bench.sort_ms,     &bench.bin_ms,    &bench.forward_ms,
                            &bench.loss_ms,    &bench.backward_ms, &bench.update_ms, &bench.step_ms};
  for (size_t i = 0; i < milliseconds.size(); ++i) *fields[i] = median(milliseconds[i]);
  bench.bytes_per_splat = static_cast<double>(trainer.memory_bytes()) / static_cast<double>(cloud.size());
  bench.peak_memory_mb = peak_memory_mb();
  return bench;
}

}  // namespace

SplatBench bench_splats(const Capture& capture, const SplatFitOptions& given, const std::vector<size_t>& counts,
                        size_t steps, JobContext& job) {
  SplatFitOptions options = given;
  options.rig = options.rig && capture.calibration().has_value();
  const TrainingSet set = load_training_set(capture, options.scale, job);
  SplatBench bench;
  bench.capture = capture.name();
  bench.size_px = set.views.front().camera.size_px;
  bench.sh_degree = options.sh_degree;
  bench.threads = job.pool().thread_count();
  bench.views = set.views.size();
  for (const size_t count : counts) {
    const StartOptions start{
        .count = count, .voxel_m = options.start_voxel_m, .seed = static_cast<uint64_t>(options.seed)};
    bench.runs.push_back(bench_count(set, start_points(capture, set, start, job), options, steps, job));
  }
  return bench;
}

std::string to_json(const SplatBench& bench) {
  using Json = nlohmann::ordered_json;
  Json runs = Json::array();
  for (const SplatStepBench& run : bench.runs) {
    runs.push_back({{"splats", run.splats},
                    {"steps", run.steps},
                    {"step_ms", run.step_ms},
                    {"project_ms", run.project_ms},
                    {"sort_ms", run.sort_ms},
                    {"bin_ms", run.bin_ms},
                    {"forward_ms", run.forward_ms},
                    {"loss_ms", run.loss_ms},
                    {"backward_ms", run.backward_ms},
                    {"update_ms", run.update_ms},
                    {"bytes_per_splat", run.bytes_per_splat},
                    {"peak_memory_mb", run.peak_memory_mb}});
  }
  return Json{{"capture", bench.capture}, {"width", bench.size_px.x},     {"height", bench.size_px.y},
              {"views", bench.views},     {"sh_degree", bench.sh_degree}, {"threads", bench.threads},
              {"runs", std::move(runs)}}
             .dump(1) +
         "\n";
}

std::string to_text(const SplatBench& bench) {
  std::string text = fmt::format("{}x{}, SH {}, {} threads; milliseconds a step\n", bench.size_px.x, bench.size_px.y,
                                 bench.sh_degree, bench.threads);
  text += "  splats    step  project  sort   bin  forward  loss  backward  update  bytes/splat\n";
  for (const SplatStepBench& run : bench.runs) {
    text += fmt::format("{:8} {:7.1f} {:8.1f} {:5.1f} {:5.1f} {:8.1f} {:5.1f} {:9.1f} {:7.1f} {:12.0f}\n", run.splats,
                        run.step_ms, run.project_ms, run.sort_ms, run.bin_ms, run.forward_ms, run.loss_ms,
                        run.backward_ms, run.update_ms, run.bytes_per_splat);
  }
  return text;
}

}  // namespace diorama
