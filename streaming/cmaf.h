#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace diorama {

// Fragmented MP4 (ISO/IEC 14496-12; CMAF, 23000-19), as far as streams of groups need it. `bytes` come from files:
// whatever does not hold together is Error kInvalidInput.

// A box: its payload is [begin, end) of the bytes it was found in.
struct Mp4Box {
  std::string_view type;
  size_t header = 0, begin = 0, end = 0;  // of the bytes; header is where its length stands
};

// The boxes of [begin, end).
std::vector<Mp4Box> mp4_boxes(std::span<const std::byte> bytes, size_t begin, size_t end);

// The boxes reached by a path of types, "moof/traf/tfhd", in their order.
std::vector<Mp4Box> find_mp4_boxes(std::span<const std::byte> bytes, std::string_view path);

// Bytes of each sample of a segment (styp, moof, mdat, any number of them), in their order.
std::vector<size_t> sample_bytes_of(std::span<const std::byte> segment);

// Ticks a second of the first track of a header (ftyp, moov).
uint32_t timescale_of(std::span<const std::byte> header);

// Adds ticks to the decode times of a segment. Error kInvalidInput too: what would start before 0.
void shift_decode_times(std::span<std::byte> segment, int64_t ticks);

// Gives the track of a header, and of segments, a number.
void set_track_of_header(std::span<std::byte> header, uint32_t track);
void set_track_of_segment(std::span<std::byte> segment, uint32_t track);

// One header for several tracks: `headers` of one track each, which have different numbers. The first lends all that
// is not of one track.
std::vector<std::byte> joined_headers(std::span<const std::vector<std::byte>> headers);

// A box around bytes.
std::vector<std::byte> mp4_box(std::string_view type, std::span<const std::byte> payload);

}  // namespace diorama
