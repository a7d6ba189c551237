#include "assets/gltf/material_extensions.h"

#include "engine/base/error.h"

#include <algorithm>
#include <array>

namespace diorama {
namespace {

constexpr double kMostEmission = 1e6;

float number_from(const JsonNode& json, const char* key, double absent, double least) {
  const double value = json.number(key, absent);
  if (!(value >= least && value <= 1e30)) {
    fail(ErrorCode::kInvalidInput, "{}.{} is {}, expected {} or more", json.where(), key, value, least);
  }
  return static_cast<float>(value);
}

void note_texture(const JsonNode& json, const char* key, std::vector<std::string>& notes) {
  if (json.find(key)) notes.push_back(fmt::format("{}.{} is left out; its factor holds everywhere", json.where(), key));
}

void read_volume(const JsonNode& json, Material& material, std::vector<std::string>& notes) {
  note_texture(json, "thicknessTexture", notes);
  material.thickness_m = number_from(json, "thicknessFactor", 0, 0);
  if (json.find("attenuationDistance")) {
    material.attenuation_distance_m = number_from(json, "attenuationDistance", 1, 0);
    if (!(material.attenuation_distance_m > 0)) {
      fail(ErrorCode::kInvalidInput, "{}.attenuationDistance is 0, expected more", json.where());
    }
  }
  std::array<double, 3> color{1, 1, 1};
  if (const auto member = json.find("attenuationColor")) member->numbers(color);
  material.attenuation_color = glm::clamp(glm::vec3(color[0], color[1], color[2]), 0.0f, 1.0f);
}

void read_iridescence(const JsonNode& json, Material& material, std::vector<std::string>& notes) {
  note_texture(json, "iridescenceTexture", notes);
  note_texture(json, "iridescenceThicknessTexture", notes);
  material.iridescence = gltf_unit_number(json, "iridescenceFactor", 0);
  material.film_ior = number_from(json, "iridescenceIor", 1.3, 1);
  material.film_thickness_nm = number_from(json, "iridescenceThicknessMaximum", 400, 0);
}

}  // namespace

std::optional<JsonNode> gltf_extension(const JsonNode& json, const char* name) {
  const auto extensions = json.find("extensions");
  return extensions ? extensions->find(name) : std::nullopt;
}

float gltf_unit_number(const JsonNode& json, const char* key, double absent) {
  const double value = json.number(key, absent);
  if (!(value >= 0 && value <= 1)) {
    fail(ErrorCode::kInvalidInput, "{}.{} is {}, expected 0 to 1", json.where(), key, value);
  }
  return static_cast<float>(value);
}

void read_material_extensions(const JsonNode& json, Material& material, std::vector<std::string>& notes) {
  material.unlit = gltf_extension(json, "KHR_materials_unlit").has_value();
  if (const auto strength = gltf_extension(json, "KHR_materials_emissive_strength")) {
    material.emissive_linear *=
        static_cast<float>(std::clamp(strength->number("emissiveStrength", 1), 0.0, kMostEmission));
  }
  if (const auto ior = gltf_extension(json, "KHR_materials_ior")) {
    const double value = ior->number("ior", 1.5);
    if (!(value == 0 || (value >= 1 && value <= 1e6))) {
      fail(ErrorCode::kInvalidInput, "{}.ior is {}, expected 0, or 1 and more", ior->where(), value);
    }
    material.ior = static_cast<float>(value);
  }
  if (const auto transmission = gltf_extension(json, "KHR_materials_transmission")) {
    note_texture(*transmission, "transmissionTexture", notes);
    material.transmission = gltf_unit_number(*transmission, "transmissionFactor", 0);
  }
  if (const auto volume = gltf_extension(json, "KHR_materials_volume")) read_volume(*volume, material, notes);
  if (const auto film = gltf_extension(json, "KHR_materials_iridescence")) read_iridescence(*film, material, notes);
}

}  // namespace diorama
