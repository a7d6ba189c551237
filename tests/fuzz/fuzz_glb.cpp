// parse_glb and AnimatedGltf over any bytes: an Asset and its poses, or a diorama::Error. Bytes that do not start as a
// .glb are taken as its JSON up to the first NUL and its binary chunk behind it, so that mutations get past the lengths
// in the headers.
#include "assets/animated_gltf.h"
#include "assets/gltf.h"
#include "assets/gltf/glb_chunks.h"
#include "engine/base/error.h"
#include "tests/assets/samples.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace {

std::vector<std::byte> wrapped(std::span<const std::byte> bytes) {
  const auto nul = std::find(bytes.begin(), bytes.end(), std::byte{0});
  const std::string json(reinterpret_cast<const char*>(bytes.data()), static_cast<size_t>(nul - bytes.begin()));
  return diorama::glb_of(json, {nul == bytes.end() ? nul : nul + 1, bytes.end()});
}

// Every animation at its start, within it and past its end.
void play(const diorama::AnimatedGltf& file) {
  constexpr size_t kMostAnimations = 4;
  for (size_t i = 0; i < std::min(file.animations().size(), kMostAnimations); ++i) {
    for (const double share : {0.0, 0.3, 0.7, 2.0}) file.meshes_at(i, share * file.animations()[i].duration_s);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  try {
    const std::vector<std::byte> glb =
        diorama::is_glb(bytes) ? std::vector<std::byte>(bytes.begin(), bytes.end()) : wrapped(bytes);
    const diorama::Asset asset = diorama::parse_glb(glb, "fuzz.glb");
    if (asset.textures.empty()) diorama::encode_glb(asset);  // what was read can be written, or is refused
    play(diorama::AnimatedGltf(glb, "fuzz.glb"));
  } catch (const diorama::Error&) {
  }
  return 0;
}
