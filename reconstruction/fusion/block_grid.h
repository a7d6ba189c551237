#pragma once

#include <glm/glm.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace diorama {

inline constexpr int kBlockEdge = 8;
inline constexpr int kBlockVoxels = kBlockEdge * kBlockEdge * kBlockEdge;
inline constexpr int kBlockCoordLimit = 1 << 20;  // |coordinate| of a block stays below

// Distance in units of truncation / 32767 (2 um at 6 cm); weight as IEEE half. A weight that has grown 2048 times
// larger than what is added no longer grows: the mean then follows the last 2048 measurements. 2 KiB.
struct alignas(64) BlockGeometry {
  int16_t distance[kBlockVoxels] = {};
  uint16_t weight_f16[kBlockVoxels] = {};
};

// Mean sRGB colour in 65535ths: 8 bits would stop following after a few frames. 4 KiB.
struct alignas(64) BlockColor {
  uint16_t red[kBlockVoxels] = {}, green[kBlockVoxels] = {}, blue[kBlockVoxels] = {};
  uint16_t weight_f16[kBlockVoxels] = {};
};

// Voxel (x, y, z) of a block is at x + 8 y + 64 z.
inline int voxel_index(int x, int y, int z) {
  return x + kBlockEdge * (y + kBlockEdge * z);
}

// Sparse grid of blocks: hash table from block coordinate to index. Blocks are numbered in order of insertion and
// never move.
class BlockGrid {
 public:
  explicit BlockGrid(bool color) : color_(color) { rehash(1024); }

  static bool in_range(glm::ivec3 coord) {
    return coord.x > -kBlockCoordLimit && coord.x < kBlockCoordLimit && coord.y > -kBlockCoordLimit &&
           coord.y < kBlockCoordLimit && coord.z > -kBlockCoordLimit && coord.z < kBlockCoordLimit;
  }
  // Coordinates within +-kBlockCoordLimit, 21 bits each; never 0.
  static uint64_t key_of(glm::ivec3 coord) {
    const auto bits = [](int value) { return static_cast<uint64_t>(static_cast<uint32_t>(value + kBlockCoordLimit)); };
    return bits(coord.x) | bits(coord.y) << 21 | bits(coord.z) << 42 | uint64_t{1} << 63;
  }
  static glm::ivec3 coord_of(uint64_t key) {
    const auto value = [&](int shift) { return static_cast<int>(key >> shift & 0x1fffff) - kBlockCoordLimit; };
    return {value(0), value(21), value(42)};
  }

  size_t size() const { return x_.size(); }
  bool has_color() const { return color_; }
  size_t memory_bytes() const;

  std::optional<uint32_t> find(uint64_t key) const {
    for (size_t slot = slot_of(key);; slot = (slot + 1) & (keys_.size() - 1)) {
      if (keys_[slot] == key) return values_[slot];
      if (keys_[slot] == 0) return std::nullopt;
    }
  }
  std::optional<uint32_t> find(glm::ivec3 coord) const { return find(key_of(coord)); }

  // Index of the block, made empty if it was not there.
  uint32_t insert(uint64_t key);

  glm::ivec3 coord(size_t block) const { return {x_[block], y_[block], z_[block]}; }
  std::span<const int32_t> coords_x() const { return x_; }
  std::span<const int32_t> coords_y() const { return y_; }
  std::span<const int32_t> coords_z() const { return z_; }

  BlockGeometry& geometry(size_t block) { return geometry_[block / kChunk][block % kChunk]; }
  const BlockGeometry& geometry(size_t block) const { return geometry_[block / kChunk][block % kChunk]; }
  BlockColor& color(size_t block) { return colors_[block / kChunk][block % kChunk]; }
  const BlockColor& color(size_t block) const { return colors_[block / kChunk][block % kChunk]; }

 private:
  static constexpr size_t kChunk = 128;  // 768 KiB with colour

  size_t slot_of(uint64_t key) const {
    return static_cast<size_t>((key * 0x9e3779b97f4a7c15ULL) >> 32) & (keys_.size() - 1);
  }
  void rehash(size_t slots);

  bool color_;
  std::vector<uint64_t> keys_;  // open addressing, linear probing, a power of two; 0 is free
  std::vector<uint32_t> values_;
  std::vector<int32_t> x_, y_, z_;
  std::vector<std::unique_ptr<BlockGeometry[]>> geometry_;
  std::vector<std::unique_ptr<BlockColor[]>> colors_;
};

}  // namespace diorama
