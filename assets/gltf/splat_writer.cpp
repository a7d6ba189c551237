#include "assets/gltf/splat_writer.h"

#include "assets/gltf/format.h"
#include "assets/spz.h"
#include "engine/scene/color.h"
#include "engine/scene/splat_transform.h"

#include <fmt/format.h>

#include <vector>

namespace diorama {
namespace {

using Json = nlohmann::ordered_json;

std::string attribute(const char* name) {
  return fmt::format("{}:{}", kSplatExtension, name);
}

// What a viewer without the extension shows: the colour of degree 0, decoded from sRGB as COLOR_0 is linear.
std::vector<glm::vec4> fallback_colors(const SplatCloud& cloud) {
  const auto width = static_cast<size_t>(sh_count(cloud.sh_degree));
  std::vector<glm::vec4> colors(cloud.size());
  for (size_t i = 0; i < colors.size(); ++i) {
    const glm::vec3 srgb = glm::clamp(0.5f + kShC0 * cloud.sh[i * width], 0.0f, 1.0f);
    colors[i] = glm::vec4(linear_from_srgb(srgb), cloud.opacities[i]);
  }
  return colors;
}

void add_sh(GlbBuilder& builder, const SplatCloud& cloud, Json& attributes) {
  const auto width = static_cast<size_t>(sh_count(cloud.sh_degree));
  std::vector<glm::vec3> column(cloud.size());
  size_t k = 0;
  for (int degree = 0; degree <= cloud.sh_degree; ++degree) {
    for (int n = 0; n <= 2 * degree; ++n, ++k) {
      for (size_t i = 0; i < column.size(); ++i) column[i] = cloud.sh[i * width + k];
      attributes[attribute(fmt::format("SH_DEGREE_{}_COEF_{}", degree, n).c_str())] = builder.add_vectors(column);
    }
  }
}

// The cloud in the capture's frame: by the inverse in double, so that the reader's product is within a rounding of what
// was given.
SplatCloud in_capture(const SplatCloud& cloud, const Rigid& asset_from_capture) {
  SplatCloud moved = cloud;
  transform(moved, glm::inverse(glm::dmat4(to_mat4(asset_from_capture))));
  return moved;
}

Json extension_json() {
  return {{"kernel", kSplatKernel},
          {"colorSpace", kSplatColorSpace},
          {"sortingMethod", kSplatSorting},
          {"projection", kSplatProjection}};
}

// An accessor without data of its own.
size_t add_promise(GlbBuilder& builder, size_t count, const char* type) {
  return builder.append("accessors", {{"componentType", kGltfF32}, {"count", count}, {"type", type}});
}

}  // namespace

Json splat_primitive_json(GlbBuilder& builder, const SplatCloud& cloud, const Rigid& asset_from_capture) {
  const SplatCloud moved = in_capture(cloud, asset_from_capture);
  Json attributes;
  attributes["POSITION"] = builder.add_positions(moved.positions);
  attributes["COLOR_0"] = builder.add_colors(fallback_colors(moved));
  attributes[attribute("ROTATION")] = builder.add_vectors(moved.rotations_xyzw);
  attributes[attribute("SCALE")] = builder.add_vectors(moved.scales);
  attributes[attribute("OPACITY")] = builder.add_scalars(moved.opacities);
  add_sh(builder, moved, attributes);
  return {{"attributes", std::move(attributes)},
          {"mode", kGltfPoints},
          {"extensions", {{kSplatExtension, extension_json()}}}};
}

Json packed_splat_primitive_json(GlbBuilder& builder, const SplatCloud& cloud, const Rigid& asset_from_capture,
                                 bool antialiased) {
  const SplatCloud moved = in_capture(cloud, asset_from_capture);
  const size_t view = builder.add_view(encode_spz_2(moved, antialiased), std::nullopt);
  Json attributes;
  attributes["POSITION"] = add_promise(builder, moved.size(), "VEC3");
  const Bounds bounds = bounds_of(moved);
  Json& position = builder.json()["accessors"].back();
  position["min"] = {bounds.min.x, bounds.min.y, bounds.min.z};
  position["max"] = {bounds.max.x, bounds.max.y, bounds.max.z};
  attributes[attribute("ROTATION")] = add_promise(builder, moved.size(), "VEC4");
  attributes[attribute("SCALE")] = add_promise(builder, moved.size(), "VEC3");
  attributes[attribute("OPACITY")] = add_promise(builder, moved.size(), "SCALAR");
  for (int degree = 0; degree <= moved.sh_degree; ++degree) {
    for (int n = 0; n <= 2 * degree; ++n) {
      attributes[attribute(fmt::format("SH_DEGREE_{}_COEF_{}", degree, n).c_str())] =
          add_promise(builder, moved.size(), "VEC3");
    }
  }
  Json extension = extension_json();
  extension["extensions"] = {{kSplatSpzExtension, {{"bufferView", view}}}};
  return {{"attributes", std::move(attributes)},
          {"mode", kGltfPoints},
          {"extensions", {{kSplatExtension, std::move(extension)}}}};
}

}  // namespace diorama
