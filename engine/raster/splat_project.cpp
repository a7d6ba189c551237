#include "engine/raster/splat_frame.h"
#include "engine/raster/splat_sh.h"

#include <algorithm>
#include <bit>
#include <cmath>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/raster/splat_project.cpp"
#include <hwy/foreach_target.h>
// After foreach_target.h: it is included once for each target.
#include "engine/raster/splat_projection-inl.h"

HWY_BEFORE_NAMESPACE();
namespace diorama::HWY_NAMESPACE {

constexpr float kLog2E = 1.44269504f, kLn255 = 5.54126354f;
// Half extents end within this of a pixel's centre on the safe side: far above the rounding of what goes into them.
constexpr float kSlack_px = 0.01f;

// Position, opacity and the largest log scale of a block of consecutive records.
struct CullFields {
  alignas(64) float values[5][kSplatBlock];
  V load(size_t field, size_t i) const { return hn::Load(D(), values[field] + i); }
};

HWY_INLINE void LoadCullFields(const SplatView& view, size_t first, size_t count, CullFields& fields) {
  const size_t stride = view.layout.stride();
  const float* record = view.records + first * stride;
  for (size_t i = 0; i < count; ++i, record += stride) {
    hwy::Prefetch(view.records + HWY_MIN(first + i + 16, view.record_count - 1) * stride);
    for (size_t k = 0; k < 4; ++k) fields.values[k][i] = record[k];
    const float* const scale = record + SplatLayout::kLogScale;
    const float larger = scale[0] > scale[1] ? scale[0] : scale[1];
    fields.values[4][i] = larger > scale[2] ? larger : scale[2];
  }
  for (size_t i = count; i < kSplatBlock; ++i) {
    for (size_t k = 0; k < 5; ++k) fields.values[k][i] = fields.values[k][count - 1];
  }
}

// Whether the ellipse may reach a pixel's centre, by a sphere around the splat. NaN fails.
HWY_INLINE M MayBeSeen(const SplatView& view, const CullFields& fields, size_t i) {
  const D d;
  Projection p;
  ProjectPosition(view, {fields.load(0, i), fields.load(1, i), fields.load(2, i)}, p);
  const V scale = hn::Exp(d, fields.load(4, i));
  const V opaque = hn::Add(Constant(1.0f), hn::Exp(d, hn::Neg(fields.load(3, i))));
  const V reach2 = Constant(2 * kLn255);  // of the most opaque splat, in standard deviations, squared
  M seen = hn::And(hn::Ge(p.in_camera.z, Constant(view.near_m)), hn::Lt(opaque, Constant(255.0f)));
  const V slopes[2] = {p.slope_x, p.slope_y}, bounded[2] = {p.bounded_x, p.bounded_y};
  for (int axis = 0; axis < 2; ++axis) {
    const V focal = Constant(view.focal_px[axis]);
    const V spread = hn::Mul(hn::Mul(scale, focal), p.inverse_z);
    const V slant = hn::MulAdd(bounded[axis], bounded[axis], Constant(1.0f));
    const V variance = hn::MulAdd(hn::Mul(spread, spread), slant, Constant(kSplatLowPass_px2));
    const V half = hn::Add(hn::Sqrt(hn::Mul(variance, reach2)), Constant(kSlack_px));
    const V mean = hn::MulAdd(slopes[axis], focal, Constant(view.center_px[axis]));
    const float last = static_cast<float>(axis == 0 ? view.size_px.x : view.size_px.y) - 0.5f;
    seen = hn::And(seen,
                   hn::And(hn::Ge(hn::Add(mean, half), Constant(0.5f)), hn::Le(hn::Sub(mean, half), Constant(last))));
  }
  return seen;
}

// Writes the records of [first, first + count) that may be seen; returns how many.
size_t FindVisible(const SplatView& view, size_t first, size_t count, uint32_t* visible) {
  CullFields fields;
  const size_t lanes = hn::Lanes(D());
  size_t found = 0;
  for (size_t block = 0; block < count; block += kSplatBlock) {
    const size_t in_block = HWY_MIN(kSplatBlock, count - block);
    LoadCullFields(view, first + block, in_block, fields);
    for (size_t i = 0; i < in_block; i += lanes) {
      const M seen = MayBeSeen(view, fields, i);
      uint8_t bits[8] = {};
      hn::StoreMaskBits(D(), seen, bits);
      for (size_t lane = 0; lane < HWY_MIN(lanes, in_block - i); ++lane) {
        visible[found] = static_cast<uint32_t>(first + block + i + lane);
        found += (bits[0] >> lane) & 1u;
      }
    }
  }
  return found;
}

// What a block's projection leaves for each splat, field by field.
struct BlockResult {
  enum Field {
    kMeanX,
    kMeanY,
    kFalloffX,
    kSlope,
    kFalloffY,
    kLog2Opacity,
    kZ,
    kNormalX,
    kNormalY,
    kNormalZ,
    kHalfX,
    kHalfY,
    kPeak,
    kH0,
    kH1,
    kDirectionX,
    kDirectionY,
    kDirectionZ,
    kDistance,
    kSound,
    kCount
  };
  alignas(64) float values[kCount][kSplatBlock];
  void store(Field field, size_t i, V value) { hn::Store(value, D(), values[field] + i); }
  float at(Field field, size_t i) const { return values[field][i]; }
};

// Whether every value of the record's geometry is finite.
HWY_INLINE M IsFinite(const SplatFields& fields, size_t i) {
  V sum = hn::Zero(D());
  for (size_t field = 0; field < SplatFields::kCount; ++field) {
    if (field != SplatLayout::kLogScale + 3) sum = hn::MulAdd(fields.load(field, i), hn::Zero(D()), sum);
  }
  return hn::Eq(sum, hn::Zero(D()));  // infinity * 0 is NaN
}

HWY_INLINE void StoreEllipse(const Projection& p, M finite, size_t i, BlockResult& result) {
  const D d;
  const V log_opacity = hn::Log(d, hn::Mul(p.opacity, p.compensation));
  const V reach2 = hn::Mul(Constant(2.0f), hn::Add(log_opacity, Constant(kLn255)));
  const V inverse_var = hn::Div(Constant(1.0f), p.var_x);
  const V slope = hn::Mul(p.cov, inverse_var);
  const V rest = hn::Mul(p.det, inverse_var);  // variance of dy - slope * dx
  result.store(BlockResult::kLog2Opacity, i, hn::Mul(log_opacity, Constant(kLog2E)));
  result.store(BlockResult::kFalloffX, i, hn::Mul(Constant(-0.5f * kLog2E), inverse_var));
  result.store(BlockResult::kFalloffY, i, hn::Div(Constant(-0.5f * kLog2E), rest));
  result.store(BlockResult::kSlope, i, slope);
  const V half_y = hn::Sqrt(hn::Mul(reach2, p.var_y));
  result.store(BlockResult::kHalfX, i, hn::Sqrt(hn::Mul(reach2, p.var_x)));
  result.store(BlockResult::kHalfY, i, half_y);
  result.store(BlockResult::kPeak, i, hn::Mul(hn::Div(half_y, p.var_y), p.cov));
  result.store(BlockResult::kH0, i, hn::Mul(reach2, rest));
  result.store(BlockResult::kH1, i, hn::Mul(rest, inverse_var));
  // Overflow, NaN, no opacity left: all fail.
  const V most = Constant(1e30f);
  const M sound = hn::And(hn::And(hn::Lt(p.det, most), hn::Gt(reach2, hn::Zero(d))),
                          hn::And(hn::Lt(hn::Abs(slope), most), hn::Lt(half_y, most)));
  result.store(BlockResult::kSound, i, hn::IfThenElseZero(hn::And(sound, finite), Constant(1.0f)));
}

HWY_INLINE void ProjectBlock(const SplatView& view, const SplatFields& fields, size_t count, BlockResult& result) {
  const D d;
  const size_t lanes = hn::Lanes(d);
  for (size_t i = 0; i < count; i += lanes) {
    const Projection p = Project(view, fields, i);
    StoreEllipse(p, IsFinite(fields, i), i, result);
    const V fx = Constant(view.focal_px[0]), fy = Constant(view.focal_px[1]);
    result.store(BlockResult::kMeanX, i, hn::MulAdd(p.slope_x, fx, Constant(view.center_px[0])));
    result.store(BlockResult::kMeanY, i, hn::MulAdd(p.slope_y, fy, Constant(view.center_px[1])));
    result.store(BlockResult::kZ, i, p.in_camera.z);
    const V3 normal = view.channels.normals ? NormalOf(p) : V3{hn::Zero(d), hn::Zero(d), hn::Zero(d)};
    result.store(BlockResult::kNormalX, i, normal.x);
    result.store(BlockResult::kNormalY, i, normal.y);
    result.store(BlockResult::kNormalZ, i, normal.z);
    const V distance = hn::Sqrt(Dot(p.in_camera, p.in_camera));
    const V3 ray = Scaled(RotatedBack(view.rotation, p.in_camera), hn::Div(Constant(1.0f), distance));
    result.store(BlockResult::kDirectionX, i, ray.x);
    result.store(BlockResult::kDirectionY, i, ray.y);
    result.store(BlockResult::kDirectionZ, i, ray.z);
    result.store(BlockResult::kDistance, i, view.sort_by_z ? p.in_camera.z : distance);
  }
}

// False where the colour is not finite.
HWY_INLINE bool ShadeSplat(const SplatView& view, const float* record, glm::vec3 direction, float* color) {
  const hn::CappedTag<float, 4> d4;
  alignas(16) float basis[16];
  sh_basis(direction, view.sh_degree, basis);
  const size_t count = view.layout.rest_stride();
  bool finite = true;
  for (size_t c = 0; c < 3; ++c) {
    const float* const rest = record + SplatLayout::kRest + c * count;
    auto sum = hn::Zero(d4);
    for (size_t j = 0; j < count; j += hn::Lanes(d4)) {
      sum = hn::MulAdd(hn::Load(d4, basis + j), hn::LoadU(d4, rest + j), sum);
    }
    const float raw = 0.5f + kShC0 * record[SplatLayout::kColor + c] + hn::GetLane(hn::SumOfLanes(d4, sum));
    finite = finite && std::abs(raw) < 1e30f;
    color[c] = HWY_MAX(raw, 0.0f);
  }
  return finite;
}

struct TileBox {
  int first[2], last[2];  // tiles
  bool empty() const { return first[0] > last[0] || first[1] > last[1]; }
};

// Tiles with pixel centres within the half extents.
HWY_INLINE TileBox TilesAround(const SplatView& view, const float* mean_px, const float* half_px) {
  constexpr int kTile[2] = {kSplatTileWidth, kSplatTileHeight};
  TileBox box;
  for (int axis = 0; axis < 2; ++axis) {
    const float last = static_cast<float>(axis == 0 ? view.size_px.x : view.size_px.y) - 1.0f;
    const float half = half_px[axis] + kSlack_px, at = mean_px[axis] - 0.5f;
    const float low = std::ceil(HWY_MAX(at - half, 0.0f)), high = std::floor(HWY_MIN(at + half, last));
    box.first[axis] = 0;
    box.last[axis] = -1;
    if (!(low <= high)) continue;
    box.first[axis] = static_cast<int>(low) / kTile[axis];
    box.last[axis] = static_cast<int>(high) / kTile[axis];
  }
  return box;
}

// Returns the tiles of its bounding box; 0 where it cannot be drawn.
HWY_INLINE uint32_t WriteSplat(const SplatView& view, const BlockResult& result, size_t i, const float* record,
                               DrawnSplat& splat, SplatEllipse& ellipse) {
  using R = BlockResult;
  const float mean[2] = {result.at(R::kMeanX, i), result.at(R::kMeanY, i)};
  const float half[2] = {result.at(R::kHalfX, i), result.at(R::kHalfY, i)};
  splat = {.mean_px = {mean[0], mean[1]},
           .falloff_x = result.at(R::kFalloffX, i),
           .slope = result.at(R::kSlope, i),
           .falloff_y = result.at(R::kFalloffY, i),
           .log2_opacity = result.at(R::kLog2Opacity, i),
           .channels = {0, 0, 0, result.at(R::kZ, i), result.at(R::kNormalX, i), result.at(R::kNormalY, i),
                        result.at(R::kNormalZ, i)}};
  ellipse = {.mean_px = {mean[0], mean[1]},
             .half_px = {half[0], half[1]},
             .slope = splat.slope,
             .peak_dx = result.at(R::kPeak, i),
             .h0 = result.at(R::kH0, i),
             .h1 = result.at(R::kH1, i)};
  if (result.at(R::kSound, i) == 0) return 0;
  const TileBox box = TilesAround(view, mean, half);
  if (box.empty()) return 0;
  const glm::vec3 direction(result.at(R::kDirectionX, i), result.at(R::kDirectionY, i), result.at(R::kDirectionZ, i));
  if (!ShadeSplat(view, record, direction, splat.channels)) return 0;
  return static_cast<uint32_t>((box.last[0] - box.first[0] + 1) * (box.last[1] - box.first[1] + 1));
}

// Projects a block of visible splats from `first`; returns the room that their pairs need.
size_t ProjectSplats(SplatFrame& frame, size_t first, size_t count) {
  const SplatView& view = frame.view;
  const uint32_t* const visible = frame.visible.data() + first;
  SplatFields fields;
  BlockResult result;
  LoadFields(view, visible, count, fields);
  ProjectBlock(view, fields, count, result);
  uint32_t room = 0;
  for (size_t i = 0; i < count; ++i) {
    const float* const record = view.records + visible[i] * view.layout.stride();
    const size_t splat = first + i;
    SplatEllipse ellipse;
    const uint32_t tiles = WriteSplat(view, result, i, record, frame.splats[splat], ellipse);
    frame.set_ellipse(splat, ellipse);
    frame.splat_pairs[splat] = {room, 0};
    room += tiles;
    // Positive floats are ordered as their bits. What is not drawn goes last.
    const uint32_t key = tiles == 0 ? kNotDrawn : std::bit_cast<uint32_t>(result.at(BlockResult::kDistance, i));
    frame.order[splat] = static_cast<uint64_t>(key) << 32 | splat;
  }
  return room;
}

}  // namespace diorama::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace diorama {

