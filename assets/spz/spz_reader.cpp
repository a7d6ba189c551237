#include "assets/gltf/asset_record.h"
#include "assets/splat_repair.h"
#include "assets/spz.h"
#include "assets/spz/spz_format.h"
#include "engine/base/error.h"
#include "engine/base/file.h"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <optional>
#include <string>

namespace diorama {
namespace {

template <class T>
T load(std::span<const std::byte> bytes, size_t offset) {
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof(T));
  return value;
}

uint8_t byte_at(std::span<const std::byte> bytes, size_t i) {
  return std::to_integer<uint8_t>(bytes[i]);
}

struct SpzHeader {
  uint32_t version = 0, count = 0;
  int sh_degree = 0, fractional_bits = 0;
  uint8_t flags = 0;
};

// The streams, unpacked; `memory` holds them where they were compressed apart.
struct SpzStreams {
  SpzHeader header;
  std::vector<std::byte> memory;
  std::array<std::span<const std::byte>, kSpzStreams> streams;
  std::string record;  // the text of ours, empty where there is none
};

// The first 15 bytes are the same in all versions.
SpzHeader header_of(std::span<const std::byte> bytes) {
  SpzHeader header;
  if (bytes.size() < 16 || load<uint32_t>(bytes, 0) != kSpzMagic) {
    fail(ErrorCode::kInvalidInput, "is not SPZ: it does not start with NGSP");
  }
  header.version = load<uint32_t>(bytes, 4);
  header.count = load<uint32_t>(bytes, 8);
  header.sh_degree = byte_at(bytes, 12);
  header.fractional_bits = byte_at(bytes, 13);
  header.flags = byte_at(bytes, 14);
  if (header.version < 1 || header.version > kSpzVersion) {
    fail(ErrorCode::kUnsupported, "is SPZ version {}, this build reads 1 to {}", header.version, kSpzVersion);
  }
  if (header.sh_degree > 4) fail(ErrorCode::kInvalidInput, "has SH of degree {}, expected 0 to 4", header.sh_degree);
  if (header.fractional_bits > 24) {
    fail(ErrorCode::kInvalidInput, "has {} fractional bits, expected 0 to 24", header.fractional_bits);
  }
  if (header.count == 0) fail(ErrorCode::kInvalidInput, "holds no splats");
  return header;
}

// Where each stream lies in memory, one after the other.
std::array<size_t, kSpzStreams + 1> offsets_of(const SpzHeader& header) {
  std::array<size_t, kSpzStreams + 1> offsets{};
  const auto widths = spz_stream_bytes(header.version, header.sh_degree);
  for (size_t i = 0; i < kSpzStreams; ++i) offsets[i + 1] = offsets[i] + widths[i] * header.count;
  return offsets;
}

void set_streams(SpzStreams& spz) {
  const auto offsets = offsets_of(spz.header);
  for (size_t i = 0; i < kSpzStreams; ++i) {
    spz.streams[i] = std::span(spz.memory).subspan(offsets[i], offsets[i + 1] - offsets[i]);
  }
}

// Unpacks a gzip file from front to back.
class Inflater {
 public:
  explicit Inflater(std::span<const std::byte> bytes) : left_(bytes) {
    // 16: with the header of gzip.
    if (inflateInit2(&stream_, MAX_WBITS + 16) != Z_OK) fail(ErrorCode::kIo, "zlib cannot be started");
  }
  ~Inflater() { inflateEnd(&stream_); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  void fill(std::span<std::byte> target) {
    while (!target.empty()) {
      const auto in = static_cast<uInt>(std::min<size_t>(left_.size(), size_t{1} << 30));
      const auto out = static_cast<uInt>(std::min<size_t>(target.size(), size_t{1} << 30));
      stream_.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(left_.data()));
      stream_.avail_in = in;
      stream_.next_out = reinterpret_cast<Bytef*>(target.data());
      stream_.avail_out = out;
      const int status = inflate(&stream_, Z_NO_FLUSH);
      left_ = left_.subspan(in - stream_.avail_in);
      target = target.subspan(out - stream_.avail_out);
      const bool stuck = in == stream_.avail_in && out == stream_.avail_out;
      if ((status != Z_OK && status != Z_STREAM_END) || (stuck && !target.empty())) {
        fail(ErrorCode::kInvalidInput, "its gzip data is damaged or cut");
      }
      if (status == Z_STREAM_END && !target.empty()) {
        fail(ErrorCode::kInvalidInput, "its gzip data ends {} bytes before the header's splats do", target.size());
      }
    }
  }

