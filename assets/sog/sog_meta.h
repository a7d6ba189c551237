#pragma once

#include "assets/asset.h"

#include <glm/glm.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace diorama {

inline constexpr int kSogVersion = 2;
inline constexpr uint64_t kMostSogSplats = uint64_t{16383} * 16383;  // texels of the largest WebP
inline constexpr size_t kSogCentroidsARow = 64;                      // of the palette's picture
inline constexpr size_t kMostSogPalette = 65536;

// What a byte of a picture stands for: entry i for byte i; bytes beyond the end are damage.
using SogTable = std::vector<float>;

// The palette of the SH of degree 1 to 3.
struct SogRest {
  std::optional<uint64_t> count;  // of centroids; absent in version 1
  SogTable values;
  std::string centroids_file, labels_file;
};

// meta.json in the terms of its version 2; version 1, which has ranges where 2 has codebooks, becomes tables of those.
struct SogMeta {
  uint32_t count = 0;
  bool antialiased = false;
  glm::dvec3 means_min{0.0}, means_max{0.0};  // of sign(x) ln(|x| + 1)
  std::array<SogTable, 3> log_scales, colors;
  SogTable opacities;
  std::string means_low_file, means_high_file, scales_file, quats_file, sh0_file;
  std::optional<SogRest> rest;
  std::optional<AssetRecord> record;  // of ours
  std::vector<std::string> notes;
};

// Error kInvalidInput: damage, by place; kUnsupported: another version. File names are plain names in the same folder.
SogMeta parse_sog_meta(std::string_view text);

}  // namespace diorama
