#include "assets/gltf/asset_record.h"
#include "assets/spz.h"
#include "assets/spz/spz_format.h"
#include "engine/base/error.h"
#include "engine/base/file.h"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <memory>
#include <optional>
#include <utility>

namespace diorama {
namespace {

constexpr int kFractionalBits = 12;               // steps of 1/4096 m, as all writers have it
constexpr int kLargestFixed = 1 << 23;            // of the signed 24 bits
constexpr int kZstdLevel = 3;                     // its default; higher ones gain less than 1 %
constexpr int kDegree1Bits = 6, kHigherBits = 5;  // of SH codes; one less each would cost 0.3 dB
constexpr size_t kGrain = 4096;                   // splats a task

using Stream = std::vector<std::byte>;

void append_value(Stream& stream, uint64_t value, size_t bytes) {
  for (size_t i = 0; i < bytes; ++i) stream.push_back(static_cast<std::byte>(value >> (8 * i) & 255));
}

uint8_t rounded_byte(double value) {
  return static_cast<uint8_t>(std::clamp(std::floor(value + 0.5), 0.0, 255.0));
}

// As many as all centres allow.
int fractional_bits_for(const SplatCloud& cloud) {
  float farthest = 0;
  for (const glm::vec3& p : cloud.positions) {
    farthest = std::max({farthest, std::abs(p.x), std::abs(p.y), std::abs(p.z)});
  }
  for (int bits = kFractionalBits; bits >= 0; --bits) {
    if (std::ldexp(static_cast<double>(farthest), bits) < kLargestFixed - 1) return bits;
  }
  fail(ErrorCode::kInvalidInput, "a splat is {} m from the origin, SPZ holds up to 8388606 m", farthest);
}

// A code of SH moved to the middle of the 2^(8 - bits) codes around it; 128, which is 0, is such a middle.
std::byte sh_code(float value, int bits) {
  const int half = 1 << (7 - bits), mask = ~(2 * half - 1);
  const auto code = static_cast<int>(std::clamp(value, -1.0f, 1.0f) * 128.0f + 128.5f);  // positive: truncation rounds
  return static_cast<std::byte>(std::min((code + half) & mask, 255));
}

// The three components beside the largest, of the rotation whose largest is positive.
uint32_t rotation_word(const glm::vec4& q) {
  int largest = 0;
  for (int i = 1; i < 4; ++i) {
    if (std::abs(q[i]) > std::abs(q[largest])) largest = i;
  }
  auto word = static_cast<uint32_t>(largest);
  for (int i = 0; i < 4; ++i) {
    if (i == largest) continue;
    const double magnitude = std::floor(511 * std::abs(static_cast<double>(q[i])) / std::sqrt(0.5) + 0.5);
    const uint32_t negative = (q[i] < 0) != (q[largest] < 0) ? 1 : 0;
    word = word << 10 | negative << 9 | static_cast<uint32_t>(std::min(magnitude, 511.0));
  }
  return word;
}

void store(std::byte* place, uint32_t value, size_t bytes) {
  for (size_t i = 0; i < bytes; ++i) place[i] = static_cast<std::byte>(value >> (8 * i) & 255);
}

// Version 2: x, y, z of the rotation whose w is not negative.
void store_rotation_bytes(std::byte* place, const glm::vec4& q) {
  const double sign = q.w < 0 ? -127.5 : 127.5;
  for (int axis = 0; axis < 3; ++axis) {
    place[axis] = std::byte{rounded_byte(sign * static_cast<double>(q[axis]) + 127.5)};
  }
}

// Fills the streams, splat by splat.
class SpzQuantizer {
 public:
  SpzQuantizer(const SplatCloud& cloud, uint32_t version, int fractional_bits)
      : cloud_(cloud), version_(version), steps_per_m_(std::ldexp(1.0, fractional_bits)) {
    const auto widths = spz_stream_bytes(version, cloud.sh_degree);
    for (size_t i = 0; i < kSpzStreams; ++i) streams_[i].resize(widths[i] * cloud.size());
  }

