#include "assets/summary.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace diorama {
namespace {

using Json = nlohmann::ordered_json;

Json embedded(const std::string& text) {
  const Json value = Json::parse(text, nullptr, false);
  return value.is_object() ? value : Json::object();
}

}  // namespace

AssetSummary summarize(const Asset& asset) {
  AssetSummary summary{.meshes = asset.meshes.size(),
                       .materials = asset.materials.size(),
                       .textures = asset.textures.size(),
                       .bounds = bounds_of(asset),
                       .record = asset.record};
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
  if (s.record) {
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
  std::string text = fmt::format("{} mesh{}, {} vertices, {} triangles, {} materials, {} textures\n", s.meshes,
                                 s.meshes == 1 ? "" : "es", s.vertices, s.triangles, s.materials, s.textures);
  if (!s.bounds.empty()) {
    const glm::vec3 size = s.bounds.max - s.bounds.min;
    text += fmt::format("size        {:.3f} x {:.3f} x {:.3f} m (x, y up, z)\n", size.x, size.y, size.z);
  }
  if (!s.record) return text + "made by     another program\n";
  text += fmt::format("made by     diorama {} as {} from capture {}\n", s.record->tool_version,
                      s.record->representation, s.record->capture_name);
  text += fmt::format("held out    {}\noptions     {}\ncalibration {}\n", s.record->held_out_json,
                      s.record->options_json, s.record->calibration_json);
  return text;
}

}  // namespace diorama
