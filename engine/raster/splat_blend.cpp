#include "engine/raster/splat_frame.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/raster/splat_blend.cpp"
#include <hwy/foreach_target.h>
// After foreach_target.h: it is included once for each target.
#include "engine/raster/splat_alpha-inl.h"

#include <hwy/cache_control.h>

HWY_BEFORE_NAMESPACE();
namespace diorama::HWY_NAMESPACE {

// Sums of a tile's pixels, plane by plane: red, green, blue, z, normal.
struct ForwardTile {
  alignas(64) float transmittance[kTilePixels];
  alignas(64) float sums[7][kTilePixels];
};

// Pixels beside the picture count as done.
template <int kChannels>
HWY_INLINE void ClearTile(const SplatView& view, size_t x0, size_t y0, ForwardTile& tile) {
  const D d;
  std::fill_n(tile.sums[0], kTilePixels * kChannels, 0.0f);
  for (size_t x = 0; x < kSplatTileWidth; x += hn::Lanes(d)) {
    const V inside = InsideColumns(view, x0 + x), outside = hn::Set(d, -1.0f);
    for (size_t y = 0; y < kSplatTileHeight; ++y) {
      const V t = y0 + y < static_cast<size_t>(view.size_px.y)
                      ? hn::Or(hn::AndNot(inside, hn::SignBit(d)), hn::Set(d, 1.0f))
                      : outside;
      hn::Store(t, d, tile.transmittance + y * kSplatTileWidth + x);
    }
  }
}

template <int kChannels>
HWY_INLINE void DrawSplat(const DrawnSplat& splat, float x0, float y0, const TileEntry& entry, ForwardTile& tile) {
  const D d;
  alignas(64) float alphas[kTilePixels];
  V channel[kChannels];
  for (int c = 0; c < kChannels; ++c) channel[c] = Value(splat.channels[c]);
  for (size_t x = 0; x < kSplatTileWidth; x += hn::Lanes(d)) {
    const SplatColumn column = MakeColumn(splat, x0, y0, entry, x);
    MakeAlphas(column, alphas);
    for (size_t row = 0; row < column.rows; ++row) {
      const size_t i = column.first + row * kSplatTileWidth;
      const Blend blend = BlendSplat(hn::Load(d, alphas + row * hn::Lanes(d)), hn::Load(d, tile.transmittance + i));
      hn::Store(blend.next, d, tile.transmittance + i);
      for (int c = 0; c < kChannels; ++c) {
        hn::Store(hn::MulAdd(blend.weight, channel[c], hn::Load(d, tile.sums[c] + i)), d, tile.sums[c] + i);
      }
    }
  }
}

HWY_INLINE void WriteTile(const SplatView& view, const ForwardTile& tile, size_t offset, SplatPlanes& image) {
  const D d;
  const size_t plane = image.plane_stride();
  const size_t extra = static_cast<size_t>(view.channels.count()) - 4;
  for (size_t y = 0; y < kSplatTileHeight; ++y) {
    for (size_t x = 0; x < kSplatTileWidth; x += hn::Lanes(d)) {
      const size_t i = y * kSplatTileWidth + x;
      float* const out = image.data() + offset + y * image.stride() + x;
      const V t = hn::Abs(hn::Load(d, tile.transmittance + i));
      for (size_t c = 0; c < 3; ++c) {
        hn::Store(hn::MulAdd(t, hn::Set(d, view.background[c]), hn::Load(d, tile.sums[c] + i)), d, out + c * plane);
      }
      hn::Store(hn::Sub(hn::Set(d, 1.0f), t), d, out + 3 * plane);
      for (size_t c = 0; c < extra; ++c) hn::Store(hn::Load(d, tile.sums[3 + c] + i), d, out + (4 + c) * plane);
    }
  }
}

template <int kChannels>
void BlendTile(SplatFrame& frame, size_t index, SplatPlanes& image) {
  const SplatView& view = frame.view;
  const size_t columns = static_cast<size_t>(view.tiles.x);
  const size_t x = index % columns * kSplatTileWidth, y = index / columns * kSplatTileHeight;
  const float x0 = static_cast<float>(x) + 0.5f, y0 = static_cast<float>(y) + 0.5f;
  const uint32_t begin = frame.tile_begin[index], end = frame.tile_begin[index + 1];
  ForwardTile tile;
  ClearTile<kChannels>(view, x, y, tile);
  uint32_t place = begin;
  for (uint32_t open = OpenRows(tile.transmittance); open != 0 && place < end; open = OpenRows(tile.transmittance)) {
    for (const uint32_t stop = HWY_MIN(place + kLookEvery, end); place < stop; ++place) {
      hwy::Prefetch(&frame.splats[TileEntry::unpack(frame.tile_entries[HWY_MIN(place + 4, end - 1)]).splat]);
      TileEntry entry = TileEntry::unpack(frame.tile_entries[place]);
      if (TrimRows(open, entry)) DrawSplat<kChannels>(frame.splats[entry.splat], x0, y0, entry, tile);
    }
  }
  frame.tile_used[index] = place - begin;
  WriteTile(view, tile, y * image.stride() + x, image);
}

void BlendTiles(SplatFrame& frame, size_t begin, size_t end, SplatPlanes& image) {
  const SplatChannels channels = frame.view.channels;
  for (size_t tile = begin; tile < end; ++tile) {
    if (channels.normals) {
      BlendTile<7>(frame, tile, image);
    } else if (channels.depth) {
      BlendTile<4>(frame, tile, image);
    } else {
      BlendTile<3>(frame, tile, image);
    }
  }
}

}  // namespace diorama::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace diorama {

HWY_EXPORT(BlendTiles);

void blend_tiles(SplatFrame& frame, SplatPlanes& image, ThreadPool& pool) {
  const SplatView& view = frame.view;
  const size_t tiles = static_cast<size_t>(view.tiles.x) * static_cast<size_t>(view.tiles.y);
  grow(frame.tile_used, tiles);
  parallel_pieces(pool, tiles, 4, [&](size_t begin, size_t end) {
    HWY_DYNAMIC_DISPATCH(BlendTiles)(frame, begin, end, image);
  });
}

}  // namespace diorama
#endif  // HWY_ONCE