 private:
  std::span<const std::byte> left_;
  z_stream stream_{};
};

// Before memory is taken. Splats of real scenes pack to a half or a third of their bytes; far more is a bomb.
void check_size(const SpzHeader& header, size_t file_bytes) {
  constexpr uint64_t kMostPerByte = 64, kSmall = uint64_t{1} << 20;
  const uint64_t needed = offsets_of(header).back();
  if (needed > kMostPerByte * file_bytes + kSmall) {
    fail(ErrorCode::kInvalidInput, "promises {} splats of {} bytes in all, too many for a file of {} bytes",
         header.count, needed, file_bytes);
  }
}

SpzStreams unpack_gzip(std::span<const std::byte> bytes) {
  Inflater inflater(bytes);
  std::array<std::byte, 16> head{};
  inflater.fill(head);
  SpzStreams spz{.header = header_of(head)};
  if (spz.header.version > 3) {
    fail(ErrorCode::kInvalidInput, "is SPZ version {} inside gzip, which only versions 1 to 3 are", spz.header.version);
  }
  check_size(spz.header, bytes.size());
  spz.memory.resize(offsets_of(spz.header).back());
  inflater.fill(spz.memory);
  set_streams(spz);
  return spz;
}

void unpack_stream(std::span<const std::byte> packed, std::span<std::byte> target, size_t index) {
  const size_t size = ZSTD_decompress(target.data(), target.size(), packed.data(), packed.size());
  if (ZSTD_isError(size) != 0 || size != target.size()) {
    fail(ErrorCode::kInvalidInput, "its zstd stream {} is damaged or cut", index);
  }
}

// The streams whose sizes stand in the table, which is inside the file.
void unpack_streams(std::span<const std::byte> bytes, size_t table, size_t stream_count, SpzStreams& spz) {
  const auto offsets = offsets_of(spz.header);
  size_t place = table + 16 * stream_count, entry = table;
  std::array<std::span<const std::byte>, kSpzStreams> packed;
  for (size_t i = 0; i < kSpzStreams; ++i) {
    if (offsets[i + 1] == offsets[i]) continue;
    const uint64_t size = load<uint64_t>(bytes, entry), unpacked = load<uint64_t>(bytes, entry + 8);
    if (size > bytes.size() - place || unpacked != offsets[i + 1] - offsets[i]) {
      fail(ErrorCode::kInvalidInput, "its stream {} has {} bytes and {} unpacked; {} are left, and {} splats need {}",
           i, size, unpacked, bytes.size() - place, spz.header.count, offsets[i + 1] - offsets[i]);
    }
    packed[i] = bytes.subspan(place, size);
    place += size;
    entry += 16;
  }
  spz.memory.resize(offsets.back());
  for (size_t i = 0; i < kSpzStreams; ++i) {
    if (offsets[i + 1] == offsets[i]) continue;
    unpack_stream(packed[i], std::span(spz.memory).subspan(offsets[i], offsets[i + 1] - offsets[i]), i);
  }
  set_streams(spz);
}

// The text of our record among those behind the header; others are skipped.
std::string record_text(std::span<const std::byte> extensions) {
  while (extensions.size() >= kSpzExtensionHeadBytes) {
    const uint32_t type = load<uint32_t>(extensions, 0), length = load<uint32_t>(extensions, 4);
    extensions = extensions.subspan(kSpzExtensionHeadBytes);
    if (length > extensions.size()) {
      fail(ErrorCode::kInvalidInput, "has an extension of {} bytes, but {} are left for it", length, extensions.size());
    }
    if (type == kSpzRecordType) return {reinterpret_cast<const char*>(extensions.data()), length};
    extensions = extensions.subspan(length);
  }
  return {};
}

SpzStreams unpack_zstd(std::span<const std::byte> bytes) {
  SpzStreams spz{.header = header_of(bytes)};
  if (spz.header.version < 4) {
    fail(ErrorCode::kInvalidInput, "is SPZ version {} outside gzip, expected version 4", spz.header.version);
  }
  if (bytes.size() < kSpzHeaderBytes) fail(ErrorCode::kInvalidInput, "is cut inside its header");
  check_size(spz.header, bytes.size());
  const size_t stream_count = byte_at(bytes, 15), table = load<uint32_t>(bytes, 16);
  const auto offsets = offsets_of(spz.header);
  size_t expected = 0;
  for (size_t i = 0; i < kSpzStreams; ++i) expected += offsets[i + 1] > offsets[i];
  if (stream_count != expected) {
    fail(ErrorCode::kInvalidInput, "has {} streams, expected {} at SH degree {}", stream_count, expected,
         spz.header.sh_degree);
  }
  if (table < kSpzHeaderBytes || table > bytes.size() || bytes.size() - table < 16 * stream_count) {
    fail(ErrorCode::kInvalidInput, "has its table of streams at byte {}, outside the file", table);
  }
  if ((spz.header.flags & kSpzHasExtensions) != 0) {
    spz.record = record_text(bytes.subspan(kSpzHeaderBytes, table - kSpzHeaderBytes));
  }
  unpack_streams(bytes, table, stream_count, spz);
  return spz;
}

float half_to_float(uint16_t half) {
  const int sign = half >> 15, exponent = half >> 10 & 31, mantissa = half & 1023;
  const float magnitude = exponent == 0    ? std::ldexp(static_cast<float>(mantissa), -24)
                          : exponent == 31 ? std::numeric_limits<float>::quiet_NaN()
                                           : std::ldexp(static_cast<float>(1024 + mantissa), exponent - 25);
  return sign != 0 ? -magnitude : magnitude;
}

float fixed_24(std::span<const std::byte> bytes, size_t offset, int fractional_bits) {
  const uint32_t word =
      byte_at(bytes, offset) | uint32_t{byte_at(bytes, offset + 1)} << 8 | uint32_t{byte_at(bytes, offset + 2)} << 16;
  const auto value = static_cast<int32_t>(word << 8) >> 8;  // the sign is bit 23
  return static_cast<float>(std::ldexp(static_cast<double>(value), -fractional_bits));
}

// Versions 1 and 2: x, y, z in bytes, w >= 0.
glm::vec4 rotation_of_bytes(std::span<const std::byte> bytes, size_t offset) {
  glm::vec4 q(0.0f);
  for (int axis = 0; axis < 3; ++axis) {
    q[axis] = static_cast<float>(byte_at(bytes, offset + static_cast<size_t>(axis))) / 127.5f - 1.0f;
  }
  q.w = std::sqrt(std::max(0.0f, 1.0f - glm::dot(glm::vec3(q), glm::vec3(q))));
  return q;
}

// The three smaller components, 9 bits and a sign each, the last one lowest; the index of the largest on top.
glm::vec4 rotation_of_word(uint32_t word) {
  const auto largest = static_cast<int>(word >> 30);
  glm::vec4 q(0.0f);
  float rest = 1;
  for (int i = 3; i >= 0; --i) {
    if (i == largest) continue;
    const float magnitude = std::sqrt(0.5f) * static_cast<float>(word & 511) / 511.0f;
    q[i] = (word >> 9 & 1) != 0 ? -magnitude : magnitude;
    rest -= magnitude * magnitude;
    word >>= 10;
  }
  q[largest] = std::sqrt(std::max(0.0f, rest));
  return q;
}

// What each code stands for.
struct SpzTables {
  std::array<float, 256> scales{}, colors{}, sh{}, opacities{};

