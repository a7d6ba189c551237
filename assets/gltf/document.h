#pragma once

#include "assets/gltf/json_node.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace diorama {

struct GltfView {
  std::span<const std::byte> bytes;
  size_t stride = 0;  // 0: elements lie close together
};

// Overrides of single elements; all ranges are checked.
struct GltfSparse {
  size_t count = 0;
  GltfView indices, values;
  int index_type = 0;
};

// A checked view of typed elements: every element that count and stride promise lies inside the buffer.
struct GltfAccessor {
  std::string where;
  int component_type = 0;
  int components = 1;
  bool normalized = false;
  uint64_t count = 0;
  std::optional<GltfView> view;  // absent: zeros; starts at the first element, its stride is set
  std::optional<GltfSparse> sparse;
};

// Bounds what a small file can make the reader compute: elements may be shared and repeated, so the work is not bounded
// by the file's size alone.
class GltfBudget {
 public:
  explicit GltfBudget(uint64_t file_bytes) : most_((uint64_t{1} << 27) + 16 * file_bytes), left_(most_) {}
  void spend(uint64_t elements);  // Error kInvalidInput when it is used up
  void renew() { left_ = most_; }

 private:
  uint64_t most_, left_;
};

// A loaded glTF file: JSON, buffers in memory, views and accessors checked. Spans point into the object or into the
// bytes that it was made from.
class GltfDocument {
 public:
  // From .glb bytes (which must outlive the document) or .gltf text; `folder` is where other files lie, absent: none
  // may.
  static GltfDocument from_bytes(std::span<const std::byte> bytes, std::optional<std::filesystem::path> folder);

  GltfDocument(GltfDocument&&) = default;

  JsonNode root() const { return {json_, ""}; }
  const std::vector<GltfView>& views() const { return views_; }
  const std::vector<GltfAccessor>& accessors() const { return accessors_; }
  GltfBudget& budget() const { return budget_; }

  // A file's or data URI's bytes; kept by the document.
  std::span<const std::byte> fetch(const JsonNode& uri) const;

 private:
  explicit GltfDocument(uint64_t file_bytes) : budget_(file_bytes) {}
  void load_buffers(std::span<const std::byte> binary_chunk);
  void load_views();
  void load_accessors();
  GltfAccessor accessor_from(const JsonNode& node) const;
  GltfSparse sparse_from(const JsonNode& node, const GltfAccessor& accessor) const;

  nlohmann::json json_;
  std::optional<std::filesystem::path> folder_;
  mutable std::map<std::string, std::vector<std::byte>> fetched_;  // node-based: spans stay valid
  std::vector<std::span<const std::byte>> buffers_;
  std::vector<GltfView> views_;
  std::vector<GltfAccessor> accessors_;
  mutable GltfBudget budget_;
};

}  // namespace diorama
