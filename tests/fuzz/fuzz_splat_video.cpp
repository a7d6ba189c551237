// parse_splat_video over any text: a description that survives being written, or a diorama::Error.
#include "engine/base/error.h"
#include "streaming/splat_video.h"

#include <cstddef>
#include <cstdint>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    const std::string text(reinterpret_cast<const char*>(data), size);
    const diorama::SplatVideo video = diorama::parse_splat_video(text, "fuzz");
    DIO_CHECK(diorama::parse_splat_video(diorama::to_json(video), "fuzz") == video);
    diorama::to_mpd(video);
  } catch (const diorama::Error&) {
  }
  return 0;
}
