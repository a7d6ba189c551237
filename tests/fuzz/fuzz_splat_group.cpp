// parse_splat_group over any bytes: a group that gives its bytes back, or a diorama::Error.
#include "assets/splat_group_file.h"
#include "engine/base/error.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    const diorama::SplatGroup group = diorama::parse_splat_group(std::as_bytes(std::span(data, size)), "fuzz.splats");
    std::vector<double> times_s(group.frames.size());
    for (size_t i = 0; i < times_s.size(); ++i) times_s[i] = static_cast<double>(i);
    DIO_CHECK(diorama::encode_splat_group(group, times_s).size() == size);
  } catch (const diorama::Error&) {
  }
  return 0;
}
