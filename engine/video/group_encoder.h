#pragma once

#include "engine/video/picture420.h"

#include <cstddef>
#include <span>
#include <vector>

namespace diorama {

enum class VideoCodec { kHevc, kH264 };

// How a stream of groups of pictures is coded: HEVC Main or H.264 Main, 4:2:0, 8 bits, full range, one I picture a
// group and P pictures after it, so that every group stands alone and pictures come out in the order they went in.
struct GroupStream {
  VideoCodec codec = VideoCodec::kHevc;
  glm::ivec2 size_px{0};     // even
  double frames_per_s = 30;  // above 0, at most 1000
  int qp = 22;               // of P pictures, 1 to 51; 0: bit-exact, HEVC alone
};

// A group as CMAF has it: the same `init` (ftyp, moov) for all groups of a stream, and `segment` (styp, moof, mdat).
struct EncodedGroup {
  std::vector<std::byte> init, segment;
};

// Encodes a group whose first picture is number `first_frame` of the stream. The same pictures make the same bytes.
// Error: kInvalidInput (stream, no pictures), kNotFound (no FFmpeg), kUnsupported (FFmpeg without libx265 or libx264).
EncodedGroup encode_group(std::span<const Picture420> pictures, const GroupStream& stream, size_t first_frame);

// The lowest level (times 10: 31 is 3.1) of the codec whose picture size and rate of luma samples suffice, and the bits
// a second that it allows in the Main tier or profile; from 3.1 on, below which few bits are allowed and no decoder in
// use stops. ITU-T H.265 tables A.8, A.9; H.264 table A-1.
struct VideoLevel {
  int level = 0;
  double most_bits_per_s = 0;
};
VideoLevel level_of(const GroupStream& stream);  // Error kUnsupported: beyond level 5.1

}  // namespace diorama
