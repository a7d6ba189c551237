#include "assets/sog/sog_meta.h"

#include "assets/gltf/asset_record.h"
#include "assets/gltf/json_node.h"
#include "engine/base/error.h"

#include <cmath>

namespace diorama {
namespace {

constexpr size_t kCodes = 256;

std::vector<std::string> file_names(const JsonNode& node, size_t count) {
  std::vector<std::string> names;
  for (const JsonNode& element : node.at("files").elements()) names.push_back(element.file_name());
  if (names.size() != count) {
    fail(ErrorCode::kInvalidInput, "{}.files has {} names, expected {}", node.where(), names.size(), count);
  }
  return names;
}

glm::dvec3 vec3_of(const JsonNode& node) {
  std::array<double, 3> values{};
  node.numbers(values);
  return {values[0], values[1], values[2]};
}

SogTable codebook_of(const JsonNode& node) {
  SogTable table;
  for (const JsonNode& element : node.at("codebook").elements()) table.push_back(static_cast<float>(element.number()));
  if (table.empty() || table.size() > kCodes) {
    fail(ErrorCode::kInvalidInput, "{}.codebook has {} values, expected 1 to {}", node.where(), table.size(), kCodes);
  }
  return table;
}

SogTable range_table(double low, double high) {
  SogTable table(kCodes);
  for (size_t i = 0; i < kCodes; ++i) table[i] = static_cast<float>(low + (high - low) * static_cast<double>(i) / 255);
  return table;
}

SogTable opacity_table() {
  return range_table(0, 1);
}

// Version 1 holds logits.
SogTable opacity_table(double low, double high) {
  SogTable table = range_table(low, high);
  for (float& value : table) value = 1 / (1 + std::exp(-value));
  return table;
}

void read_tables_1(const JsonNode& root, SogMeta& meta) {
  const glm::dvec3 low = vec3_of(root.at("scales").at("mins")), high = vec3_of(root.at("scales").at("maxs"));
  std::array<double, 4> color_low{}, color_high{};
  root.at("sh0").at("mins").numbers(color_low);
  root.at("sh0").at("maxs").numbers(color_high);
  for (size_t axis = 0; axis < 3; ++axis) {
    meta.log_scales[axis] = range_table(low[static_cast<int>(axis)], high[static_cast<int>(axis)]);
    meta.colors[axis] = range_table(color_low[axis], color_high[axis]);
  }
  meta.opacities = opacity_table(color_low[3], color_high[3]);
  if (meta.rest) {
    const JsonNode rest = root.at("shN");
    meta.rest->values = range_table(rest.at("mins").number(), rest.at("maxs").number());
  }
}

void read_tables_2(const JsonNode& root, SogMeta& meta) {
  meta.log_scales.fill(codebook_of(root.at("scales")));
  meta.colors.fill(codebook_of(root.at("sh0")));
  meta.opacities = opacity_table();
  if (meta.rest) {
    meta.rest->values = codebook_of(root.at("shN"));
    meta.rest->count = root.at("shN").at("count").whole_number();
    if (*meta.rest->count == 0 || *meta.rest->count > kMostSogPalette) {
      fail(ErrorCode::kInvalidInput, "shN.count is {}, expected 1 to {}", *meta.rest->count, kMostSogPalette);
    }
  }
}

// Version 1 tells the count as the first dimension of the positions.
uint64_t splat_count_of(const JsonNode& root, bool version_1) {
  if (!version_1) return root.at("count").whole_number();
  const std::vector<JsonNode> shape = root.at("means").elements("shape");
  if (shape.empty()) fail(ErrorCode::kInvalidInput, "means.shape is missing, and with it the number of splats");
  return shape[0].whole_number();
}

void read_files(const JsonNode& root, SogMeta& meta) {
  const std::vector<std::string> means = file_names(root.at("means"), 2);
  meta.means_low_file = means[0];
  meta.means_high_file = means[1];
  meta.scales_file = file_names(root.at("scales"), 1)[0];
  meta.quats_file = file_names(root.at("quats"), 1)[0];
  meta.sh0_file = file_names(root.at("sh0"), 1)[0];
  const std::optional<JsonNode> rest = root.find("shN");
  if (!rest || rest->value().is_null()) return;
  const std::vector<std::string> files = file_names(*rest, 2);
  meta.rest = SogRest{.centroids_file = files[0], .labels_file = files[1]};
}

// The model of the splats and, in files of ours, the record; a damaged one leaves the splats whole.
void read_origin(const JsonNode& root, SogMeta& meta) {
  const std::string model = root.text("model", "default");
  meta.antialiased = model == "antialiased" || root.boolean("antialias", false);
  if (!meta.antialiased && model != "default") {
    meta.notes.push_back(fmt::format("the splats are of the model \"{}\"; they are drawn as plain ones", model));
  }
  const std::optional<JsonNode> asset = root.find("asset");
  const std::optional<JsonNode> record = asset && asset->value().is_object() ? asset->find("diorama") : std::nullopt;
  if (!record) return;
  try {
    meta.record = record_from_json(*record);
    meta.record->antialiased = meta.antialiased;
  } catch (const Error& error) {
    meta.notes.push_back(fmt::format("{}; the record is left out", error.what()));
  }
}

}  // namespace

SogMeta parse_sog_meta(std::string_view text) {
  const nlohmann::json json = parse_json_object(text, "meta.json");
  const JsonNode root(json, "");
  const uint64_t version = root.whole_number("version", 1);
  if (version < 1 || version > kSogVersion) {
    fail(ErrorCode::kUnsupported, "is SOG version {}, this build reads 1 and {}", version, kSogVersion);
  }
  SogMeta meta;
  const uint64_t count = splat_count_of(root, version == 1);
  if (count == 0 || count > kMostSogSplats) {
    fail(ErrorCode::kInvalidInput, "promises {} splats, expected 1 to {}", count, kMostSogSplats);
  }
  meta.count = static_cast<uint32_t>(count);
  meta.means_min = vec3_of(root.at("means").at("mins"));
  meta.means_max = vec3_of(root.at("means").at("maxs"));
  read_files(root, meta);
  version == 1 ? read_tables_1(root, meta) : read_tables_2(root, meta);
  read_origin(root, meta);
  return meta;
}

}  // namespace diorama
