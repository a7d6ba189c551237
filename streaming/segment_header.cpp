#include "streaming/segment_header.h"

#include "engine/base/error.h"
#include "streaming/cmaf.h"

#include <cmath>
#include <numeric>

namespace diorama {
namespace {

// ISO/IEC 14496-12, 8.8.12: version and flags, then the time, in 4 bytes or, in version 1, in 8.
uint64_t decode_time(std::span<const std::byte> body) {
  const size_t bytes = !body.empty() && body[0] == std::byte{1} ? 8 : 4;
  if (body.size() < 4 + bytes) fail(ErrorCode::kInvalidInput, "the segment's decode time is cut");
  uint64_t value = 0;
  for (const std::byte byte : body.subspan(4, bytes)) value = value << 8 | std::to_integer<uint64_t>(byte);
  return value;
}

}  // namespace

SegmentHeader read_segment_header(std::span<const std::byte> segment) {
  const std::vector<Mp4Box> times = find_mp4_boxes(segment, "moof/traf/tfdt");
  if (times.empty()) fail(ErrorCode::kInvalidInput, "the segment has no decode time, expected a moof with a tfdt");
  size_t data_bytes = 0;
  for (const Mp4Box& data : find_mp4_boxes(segment, "mdat")) data_bytes += data.end - data.begin;
  const std::vector<size_t> samples = sample_bytes_of(segment);
  const size_t bytes = std::accumulate(samples.begin(), samples.end(), size_t{0});
  if (bytes > data_bytes) {
    fail(ErrorCode::kInvalidInput, "the segment's samples have {} bytes, its media data {}", bytes, data_bytes);
  }
  const Mp4Box& first = times.front();
  return {decode_time(segment.subspan(first.begin, first.end - first.begin)), samples.size()};
}

void check_segment(std::span<const std::byte> init, std::span<const std::byte> segment, size_t first_frame,
                   size_t frames, double frames_per_s) {
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