HWY_EXPORT(FindVisible);
HWY_EXPORT(ProjectSplats);

constexpr size_t kCullChunk = 2048;

void find_visible(SplatFrame& frame, ThreadPool& pool) {
  const size_t count = frame.view.record_count;
  const size_t chunks = (count + kCullChunk - 1) / kCullChunk;
  grow(frame.visible, count);
  grow(frame.visible_in_chunk, chunks);
  parallel_pieces(pool, count, kCullChunk, [&](size_t begin, size_t end) {
    frame.visible_in_chunk[begin / kCullChunk] = static_cast<uint32_t>(
        HWY_DYNAMIC_DISPATCH(FindVisible)(frame.view, begin, end - begin, frame.visible.data() + begin));
  });
  frame.visible_count = 0;
  for (size_t chunk = 0; chunk < chunks; ++chunk) {
    const auto begin = frame.visible.begin() + static_cast<std::ptrdiff_t>(chunk * kCullChunk);
    std::copy(begin, begin + frame.visible_in_chunk[chunk],
              frame.visible.begin() + static_cast<std::ptrdiff_t>(frame.visible_count));
    frame.visible_count += frame.visible_in_chunk[chunk];
  }
}

void project_visible(SplatFrame& frame, ThreadPool& pool) {
  const size_t count = frame.visible_count, blocks = (count + kSplatBlock - 1) / kSplatBlock;
  grow(frame.splats, count);
  grow(frame.sums, count * kEllipseFloats);
  grow(frame.splat_pairs, count);
  grow(frame.order, count);
  grow(frame.block_pairs, blocks + 1);
  parallel_pieces(pool, blocks, 4, [&](size_t begin, size_t end) {
    for (size_t block = begin; block < end; ++block) {
      const size_t first = block * kSplatBlock;
      frame.block_pairs[block + 1] =
          HWY_DYNAMIC_DISPATCH(ProjectSplats)(frame, first, std::min(kSplatBlock, count - first));
    }
  });
  frame.block_pairs[0] = 0;
  for (size_t block = 0; block < blocks; ++block) frame.block_pairs[block + 1] += frame.block_pairs[block];
}

}  // namespace diorama
#endif  // HWY_ONCE
