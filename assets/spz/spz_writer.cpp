#include "assets/gltf/asset_record.h"
#include "assets/spz.h"
#include "assets/spz/spz_format.h"
#include "engine/base/error.h"
#include "engine/base/file.h"

#include <zstd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

namespace diorama {
namespace {

constexpr int kFractionalBits = 12;               // steps of 1/4096 m, as all writers have it
constexpr int kLargestFixed = 1 << 23;            // of the signed 24 bits
constexpr int kZstdLevel = 3;                     // its default; higher ones gain less than 1 %
constexpr int kDegree1Bits = 5, kHigherBits = 4;  // of SH codes, as the format's own writer keeps them

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
  const int width = 1 << (8 - bits);
  const auto code = static_cast<int>(std::clamp(value, -1.0f, 1.0f) * 128.0f + 128.5f);  // positive: truncation rounds
  return static_cast<std::byte>(std::min((code + width / 2) / width * width, 255));
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

std::array<Stream, kSpzStreams> streams_of(const SplatCloud& cloud, int fractional_bits) {
  std::array<Stream, kSpzStreams> streams;
  const auto widths = spz_stream_bytes(kSpzVersion, cloud.sh_degree);
  for (size_t i = 0; i < kSpzStreams; ++i) streams[i].resize(widths[i] * cloud.size());
  auto& [positions, alphas, colors, scales, rotations, sh] = streams;
  const auto width = static_cast<size_t>(sh_count(cloud.sh_degree));
  const double steps_per_m = std::ldexp(1.0, fractional_bits);
  for (size_t i = 0; i < cloud.size(); ++i) {
    const glm::vec3* coefficients = cloud.sh.data() + i * width;
    for (size_t axis = 0; axis < 3; ++axis) {
      const auto a = static_cast<int>(axis);
      const double fixed = std::floor(static_cast<double>(cloud.positions[i][a]) * steps_per_m + 0.5);
      store(positions.data() + 9 * i + 3 * axis, static_cast<uint32_t>(static_cast<int32_t>(fixed)), 3);
      const double color = static_cast<double>(coefficients[0][a]) * kSpzColorScale + 0.5;
      colors[3 * i + axis] = std::byte{rounded_byte(255 * color)};
      const double log_scale = std::log(std::max(static_cast<double>(cloud.scales[i][a]), 1e-10));
      scales[3 * i + axis] = std::byte{rounded_byte((log_scale + 10) * 16)};
    }
    alphas[i] = std::byte{rounded_byte(255 * static_cast<double>(cloud.opacities[i]))};
    store(rotations.data() + 4 * i, rotation_word(cloud.rotations_xyzw[i]), 4);
    std::byte* codes = sh.data() + 3 * (width - 1) * i;
    for (size_t k = 1; k < width; ++k) {
      for (int channel = 0; channel < 3; ++channel) {
        *codes++ = sh_code(coefficients[k][channel], k < 4 ? kDegree1Bits : kHigherBits);
      }
    }
  }
  return streams;
}

Stream packed(const Stream& stream) {
  Stream result(ZSTD_compressBound(stream.size()));
  const size_t size = ZSTD_compress(result.data(), result.size(), stream.data(), stream.size(), kZstdLevel);
  DIO_CHECK(ZSTD_isError(size) == 0);
  result.resize(size);
  return result;
}

uint8_t flags_of(const Asset& asset) {
  if (!asset.record) return 0;
  return asset.record->antialiased ? kSpzAntialiased | kSpzHasExtensions : kSpzHasExtensions;
}

}  // namespace

std::vector<std::byte> encode_spz(const Asset& asset) {
  const SplatCloud cloud = merged_splats(asset);
  if (cloud.size() == 0) fail(ErrorCode::kInvalidInput, "the asset has no splats, so no SPZ is written");
  check_splat_cloud(cloud);
  const int fractional_bits = fractional_bits_for(cloud);
  const std::array<Stream, kSpzStreams> streams = streams_of(cloud, fractional_bits);
  const auto stream_count = static_cast<uint64_t>(
      std::count_if(streams.begin(), streams.end(), [](const Stream& stream) { return !stream.empty(); }));
  const std::string record = asset.record ? record_to_text(asset) : std::string();
  const size_t record_bytes = record.empty() ? 0 : kSpzExtensionHeadBytes + record.size();
  std::vector<std::byte> file, body;
  append_value(file, kSpzMagic, 4);
  append_value(file, kSpzVersion, 4);
  append_value(file, cloud.size(), 4);
  append_value(file, static_cast<uint64_t>(cloud.sh_degree), 1);
  append_value(file, static_cast<uint64_t>(fractional_bits), 1);
  append_value(file, flags_of(asset), 1);
  append_value(file, stream_count, 1);
  append_value(file, kSpzHeaderBytes + record_bytes, 4);  // where the table of streams is
  file.resize(kSpzHeaderBytes);
  if (!record.empty()) {
    append_value(file, kSpzRecordType, 4);
    append_value(file, record.size(), 4);
    const auto text = std::as_bytes(std::span(record));
    file.insert(file.end(), text.begin(), text.end());
  }
  for (const Stream& stream : streams) {
    if (stream.empty()) continue;
    const Stream small = packed(stream);
    append_value(file, small.size(), 8);
    append_value(file, stream.size(), 8);
    body.insert(body.end(), small.begin(), small.end());
  }
  file.insert(file.end(), body.begin(), body.end());
  return file;
}

void write_spz(const Asset& asset, const std::filesystem::path& path) {
  with_context(path, [&] { write_file(path, encode_spz(asset)); });
}

}  // namespace diorama