  SpzTables() {
    for (size_t code = 0; code < 256; ++code) {
      const auto value = static_cast<float>(code);
      scales[code] = std::exp(value / 16.0f - 10.0f);
      colors[code] = static_cast<float>((static_cast<double>(code) / 255.0 - 0.5) / kSpzColorScale);
      sh[code] = (value - 128.0f) / 128.0f;
      opacities[code] = value / 255.0f;
    }
  }
};

// Splats [begin, end) of the streams.
void take_splats(const SpzStreams& spz, const SpzTables& tables, size_t begin, size_t end, SplatCloud& cloud) {
  const auto& [positions, alphas, colors, scales, rotations, sh] = spz.streams;
  const SpzHeader& header = spz.header;
  const auto width = static_cast<size_t>(sh_count(cloud.sh_degree));
  const auto stored = static_cast<size_t>(sh_count(header.sh_degree)) - 1;
  for (size_t i = begin; i < end; ++i) {
    glm::vec3* coefficients = cloud.sh.data() + i * width;
    for (size_t axis = 0; axis < 3; ++axis) {
      const auto a = static_cast<int>(axis);
      cloud.positions[i][a] = header.version == 1 ? half_to_float(load<uint16_t>(positions, 6 * i + 2 * axis))
                                                  : fixed_24(positions, 9 * i + 3 * axis, header.fractional_bits);
      cloud.scales[i][a] = tables.scales[byte_at(scales, 3 * i + axis)];
      coefficients[0][a] = tables.colors[byte_at(colors, 3 * i + axis)];
    }
    for (size_t k = 1; k < width; ++k) {
      const size_t first = (i * stored + k - 1) * 3;
      coefficients[k] = {tables.sh[byte_at(sh, first)], tables.sh[byte_at(sh, first + 1)],
                         tables.sh[byte_at(sh, first + 2)]};
    }
    cloud.opacities[i] = tables.opacities[byte_at(alphas, i)];
    cloud.rotations_xyzw[i] =
        header.version >= 3 ? rotation_of_word(load<uint32_t>(rotations, 4 * i)) : rotation_of_bytes(rotations, 3 * i);
  }
}

SplatCloud cloud_of(const SpzStreams& spz, ThreadPool& pool) {
  constexpr size_t kGrain = 4096;  // splats a task
  SplatCloud cloud;
  cloud.sh_degree = std::min(spz.header.sh_degree, 3);
  cloud.resize(spz.header.count);
  const SpzTables tables;
  pool.parallel_for(cloud.size(), kGrain,
                    [&](size_t begin, size_t end) { take_splats(spz, tables, begin, end, cloud); });
  return cloud;
}

// Of a file by others nothing is known but the flag. A damaged record leaves the splats whole.
void take_record(const SpzStreams& spz, Asset& asset) {
  const bool antialiased = (spz.header.flags & kSpzAntialiased) != 0;
  if (!spz.record.empty()) {
    try {
      asset.record = record_from_text(spz.record);
      asset.record->antialiased = antialiased;
      return;
    } catch (const Error& error) {
      asset.notes.push_back(fmt::format("{}; the record is left out", error.what()));
    }
  }
  if (antialiased) asset.record = AssetRecord{.representation = "splats", .antialiased = true};
}

Asset asset_from(std::span<const std::byte> bytes, ThreadPool* given) {
  const bool gzip = bytes.size() > 1 && byte_at(bytes, 0) == 0x1f && byte_at(bytes, 1) == 0x8b;
  const SpzStreams spz = gzip ? unpack_gzip(bytes) : unpack_zstd(bytes);
  std::optional<ThreadPool> own;
  ThreadPool& pool = given != nullptr ? *given : own.emplace();
  Asset asset;
  SplatPart part{.name = "splats", .cloud = cloud_of(spz, pool)};
  drop_not_finite(part.cloud, "the SPZ", asset.notes);
  normalize_rotations(part.cloud, "the SPZ", asset.notes);
  if (part.cloud.size() == 0) fail(ErrorCode::kInvalidInput, "holds no splats");
  if (spz.header.sh_degree > 3) asset.notes.emplace_back("the SH of degree 4 are left out");
  take_record(spz, asset);
  check_splat_cloud(part.cloud);
  asset.splats.push_back(std::move(part));
  return asset;
}

}  // namespace

bool is_spz(std::span<const std::byte> bytes) {
  const bool gzip = bytes.size() > 1 && byte_at(bytes, 0) == 0x1f && byte_at(bytes, 1) == 0x8b;
  return gzip || (bytes.size() >= 4 && load<uint32_t>(bytes, 0) == kSpzMagic);
}

Asset read_spz(const std::filesystem::path& path, ThreadPool* pool) {
  return with_context(path, [&] { return asset_from(read_file(path), pool); });
}

Asset parse_spz(std::span<const std::byte> bytes, const std::string& name, ThreadPool* pool) {
  return with_context(name, [&] { return asset_from(bytes, pool); });
}

}  // namespace diorama
