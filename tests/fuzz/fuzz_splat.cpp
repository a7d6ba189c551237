// parse_splat_file over any bytes: an Asset that can be written again, or a diorama::Error.
#include "assets/splat_file.h"
#include "engine/base/error.h"

#include <cstddef>
#include <cstdint>
#include <span>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    const diorama::Asset asset = diorama::parse_splat_file(std::as_bytes(std::span(data, size)), "fuzz.splat");
    diorama::encode_splat_file(asset);
  } catch (const diorama::Error&) {
  }
  return 0;
}
