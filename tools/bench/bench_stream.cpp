#include "tools/bench/bench_stream.h"

#include "assets/gltf.h"
#include "engine/base/measure.h"
#include "engine/base/random.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace diorama {

StreamBench bench_stream(const std::filesystem::path& glb, const StreamBenchOptions& options,
                         const VideoPlayOptions& play, JobContext& job) {
  const LogSink log = [&](LogLevel level, std::string_view line) { job.log(level, line); };
  const auto rounds = static_cast<size_t>(options.rounds), seeks = static_cast<size_t>(options.seeks);
  StreamBench result{.file = glb.string(), .threads = job.pool().thread_count()};
  std::vector<double> first_ms, pictures_s, frames_s, cpu_s, seek_ms;
  job.begin_stage("playing", rounds + 1);
  for (size_t round = 0; round < rounds; ++round) {
    Stopwatch start;
    const SplatVideoReader reader(read_gltf(glb), glb, job.pool(), play, log);
    reader.decoded(0);
    first_ms.push_back(start.milliseconds());
    result.frames = reader.video().frame_count();
    result.representation = reader.representation().id;
    const Stopwatch pictures;
    for (size_t i = 0; i < result.frames; ++i) reader.pictures().at(i);
    pictures_s.push_back(pictures.seconds());
    const double cpu_before_s = process_cpu_seconds();
    const Stopwatch frames;
    for (size_t i = 0; i < result.frames; ++i) reader.decoded(i);
    frames_s.push_back(frames.seconds());
    cpu_s.push_back(process_cpu_seconds() - cpu_before_s);
    job.advance();
  }
  const SplatVideoReader reader(read_gltf(glb), glb, job.pool(), play, log);
  for (const GroupParameters& group : reader.video().groups) {
    result.most_splats = std::max(result.most_splats, group.splat_count);
  }
  Random random(1);
  for (size_t i = 0; i < seeks; ++i) {
    const size_t frame = random.below(static_cast<uint32_t>(result.frames));
    const Stopwatch watch;
    reader.decoded(frame);
    seek_ms.push_back(watch.milliseconds());
  }
  job.advance();
  result.decoder = reader.pictures().decoder();
  const auto count = static_cast<double>(result.frames);
  result.pictures_per_s = count / median(pictures_s);
  result.frames_per_s = count / median(frames_s);
  result.cpu_ms = 1e3 * median(cpu_s) / count;
  result.first_ms = median(first_ms);
  result.most_seek_ms = *std::max_element(seek_ms.begin(), seek_ms.end());
  result.seek_ms = median(std::move(seek_ms));
  return result;
}

std::string to_json(const StreamBench& bench) {
  const nlohmann::ordered_json json = {{"file", bench.file},
                                       {"representation", bench.representation},
                                       {"decoder", bench.decoder},
                                       {"threads", bench.threads},
                                       {"frames", bench.frames},
                                       {"most_splats", bench.most_splats},
                                       {"pictures_per_s", bench.pictures_per_s},
                                       {"frames_per_s", bench.frames_per_s},
                                       {"cpu_ms_per_frame", bench.cpu_ms},
                                       {"first_frame_ms", bench.first_ms},
                                       {"seek_ms", bench.seek_ms},
                                       {"most_seek_ms", bench.most_seek_ms}};
  return json.dump(2);
}

std::string to_text(const StreamBench& bench) {
  return fmt::format(
      "{}, {}: {} frames of up to {} splats, decoder {}, {} threads\n"
      "pictures decoded: {:.1f} frames/s; turned into splats besides: {:.1f} frames/s, {:.1f} ms of CPU time a frame\n"
      "first frame after {:.0f} ms; a jump to any frame {:.0f} ms, {:.0f} ms at most\n",
      bench.file, bench.representation, bench.frames, bench.most_splats, bench.decoder, bench.threads,
      bench.pictures_per_s, bench.frames_per_s, bench.cpu_ms, bench.first_ms, bench.seek_ms, bench.most_seek_ms);
}

}  // namespace diorama
