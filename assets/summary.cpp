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

Json json_of(const Bounds& bounds) {
  return {{"min", {bounds.min.x, bounds.min.y, bounds.min.z}}, {"max", {bounds.max.x, bounds.max.y, bounds.max.z}}};
}

Json json_of(const SplatVideoSummary& v) {
  return {{"frames", v.frames},
          {"groups", v.groups},
          {"frames_of_group", {{"least", v.shortest_group}, {"most", v.longest_group}}},
          {"moving_splats", {{"least", v.fewest_splats}, {"most", v.most_splats}, {"mean", v.mean_splats}}},
          {"background_splats", v.background_splats},
          {"first_time_s", v.first_time_s},
          {"last_time_s", v.last_time_s},
          {"file_bytes", v.file_bytes},
          {"bounds_m", v.bounds.empty() ? Json(nullptr) : json_of(v.bounds)}};
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

std::string text_of(const SplatVideoSummary& v) {
  const glm::vec3 size = v.bounds.empty() ? glm::vec3(0) : v.bounds.max - v.bounds.min;
  std::string text = fmt::format("splat video {} frame{} from {:.3f} to {:.3f} s in {} group{} of {} to {} frames\n",
                                 v.frames, v.frames == 1 ? "" : "s", v.first_time_s, v.last_time_s, v.groups,
                                 v.groups == 1 ? "" : "s", v.shortest_group, v.longest_group);
  text += fmt::format("moving      {:.0f} splats a frame ({} to {}), {} more stand still\n", v.mean_splats,
                      v.fewest_splats, v.most_splats, v.background_splats);
  text += fmt::format("in its folder {:.1f} MB, {:.3f} MB a frame\n", static_cast<double>(v.file_bytes) / 1e6,
                      static_cast<double>(v.file_bytes) / 1e6 / static_cast<double>(v.frames));
  return text + fmt::format("all frames  {:.3f} x {:.3f} x {:.3f} m (x, y up, z)\n", size.x, size.y, size.z);
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

SplatVideoSummary summarize(const SplatSequenceReader& performance) {
  const SplatSequence& sequence = performance.sequence();
  SplatVideoSummary summary{.frames = sequence.frame_count(),
                            .groups = sequence.groups.size(),
                            .background_splats = sequence.background.size(),
                            .fewest_splats = SIZE_MAX,
                            .shortest_group = SIZE_MAX,
                            .first_time_s = sequence.times_s.front(),
                            .last_time_s = sequence.times_s.back(),
                            .file_bytes = performance.file_bytes(),
                            .bounds = performance.bounds()};
  for (const SplatGroupInfo& group : sequence.groups) {
    summary.fewest_splats = std::min(summary.fewest_splats, group.splat_count);
    summary.most_splats = std::max(summary.most_splats, group.splat_count);
    summary.shortest_group = std::min(summary.shortest_group, group.frame_count);
    summary.longest_group = std::max(summary.longest_group, group.frame_count);
    const double share = static_cast<double>(group.frame_count) / static_cast<double>(summary.frames);
    summary.mean_splats += share * static_cast<double>(group.splat_count);
  }
  return summary;
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
  if (!s.bounds.empty()) object["bounds_m"] = json_of(s.bounds);
  if (s.file_bytes > 0) object["file_bytes"] = s.file_bytes;
  if (s.splats) object["splats"] = json_of(s);
  if (s.video) object["splat_video"] = json_of(*s.video);
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
  if (s.video) text += text_of(*s.video);
  for (const std::string& note : s.notes) text += "note        " + note + "\n";
  if (!s.record || s.record->tool_version.empty()) return text + "made by     another program\n";
  text += fmt::format("made by     diorama {} as {} from capture {}\n", s.record->tool_version,
                      s.record->representation, s.record->capture_name);
  text += fmt::format("held out    {}\noptions     {}\ncalibration {}\n", s.record->held_out_json,
                      s.record->options_json, calibration_text(s.record->calibration_json));
  return text;
}

}  // namespace diorama
