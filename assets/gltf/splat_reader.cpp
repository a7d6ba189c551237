#include "assets/gltf/splat_reader.h"

#include "assets/gltf/accessor.h"
#include "assets/gltf/format.h"
#include "assets/splat_repair.h"
#include "assets/spz.h"
#include "engine/base/error.h"
#include "engine/scene/splat_transform.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

namespace diorama {
namespace {

struct ComponentKind {
  int type;
  bool normalized;
};

constexpr std::array kFloatOnly = {ComponentKind{kGltfF32, false}};
constexpr std::array kRotationKinds = {ComponentKind{kGltfF32, false}, ComponentKind{kGltfI8, true},
                                       ComponentKind{kGltfI16, true}};
// Signed integers are of the review drafts, where scales are logarithms.
constexpr std::array kScaleKinds = {
    ComponentKind{kGltfF32, false}, ComponentKind{kGltfU8, false},  ComponentKind{kGltfU8, true},
    ComponentKind{kGltfU16, false}, ComponentKind{kGltfU16, true},  ComponentKind{kGltfI8, false},
    ComponentKind{kGltfI8, true},   ComponentKind{kGltfI16, false}, ComponentKind{kGltfI16, true}};
constexpr std::array kOpacityKinds = {ComponentKind{kGltfF32, false}, ComponentKind{kGltfU8, true},
                                      ComponentKind{kGltfU16, true}};
// With KHR_mesh_quantization positions may be any of these.
constexpr std::array kPositionKinds = {
    ComponentKind{kGltfF32, false}, ComponentKind{kGltfI8, false},  ComponentKind{kGltfI8, true},
    ComponentKind{kGltfU8, false},  ComponentKind{kGltfU8, true},   ComponentKind{kGltfI16, false},
    ComponentKind{kGltfI16, true},  ComponentKind{kGltfU16, false}, ComponentKind{kGltfU16, true}};

// The extension's values that this build draws; drafts spelled the colour space otherwise.
void check_extension(const JsonNode& extension) {
  const auto require = [&](const char* key, const char* absent, std::initializer_list<const char*> known) {
    const std::string value = extension.text(key, absent);
    if (std::find(known.begin(), known.end(), value) != known.end()) return;
    fail(ErrorCode::kUnsupported, "{}.{} is \"{}\", this build reads \"{}\"", extension.where(), key, value,
         *known.begin());
  };
  require("kernel", kSplatKernel, {kSplatKernel});
  require("colorSpace", kSplatColorSpace, {kSplatColorSpace, "BT.709-sRGB", "BT.709"});
  require("projection", kSplatProjection, {kSplatProjection});
  const std::optional<JsonNode> extensions = extension.find("extensions");
  if (!extensions || !extensions->value().is_object()) return;
  for (const auto& [name, value] : extensions->value().items()) {
    if (name == kSplatSpzExtension) continue;
    fail(ErrorCode::kUnsupported, "{} uses {}, which this build does not read; export the file without it",
         extension.where(), name);
  }
}

// Of the draft compression: the data as an SPZ file.
std::optional<JsonNode> packed_data(const JsonNode& extension) {
  const std::optional<JsonNode> extensions = extension.find("extensions");
  return extensions ? extensions->find(kSplatSpzExtension) : std::nullopt;
}

// Everything is in the SPZ, whose axes are glTF's; accessors tell the count again.
SplatPart read_packed(const GltfDocument& document, const JsonNode& primitive, const JsonNode& packed, Asset& asset) {
  const auto& views = document.views();
  const GltfView& view = views[packed.at("bufferView").index(views.size(), "bufferViews")];
  Asset inner = parse_spz(view.bytes, packed.where());
  SplatPart part = std::move(inner.splats.at(0));
  document.budget().spend(part.cloud.size() * (12 + 3 * static_cast<size_t>(sh_count(part.cloud.sh_degree))));
  const auto& accessors = document.accessors();
  const JsonNode attributes = primitive.at("attributes");
  const uint64_t count = accessors[attributes.at("POSITION").index(accessors.size(), "accessors")].count;
  if (inner.notes.empty() && count != part.cloud.size()) {
    fail(ErrorCode::kInvalidInput, "{}.POSITION has {} elements, its SPZ {} splats", attributes.where(), count,
         part.cloud.size());
  }
  if (inner.record && inner.record->antialiased && !asset.record) asset.record = inner.record;
  asset.notes.insert(asset.notes.end(), inner.notes.begin(), inner.notes.end());
  return part;
}

class SplatReader {
 public:
  SplatReader(const GltfDocument& document, const JsonNode& primitive)
      : document_(document), primitive_(primitive), attributes_(primitive.at("attributes")) {}

  SplatCloud read();
  const std::vector<std::string>& notes() const { return notes_; }

