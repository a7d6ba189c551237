#include "engine/raster/splat_frame.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace diorama {
namespace {

// Pairs are packed as tile << kRowBits | first row << kRowBits / 2 | last row until they have their places.
constexpr uint32_t kHalfRowBits = 5, kRowBits = 2 * kHalfRowBits;
static_assert(kSplatTileHeight <= 1 << kHalfRowBits);

// Rows are widened by this, far above the rounding of the ellipse; the kernels decide by alpha.
constexpr float kSlack_px = 0.01f;
constexpr size_t kLeastChunk = 2048, kMostChunks = 16;
constexpr size_t kMostPairs = size_t{1} << 26;  // 0.7 GB of lists, 3.2 GB of sums in backward()

// Floor and ceiling of what is not negative, without a call.
int floor_of(float value) {
  return static_cast<int>(value);
}
int ceil_of(float value) {
  const int below = static_cast<int>(value);
  return below + (static_cast<float>(below) < value ? 1 : 0);
}

struct PixelRange {
  int first = 0, last = -1;
};

class EllipseRows {
 public:
  EllipseRows(const SplatEllipse& ellipse, glm::ivec2 size_px)
      : ellipse_(ellipse), box_x_(ellipse, 0, size_px.x), box_y_(ellipse, 1, size_px.y) {}

  // Pixels; first > last where there is none.
  PixelRange columns() const { return pixels(box_x_.low, box_x_.high); }

  // Rows whose pixel centres the ellipse may reach in columns [first, first + kSplatTileWidth).
  PixelRange in_columns(int first) const {
    const float left = static_cast<float>(first) + 0.5f - ellipse_.mean_px[0];
    const float right = left + static_cast<float>(kSplatTileWidth - 1);
    const float top = ellipse_.mean_px[1] - 0.5f - kSlack_px + edge(std::clamp(-ellipse_.peak_dx, left, right), -1);
    const float bottom = ellipse_.mean_px[1] - 0.5f + kSlack_px + edge(std::clamp(ellipse_.peak_dx, left, right), 1);
    return pixels(std::max(top, box_y_.low), std::min(bottom, box_y_.high));
  }

 private:
  // The bounding box, for which the pairs have room.
  struct Interval {
    Interval(const SplatEllipse& ellipse, int axis, int size) {
      const float half = ellipse.half_px[axis] + kSlack_px, at = ellipse.mean_px[axis] - 0.5f;
      low = std::max(at - half, 0.0f);
      high = std::min(at + half, static_cast<float>(size - 1));
    }
    float low, high;
  };

  static PixelRange pixels(float low, float high) {
    if (!(low <= high)) return {};
    return {ceil_of(low), floor_of(high)};
  }

  // Extreme dy over an interval: the ellipse is convex, so it is at the point of the interval nearest to the peak.
  float edge(float dx, float side) const {
    const float bounded = std::clamp(dx, -ellipse_.half_px[0], ellipse_.half_px[0]);
    return ellipse_.slope * bounded + side * std::sqrt(std::max(ellipse_.h0 - ellipse_.h1 * bounded * bounded, 0.0f));
  }

