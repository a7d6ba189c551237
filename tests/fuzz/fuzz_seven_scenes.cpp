#include "capture/readers/seven_scenes.h"
#include "engine/base/error.h"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>

// Pose and split texts. Whatever the text: an Error, or a pose that is a rotation.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace diorama;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const Rigid pose = parse_seven_scenes_pose(text);
    const glm::mat3 gram = pose.rotation * glm::transpose(pose.rotation);
    for (int i = 0; i < 9; ++i) DIO_CHECK(std::abs(gram[i / 3][i % 3] - (i % 4 == 0 ? 1.0f : 0.0f)) < 1e-4f);
  } catch (const Error&) {
  }
  try {
    for (const int number : parse_seven_scenes_split(text)) DIO_CHECK(number >= 0);
  } catch (const Error&) {
  }
  return 0;
}
