#include "streaming/segment_header.h"

#include "engine/base/error.h"

#include <cmath>
#include <optional>
#include <string_view>

namespace diorama {
namespace {

using Bytes = std::span<const std::byte>;

// Numbers from the front of a box, the highest byte first.
class BoxReader {
 public:
  explicit BoxReader(Bytes bytes) : rest_(bytes) {}

  uint64_t number(size_t bytes) {
    if (rest_.size() < bytes) fail(ErrorCode::kInvalidInput, "a box of the segment ends within a number");
    uint64_t value = 0;
    for (const std::byte byte : rest_.first(bytes)) value = value << 8 | std::to_integer<uint64_t>(byte);
    rest_ = rest_.subspan(bytes);
    return value;
  }
  void skip(size_t bytes) {
    if (rest_.size() < bytes) fail(ErrorCode::kInvalidInput, "a box of the segment is shorter than its fields");
    rest_ = rest_.subspan(bytes);
  }
  Bytes rest() const { return rest_; }

 private:
  Bytes rest_;
};

struct Box {
  std::string_view type;
  Bytes body;
};

// The next box of `bytes`, which is left with what follows it; nothing at the end.
std::optional<Box> next_box(Bytes& bytes) {
  if (bytes.empty()) return std::nullopt;
  BoxReader reader(bytes);
  uint64_t size = reader.number(4);
  reader.skip(4);
  const auto* const text = reinterpret_cast<const char*>(bytes.data());
  size_t head = 8;
  if (size == 1) {
    size = reader.number(8);
    head = 16;
  }
  const std::string_view type(text + 4, 4);
  if (size < head || size > bytes.size()) {
    fail(ErrorCode::kInvalidInput, "a box of the segment says that it has {} bytes, {} are left: it is cut or damaged",
         size, bytes.size());
  }
  const auto whole = static_cast<size_t>(size);
  const Box box{type, bytes.subspan(head, whole - head)};
  bytes = bytes.subspan(whole);
  return box;
}

// The only box of a type.
Bytes child(Bytes parent, std::string_view type) {
  std::optional<Bytes> found;
  while (const std::optional<Box> box = next_box(parent)) {
    if (box->type != type) continue;
    if (found) fail(ErrorCode::kInvalidInput, "there are several boxes \"{}\", expected one", type);
    found = box->body;
  }
  if (!found) fail(ErrorCode::kInvalidInput, "there is no box \"{}\"", type);
  return *found;
}

struct TrackDefaults {
  std::optional<uint64_t> sample_bytes;
};

TrackDefaults read_tfhd(Bytes body) {
  BoxReader reader(body);
  const uint64_t flags = reader.number(4) & 0xffffff;
  reader.skip(4);
  if (flags & 0x1) reader.skip(8);  // base data offset
  if (flags & 0x2) reader.skip(4);  // sample description
  if (flags & 0x8) reader.skip(4);  // duration
  TrackDefaults defaults;
  if (flags & 0x10) defaults.sample_bytes = reader.number(4);
  return defaults;
}

// Samples and their bytes.
struct Run {
  uint64_t samples = 0, bytes = 0;
};

Run read_trun(Bytes body, const TrackDefaults& defaults) {
  BoxReader reader(body);
  const uint64_t flags = reader.number(4) & 0xffffff;
  Run run{.samples = reader.number(4)};
  if (flags & 0x1) reader.skip(4);  // data offset
  if (flags & 0x4) reader.skip(4);  // first sample's flags
  const bool has_duration = flags & 0x100, has_size = flags & 0x200, has_flags = flags & 0x400,
             has_offset = flags & 0x800;
  const size_t entry = 4 * (size_t{has_duration} + has_size + has_flags + has_offset);
  if (entry > 0 && run.samples > reader.rest().size() / entry) {
    fail(ErrorCode::kInvalidInput, "a run of {} samples has a table of {} bytes", run.samples, reader.rest().size());
  }
  if (!has_size) {
    if (!defaults.sample_bytes) fail(ErrorCode::kInvalidInput, "the samples of a run have no sizes");
    run.bytes = run.samples * *defaults.sample_bytes;  // both below 2^32
    return run;
  }
  for (uint64_t i = 0; i < run.samples; ++i) {
    if (has_duration) reader.skip(4);
    run.bytes += reader.number(4);
    reader.skip(4 * (size_t{has_flags} + has_offset));
  }
  return run;
}

uint64_t read_tfdt(Bytes body) {
  BoxReader reader(body);
  const uint64_t version = reader.number(4) >> 24;
  return reader.number(version == 0 ? 4 : 8);
}

}  // namespace

uint32_t timescale_of(Bytes init) {
  const Bytes mdhd = child(child(child(child(init, "moov"), "trak"), "mdia"), "mdhd");
  BoxReader reader(mdhd);
  const uint64_t version = reader.number(4) >> 24;
  reader.skip(version == 0 ? 8 : 16);
  const auto ticks = static_cast<uint32_t>(reader.number(4));
  if (ticks == 0) fail(ErrorCode::kInvalidInput, "the stream's header states no ticks a second");
  return ticks;
}

SegmentHeader read_segment_header(Bytes segment) {
  const Bytes traf = child(child(segment, "moof"), "traf"), data = child(segment, "mdat");
  SegmentHeader header{.decode_time = read_tfdt(child(traf, "tfdt"))};
  const TrackDefaults defaults = read_tfhd(child(traf, "tfhd"));
  uint64_t bytes = 0;
  Bytes rest = traf;
  while (const std::optional<Box> box = next_box(rest)) {
    if (box->type != "trun") continue;
    const Run run = read_trun(box->body, defaults);
    if (run.bytes > data.size() || bytes > data.size() - run.bytes) {
      fail(ErrorCode::kInvalidInput, "the segment's samples have more bytes than its media data, {}", data.size());
    }
    header.samples += run.samples;
    bytes += run.bytes;
  }
  return header;
}

void check_segment(Bytes init, Bytes segment, size_t first_frame, size_t frames, double frames_per_s) {
  const SegmentHeader header = read_segment_header(segment);
  const double first = static_cast<double>(header.decode_time) / timescale_of(init) * frames_per_s;
  constexpr double kRounding = 0.25;  // frames; ticks are finer
  if (header.samples != frames || !(std::abs(first - static_cast<double>(first_frame)) < kRounding)) {
    fail(ErrorCode::kInvalidInput,
         "the segment holds {} pictures from number {:.6g} on, expected {} from {} on: it is of another group or video",
         header.samples, first, frames, first_frame);
  }
}

}  // namespace diorama
