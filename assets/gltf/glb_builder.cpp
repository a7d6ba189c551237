#include "assets/gltf/glb_builder.h"

#include "assets/gltf/format.h"
#include "engine/base/error.h"
#include "engine/scene/mesh.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <string>

namespace diorama {
namespace {

static_assert(std::endian::native == std::endian::little, "glTF is little endian; data is copied as it lies");

using Json = nlohmann::ordered_json;

void pad_to_4(std::vector<std::byte>& bytes, std::byte filler) {
  bytes.resize((bytes.size() + 3) / 4 * 4, filler);
}

void append_u32(std::vector<std::byte>& bytes, uint64_t value) {
  const auto narrow = static_cast<uint32_t>(value);
  const size_t offset = bytes.size();
  bytes.resize(offset + sizeof(narrow));
  std::memcpy(bytes.data() + offset, &narrow, sizeof(narrow));
}

uint16_t unorm16(float value) {
  return static_cast<uint16_t>(std::clamp(value, 0.0f, 1.0f) * 65535.0f + 0.5f);
}

}  // namespace

size_t GlbBuilder::append(const char* array, Json element) {
  Json& elements = json_[array];
  elements.push_back(std::move(element));
  return elements.size() - 1;
}

size_t GlbBuilder::add_view(std::span<const std::byte> bytes, std::optional<int> target) {
  pad_to_4(binary_, std::byte{0});
  Json view = {{"buffer", 0}, {"byteOffset", binary_.size()}, {"byteLength", bytes.size()}};
  if (target) view["target"] = *target;
  binary_.insert(binary_.end(), bytes.begin(), bytes.end());
  return append("bufferViews", std::move(view));
}

size_t GlbBuilder::add_accessor(size_t view, int component_type, size_t count, const char* type) {
  return append("accessors",
                {{"bufferView", view}, {"componentType", component_type}, {"count", count}, {"type", type}});
}

size_t GlbBuilder::add_positions(std::span<const glm::vec3> positions) {
  const size_t accessor = add_vectors(positions);
  Bounds bounds;
  for (const glm::vec3& position : positions) bounds.extend(position);
  Json& json = json_["accessors"][accessor];
  json["min"] = {bounds.min.x, bounds.min.y, bounds.min.z};
  json["max"] = {bounds.max.x, bounds.max.y, bounds.max.z};
  return accessor;
}

size_t GlbBuilder::add_vectors(std::span<const glm::vec3> vectors) {
  return add_accessor(add_view(std::as_bytes(vectors), kGltfArrayBuffer), kGltfF32, vectors.size(), "VEC3");
}

size_t GlbBuilder::add_vectors(std::span<const glm::vec4> vectors) {
  return add_accessor(add_view(std::as_bytes(vectors), kGltfArrayBuffer), kGltfF32, vectors.size(), "VEC4");
}

size_t GlbBuilder::add_scalars(std::span<const float> scalars) {
  return add_accessor(add_view(std::as_bytes(scalars), kGltfArrayBuffer), kGltfF32, scalars.size(), "SCALAR");
}

size_t GlbBuilder::add_uvs(std::span<const glm::vec2> uvs) {
  return add_accessor(add_view(std::as_bytes(uvs), kGltfArrayBuffer), kGltfF32, uvs.size(), "VEC2");
}

// Four components: three would be padded to the same 8 bytes, as attributes start at multiples of 4.
size_t GlbBuilder::add_colors(std::span<const glm::vec4> colors_linear) {
  std::vector<glm::u16vec4> packed(colors_linear.size());
  std::transform(colors_linear.begin(), colors_linear.end(), packed.begin(), [](const glm::vec4& c) {
    return glm::u16vec4(unorm16(c.r), unorm16(c.g), unorm16(c.b), unorm16(c.a));
  });
  const size_t view = add_view(std::as_bytes(std::span(packed)), kGltfArrayBuffer);
  const size_t accessor = add_accessor(view, kGltfU16, packed.size(), "VEC4");
  json_["accessors"][accessor]["normalized"] = true;
  return accessor;
}

size_t GlbBuilder::add_indices(std::span<const glm::uvec3> triangles, size_t vertex_count) {
  const size_t count = 3 * triangles.size();
  // The largest value of the type is reserved for primitive restart, so 65,534 is the last u16 index.
  if (vertex_count > std::numeric_limits<uint16_t>::max()) {
    return add_accessor(add_view(std::as_bytes(triangles), kGltfElementBuffer), kGltfU32, count, "SCALAR");
  }
  std::vector<glm::u16vec3> packed(triangles.begin(), triangles.end());
  return add_accessor(add_view(std::as_bytes(std::span(packed)), kGltfElementBuffer), kGltfU16, count, "SCALAR");
}

GlbFile GlbBuilder::finish() {
  pad_to_4(binary_, std::byte{0});
  json_["buffers"] = Json::array({{{"byteLength", binary_.size()}}});
  // Names from outside may hold broken UTF-8; it becomes U+FFFD.
  std::string text = json_.dump(-1, ' ', false, Json::error_handler_t::replace);
  text.resize((text.size() + 3) / 4 * 4, ' ');
  constexpr uint64_t kHeaderBytes = 12, kChunkHeaderBytes = 8;
  const uint64_t total = kHeaderBytes + 2 * kChunkHeaderBytes + text.size() + binary_.size();
  if (total > std::numeric_limits<uint32_t>::max()) {
    fail(ErrorCode::kUnsupported,
         "the asset needs {} bytes, a .glb holds at most 4 GiB; lower the number of triangles or splats, or the "
         "texture sizes",
         total);
  }
  GlbFile file;
  for (const uint64_t word :
       {uint64_t{kGlbMagic}, uint64_t{kGlbVersion}, total, uint64_t{text.size()}, uint64_t{kGlbJsonChunk}}) {
    append_u32(file.head, word);
  }
  const auto* begin = reinterpret_cast<const std::byte*>(text.data());
  file.head.insert(file.head.end(), begin, begin + text.size());
  append_u32(file.head, binary_.size());
  append_u32(file.head, kGlbBinaryChunk);
  file.binary = std::move(binary_);
  return file;
}

}  // namespace diorama
