#include "assets/gltf/document.h"

#include "assets/gltf/accessor.h"
#include "assets/gltf/format.h"
#include "assets/gltf/glb_chunks.h"
#include "assets/gltf/uri.h"
#include "engine/base/error.h"
#include "engine/base/file.h"

#include <array>
#include <string_view>

namespace diorama {
namespace {

constexpr uint64_t kMaxElements = uint64_t{1} << 32;

// Zeros cost no bytes in the file, so their count is bounded apart.
constexpr uint64_t kMaxZeroElements = uint64_t{1} << 24;

constexpr std::array kKnownExtensions = {"KHR_materials_unlit",   "KHR_materials_emissive_strength",
                                         "KHR_texture_transform", "KHR_mesh_quantization",
                                         kSplatSpzExtension,      "EXT_texture_webp",
                                         kSplatExtension};

bool is_known(std::string_view extension) {
  for (const char* known : kKnownExtensions) {
    if (extension == known) return true;
  }
  return false;
}

std::string version_of(const JsonNode& root, const std::string& extension) {
  const auto& json = root.value();
  const nlohmann::json::json_pointer place("/extensions/" + extension + "/version");
  return json.contains(place) ? json[place].dump() : "unknown";
}

// DIORAMA_ extensions carry what an asset is: without them a picture would be wrong even where they are optional.
void check_extensions(const JsonNode& root) {
  for (const char* list : {"extensionsRequired", "extensionsUsed"}) {
    for (const JsonNode& node : root.elements(list)) {
      const std::string name = node.text();
      const bool known_here = name == kSplatVideoExtension && version_of(root, name) == "1";
      if (name.starts_with("DIORAMA_") && !known_here) {
        fail(ErrorCode::kUnsupported, "uses {} version {}, which this build does not know; use a newer Diorama", name,
             version_of(root, name));
      }
      if (list == std::string_view("extensionsRequired") && !is_known(name)) {
        fail(ErrorCode::kUnsupported, "requires the extension {}, which is not read; export the file without it", name);
      }
    }
  }
}

void check_version(const JsonNode& root) {
  const JsonNode asset = root.at("asset");
  const std::string version = asset.at("version").text();
  const std::string minimum = asset.text("minVersion", "2.0");
  if (!version.starts_with("2.") || minimum != "2.0") {
    fail(ErrorCode::kUnsupported, "is glTF {} (at least {}), this build reads 2.0", version, minimum);
  }
}

int component_count(const JsonNode& type) {
  constexpr std::array<std::pair<const char*, int>, 7> kTypes = {
      {{"SCALAR", 1}, {"VEC2", 2}, {"VEC3", 3}, {"VEC4", 4}, {"MAT2", 4}, {"MAT3", 9}, {"MAT4", 16}}};
  const std::string name = type.text();
  for (const auto& [known, count] : kTypes) {
    if (name == known) return count;
  }
  fail(ErrorCode::kInvalidInput, "{} is \"{}\", which glTF does not have", type.where(), name);
}

int component_type(const JsonNode& node) {
  const auto type = static_cast<int>(std::min<uint64_t>(node.whole_number(), 1 << 20));
  if (component_bytes(type) == 0) {
    fail(ErrorCode::kInvalidInput, "{} is {}, expected 5120, 5121, 5122, 5123, 5125 or 5126", node.where(), type);
  }
  return type;
}

// The part of `view` with `count` elements from `offset`; all of it is inside.
GltfView elements_in(const GltfView& view, uint64_t offset, uint64_t count, size_t element_bytes,
                     const std::string& where) {
  const size_t stride = view.stride != 0 ? view.stride : element_bytes;
  // No overflow: count <= 2^32, stride <= 252, offset <= 2^53.
  const uint64_t end = offset + stride * (count - 1) + element_bytes;
  if (end > view.bytes.size()) {
    fail(ErrorCode::kInvalidInput, "{} needs {} bytes, its buffer view has {}", where, end, view.bytes.size());
  }
  return {view.bytes.subspan(offset, end - offset), stride};
}

}  // namespace

void GltfBudget::spend(uint64_t elements) {
  if (elements > left_) {
    fail(ErrorCode::kInvalidInput, "the scene repeats its data so often that it would not fit in memory");
  }
  left_ -= elements;
}

GltfDocument GltfDocument::from_bytes(std::span<const std::byte> bytes, std::optional<std::filesystem::path> folder) {
  GltfDocument document(bytes.size());
  document.folder_ = std::move(folder);
  GlbChunks chunks{{reinterpret_cast<const char*>(bytes.data()), bytes.size()}, {}};
  if (is_glb(bytes) || !document.folder_) chunks = split_glb(bytes);
  document.json_ = parse_json_object(chunks.json, "the glTF's JSON");
  check_version(document.root());
  check_extensions(document.root());
  document.load_buffers(chunks.binary);
  document.load_views();
  document.load_accessors();
  return document;
}

std::span<const std::byte> GltfDocument::fetch(const JsonNode& node) const {
  const std::string uri = node.text();
  return with_context(node.where(), [&]() -> std::span<const std::byte> {
    std::string key = uri;
    if (!is_data_uri(uri)) {
      if (!folder_) fail(ErrorCode::kInvalidInput, "refers to another file, expected a self-contained .glb");
      key = resolve_uri(uri, *folder_).lexically_normal().string();
    }
    const auto known = fetched_.find(key);
    if (known != fetched_.end()) return known->second;
    return fetched_[key] = is_data_uri(uri) ? decode_data_uri(uri) : read_file(key);
  });
}

void GltfDocument::load_buffers(std::span<const std::byte> binary_chunk) {
  for (const JsonNode& node : root().elements("buffers")) {
    const uint64_t length = node.at("byteLength").whole_number();
    const std::optional<JsonNode> uri = node.find("uri");
    std::span<const std::byte> bytes = uri                ? fetch(*uri)
                                       : buffers_.empty() ? binary_chunk
                                                          : std::span<const std::byte>{};
    if (length > bytes.size()) {
      fail(ErrorCode::kInvalidInput, "{}.byteLength is {}, but {} bytes are there", node.where(), length, bytes.size());
    }
    buffers_.push_back(bytes.first(length));
  }
}

void GltfDocument::load_views() {
  for (const JsonNode& node : root().elements("bufferViews")) {
    const std::span<const std::byte> buffer = buffers_[node.at("buffer").index(buffers_.size(), "buffers")];
    const uint64_t offset = node.whole_number("byteOffset", 0), length = node.at("byteLength").whole_number();
    if (offset > buffer.size() || length > buffer.size() - offset) {
      fail(ErrorCode::kInvalidInput, "{} covers {} bytes from {}, its buffer has {}", node.where(), length, offset,
           buffer.size());
    }
    const uint64_t stride = node.whole_number("byteStride", 0);
    if (stride > 252) {
      fail(ErrorCode::kInvalidInput, "{}.byteStride is {}, at most 252 is allowed", node.where(), stride);
    }
    views_.push_back({buffer.subspan(offset, length), stride});
  }
}

void GltfDocument::load_accessors() {
  for (const JsonNode& node : root().elements("accessors")) accessors_.push_back(accessor_from(node));
}

GltfAccessor GltfDocument::accessor_from(const JsonNode& node) const {
  GltfAccessor accessor;
  accessor.where = node.where();
  accessor.component_type = component_type(node.at("componentType"));
  accessor.components = component_count(node.at("type"));
  accessor.normalized = node.boolean("normalized", false);
  accessor.count = node.at("count").whole_number();
  const std::optional<size_t> view = node.index("bufferView", views_.size(), "buffer views");
  const uint64_t most = view ? kMaxElements : kMaxZeroElements;
  if (accessor.count == 0 || accessor.count > most) {
    fail(ErrorCode::kInvalidInput, "{}.count is {}, expected 1 to {}", node.where(), accessor.count, most);
  }
  if (view) {
    accessor.view = elements_in(views_[*view], node.whole_number("byteOffset", 0), accessor.count,
                                element_bytes(accessor), node.where());
  }
  if (const auto sparse = node.find("sparse")) accessor.sparse = sparse_from(*sparse, accessor);
  return accessor;
}

GltfSparse GltfDocument::sparse_from(const JsonNode& node, const GltfAccessor& accessor) const {
  GltfSparse sparse;
  sparse.count = node.at("count").whole_number();
  if (sparse.count == 0 || sparse.count > accessor.count) {
    fail(ErrorCode::kInvalidInput, "{}.count is {}, expected 1 to {}", node.where(), sparse.count, accessor.count);
  }
  const JsonNode indices = node.at("indices"), values = node.at("values");
  const auto view_of = [&](const JsonNode& part, size_t bytes) {
    GltfView view = views_[part.at("bufferView").index(views_.size(), "buffer views")];
    view.stride = 0;
    return elements_in(view, part.whole_number("byteOffset", 0), sparse.count, bytes, part.where());
  };
  sparse.index_type = component_type(indices.at("componentType"));
  sparse.indices = view_of(indices, component_bytes(sparse.index_type));
  sparse.values = view_of(values, element_bytes(accessor));
  check_sparse_indices(sparse, accessor);
  return sparse;
}

}  // namespace diorama