  const SplatEllipse& ellipse_;
  Interval box_x_, box_y_;
};

// Calls visit(tile, first row, last row in the tile) for each tile that the ellipse touches.
template <class Visit>
void for_each_tile(const SplatEllipse& ellipse, const SplatView& view, Visit&& visit) {
  const EllipseRows rows(ellipse, view.size_px);
  const auto [left, right] = rows.columns();
  if (left > right) return;
  for (int column = left / kSplatTileWidth; column <= right / kSplatTileWidth; ++column) {
    const auto [top, bottom] = rows.in_columns(column * kSplatTileWidth);
    if (top > bottom) continue;
    for (int row = top / kSplatTileHeight; row <= bottom / kSplatTileHeight; ++row) {
      const int first_row = row * kSplatTileHeight;
      visit(static_cast<uint32_t>(row * view.tiles.x + column), static_cast<uint32_t>(std::max(top - first_row, 0)),
            static_cast<uint32_t>(std::min(bottom - first_row, kSplatTileHeight - 1)));
    }
  }
}

size_t chunk_size_of(size_t count) {
  return std::max(kLeastChunk, (count + kMostChunks - 1) / kMostChunks);
}

// The splats of a chunk of the order that are drawn, with a call ahead of time for each.
template <class Soon, class Visit>
void for_each_splat(const SplatFrame& frame, size_t begin, size_t end, Soon&& soon, Visit&& visit) {
  constexpr size_t kAhead = 8;
  for (size_t i = begin; i < end; ++i) {
    soon(static_cast<uint32_t>(frame.order[std::min(i + kAhead, end - 1)]));
    if (frame.order[i] >> 32 == kNotDrawn) break;  // and all behind it
    visit(static_cast<uint32_t>(frame.order[i]));
  }
}

// Packs the pairs of a chunk of the order and counts them by tile.
void count_pairs(SplatFrame& frame, size_t begin, size_t end, std::span<uint32_t> counts) {
  std::fill(counts.begin(), counts.end(), 0u);
  const auto soon = [&](uint32_t splat) {
    __builtin_prefetch(frame.sums.data() + splat * kEllipseFloats);
    __builtin_prefetch(&frame.splat_pairs[splat], 1);
  };
  for_each_splat(frame, begin, end, soon, [&](uint32_t splat) {
    uint32_t* const first = frame.pairs.data() + frame.pairs_begin(splat);
    uint32_t* next = first;
    for_each_tile(frame.ellipse(splat), frame.view, [&](uint32_t tile, uint32_t first_row, uint32_t last_row) {
      *next++ = tile << kRowBits | first_row << kHalfRowBits | last_row;
      ++counts[tile];
    });
    frame.splat_pairs[splat].count = static_cast<uint32_t>(next - first);
  });
}

// Puts a chunk's splats into the lists of their tiles.
void place_pairs(SplatFrame& frame, size_t begin, size_t end, std::span<uint32_t> places) {
  constexpr uint32_t kRowMask = (1u << kHalfRowBits) - 1;
  const auto soon = [&](uint32_t splat) { __builtin_prefetch(frame.pairs.data() + frame.pairs_begin(splat), 1); };
  for_each_splat(frame, begin, end, soon, [&](uint32_t splat) {
    uint32_t* const pairs = frame.pairs.data() + frame.pairs_begin(splat);
    for (uint32_t k = 0; k < frame.splat_pairs[splat].count; ++k) {
      const uint32_t packed = pairs[k], place = places[packed >> kRowBits]++;
      const TileEntry entry{splat, static_cast<uint16_t>(packed >> kHalfRowBits & kRowMask),
                            static_cast<uint16_t>(packed & kRowMask)};
      frame.tile_entries[place] = entry.packed();
      pairs[k] = place;
    }
  });
}

// Counts of [chunk][tile] to first places, tile by tile.
void accumulate(SplatFrame& frame, size_t chunks, size_t tiles) {
  uint32_t sum = 0;
  for (size_t tile = 0; tile < tiles; ++tile) {
    frame.tile_begin[tile] = sum;
    for (size_t chunk = 0; chunk < chunks; ++chunk) {
      sum += std::exchange(frame.counts[chunk * tiles + tile], sum);
    }
  }
  frame.tile_begin[tiles] = sum;
  frame.pair_count = sum;
}

}  // namespace

void bin_splats(SplatFrame& frame, ThreadPool& pool) {
  const SplatView& view = frame.view;
  const size_t count = frame.visible_count,
               tiles = static_cast<size_t>(view.tiles.x) * static_cast<size_t>(view.tiles.y);
  const size_t chunk_size = chunk_size_of(count), chunks = (count + chunk_size - 1) / chunk_size;
  const size_t room = frame.block_pairs[(count + kSplatBlock - 1) / kSplatBlock];
  if (room > kMostPairs) {
    fail(ErrorCode::kInvalidInput,
         "{} visible splats cover up to {} tiles of {}x{} pixels in a picture of {}x{}, more than {} fit: the splats "
         "are too large for the scene",
         count, room, kSplatTileWidth, kSplatTileHeight, view.size_px.x, view.size_px.y, kMostPairs);
  }
  grow(frame.pairs, room);
  grow(frame.counts, chunks * tiles);
  grow(frame.tile_begin, tiles + 1);
  const auto counts_of = [&](size_t begin) {
    return std::span(frame.counts).subspan(begin / chunk_size * tiles, tiles);
  };
  parallel_pieces(pool, count, chunk_size,
                  [&](size_t begin, size_t end) { count_pairs(frame, begin, end, counts_of(begin)); });
  accumulate(frame, chunks, tiles);
  grow(frame.tile_entries, frame.pair_count);
  parallel_pieces(pool, count, chunk_size,
                  [&](size_t begin, size_t end) { place_pairs(frame, begin, end, counts_of(begin)); });
}

}  // namespace diorama
