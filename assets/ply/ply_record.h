#pragma once

#include "assets/asset.h"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace diorama {

// What the comments of a PLY of splats can tell.
struct PlyComments {
  std::optional<AssetRecord> record;  // ours
  bool antialiased = false;           // "antialiased 1" (Postshot), "SplatRenderMode: mip" (Brush)
  std::vector<std::string> notes;
};

PlyComments read_ply_comments(std::span<const std::string> comments);

// Lines without the word "comment"; none is longer than 220 bytes, as some readers take no longer ones.
std::vector<std::string> ply_comments_of(const Asset& asset);

}  // namespace diorama
