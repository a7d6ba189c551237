// parse_glb over any bytes: an Asset or a diorama::Error. Bytes that do not start as a .glb are taken as its JSON up to
// the first NUL and its binary chunk behind it, so that mutations get past the lengths in the headers.
#include "assets/gltf.h"
#include "assets/gltf/glb_chunks.h"
#include "engine/base/error.h"
#include "tests/assets/samples.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

namespace {

std::vector<std::byte> wrapped(std::span<const std::byte> bytes) {
  const auto nul = std::find(bytes.begin(), bytes.end(), std::byte{0});
  const std::string json(reinterpret_cast<const char*>(bytes.data()), static_cast<size_t>(nul - bytes.begin()));
  return diorama::glb_of(json, {nul == bytes.end() ? nul : nul + 1, bytes.end()});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  try {
    const diorama::Asset asset =
        diorama::is_glb(bytes) ? diorama::parse_glb(bytes, "fuzz.glb") : diorama::parse_glb(wrapped(bytes), "fuzz.glb");
    if (asset.textures.empty()) diorama::encode_glb(asset);  // what was read can be written, or is refused
  } catch (const diorama::Error&) {
  }
  return 0;
}
