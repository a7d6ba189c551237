#include "assets/sog/sog_files.h"
#include "assets/sog_levels.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/scene/splat_decimate.h"
#include "engine/scene/splat_order.h"

#include <glm/gtc/quaternion.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <numeric>

namespace diorama {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kLeafSplats = 8192;             // of a box at the finest level
constexpr size_t kFileSplats = size_t{1} << 19;  // of one file

// A box and its splats at all levels.
struct Leaf {
  std::vector<SplatCloud> levels;
};

// Centres and three standard deviations around them.
Bounds extent_of(const SplatCloud& cloud, std::span<const uint32_t> splats) {
  Bounds bounds;
  for (const uint32_t i : splats) {
    const glm::vec4 q = cloud.rotations_xyzw[i];
    glm::mat3 axes = glm::mat3_cast(glm::quat(q.w, q.x, q.y, q.z));
    for (int axis = 0; axis < 3; ++axis) axes[axis] *= cloud.scales[i][axis];
    const glm::mat3 rows = glm::transpose(axes);
    const glm::vec3 reach = 3.0f * glm::vec3(glm::length(rows[0]), glm::length(rows[1]), glm::length(rows[2]));
    bounds.extend(cloud.positions[i] - reach);
    bounds.extend(cloud.positions[i] + reach);
  }
  return bounds;
}

Json json_of(const Bounds& bounds) {
  return {{"min", {bounds.min.x, bounds.min.y, bounds.min.z}}, {"max", {bounds.max.x, bounds.max.y, bounds.max.z}}};
}

// The tree of boxes: halves at the median along the longest side until a box is small enough.
class BoxTree {
 public:
  explicit BoxTree(const SplatCloud& cloud) : cloud_(cloud), order_(cloud.size()) {
    std::iota(order_.begin(), order_.end(), 0u);
    root_ = divide(order_);
  }

  Json& root() { return root_; }
  std::vector<Leaf>& leaves() { return leaves_; }

 private:
  Json divide(std::span<uint32_t> splats) {
    Json node = {{"bound", json_of(extent_of(cloud_, splats))}};
    if (splats.size() <= kLeafSplats) {
      node["leaf"] = leaves_.size();
      std::sort(splats.begin(), splats.end());  // in Morton order, as the cloud is
      leaves_.push_back({{gathered(cloud_, splats)}});
      return node;
    }
    Bounds centres;
    for (const uint32_t i : splats) centres.extend(cloud_.positions[i]);
    const glm::vec3 size = centres.max - centres.min;
    const int axis = size.x >= size.y && size.x >= size.z ? 0 : size.y >= size.z ? 1 : 2;
    const auto middle = splats.begin() + static_cast<ptrdiff_t>(splats.size() / 2);
    std::nth_element(splats.begin(), middle, splats.end(), [&](uint32_t a, uint32_t b) {
      const float pa = cloud_.positions[a][axis], pb = cloud_.positions[b][axis];
      return pa != pb ? pa < pb : a < b;
    });
    node["children"].push_back(divide({splats.begin(), middle}));
    node["children"].push_back(divide({middle, splats.end()}));
    return node;
  }

  const SplatCloud& cloud_;
  std::vector<uint32_t> order_;
  std::vector<Leaf> leaves_;
  Json root_;
};

void append(SplatCloud& target, const SplatCloud& cloud) {
  target.sh_degree = cloud.sh_degree;
  target.positions.insert(target.positions.end(), cloud.positions.begin(), cloud.positions.end());
  target.scales.insert(target.scales.end(), cloud.scales.begin(), cloud.scales.end());
  target.rotations_xyzw.insert(target.rotations_xyzw.end(), cloud.rotations_xyzw.begin(), cloud.rotations_xyzw.end());
  target.opacities.insert(target.opacities.end(), cloud.opacities.begin(), cloud.opacities.end());
  target.sh.insert(target.sh.end(), cloud.sh.begin(), cloud.sh.end());
}

// Writes the files of all levels and notes in `lods` of each leaf where its splats are.
class LevelFiles {
 public:
  LevelFiles(std::filesystem::path folder, bool antialiased, std::string origin, ThreadPool& pool)
      : folder_(std::move(folder)), antialiased_(antialiased), origin_(std::move(origin)), pool_(pool) {}

  void write_level(const std::vector<Leaf>& leaves, size_t level, std::vector<Json>& lods) {
    size_t number = 0;
    for (size_t i = 0; i < leaves.size(); ++i) {
      const SplatCloud& cloud = leaves[i].levels[level];
      if (pending_.size() > 0 && pending_.size() + cloud.size() > kFileSplats) write_pending(level, number++);
      lods[i][std::to_string(level)] = {{"file", names_.size()}, {"offset", pending_.size()}, {"count", cloud.size()}};
      append(pending_, cloud);
    }
    write_pending(level, number);
  }

  const std::vector<std::string>& names() const { return names_; }

 private:
  void write_pending(size_t level, size_t number) {
    const std::string folder = fmt::format("{}_{}", level, number);
    for (const NamedBytes& file : encode_sog_files(pending_, antialiased_, origin_, pool_)) {
      write_file(folder_ / folder / file.name, file.bytes);
    }
    names_.push_back(folder + "/meta.json");
    pending_ = {};
  }

  std::filesystem::path folder_;
  bool antialiased_;
  std::string origin_;
  ThreadPool& pool_;
  SplatCloud pending_;
  std::vector<std::string> names_;
};

// Puts what was noted of each leaf into the tree.
void place_lods(Json& node, std::vector<Json>& lods) {
  if (node.contains("children")) {
    for (Json& child : node["children"]) place_lods(child, lods);
    return;
  }
  const size_t leaf = node["leaf"];
  node.erase("leaf");
  node["lods"] = std::move(lods[leaf]);
}

void write_all(const Asset& asset, const std::filesystem::path& folder, int level_count, ThreadPool& pool) {
  const SplatCloud cloud = sog_cloud_of(asset);
  BoxTree tree(cloud);
  std::vector<Leaf>& leaves = tree.leaves();
  for (Leaf& leaf : leaves) {
    for (int level = 1; level < level_count; ++level) {
      leaf.levels.push_back(decimate(leaf.levels.back(), (leaf.levels.back().size() + 1) / 2, pool));
    }
  }
  const std::string origin = sog_origin(asset);
  LevelFiles files(folder, asset.record && asset.record->antialiased, origin, pool);
  std::vector<Json> lods(leaves.size(), Json::object());
  Json counts = Json::array();
  for (size_t level = 0; level < static_cast<size_t>(level_count); ++level) {
    size_t count = 0;
    for (const Leaf& leaf : leaves) count += leaf.levels[level].size();
    counts.push_back(count);
    files.write_level(leaves, level, lods);
  }
  place_lods(tree.root(), lods);
  const Json meta = {{"version", 1},       {"asset", Json::parse(origin)}, {"count", cloud.size()},
                     {"counts", counts},   {"lodLevels", level_count},     {"filenames", files.names()},
                     {"tree", tree.root()}};
  write_file(folder / "lod-meta.json", meta.dump());
}

}  // namespace

void write_sog_levels(const Asset& asset, const std::filesystem::path& folder, const SogLevelsOptions& options,
                      ThreadPool& pool) {
  DIO_CHECK(options.levels >= 1);
  with_context(folder, [&] { write_all(asset, folder, options.levels, pool); });
}

}  // namespace diorama
