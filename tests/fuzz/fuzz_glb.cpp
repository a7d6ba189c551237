// parse_glb over any bytes: an Asset or a diorama::Error.
#include "assets/gltf.h"
#include "engine/base/error.h"

#include <cstddef>
#include <cstdint>
#include <span>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    diorama::parse_glb(std::as_bytes(std::span(data, size)), "fuzz.glb");
  } catch (const diorama::Error&) {
  }
  return 0;
}
