#pragma once

#include "engine/video/picture420.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace diorama {

// Where the scalars of splats stand in a picture: each in a tile of its own, tiles row by row from the top left, in
// luma or in one of the chroma planes. Within a tile splat i is in block i / 256, blocks of 16x16 row by row, and there
// at the Morton place of i % 256 (bit 0: x, bit 1: y, bit 2: x, ...): what follows each other is near.
struct AtlasLayout {
  glm::ivec2 size_px{0};  // of luma, multiples of 16
  glm::ivec2 tile_px{0};  // multiples of 16
  int luma_tiles = 0, cb_tiles = 0, cr_tiles = 0;
  int extra_rows = 0;  // of luma, below its tiles, for other things

  size_t capacity() const { return static_cast<size_t>(tile_px.x) * static_cast<size_t>(tile_px.y); }
  bool operator==(const AtlasLayout&) const = default;
};

// About the smallest picture with tiles for `splats`, not too slim, and room for `extra` luma texels below them.
// Within most_px where that can be, else larger.
AtlasLayout choose_layout(size_t splats, int luma_tiles, int cb_tiles, int cr_tiles, size_t extra, glm::ivec2 most_px);

// Error kInvalidInput: sizes that are no multiples of 16 or beyond 8192, tiles or extra rows that do not fit.
void check_layout(const AtlasLayout& layout);

// Place of a splat in its tile.
glm::ivec2 texel_of(const AtlasLayout& layout, size_t splat);

enum class AtlasPlane { kLuma, kCb, kCr };

// Codes of one scalar into tile `tile` of a plane, and out of it. What is left of a tile repeats the last code.
void write_tile(Picture420& picture, const AtlasLayout& layout, AtlasPlane plane, int tile,
                std::span<const uint8_t> codes);
void read_tile(const Picture420& picture, const AtlasLayout& layout, AtlasPlane plane, int tile,
               std::span<uint8_t> codes);

// Reads a tile block by block: of block b the codes of splats kBlockSplats * b and on.
inline constexpr size_t kBlockSplats = 256;
class TileBlocks {
 public:
  TileBlocks(const AtlasLayout& layout, AtlasPlane plane, int tile);
  void read(const Picture420& picture, size_t block, std::span<uint8_t> codes) const;  // at most kBlockSplats

 private:
  AtlasPlane plane_;
  size_t offset_, stride_, wide_;                // of the tile in its plane; blocks in its width
  std::array<uint32_t, kBlockSplats> in_block_;  // places of a block's splats from its corner
};

// The extra rows, as one run of bytes row by row.
std::span<uint8_t> extra_bytes(Picture420& picture, const AtlasLayout& layout);
std::span<const uint8_t> extra_bytes(const Picture420& picture, const AtlasLayout& layout);

}  // namespace diorama
