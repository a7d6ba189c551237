#include "capture/readers/frame_names.h"

#include <fmt/format.h>

namespace diorama {
namespace {

constexpr std::string_view kColorSuffix = ".color";

}  // namespace

std::string frame_id_of(const std::filesystem::path& image) {
  std::string stem = image.stem().string();
  if (stem.size() > kColorSuffix.size() && stem.ends_with(kColorSuffix)) stem.resize(stem.size() - kColorSuffix.size());
  return stem;
}

bool names_unregistered_color(const std::filesystem::path& color, const std::filesystem::path& depth) {
  if (!color.stem().string().ends_with(kColorSuffix)) return false;
  if (depth.filename().string().ends_with(".depth.png")) return true;
  std::error_code ignored;
  return std::filesystem::exists(color.parent_path() / (frame_id_of(color) + ".pose.txt"), ignored);
}

std::string missing_warning(size_t count, std::string_view what, const std::string& first) {
  if (count == 0) return {};
  return count == 1 ? fmt::format("1 {} is missing and left out: {}", what, first)
                    : fmt::format("{} {}s are missing and left out, the first is {}", count, what, first);
}

}  // namespace diorama
