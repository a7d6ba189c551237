// parse_sog_levels_meta over any text: a meta whose boxes name files and levels that it has, or a diorama::Error.
#include "assets/sog/sog_levels_meta.h"
#include "engine/base/error.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace diorama;
  try {
    const SogLevelsMeta meta = parse_sog_levels_meta({reinterpret_cast<const char*>(data), size});
    for (const SogLevelBox& box : meta.boxes) {
      DIO_CHECK(box.levels.size() == meta.level_count);
      for (const std::optional<SogLevelRange>& range : box.levels) DIO_CHECK(!range || range->file < meta.files.size());
      DIO_CHECK(box.bounds.empty() || box.bounds.min.y <= box.bounds.max.y);
    }
    absent_sog_levels(meta, std::vector<bool>(meta.files.size(), false));
  } catch (const Error&) {
  }
  return 0;
}
