#include "capture/readers/capture_json.h"
#include "capture/readers/transforms.h"
#include "engine/base/error.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

// transforms.json and capture.json share the checked JSON getters; both see each input. Whatever the text: an Error, or
// content whose cameras can be made.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace diorama;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const TransformsFile file = parse_transforms(text);
    for (const TransformsFrame& frame : file.frames) {
      try {
        camera_of(frame.lens, {640, 480}, frame.world_from_camera);
      } catch (const Error&) {
      }
    }
  } catch (const Error&) {
  }
  try {
    parse_capture_json(text);
  } catch (const Error&) {
  }
  return 0;
}
