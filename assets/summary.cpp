#include "assets/summary.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace diorama {
namespace {

using Json = nlohmann::ordered_json;

Json embedded(const std::string& text) {
  const Json value = Json::parse(text, nullptr, false);
  return value.is_object() ? value : Json::object();
}

Json json_of(const SplatQuantiles& quantiles) {
  Json object = Json::object();
  for (size_t i = 0; i < quantiles.size(); ++i) {
    object[fmt::format("{}%", 100 * kSplatQuantiles[i])] = quantiles[i];
  }
  return object;
}

Json json_of(const SplatHistogram& histogram) {
  return {{"edges", histogram.edges}, {"counts", histogram.counts}};
}

Json json_of(const AssetSummary& summary) {
  const SplatSummary& s = *summary.splats;
  const std::optional<double> bytes = summary.bytes_per_splat();
  Json histograms = {{"opacity", json_of(s.opacity_histogram)}, {"longest_axis_m", json_of(s.size_histogram)}};
  if (!s.sh_histogram.counts.empty()) histograms["view_dependence"] = json_of(s.sh_histogram);
  return {{"clouds", s.clouds},
          {"splats", s.splats},
          {"sh_degree", s.sh_degree},
          {"antialiased", s.antialiased},
          {"bytes_per_splat", bytes ? Json(*bytes) : Json(nullptr)},
          {"opacity", json_of(s.opacity)},
          {"longest_axis_m", json_of(s.longest_m)},
          {"shortest_axis_m", json_of(s.shortest_m)},
          {"histograms", std::move(histograms)}};
}

std::string row_of(const char* name, const SplatQuantiles& quantiles) {
  std::string row = fmt::format("{:<11}", name);
  for (const float value : quantiles) row += fmt::format(" {:>9.3g}", value);
  return row + "\n";
}

// A bar a bin, the fullest one of full length.
std::string bars_of(const char* name, const SplatHistogram& histogram) {
  constexpr size_t kLength = 40;
  if (histogram.counts.empty()) return "";
  const size_t most = *std::max_element(histogram.counts.begin(), histogram.counts.end());
  std::string text = std::string(name) + "\n";
  for (size_t i = 0; i < histogram.counts.size(); ++i) {
    const size_t count = histogram.counts[i], length = most > 0 ? (count * kLength + most - 1) / most : 0;
    text += fmt::format("{:>9.3g} to {:<7.3g} {:>9} {}\n", histogram.edges[i], histogram.edges[i + 1], count,
                        std::string(length, '#'));
  }
  return text;
}

std::string text_of(const AssetSummary& summary) {
  const SplatSummary& s = *summary.splats;
  std::string text = fmt::format("{} cloud{} of {} splats, SH degree {}{}", s.clouds, s.clouds == 1 ? "" : "s",
                                 s.splats, s.sh_degree, s.antialiased ? ", fitted with anti-aliasing" : "");
  if (const auto bytes = summary.bytes_per_splat()) text += fmt::format(", {:.1f} bytes a splat", *bytes);
  text += fmt::format("\n{:<11}", "share");
  for (const double share : kSplatQuantiles) text += fmt::format(" {:>8g}%", 100 * share);
  return text + "\n" + row_of("opacity", s.opacity) + row_of("longest m", s.longest_m) +
         row_of("shortest m", s.shortest_m) + bars_of("opacity", s.opacity_histogram) +
         bars_of("longest axis, m", s.size_histogram) +
         bars_of("view dependence of the colour (deviation over all directions)", s.sh_histogram);
}

// Corrections of single frames are counted: the list is for machines.
std::string calibration_text(const std::string& json) {
  Json calibration = embedded(json);
  if (calibration.contains("frames")) calibration["frames"] = calibration["frames"].size();
  return calibration.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::optional<double> AssetSummary::bytes_per_splat() const {
  if (file_bytes == 0 || meshes > 0 || !splats) return std::nullopt;
  return static_cast<double>(file_bytes) / static_cast<double>(splats->splats);
}

AssetSummary summarize(const Asset& asset, uint64_t file_bytes) {
  AssetSummary summary{.meshes = asset.meshes.size(),
                       .materials = asset.materials.size(),
                       .textures = asset.textures.size(),
                       .splats = summarize_splats(asset),
                       .bounds = bounds_of(asset),
                       .file_bytes = file_bytes,
                       .record = asset.record,
                       .notes = asset.notes};
  for (const MeshPart& part : asset.meshes) {
    summary.vertices += part.mesh.positions.size();
    summary.triangles += part.mesh.triangles.size();
  }
  return summary;
}

std::string to_json(const AssetSummary& s) {
  Json object{{"meshes", s.meshes},     {"materials", s.materials}, {"textures", s.textures},
              {"vertices", s.vertices}, {"triangles", s.triangles}, {"bounds_m", nullptr}};
  if (!s.bounds.empty()) {
    object["bounds_m"] = {{"min", {s.bounds.min.x, s.bounds.min.y, s.bounds.min.z}},
                          {"max", {s.bounds.max.x, s.bounds.max.y, s.bounds.max.z}}};
  }
  if (s.file_bytes > 0) object["file_bytes"] = s.file_bytes;
  if (s.splats) object["splats"] = json_of(s);
  if (!s.notes.empty()) object["notes"] = s.notes;
  if (s.record && !s.record->tool_version.empty()) {
    object["diorama"] = {{"tool_version", s.record->tool_version},
                         {"representation", s.record->representation},
                         {"capture", s.record->capture_name},
                         {"options", embedded(s.record->options_json)},
                         {"held_out", embedded(s.record->held_out_json)},
                         {"calibration", embedded(s.record->calibration_json)}};
  }
  return object.dump(1) + "\n";
}

std::string to_text(const AssetSummary& s) {
  std::string text;
  if (s.meshes > 0 || !s.splats) {
    text = fmt::format("{} mesh{}, {} vertices, {} triangles, {} materials, {} textures\n", s.meshes,
                       s.meshes == 1 ? "" : "es", s.vertices, s.triangles, s.materials, s.textures);
  }
  if (s.splats) text += text_of(s);
  if (!s.bounds.empty()) {
    const glm::vec3 size = s.bounds.max - s.bounds.min;
    text += fmt::format("size        {:.3f} x {:.3f} x {:.3f} m (x, y up, z)\n", size.x, size.y, size.z);
  }
  for (const std::string& note : s.notes) text += "note        " + note + "\n";
  if (!s.record || s.record->tool_version.empty()) return text + "made by     another program\n";
  text += fmt::format("made by     diorama {} as {} from capture {}\n", s.record->tool_version,
                      s.record->representation, s.record->capture_name);
  text += fmt::format("held out    {}\noptions     {}\ncalibration {}\n", s.record->held_out_json,
                      s.record->options_json, calibration_text(s.record->calibration_json));
  return text;
}

}  // namespace diorama
