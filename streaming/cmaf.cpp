#include "streaming/cmaf.h"

#include "engine/base/error.h"

#include <algorithm>

namespace diorama {
namespace {

constexpr size_t kMostSamples = 1 << 20;

[[noreturn]] void refuse(std::string_view what) {
  fail(ErrorCode::kInvalidInput, "an MP4 segment or header is damaged: {}", what);
}

// Numbers of a payload, the highest byte first, one after another.
class Fields {
 public:
  Fields(std::span<const std::byte> bytes, const Mp4Box& box) : bytes_(bytes), at_(box.begin), end_(box.end) {}

  uint64_t number(size_t count) {
    if (count > end_ - at_) refuse("a box is too short");
    uint64_t value = 0;
    for (size_t i = 0; i < count; ++i) value = value << 8 | std::to_integer<uint64_t>(bytes_[at_ + i]);
    at_ += count;
    return value;
  }
  uint32_t word() { return static_cast<uint32_t>(number(4)); }
  size_t place() const { return at_; }
  size_t left() const { return end_ - at_; }

 private:
  std::span<const std::byte> bytes_;
  size_t at_, end_;
};

void put(std::span<std::byte> bytes, size_t at, uint64_t value, size_t count) {
  for (size_t i = 0; i < count; ++i) bytes[at + i] = static_cast<std::byte>(value >> (8 * (count - 1 - i)) & 255);
}

// Of a track's fragment where its samples do not say: flag 0x10 of tfhd.
size_t default_sample_bytes(std::span<const std::byte> bytes, const Mp4Box& tfhd) {
  Fields fields(bytes, tfhd);
  const uint32_t flags = fields.word() & 0xffffff;
  fields.word();  // the track
  if ((flags & 0x1) != 0) fields.number(8);
  if ((flags & 0x2) != 0) fields.word();
  if ((flags & 0x8) != 0) fields.word();
  return (flags & 0x10) != 0 ? fields.word() : 0;
}

void add_samples(std::span<const std::byte> bytes, const Mp4Box& trun, size_t default_bytes, std::vector<size_t>& out) {
  Fields fields(bytes, trun);
  const uint32_t flags = fields.word() & 0xffffff;
  const size_t count = fields.word();
  if (count > kMostSamples - out.size()) refuse("it has more than a million samples");
  if ((flags & 0x1) != 0) fields.word();
  if ((flags & 0x4) != 0) fields.word();
  for (size_t i = 0; i < count; ++i) {
    if ((flags & 0x100) != 0) fields.word();
    out.push_back((flags & 0x200) != 0 ? fields.word() : default_bytes);
    if ((flags & 0x400) != 0) fields.word();
    if ((flags & 0x800) != 0) fields.word();
  }
}

// The number of a track stands after version, flags and, in tkhd, two times.
size_t track_place(std::span<const std::byte> bytes, const Mp4Box& box) {
  Fields fields(bytes, box);
  const uint32_t version = fields.word() >> 24;
  if (box.type == "tkhd") fields.number(version == 1 ? 16 : 8);
  if (fields.left() < 4) refuse("a box is too short");
  return fields.place();
}

void append(std::vector<std::byte>& to, std::span<const std::byte> bytes, const Mp4Box& box) {
  to.insert(to.end(), bytes.begin() + static_cast<ptrdiff_t>(box.header),
            bytes.begin() + static_cast<ptrdiff_t>(box.end));
}

}  // namespace

std::vector<Mp4Box> mp4_boxes(std::span<const std::byte> bytes, size_t begin, size_t end) {
  std::vector<Mp4Box> boxes;
  while (begin < end) {
    if (end - begin < 8) refuse("bytes are left after its last box");
    Fields fields(bytes, {.begin = begin, .end = end});
    const size_t length = fields.word();
    const std::string_view type(reinterpret_cast<const char*>(bytes.data()) + begin + 4, 4);
    if (length < 8 || length > end - begin) refuse("a box is longer than what it is in");
    boxes.push_back({type, begin, begin + 8, begin + length});
    begin += length;
  }
  return boxes;
}

std::vector<Mp4Box> find_mp4_boxes(std::span<const std::byte> bytes, std::string_view path) {
  std::vector<Mp4Box> found = {{.begin = 0, .end = bytes.size()}};
  while (!path.empty()) {
    const std::string_view type = path.substr(0, 4);
    path.remove_prefix(std::min<size_t>(5, path.size()));
    std::vector<Mp4Box> next;
    for (const Mp4Box& parent : found) {
      for (const Mp4Box& box : mp4_boxes(bytes, parent.begin, parent.end)) {
        if (box.type == type) next.push_back(box);
      }
    }
    found = std::move(next);
  }
  return found;
}

std::vector<size_t> sample_bytes_of(std::span<const std::byte> segment) {
  std::vector<size_t> samples;
  for (const Mp4Box& fragment : find_mp4_boxes(segment, "moof/traf")) {
    size_t default_bytes = 0;
    for (const Mp4Box& box : mp4_boxes(segment, fragment.begin, fragment.end)) {
      if (box.type == "tfhd") default_bytes = default_sample_bytes(segment, box);
      if (box.type == "trun") add_samples(segment, box, default_bytes, samples);
    }
  }
  return samples;
}

uint32_t timescale_of(std::span<const std::byte> header) {
  const std::vector<Mp4Box> boxes = find_mp4_boxes(header, "moov/trak/mdia/mdhd");
  if (boxes.empty()) refuse("it has no track");
  Fields fields(header, boxes.front());
  const uint32_t version = fields.word() >> 24;
  fields.number(version == 1 ? 8 : 4);
  fields.number(version == 1 ? 8 : 4);
  const uint32_t timescale = fields.word();
  if (timescale == 0) refuse("its track has no clock");
  return timescale;
}

void shift_decode_times(std::span<std::byte> segment, int64_t ticks) {
  for (const Mp4Box& box : find_mp4_boxes(segment, "moof/traf/tfdt")) {
    Fields fields(segment, box);
    const size_t bytes = fields.word() >> 24 == 1 ? 8 : 4;
    const size_t place = fields.place();
    const auto time = static_cast<int64_t>(fields.number(bytes)) + ticks;
    if (time < 0 || (bytes == 4 && time > 0xffffffffLL)) refuse("its decode time cannot be moved");
    put(segment, place, static_cast<uint64_t>(time), bytes);
  }
}

void set_track_of_header(std::span<std::byte> header, uint32_t track) {
  for (const char* path : {"moov/trak/tkhd", "moov/mvex/trex"}) {
    for (const Mp4Box& box : find_mp4_boxes(header, path)) put(header, track_place(header, box), track, 4);
  }
}

void set_track_of_segment(std::span<std::byte> segment, uint32_t track) {
  for (const Mp4Box& box : find_mp4_boxes(segment, "moof/traf/tfhd")) put(segment, track_place(segment, box), track, 4);
}

std::vector<std::byte> mp4_box(std::string_view type, std::span<const std::byte> payload) {
  DIO_CHECK(type.size() == 4 && payload.size() < 0xfffffff0u);
  std::vector<std::byte> box(8 + payload.size());
  put(box, 0, 8 + payload.size(), 4);
  std::transform(type.begin(), type.end(), box.begin() + 4, [](char c) { return static_cast<std::byte>(c); });
  std::copy(payload.begin(), payload.end(), box.begin() + 8);
  return box;
}

std::vector<std::byte> joined_headers(std::span<const std::vector<std::byte>> headers) {
  DIO_CHECK(!headers.empty());
  const std::vector<std::byte>& first = headers.front();
  std::vector<std::byte> tracks, extends, moov, result;
  for (const std::vector<std::byte>& header : headers) {
    for (const Mp4Box& box : find_mp4_boxes(header, "moov/trak")) append(tracks, header, box);
    for (const Mp4Box& box : find_mp4_boxes(header, "moov/mvex/trex")) append(extends, header, box);
  }
  const std::vector<std::byte> mvex = mp4_box("mvex", extends);
  for (const Mp4Box& box : find_mp4_boxes(first, "moov/mvhd")) {
    append(moov, first, box);
    if (box.end - box.begin >= 4) put(moov, moov.size() - 4, headers.size() + 1, 4);  // the next track's number
  }
  moov.insert(moov.end(), tracks.begin(), tracks.end());
  moov.insert(moov.end(), mvex.begin(), mvex.end());
  for (const Mp4Box& box : find_mp4_boxes(first, "ftyp")) append(result, first, box);
  const std::vector<std::byte> whole = mp4_box("moov", moov);
  result.insert(result.end(), whole.begin(), whole.end());
  return result;
}

}  // namespace diorama
