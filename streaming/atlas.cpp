#include "streaming/atlas.h"

#include "engine/base/error.h"

#include <algorithm>
#include <array>
#include <optional>

namespace diorama {
namespace {

constexpr int kBlock = 16, kMaxSize = 8192;
static_assert(kBlockSplats == kBlock * kBlock);

glm::ivec2 morton_texel(size_t place) {
  glm::ivec2 texel(0);
  for (int bit = 0; bit < 4; ++bit) {
    texel.x += static_cast<int>(place >> (2 * bit) & 1) << bit;
    texel.y += static_cast<int>(place >> (2 * bit + 1) & 1) << bit;
  }
  return texel;
}

int round_up(int value, int multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

// Columns of tiles of a plane.
int columns_of(const AtlasLayout& layout, AtlasPlane plane) {
  const int width = plane == AtlasPlane::kLuma ? layout.size_px.x : layout.size_px.x / 2;
  return width / layout.tile_px.x;
}

bool chroma_holds(const AtlasLayout& layout, int tiles) {
  return layout.size_px.x / 2 / layout.tile_px.x * (layout.size_px.y / 2 / layout.tile_px.y) >= tiles;
}

// Of a given tile and number of columns; nothing where it gets too large.
std::optional<AtlasLayout> layout_of(glm::ivec2 tile, int columns, AtlasLayout wanted, size_t extra) {
  AtlasLayout layout = wanted;
  layout.tile_px = tile;
  const int rows = (wanted.luma_tiles + columns - 1) / columns;
  layout.size_px.x = columns * tile.x;
  if (layout.size_px.x > kMaxSize) return std::nullopt;
  const auto width = static_cast<size_t>(layout.size_px.x);
  layout.extra_rows = static_cast<int>((extra + width - 1) / width);
  layout.size_px.y = round_up(rows * tile.y + layout.extra_rows, kBlock);
  while (!chroma_holds(layout, std::max(wanted.cb_tiles, wanted.cr_tiles))) {
    if (layout.size_px.x / 2 < tile.x) {
      layout.size_px.x = 2 * tile.x;
    } else {
      layout.size_px.y += kBlock;
    }
    if (layout.size_px.x > kMaxSize || layout.size_px.y > kMaxSize) return std::nullopt;
  }
  if (layout.size_px.y > kMaxSize) return std::nullopt;
  return layout;
}

struct PlaneView {
  size_t stride = 0, offset = 0;
};

PlaneView view_of(const AtlasLayout& layout, AtlasPlane plane, int tile) {
  const int columns = columns_of(layout, plane);
  const auto stride = static_cast<size_t>(plane == AtlasPlane::kLuma ? layout.size_px.x : layout.size_px.x / 2);
  const auto x = static_cast<size_t>(tile % columns * layout.tile_px.x);
  const auto y = static_cast<size_t>(tile / columns * layout.tile_px.y);
  return {stride, y * stride + x};
}

auto& plane_of(auto& picture, AtlasPlane plane) {
  return plane == AtlasPlane::kLuma ? picture.luma : plane == AtlasPlane::kCb ? picture.cb : picture.cr;
}

// Calls visit(splat, its place in the plane) for the first `count` splats of a tile.
template <class Visit>
void for_each_texel(const AtlasLayout& layout, const PlaneView& view, size_t count, Visit&& visit) {
  std::array<size_t, kBlockSplats> in_block;
  for (size_t i = 0; i < kBlockSplats; ++i) {
    const glm::ivec2 texel = morton_texel(i);
    in_block[i] = static_cast<size_t>(texel.y) * view.stride + static_cast<size_t>(texel.x);
  }
  const auto wide = static_cast<size_t>(layout.tile_px.x / kBlock);
  for (size_t first = 0; first < count; first += kBlockSplats) {
    const size_t block = first / kBlockSplats;
    const size_t origin = view.offset + block / wide * kBlock * view.stride + block % wide * kBlock;
    for (size_t i = first; i < std::min(first + kBlockSplats, count); ++i) visit(i, origin + in_block[i - first]);
  }
}

auto extra_of(auto& picture, const AtlasLayout& layout) {
  DIO_CHECK(picture.size_px == layout.size_px);
  const auto width = static_cast<size_t>(layout.size_px.x), rows = static_cast<size_t>(layout.extra_rows);
  return std::span(picture.luma).subspan((static_cast<size_t>(layout.size_px.y) - rows) * width, rows * width);
}

}  // namespace

AtlasLayout choose_layout(size_t splats, int luma_tiles, int cb_tiles, int cr_tiles, size_t extra, glm::ivec2 most_px) {
  const AtlasLayout wanted{.luma_tiles = luma_tiles, .cb_tiles = cb_tiles, .cr_tiles = cr_tiles};
  const auto blocks = static_cast<int>(std::max<size_t>((splats + kBlockSplats - 1) / kBlockSplats, 1));
  std::optional<AtlasLayout> best;
  const auto cost = [&](const AtlasLayout& layout) {
    const bool beyond = layout.size_px.x > most_px.x || layout.size_px.y > most_px.y;
    const double wide = layout.tile_px.x, high = layout.tile_px.y;
    const double slimness = std::max(wide / high, high / wide);  // slim tiles tear neighbours apart
    return (beyond ? 1e12 : 0) + static_cast<double>(layout.size_px.x) * layout.size_px.y * (1 + 0.02 * slimness);
  };
  for (int wide = 1; wide <= std::min(blocks, kMaxSize / kBlock); ++wide) {
    const glm::ivec2 tile = kBlock * glm::ivec2(wide, (blocks + wide - 1) / wide);
    for (int columns = 1; columns <= luma_tiles; ++columns) {
      const auto layout = layout_of(tile, columns, wanted, extra);
      if (layout && (!best || cost(*layout) < cost(*best))) best = layout;
    }
  }
  if (!best) fail(ErrorCode::kUnsupported, "{} splats do not fit into a picture of {} a side", splats, kMaxSize);
  return *best;
}

void check_layout(const AtlasLayout& layout) {
  const auto side_ok = [](int side) { return side >= kBlock && side <= kMaxSize && side % kBlock == 0; };
  const auto count_ok = [](int count) { return count >= 0 && count <= 64; };
  bool ok = side_ok(layout.size_px.x) && side_ok(layout.size_px.y) && side_ok(layout.tile_px.x) &&
            side_ok(layout.tile_px.y) && count_ok(layout.luma_tiles) && count_ok(layout.cb_tiles) &&
            count_ok(layout.cr_tiles) && layout.extra_rows >= 0 && layout.extra_rows <= layout.size_px.y;
  ok = ok && layout.tile_px.x <= layout.size_px.x;
  if (ok) {
    const int columns = layout.size_px.x / layout.tile_px.x, rows = (layout.luma_tiles + columns - 1) / columns;
    ok = rows * layout.tile_px.y + layout.extra_rows <= layout.size_px.y;
    const int chroma = std::max(layout.cb_tiles, layout.cr_tiles);
    ok = ok && (chroma == 0 || chroma_holds(layout, chroma));
  }
  if (!ok) {
    fail(ErrorCode::kInvalidInput,
         "an atlas of {}x{} with tiles of {}x{} ({} of luma, {} and {} of chroma, {} rows besides) does not fit "
         "together",
         layout.size_px.x, layout.size_px.y, layout.tile_px.x, layout.tile_px.y, layout.luma_tiles, layout.cb_tiles,
         layout.cr_tiles, layout.extra_rows);
  }
}

glm::ivec2 texel_of(const AtlasLayout& layout, size_t splat) {
  const size_t wide = static_cast<size_t>(layout.tile_px.x / kBlock), block = splat / kBlockSplats;
  return kBlock * glm::ivec2(block % wide, block / wide) + morton_texel(splat % kBlockSplats);
}

void write_tile(Picture420& picture, const AtlasLayout& layout, AtlasPlane plane, int tile,
                std::span<const uint8_t> codes) {
  DIO_CHECK(picture.size_px == layout.size_px && codes.size() <= layout.capacity());
  const PlaneView view = view_of(layout, plane, tile);
  std::vector<uint8_t>& out = plane_of(picture, plane);
  for_each_texel(layout, view, layout.capacity(), [&](size_t i, size_t place) {
    out[place] = codes.empty() ? uint8_t{128} : codes[std::min(i, codes.size() - 1)];
  });
}

TileBlocks::TileBlocks(const AtlasLayout& layout, AtlasPlane plane, int tile)
    : plane_(plane), wide_(static_cast<size_t>(layout.tile_px.x / kBlock)) {
  const PlaneView view = view_of(layout, plane, tile);
  offset_ = view.offset;
  stride_ = view.stride;
  for (size_t i = 0; i < kBlockSplats; ++i) {
    const glm::ivec2 texel = morton_texel(i);
    in_block_[i] = static_cast<uint32_t>(static_cast<size_t>(texel.y) * stride_ + static_cast<size_t>(texel.x));
  }
}

void TileBlocks::read(const Picture420& picture, size_t block, std::span<uint8_t> codes) const {
  DIO_CHECK(codes.size() <= kBlockSplats);
  const std::vector<uint8_t>& plane = plane_of(picture, plane_);
  const size_t origin = offset_ + block / wide_ * kBlock * stride_ + block % wide_ * kBlock;
  const size_t last = origin + (kBlock - 1) * stride_ + kBlock - 1;
  DIO_CHECK(last < plane.size());
  const uint8_t* const corner = plane.data() + origin;
  for (size_t i = 0; i < codes.size(); ++i) codes[i] = corner[in_block_[i]];
}

void read_tile(const Picture420& picture, const AtlasLayout& layout, AtlasPlane plane, int tile,
               std::span<uint8_t> codes) {
  DIO_CHECK(picture.size_px == layout.size_px && codes.size() <= layout.capacity());
  const PlaneView view = view_of(layout, plane, tile);
  const std::vector<uint8_t>& in = plane_of(picture, plane);
  for_each_texel(layout, view, codes.size(), [&](size_t i, size_t place) { codes[i] = in[place]; });
}

std::span<uint8_t> extra_bytes(Picture420& picture, const AtlasLayout& layout) {
  return extra_of(picture, layout);
}
std::span<const uint8_t> extra_bytes(const Picture420& picture, const AtlasLayout& layout) {
  return extra_of(picture, layout);
}

}  // namespace diorama