  void quantize(size_t i);
  std::array<Stream, kSpzStreams> take() { return std::move(streams_); }

 private:
  const SplatCloud& cloud_;
  uint32_t version_;
  double steps_per_m_;
  std::array<Stream, kSpzStreams> streams_;
};

void SpzQuantizer::quantize(size_t i) {
  auto& [positions, alphas, colors, scales, rotations, sh] = streams_;
  const auto width = static_cast<size_t>(sh_count(cloud_.sh_degree));
  const glm::vec3* coefficients = cloud_.sh.data() + i * width;
  for (size_t axis = 0; axis < 3; ++axis) {
    const auto a = static_cast<int>(axis);
    const double fixed = std::floor(static_cast<double>(cloud_.positions[i][a]) * steps_per_m_ + 0.5);
    store(positions.data() + 9 * i + 3 * axis, static_cast<uint32_t>(static_cast<int32_t>(fixed)), 3);
    const double color = static_cast<double>(coefficients[0][a]) * kSpzColorScale + 0.5;
    colors[3 * i + axis] = std::byte{rounded_byte(255 * color)};
    const float log_scale = std::log(std::max(cloud_.scales[i][a], 1e-10f));
    scales[3 * i + axis] = std::byte{rounded_byte((static_cast<double>(log_scale) + 10) * 16)};
  }
  alphas[i] = std::byte{rounded_byte(255 * static_cast<double>(cloud_.opacities[i]))};
  if (version_ >= 3) {
    store(rotations.data() + 4 * i, rotation_word(cloud_.rotations_xyzw[i]), 4);
  } else {
    store_rotation_bytes(rotations.data() + 3 * i, cloud_.rotations_xyzw[i]);
  }
  std::byte* codes = sh.data() + 3 * (width - 1) * i;
  for (size_t k = 1; k < width; ++k) {
    for (int channel = 0; channel < 3; ++channel) {
      *codes++ = sh_code(coefficients[k][channel], k < 4 ? kDegree1Bits : kHigherBits);
    }
  }
}

std::array<Stream, kSpzStreams> streams_of(const SplatCloud& cloud, uint32_t version, int fractional_bits,
                                           ThreadPool& pool) {
  SpzQuantizer quantizer(cloud, version, fractional_bits);
  pool.parallel_for(cloud.size(), kGrain, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) quantizer.quantize(i);
  });
  return quantizer.take();
}

// With at least one worker zstd cuts long streams into jobs, by their length alone: the same bytes for any number.
Stream packed(const Stream& stream, int workers) {
  Stream result(ZSTD_compressBound(stream.size()));
  const std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> context(ZSTD_createCCtx(), &ZSTD_freeCCtx);
  if (!context) fail(ErrorCode::kIo, "zstd cannot be started");
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, kZstdLevel);
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_nbWorkers, workers);
  const size_t size = ZSTD_compress2(context.get(), result.data(), result.size(), stream.data(), stream.size());
  if (ZSTD_isError(size) != 0) fail(ErrorCode::kIo, "zstd cannot pack a stream ({})", ZSTD_getErrorName(size));
  result.resize(size);
  return result;
}

std::array<Stream, kSpzStreams> packed_streams(const std::array<Stream, kSpzStreams>& streams, ThreadPool& pool) {
  std::array<Stream, kSpzStreams> small;
  pool.parallel_for(kSpzStreams, 1, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      const size_t index = kSpzStreams - 1 - i;  // the longest first
      if (!streams[index].empty()) small[index] = packed(streams[index], pool.thread_count());
    }
  });
  return small;
}

// A gzip file of these bytes, without a time.
Stream gzipped(const Stream& bytes) {
  z_stream stream{};
  // 16: with the header of gzip.
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
    fail(ErrorCode::kIo, "zlib cannot be started");
  }
  const std::unique_ptr<z_stream, decltype(&deflateEnd)> end(&stream, &deflateEnd);
  DIO_CHECK(bytes.size() < std::numeric_limits<uInt>::max());
  Stream result(deflateBound(&stream, bytes.size()));
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(result.data());
  stream.avail_out = static_cast<uInt>(result.size());
  if (deflate(&stream, Z_FINISH) != Z_STREAM_END) fail(ErrorCode::kIo, "zlib cannot pack the splats");
  result.resize(stream.total_out);
  return result;
}

