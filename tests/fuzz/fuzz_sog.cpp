// parse_sog over any bytes: an Asset that can be written again, or a diorama::Error. Bytes that do not start as a zip
// are taken as its files, cut at a mark, with names by their place, so that mutations get past the zip's lengths.
#include "assets/sog.h"
#include "assets/sog/zip_archive.h"
#include "engine/base/error.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace {

using Bytes = std::vector<std::byte>;

constexpr std::string_view kMark = "\nNEXT\n";
constexpr std::array kNames = {"meta.json",  "means_l.webp", "means_u.webp",       "scales.webp",
                               "quats.webp", "sh0.webp",     "shN_centroids.webp", "shN_labels.webp"};

Bytes zipped(std::string_view text) {
  std::vector<diorama::NamedBytes> files;
  for (const char* name : kNames) {
    const size_t end = std::min(text.find(kMark), text.size());
    const auto bytes = std::as_bytes(std::span(text.substr(0, end)));
    files.push_back({name, {bytes.begin(), bytes.end()}});
    text.remove_prefix(std::min(end + kMark.size(), text.size()));
  }
  return diorama::write_zip(files);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static diorama::ThreadPool pool(1);
  const auto bytes = std::as_bytes(std::span(data, size));
  try {
    const Bytes zip = diorama::is_sog(bytes) ? Bytes(bytes.begin(), bytes.end())
                                             : zipped({reinterpret_cast<const char*>(data), size});
    const diorama::Asset asset = diorama::parse_sog(zip, "fuzz.sog");
    constexpr size_t kFew = 1000;  // writing a palette takes its time
    if (diorama::splat_count(asset) <= kFew) diorama::encode_sog(asset, pool);
  } catch (const diorama::Error&) {
  }
  return 0;
}
