#include "tools/bench/bench_formats.h"

#include "assets/ply.h"
#include "assets/sog.h"
#include "assets/spz.h"
#include "engine/base/error.h"
#include "engine/base/measure.h"
#include "engine/base/random.h"
#include "engine/scene/splat_order.h"

#include <nlohmann/json.hpp>

#include <functional>

namespace diorama {
namespace {

using Bytes = std::vector<std::byte>;

struct Kind {
  const char* name;
  std::function<Bytes(const Asset&)> encode;
  std::function<Asset(const Bytes&)> decode;
};

// Copies of the cloud one box beside the other along x, the last one cut. Scales and SH vary a little, lest copies pack
// better than a scene of their size.
SplatCloud repeated(const SplatCloud& cloud, size_t count) {
  const Bounds bounds = bounds_of(cloud);
  const float step = bounds.max.x - bounds.min.x;
  std::vector<uint32_t> order(count);
  for (size_t i = 0; i < count; ++i) order[i] = static_cast<uint32_t>(i % cloud.size());
  SplatCloud result = gathered(cloud, order);
  const auto width = static_cast<size_t>(sh_count(cloud.sh_degree));
  Random random(1);
  for (size_t i = 0; i < count; ++i) {
    result.positions[i].x += step * static_cast<float>(i / cloud.size());
    result.scales[i] *= random.uniform(0.8f, 1.25f);
    for (size_t k = 0; k < width; ++k) result.sh[i * width + k] *= random.uniform(0.8f, 1.25f);
  }
  return result;
}

FormatBenchRow measured(const Kind& kind, const Asset& asset, int repeats, JobContext& job) {
  FormatBenchRow row{.kind = kind.name};
  std::vector<double> encode_s, decode_s;
  for (int i = 0; i < repeats; ++i) {
    const Stopwatch encode_watch;
    const Bytes bytes = kind.encode(asset);
    encode_s.push_back(encode_watch.seconds());
    const Stopwatch decode_watch;
    const Asset back = kind.decode(bytes);
    decode_s.push_back(decode_watch.seconds());
    DIO_CHECK(splat_count(back) == splat_count(asset));
    row.bytes = bytes.size();
    job.advance();
  }
  row.encode_s = median(encode_s);
  row.decode_s = median(decode_s);
  return row;
}

}  // namespace

FormatBench bench_formats(const Asset& asset, size_t splats, int repeats, JobContext& job) {
  const SplatCloud cloud = merged_splats(asset);
  if (cloud.size() == 0) fail(ErrorCode::kInvalidInput, "the asset has no splats to write");
  Asset large{.record = asset.record};
  large.splats.push_back({.name = "splats", .cloud = repeated(cloud, splats)});
  const Kind kinds[] = {
      {"ply", [](const Asset& a) { return encode_ply(a); }, [](const Bytes& b) { return parse_ply(b, "bench.ply"); }},
      {"spz", [&](const Asset& a) { return encode_spz(a, &job.pool()); },
       [](const Bytes& b) { return parse_spz(b, "bench.spz"); }},
      {"sog", [&](const Asset& a) { return encode_sog(a, job.pool()); },
       [](const Bytes& b) { return parse_sog(b, "bench.sog"); }},
  };
  FormatBench bench{
      .splats = splats, .sh_degree = cloud.sh_degree, .repeats = repeats, .threads = job.pool().thread_count()};
  job.begin_stage("formats", std::size(kinds) * static_cast<uint64_t>(repeats));
  for (const Kind& kind : kinds) bench.rows.push_back(measured(kind, large, repeats, job));
  return bench;
}

std::string to_json(const FormatBench& bench) {
  nlohmann::ordered_json json = {
      {"splats", bench.splats}, {"sh_degree", bench.sh_degree}, {"repeats", bench.repeats}, {"threads", bench.threads}};
  for (const FormatBenchRow& row : bench.rows) {
    json["formats"][row.kind] = {{"encode_s", row.encode_s}, {"decode_s", row.decode_s}, {"bytes", row.bytes}};
  }
  return json.dump(1) + "\n";
}

std::string to_text(const FormatBench& bench) {
  std::string text = fmt::format("{} splats, SH degree {}, {} threads, medians of {}\n", bench.splats, bench.sh_degree,
                                 bench.threads, bench.repeats);
  for (const FormatBenchRow& row : bench.rows) {
    text += fmt::format("{:<4} written in {:6.2f} s, read in {:5.2f} s, {:5.1f} bytes a splat\n", row.kind,
                        row.encode_s, row.decode_s, static_cast<double>(row.bytes) / static_cast<double>(bench.splats));
  }
  return text;
}

}  // namespace diorama
