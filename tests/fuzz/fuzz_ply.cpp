// parse_ply over any bytes: an Asset that can be written again, or a diorama::Error.
#include "assets/ply.h"
#include "engine/base/error.h"

#include <cstddef>
#include <cstdint>
#include <span>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    const diorama::Asset asset = diorama::parse_ply(std::as_bytes(std::span(data, size)), "fuzz.ply");
    diorama::encode_ply(asset);
  } catch (const diorama::Error&) {
  }
  return 0;
}
