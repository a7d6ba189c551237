#include "assets/ply/ply_record.h"

#include "assets/gltf/asset_record.h"
#include "engine/base/error.h"

#include <algorithm>
#include <string_view>

namespace diorama {
namespace {

// The record's JSON follows these words, in pieces.
constexpr std::string_view kRecordPrefix = "diorama_record ";
constexpr size_t kPieceBytes = 200;

}  // namespace

PlyComments read_ply_comments(std::span<const std::string> comments) {
  PlyComments result;
  std::string record;
  for (const std::string& comment : comments) {
    if (comment.starts_with(kRecordPrefix)) record += comment.substr(kRecordPrefix.size());
    if (comment == "antialiased 1" || comment == "SplatRenderMode: mip") result.antialiased = true;
    if (comment == "SplatRenderMode: 2dgs") {
      result.notes.emplace_back("the splats were fitted as flat discs (2DGS); they are drawn as flat ellipsoids");
    }
  }
  if (record.empty()) return result;
  try {
    result.record = record_from_text(record);
    result.record->antialiased = result.antialiased;
  } catch (const Error& error) {
    // The splats are whole without it.
    result.notes.push_back(fmt::format("{}; the record is left out", error.what()));
  }
  return result;
}

std::vector<std::string> ply_comments_of(const Asset& asset) {
  std::vector<std::string> lines;
  if (!asset.record) return lines;
  if (asset.record->antialiased) lines = {"antialiased 1", "SplatRenderMode: mip"};
  const std::string text = record_to_text(asset);
  for (size_t i = 0; i < text.size(); i += kPieceBytes) {
    lines.push_back(std::string(kRecordPrefix) + text.substr(i, kPieceBytes));
  }
  return lines;
}

}  // namespace diorama
