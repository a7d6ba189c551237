// parse_mpd over any text: streams, or a diorama::Error.
#include "engine/base/error.h"
#include "streaming/dash_manifest.h"

#include <cstddef>
#include <cstdint>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    const std::string text(reinterpret_cast<const char*>(data), size);
    for (const diorama::ManifestTrack& track : diorama::parse_mpd(text, "fuzz.mpd")) {
      for (const diorama::ByteRange& range : track.segments) DIO_CHECK(range.bytes > 0);
    }
  } catch (const diorama::Error&) {
  }
  return 0;
}