void append_head(Stream& file, const SplatCloud& cloud, uint32_t version, int fractional_bits, uint8_t flags) {
  append_value(file, kSpzMagic, 4);
  append_value(file, version, 4);
  append_value(file, cloud.size(), 4);
  append_value(file, static_cast<uint64_t>(cloud.sh_degree), 1);
  append_value(file, static_cast<uint64_t>(fractional_bits), 1);
  append_value(file, flags, 1);
}

uint8_t flags_of(const Asset& asset) {
  if (!asset.record) return 0;
  return asset.record->antialiased ? kSpzAntialiased | kSpzHasExtensions : kSpzHasExtensions;
}

std::vector<std::byte> encode_with(const Asset& asset, const SplatCloud& cloud, ThreadPool& pool) {
  const int fractional_bits = fractional_bits_for(cloud);
  const std::array<Stream, kSpzStreams> streams = streams_of(cloud, kSpzVersion, fractional_bits, pool);
  const std::array<Stream, kSpzStreams> small = packed_streams(streams, pool);
  const auto stream_count = static_cast<uint64_t>(
      std::count_if(streams.begin(), streams.end(), [](const Stream& stream) { return !stream.empty(); }));
  const std::string record = asset.record ? record_to_text(asset) : std::string();
  const size_t record_bytes = record.empty() ? 0 : kSpzExtensionHeadBytes + record.size();
  std::vector<std::byte> file;
  append_head(file, cloud, kSpzVersion, fractional_bits, flags_of(asset));
  append_value(file, stream_count, 1);
  append_value(file, kSpzHeaderBytes + record_bytes, 4);  // where the table of streams is
  file.resize(kSpzHeaderBytes);
  if (!record.empty()) {
    append_value(file, kSpzRecordType, 4);
    append_value(file, record.size(), 4);
    const auto text = std::as_bytes(std::span(record));
    file.insert(file.end(), text.begin(), text.end());
  }
  for (size_t i = 0; i < kSpzStreams; ++i) {
    if (streams[i].empty()) continue;
    append_value(file, small[i].size(), 8);
    append_value(file, streams[i].size(), 8);
  }
  for (const Stream& stream : small) file.insert(file.end(), stream.begin(), stream.end());
  return file;
}

}  // namespace

std::vector<std::byte> encode_spz(const Asset& asset, ThreadPool* pool) {
  if (splat_count(asset) == 0) fail(ErrorCode::kInvalidInput, "the asset has no splats, so no SPZ is written");
  const bool one = asset.splats.size() == 1;  // a copy of a million is a quarter of a gigabyte
  const SplatCloud merged = one ? SplatCloud{} : merged_splats(asset);
  const SplatCloud& cloud = one ? asset.splats[0].cloud : merged;
  check_splat_cloud(cloud);
  std::optional<ThreadPool> own;
  return encode_with(asset, cloud, pool != nullptr ? *pool : own.emplace());
}

std::vector<std::byte> encode_spz_2(const SplatCloud& cloud, bool antialiased) {
  constexpr uint32_t kVersion = 2;
  DIO_CHECK(cloud.size() > 0);
  check_splat_cloud(cloud);
  const int fractional_bits = fractional_bits_for(cloud);
  Stream file;
  append_head(file, cloud, kVersion, fractional_bits, antialiased ? kSpzAntialiased : 0);
  append_value(file, 0, 1);
  ThreadPool pool;
  for (const Stream& stream : streams_of(cloud, kVersion, fractional_bits, pool)) {
    file.insert(file.end(), stream.begin(), stream.end());
  }
  return gzipped(file);
}

void write_spz(const Asset& asset, const std::filesystem::path& path, ThreadPool* pool) {
  with_context(path, [&] { write_file(path, encode_spz(asset, pool)); });
}

}  // namespace diorama
