#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace diorama {

// What a CMAF segment says of its samples, of one track (ISO/IEC 14496-12, 8.8).
struct SegmentHeader {
  uint64_t decode_time = 0;  // of its first sample, in ticks
  uint64_t samples = 0;
};

// Ticks a second of the only track of a stream's header (ftyp, moov). Error kInvalidInput: it has none.
uint32_t timescale_of(std::span<const std::byte> init);

// Error kInvalidInput: boxes that are cut or do not follow each other, no or several movie fragments, samples that are
// not all in the media data.
SegmentHeader read_segment_header(std::span<const std::byte> segment);

// That a segment holds these frames of a video, counted from 0: before anything of it is decoded, one that was cut, or
// stands in the place of another, is known. Error kInvalidInput.
void check_segment(std::span<const std::byte> init, std::span<const std::byte> segment, size_t first_frame,
                   size_t frames, double frames_per_s);

}  // namespace diorama
