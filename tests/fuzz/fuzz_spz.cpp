// parse_spz over any bytes: an Asset that can be written again, or a diorama::Error.
#include "assets/spz.h"
#include "engine/base/error.h"

#include <cstddef>
#include <cstdint>
#include <span>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    const diorama::Asset asset = diorama::parse_spz(std::as_bytes(std::span(data, size)), "fuzz.spz");
    diorama::encode_spz(asset);
  } catch (const diorama::Error&) {
  }
  return 0;
}