 private:
  // The attribute under its name with the extension's prefix, or as drafts had it ("_SCALE").
  std::optional<std::string> find(const char* name) const;
  std::vector<float> gather(const std::string& key, int components, std::span<const ComponentKind> kinds) const;
  template <class Vector>
  void gather_into(std::vector<Vector>& target, const std::string& key, std::span<const ComponentKind> kinds) const;
  std::string required(const char* name) const;
  size_t degrees() const;
  void read_scales(SplatCloud& cloud);
  void read_sh(SplatCloud& cloud) const;
  void read_fallback_color(SplatCloud& cloud, bool with_opacity, bool with_color);

  const GltfDocument& document_;
  const JsonNode& primitive_;
  JsonNode attributes_;
  std::vector<uint32_t> all_;
  std::vector<std::string> notes_;
};

std::optional<std::string> SplatReader::find(const char* name) const {
  for (const std::string& key : {fmt::format("{}:{}", kSplatExtension, name), fmt::format("_{}", name)}) {
    if (attributes_.find(key.c_str())) return key;
  }
  return std::nullopt;
}

std::string SplatReader::required(const char* name) const {
  const std::optional<std::string> key = find(name);
  if (!key) fail(ErrorCode::kInvalidInput, "{}.{}:{} is missing", attributes_.where(), kSplatExtension, name);
  return *key;
}

std::vector<float> SplatReader::gather(const std::string& key, int components,
                                       std::span<const ComponentKind> kinds) const {
  const auto& accessors = document_.accessors();
  const GltfAccessor& accessor = accessors[attributes_.at(key.c_str()).index(accessors.size(), "accessors")];
  if (accessor.count != all_.size()) {
    fail(ErrorCode::kInvalidInput, "{}.{} has {} elements for {} splats", attributes_.where(), key, accessor.count,
         all_.size());
  }
  const bool allowed = std::any_of(kinds.begin(), kinds.end(), [&](const ComponentKind& kind) {
    return kind.type == accessor.component_type && kind.normalized == accessor.normalized;
  });
  if (!allowed) {
    fail(ErrorCode::kInvalidInput, "{}.{} is made of {}components of type {}, which its kernel does not allow",
         attributes_.where(), key, accessor.normalized ? "normalised " : "", accessor.component_type);
  }
  document_.budget().spend(all_.size() * static_cast<size_t>(components));
  return gather_floats(accessor, components, all_);
}

template <class Vector>
void SplatReader::gather_into(std::vector<Vector>& target, const std::string& key,
                              std::span<const ComponentKind> kinds) const {
  constexpr int kWidth = Vector::length();
  const std::vector<float> values = gather(key, kWidth, kinds);
  for (size_t i = 0; i < target.size(); ++i) {
    for (int c = 0; c < kWidth; ++c) {
      target[i][c] = values[i * static_cast<size_t>(kWidth) + static_cast<size_t>(c)];
    }
  }
}

// How many SH degrees are whole: 1 for degree 0 alone; 0 if there are none. Parts of a degree are an error.
size_t SplatReader::degrees() const {
  std::array<bool, 4> whole{};
  for (int degree = 0; degree <= 3; ++degree) {
    int found = 0;
    for (int n = 0; n <= 2 * degree; ++n) {
      found += find(fmt::format("SH_DEGREE_{}_COEF_{}", degree, n).c_str()).has_value();
    }
    if (found != 0 && found != 2 * degree + 1) {
      fail(ErrorCode::kInvalidInput, "{} has {} of the {} coefficients of SH degree {}, expected all or none",
           attributes_.where(), found, 2 * degree + 1, degree);
    }
    whole[static_cast<size_t>(degree)] = found != 0;
    if (found != 0 && degree > 1 && !whole[static_cast<size_t>(degree - 1)]) {
      fail(ErrorCode::kInvalidInput, "{} has SH degree {} without degree {}", attributes_.where(), degree, degree - 1);
    }
  }
  return static_cast<size_t>(std::find(whole.begin(), whole.end(), false) - whole.begin());
}

// Linear scales are never negative. The review drafts store logarithms, which are negative for splats below 1 m.
void SplatReader::read_scales(SplatCloud& cloud) {
  const std::string key = required("SCALE");
  gather_into(cloud.scales, key, kScaleKinds);
  const auto& accessors = document_.accessors();
  const int type = accessors[attributes_.at(key.c_str()).index(accessors.size(), "accessors")].component_type;
  const bool negative = std::any_of(cloud.scales.begin(), cloud.scales.end(),
                                    [](const glm::vec3& scale) { return scale.x < 0 || scale.y < 0 || scale.z < 0; });
  if (!negative && type != kGltfI8 && type != kGltfI16) return;
  for (glm::vec3& scale : cloud.scales) scale = glm::exp(scale);
  notes_.push_back(
      fmt::format("{} is of a draft of {}: its scales are logarithms", primitive_.where(), kSplatExtension));
}

void SplatReader::read_sh(SplatCloud& cloud) const {
  const auto width = static_cast<size_t>(sh_count(cloud.sh_degree));
  std::vector<glm::vec3> column(cloud.size());
  size_t k = 0;
  for (int degree = 0; degree <= cloud.sh_degree; ++degree) {
    for (int n = 0; n <= 2 * degree; ++n, ++k) {
      gather_into(column, required(fmt::format("SH_DEGREE_{}_COEF_{}", degree, n).c_str()), kFloatOnly);
      for (size_t i = 0; i < column.size(); ++i) cloud.sh[i * width + k] = column[i];
    }
  }
}

// The first drafts have the colour of degree 0, as it is displayed, and the opacity in COLOR_0 alone.
void SplatReader::read_fallback_color(SplatCloud& cloud, bool with_opacity, bool with_color) {
  const auto& accessors = document_.accessors();
  const GltfAccessor& accessor = accessors[attributes_.at("COLOR_0").index(accessors.size(), "accessors")];
  const auto components = static_cast<size_t>(accessor.components);
  if (components != 4 && (components != 3 || with_opacity)) {
    fail(ErrorCode::kInvalidInput, "{}.COLOR_0 has {} components, expected 4", attributes_.where(), components);
  }
  const std::vector<float> values = gather("COLOR_0", accessor.components, kOpacityKinds);
  const auto width = static_cast<size_t>(sh_count(cloud.sh_degree));
  for (size_t i = 0; i < cloud.size(); ++i) {
    const float* value = values.data() + i * components;
    if (with_opacity) cloud.opacities[i] = value[3];
    if (with_color) cloud.sh[i * width] = (glm::vec3(value[0], value[1], value[2]) - 0.5f) / kShC0;
  }
  notes_.push_back(fmt::format("{} is of a draft of {}: its {} in COLOR_0", primitive_.where(), kSplatExtension,
                               with_color ? "colour is" : "opacity is"));
}

SplatCloud SplatReader::read() {
  const uint64_t mode = primitive_.whole_number("mode", kGltfTriangles);
  if (mode != kGltfPoints) {
    fail(ErrorCode::kInvalidInput, "{}.mode is {}, splats must be points (0)", primitive_.where(), mode);
  }
  if (primitive_.find("indices")) {
    fail(ErrorCode::kUnsupported, "{} draws splats by indices, which this build does not read", primitive_.where());
  }
  const auto& accessors = document_.accessors();
  const uint64_t count = accessors[attributes_.at("POSITION").index(accessors.size(), "accessors")].count;
  const size_t whole_degrees = degrees();
  SplatCloud cloud;
  cloud.sh_degree = static_cast<int>(std::max<size_t>(whole_degrees, 1)) - 1;
  document_.budget().spend(count * (12 + 3 * static_cast<size_t>(sh_count(cloud.sh_degree))));
  all_.resize(count);
  std::iota(all_.begin(), all_.end(), 0u);
  cloud.resize(count);
  gather_into(cloud.positions, "POSITION", kPositionKinds);
  gather_into(cloud.rotations_xyzw, required("ROTATION"), kRotationKinds);
  normalize_rotations(cloud, primitive_.where(), notes_);
  read_scales(cloud);
  const std::optional<std::string> opacity = find("OPACITY");
  if (opacity) cloud.opacities = gather(*opacity, 1, kOpacityKinds);
  if (whole_degrees > 0) read_sh(cloud);
  if (!opacity || whole_degrees == 0) read_fallback_color(cloud, !opacity, whole_degrees == 0);
  return cloud;
}

}  // namespace

bool is_splat_primitive(const JsonNode& primitive) {
  const std::optional<JsonNode> extensions = primitive.find("extensions");
  return extensions && extensions->find(kSplatExtension);
}

void read_splat_primitive(const GltfDocument& document, const JsonNode& primitive, const GltfInstance& instance,
                          const std::string& name, Asset& asset) {
  const JsonNode extension = primitive.at("extensions").at(kSplatExtension);
  check_extension(extension);
  SplatPart part;
  if (const std::optional<JsonNode> packed = packed_data(extension)) {
    part = read_packed(document, primitive, *packed, asset);
  } else {
    SplatReader reader(document, primitive);
    part.cloud = reader.read();
    asset.notes.insert(asset.notes.end(), reader.notes().begin(), reader.notes().end());
  }
  part.name = name;
  transform(part.cloud, instance.world_from_mesh);
  with_context(primitive.where(), [&] { check_splat_cloud(part.cloud); });
  asset.splats.push_back(std::move(part));
}

}  // namespace diorama
