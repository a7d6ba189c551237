#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace diorama {

// What a CMAF segment says of its samples, of one track.
struct SegmentHeader {
  uint64_t decode_time = 0;  // of its first sample, in ticks
  size_t samples = 0;
};

// Error kInvalidInput: boxes that are cut or do not follow each other, no time, samples that are not all in the media
// data.
SegmentHeader read_segment_header(std::span<const std::byte> segment);

// That a segment holds these frames of a video, counted from 0: before anything of it is decoded, one that was cut, or
// stands in the place of another, is known. Error kInvalidInput.
void check_segment(std::span<const std::byte> init, std::span<const std::byte> segment, size_t first_frame,
                   size_t frames, double frames_per_s);

}  // namespace diorama
