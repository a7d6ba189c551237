#include "assets/splat_group_file.h"

#include "engine/base/byte_archive.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/scene/finite.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

namespace diorama {
namespace {

constexpr std::string_view kMagic = "DIOSPLGR";
constexpr uint32_t kVersion = 1;
constexpr uint64_t kMaxFrame = uint64_t{1} << 40;
constexpr size_t kFixedFloats = 3 + 3 + 4 + 1;  // position, scale, rotation, opacity

// The bytes that every file starts with; the times of the frames follow.
struct FileHead {
  std::array<char, 8> magic{};
  uint32_t version = kVersion, frame_count = 0, splat_count = 0, sh_degree = 0;
  uint64_t first_frame = 0, fit_key = 0;
  std::array<float, 6> bounds{};  // least x y z, greatest x y z; zeros where there are no splats
};
static_assert(sizeof(FileHead) == 64);

// Counts are u32: none of these products leaves 64 bits.
uint64_t frame_bytes(uint64_t splat_count, int sh_degree) {
  return splat_count * sizeof(float) * (kFixedFloats + 3 * static_cast<uint64_t>(sh_count(sh_degree)));
}

uint64_t splats_offset(uint64_t frame_count) {
  return sizeof(FileHead) + frame_count * sizeof(double);
}

void check_times(std::span<const double> times_s) {
  for (size_t i = 0; i < times_s.size(); ++i) {
    if (!std::isfinite(times_s[i]) || (i > 0 && !(times_s[i] > times_s[i - 1]))) {
      fail(ErrorCode::kInvalidInput, "frame {} of the group has the time {} s, expected times that rise", i,
           times_s[i]);
    }
  }
}

void check_fixed(const FileHead& head, uint64_t file_bytes) {
  if (std::string_view(head.magic.data(), head.magic.size()) != kMagic) {
    fail(ErrorCode::kInvalidInput, "is no group of splats, by its first bytes");
  }
  if (head.version != kVersion) {
    fail(ErrorCode::kUnsupported,
         "is a group of splats of version {}, this build reads version {}; use a newer Diorama", head.version,
         kVersion);
  }
  if (head.sh_degree > 3) {
    fail(ErrorCode::kInvalidInput, "says an SH degree of {}, expected 0 to 3", head.sh_degree);
  }
  if (head.frame_count == 0) fail(ErrorCode::kInvalidInput, "says that it has no frames");
  if (head.first_frame > kMaxFrame) {
    fail(ErrorCode::kInvalidInput, "says that its first frame is {}, at most {} is read", head.first_frame, kMaxFrame);
  }
  const uint64_t each = frame_bytes(head.splat_count, static_cast<int>(head.sh_degree));
  const uint64_t start = splats_offset(head.frame_count);
  // Divided, as the product of three counts can leave 64 bits.
  const bool right = file_bytes >= start &&
                     (each == 0 ? file_bytes == start
                                : (file_bytes - start) % each == 0 && (file_bytes - start) / each == head.frame_count);
  if (!right) {
    fail(ErrorCode::kInvalidInput,
         "has {} bytes, which {} frames of {} splats of SH degree {} do not fill: it is cut or damaged; fit it again",
         file_bytes, head.frame_count, head.splat_count, head.sh_degree);
  }
}

FileHead fixed_head(std::span<const std::byte> bytes, uint64_t file_bytes) {
  if (bytes.size() < sizeof(FileHead)) {
    fail(ErrorCode::kInvalidInput, "has {} bytes, a group of splats has {} and more: it is cut or of another kind",
         file_bytes, sizeof(FileHead));
  }
  const auto head = ByteReader(bytes).get<FileHead>();
  check_fixed(head, file_bytes);
  return head;
}

Bounds bounds_from(const std::array<float, 6>& b, bool has_splats) {
  Bounds bounds;
  if (!has_splats) return bounds;
  const glm::vec3 low(b[0], b[1], b[2]), high(b[3], b[4], b[5]);
  if (!is_finite(low) || !is_finite(high) || !glm::all(glm::lessThanEqual(low, high))) {
    fail(ErrorCode::kInvalidInput, "says bounds of its splats that are no box");
  }
  bounds.extend(low);
  bounds.extend(high);
  return bounds;
}

// `bytes`: at least the fixed head and the times.
SplatGroupHead head_from(const FileHead& fixed, std::span<const std::byte> bytes) {
  SplatGroupHead head{.first_frame = static_cast<size_t>(fixed.first_frame),
                      .splat_count = fixed.splat_count,
                      .sh_degree = static_cast<int>(fixed.sh_degree),
                      .fit_key = fixed.fit_key,
                      .bounds = bounds_from(fixed.bounds, fixed.splat_count > 0),
                      .times_s = std::vector<double>(fixed.frame_count)};
  const auto times = bytes.subspan(sizeof(FileHead), head.times_s.size() * sizeof(double));
  std::memcpy(head.times_s.data(), times.data(), times.size());
  check_times(head.times_s);
  return head;
}

// A frame's bytes are as many as its counts want.
SplatCloud cloud_from(std::span<const std::byte> bytes, const SplatGroupHead& head, size_t frame) {
  SplatCloud cloud;
  cloud.sh_degree = head.sh_degree;
  cloud.resize(head.splat_count);
  const auto take = [&bytes](auto& values) {
    const auto target = std::as_writable_bytes(std::span(values));
    std::copy_n(bytes.begin(), target.size(), target.begin());
    bytes = bytes.subspan(target.size());
  };
  take(cloud.positions);
  take(cloud.scales);
  take(cloud.rotations_xyzw);
  take(cloud.opacities);
  take(cloud.sh);
  with_context(fmt::format("frame {}", head.first_frame + frame), [&] {
    check_splat_cloud(cloud);
    const Bounds bounds = bounds_of(cloud);
    if (!bounds.empty() && (!glm::all(glm::lessThanEqual(head.bounds.min, bounds.min)) ||
                            !glm::all(glm::lessThanEqual(bounds.max, head.bounds.max)))) {
      fail(ErrorCode::kInvalidInput, "has splats outside the bounds that the file says: it is damaged; fit it again");
    }
  });
  return cloud;
}

SplatGroup group_from(std::span<const std::byte> bytes) {
  const SplatGroupHead head = head_from(fixed_head(bytes, bytes.size()), bytes);
  const auto each = static_cast<size_t>(frame_bytes(head.splat_count, head.sh_degree));
  const auto start = static_cast<size_t>(splats_offset(head.frame_count()));
  SplatGroup group{.first_frame = head.first_frame, .frames = {}};
  for (size_t k = 0; k < head.frame_count(); ++k) {
    group.frames.push_back(cloud_from(bytes.subspan(start + k * each, each), head, k));
  }
  return group;
}

FileHead fixed_of(const SplatGroup& group, std::span<const double> times_s, uint64_t fit_key) {
  check_splat_group(group);
  if (times_s.size() != group.frames.size()) {
    fail(ErrorCode::kInvalidInput, "the group of splats has {} times for {} frames", times_s.size(),
         group.frames.size());
  }
  check_times(times_s);
  if (group.splat_count() > UINT32_MAX || group.frames.size() > UINT32_MAX || group.first_frame > kMaxFrame) {
    fail(ErrorCode::kInvalidInput, "the group of {} frames of {} splats is too large to be written",
         group.frames.size(), group.splat_count());
  }
  FileHead head{.frame_count = static_cast<uint32_t>(group.frames.size()),
                .splat_count = static_cast<uint32_t>(group.splat_count()),
                .sh_degree = static_cast<uint32_t>(group.sh_degree()),
                .first_frame = group.first_frame,
                .fit_key = fit_key};
  std::copy(kMagic.begin(), kMagic.end(), head.magic.begin());
  const Bounds bounds = bounds_of(group);
  if (!bounds.empty()) {
    head.bounds = {bounds.min.x, bounds.min.y, bounds.min.z, bounds.max.x, bounds.max.y, bounds.max.z};
  }
  return head;
}

// Hands the file's bytes to `write`, piece by piece.
template <class Write>
void for_each_piece(const SplatGroup& group, std::span<const double> times_s, uint64_t fit_key, Write&& write) {
  const FileHead head = fixed_of(group, times_s, fit_key);
  write(std::as_bytes(std::span(&head, 1)));
  write(std::as_bytes(times_s));
  for (const SplatCloud& cloud : group.frames) {
    write(std::as_bytes(std::span(cloud.positions)));
    write(std::as_bytes(std::span(cloud.scales)));
    write(std::as_bytes(std::span(cloud.rotations_xyzw)));
    write(std::as_bytes(std::span(cloud.opacities)));
    write(std::as_bytes(std::span(cloud.sh)));
  }
}

}  // namespace

std::vector<std::byte> encode_splat_group(const SplatGroup& group, std::span<const double> times_s, uint64_t fit_key) {
  std::vector<std::byte> bytes;
  for_each_piece(group, times_s, fit_key,
                 [&](std::span<const std::byte> piece) { bytes.insert(bytes.end(), piece.begin(), piece.end()); });
  return bytes;
}

void write_splat_group(const SplatGroup& group, std::span<const double> times_s, uint64_t fit_key,
                       const std::filesystem::path& path) {
  with_context(path, [&] {
    AtomicFile file(path);
    for_each_piece(group, times_s, fit_key, [&](std::span<const std::byte> piece) { file.write(piece); });
    file.commit();
  });
}

SplatGroupHead read_splat_group_head(const std::filesystem::path& path) {
  return with_context(path, [&] {
    std::vector<std::byte> bytes = read_file_head(path, sizeof(FileHead));
    const FileHead fixed = fixed_head(bytes, std::filesystem::file_size(path));
    bytes = read_file_head(path, static_cast<size_t>(splats_offset(fixed.frame_count)));
    if (bytes.size() != splats_offset(fixed.frame_count)) fail(ErrorCode::kIo, "shrank while it was read");
    return head_from(fixed, bytes);
  });
}

SplatGroup read_splat_group(const std::filesystem::path& path) {
  return with_context(path, [&] { return group_from(read_file(path, UINT64_MAX)); });
}

SplatGroup parse_splat_group(std::span<const std::byte> bytes, const std::string& name) {
  return with_context(name, [&] { return group_from(bytes); });
}

SplatCloud read_splat_group_frame(const std::filesystem::path& path, const SplatGroupHead& head, size_t frame) {
  DIO_CHECK(frame < head.frame_count());
  return with_context(path, [&] {
    const uint64_t each = frame_bytes(head.splat_count, head.sh_degree);
    const uint64_t offset = splats_offset(head.frame_count()) + frame * each;
    return cloud_from(read_file_part(path, offset, static_cast<size_t>(each)), head, frame);
  });
}

}  // namespace diorama
