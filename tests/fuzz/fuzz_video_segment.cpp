// The boxes of a CMAF segment: facts within the bytes that are there, or a diorama::Error.
#include "engine/base/error.h"
#include "streaming/segment_header.h"

#include <cstddef>
#include <cstdint>
#include <span>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  try {
    const diorama::SegmentHeader header = diorama::read_segment_header(bytes);
    diorama::check_segment(bytes, bytes, static_cast<size_t>(header.decode_time), static_cast<size_t>(header.samples),
                           30);
  } catch (const diorama::Error&) {
  }
  return 0;
}
