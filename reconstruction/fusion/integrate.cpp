#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "reconstruction/fusion/integrate.cpp"
#include <hwy/foreach_target.h>
// The above includes this file once for each instruction set.
#include "reconstruction/fusion/integrate.h"

#include <hwy/highway.h>

#include <algorithm>
#include <limits>

HWY_BEFORE_NAMESPACE();
namespace diorama {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// At most one row of a block.
using F = hn::CappedTag<float, kBlockEdge>;
using I = hn::RebindToSigned<F>;
using U = hn::RebindToUnsigned<F>;
using I16 = hn::Rebind<int16_t, F>;
using U16 = hn::Rebind<uint16_t, F>;
using F16 = hn::Rebind<hwy::float16_t, F>;
using VF = hn::Vec<F>;
using VU = hn::Vec<U>;
using VI = hn::Vec<I>;
using MF = hn::Mask<F>;

enum class ColorFrom { kNothing, kDepthCamera, kOtherCamera };

constexpr float kDistanceSteps = 32767.0f;
constexpr float kColorSteps = 257.0f;  // 65535 / 255
constexpr float kLargestHalf = 65504.0f;
constexpr float kColorBandVoxels = 2.0f;     // the surface crosses edges one voxel long; the rest is for noise
constexpr float kOcclusionSlackOfZ = 0.02f;  // slope within a cell of the occlusion grid

HWY_INLINE VF load_half(const uint16_t* p) {
  const F16 d16;
  return hn::PromoteTo(F(), hn::LoadU(d16, reinterpret_cast<const hwy::float16_t*>(p)));
}

HWY_INLINE void store_half(VF v, uint16_t* p) {
  const F16 d16;
  hn::StoreU(hn::DemoteTo(d16, hn::Min(v, hn::Set(F(), kLargestHalf))), d16, reinterpret_cast<hwy::float16_t*>(p));
}

// Where a row of voxels stands in an image.
struct PixelRow {
  VF x, y, z;  // homogeneous

  HWY_INLINE PixelRow(glm::vec3 first, glm::vec3 per_voxel, VF lane)
      : x(hn::MulAdd(lane, hn::Set(F(), per_voxel.x), hn::Set(F(), first.x))),
        y(hn::MulAdd(lane, hn::Set(F(), per_voxel.y), hn::Set(F(), first.y))),
        z(hn::MulAdd(lane, hn::Set(F(), per_voxel.z), hn::Set(F(), first.z))) {}
};

struct PixelIndex {
  VI index;
  MF inside;
};

template <bool kTest>
HWY_INLINE PixelIndex pixel_index(VF u, VF v, VF z, glm::ivec2 size) {
  const F d;
  const I di;
  const VF zero = hn::Zero(d);
  MF inside = hn::Eq(zero, zero);
  if constexpr (kTest) {
    inside = hn::And(hn::And(hn::Ge(u, zero), hn::Lt(u, hn::Set(d, static_cast<float>(size.x)))),
                     hn::And(hn::Ge(v, zero), hn::Lt(v, hn::Set(d, static_cast<float>(size.y)))));
    inside = hn::And(inside, hn::Gt(z, zero));
    u = hn::IfThenElseZero(inside, u);
    v = hn::IfThenElseZero(inside, v);
  }
  // Positive: truncation is floor.
  const VI index = hn::Add(hn::Mul(hn::ConvertTo(di, v), hn::Set(di, size.x)), hn::ConvertTo(di, u));
  return {index, inside};
}

// 4 bytes each.
HWY_INLINE VU gather(const void* base, VI index) {
  const I di;
  return hn::BitCast(U(), hn::GatherIndex(di, static_cast<const int32_t*>(base), index));
}

// Mean of a channel moves to the sample by `share`.
HWY_INLINE void blend_channel(VF sample, VF share, uint16_t* mean) {
  const I di;
  const U16 d16;
  const VF old = hn::ConvertTo(F(), hn::PromoteTo(di, hn::LoadU(d16, mean)));
  const VF now = hn::MulAdd(share, hn::Sub(sample, old), old);
  hn::StoreU(hn::DemoteTo(d16, hn::NearestInt(now)), d16, mean);
}

// `weight` is 0 where the sample does not count.
HWY_INLINE void blend_color(VU rgba, MF use, VF weight, float max_weight, BlockColor& color, int at) {
  const F d;
  const I di;
  const VF added = hn::IfThenElseZero(use, weight);
  const VF old = load_half(color.weight_f16 + at);
  const VF total = hn::Add(old, added);
  const VF share = hn::IfThenElseZero(use, hn::Div(added, total));
  const auto channel = [&](VU bits) {
    const VU low = hn::And(bits, hn::Set(U(), 0xff));
    return hn::Mul(hn::ConvertTo(d, hn::BitCast(di, low)), hn::Set(d, kColorSteps));
  };
  blend_channel(channel(rgba), share, color.red + at);
  blend_channel(channel(hn::ShiftRight<8>(rgba)), share, color.green + at);
  blend_channel(channel(hn::ShiftRight<16>(rgba)), share, color.blue + at);
  store_half(hn::Min(total, hn::Set(d, max_weight)), color.weight_f16 + at);
}

// Pixels of the colour camera, and whether nothing hides them there.
HWY_INLINE PixelIndex color_index(const PreparedView& view, const PixelRow& row, float slack_m) {
  const F d;
  const VF inverse = hn::Div(hn::Set(d, 1.0f), row.z);
  const VF u = hn::Mul(row.x, inverse), v = hn::Mul(row.y, inverse);
  PixelIndex at = pixel_index<true>(u, v, row.z, view.color_size);
  if (view.nearest_in_color_m.empty()) return at;
  const VF cells = hn::Set(d, view.nearest_cells_per_px);
  const PixelIndex cell = pixel_index<true>(hn::Mul(u, cells), hn::Mul(v, cells), row.z, view.nearest_size);
  const VF nearest = hn::BitCast(d, gather(view.nearest_in_color_m.data(), cell.index));
  const VF slack = hn::MulAdd(nearest, hn::Set(d, kOcclusionSlackOfZ), hn::Set(d, slack_m));
  at.inside = hn::And(at.inside, hn::Le(row.z, hn::Add(nearest, slack)));
  return at;
}

// One layer of a block on its way through the stages. Taking all rows through a stage before the next begins keeps
// several gathers under way at once.
struct Layer {
  static constexpr int kVoxels = kBlockEdge * kBlockEdge;
  HWY_ALIGN float z[kVoxels];
  HWY_ALIGN int32_t pixel[kVoxels];
  HWY_ALIGN PackedDepth measured[kVoxels];  // 0: nothing
  HWY_ALIGN float color_weight[kVoxels];    // 0: not near the surface
  bool near[kVoxels];                       // of each vector: some voxel is near the surface
};

// What a block needs of the view, in vectors or ready to be.
struct Kernel {
  const PreparedView& view;
  const IntegrateOptions& options;
  BlockProjector depth, color;
};

template <bool kTest>
HWY_INLINE void gather_depth(const Kernel& kernel, glm::vec3 first, Layer& layer) {
  const F d;
  const I di;
  const U du;
  for (int at = 0; at < Layer::kVoxels; at += static_cast<int>(hn::Lanes(d))) {
    const glm::vec3 row_first = first + kernel.depth.matrix[1] * static_cast<float>(at / kBlockEdge);
    const PixelRow row(row_first, kernel.depth.matrix[0], hn::Iota(d, static_cast<float>(at % kBlockEdge)));
    const VF inverse = hn::Div(hn::Set(d, 1.0f), row.z);
    const PixelIndex pixel =
        pixel_index<kTest>(hn::Mul(row.x, inverse), hn::Mul(row.y, inverse), row.z, kernel.view.depth_size);
    VU measured = gather(kernel.view.depth.data(), pixel.index);
    if constexpr (kTest) measured = hn::IfThenElseZero(hn::RebindMask(du, pixel.inside), measured);
    hn::Store(row.z, d, layer.z + at);
    hn::Store(pixel.index, di, layer.pixel + at);
    hn::Store(measured, du, layer.measured + at);
  }
}

// Returns whether anything is near the surface.
HWY_INLINE bool update_geometry(const IntegrateOptions& options, Layer& layer, int first, BlockGeometry& geometry) {
  const F d;
  const U du;
  const I di;
  const I16 d16;
  const VF truncation = hn::Set(d, options.truncation_m), to_steps = hn::Set(d, kDistanceSteps / options.truncation_m);
  const VF limit = options.carve ? hn::Set(d, std::numeric_limits<float>::infinity()) : truncation;
  const VF color_band = hn::Set(d, std::min(kColorBandVoxels * options.voxel_m, options.truncation_m));
  bool any_near = false;
  for (int at = 0; at < Layer::kVoxels; at += static_cast<int>(hn::Lanes(d))) {
    const VU packed = hn::Load(du, layer.measured + at);
    const VF measured = hn::BitCast(d, hn::And(packed, hn::Set(du, 0xffffff00)));
    const VF distance = hn::Sub(measured, hn::Load(d, layer.z + at));
    const MF valid =
        hn::And(hn::And(hn::Ge(distance, hn::Neg(truncation)), hn::Le(distance, limit)), hn::Gt(measured, hn::Zero(d)));
    layer.near[at] = false;
    if (hn::AllFalse(d, valid)) continue;

    const VF confidence = hn::ConvertTo(d, hn::BitCast(di, hn::And(packed, hn::Set(du, 0xff))));
    const VF weight =
        hn::IfThenElseZero(valid, hn::Div(hn::Mul(confidence, hn::Set(d, 1 / 255.0f)), hn::Mul(measured, measured)));
    const VF total = hn::Add(load_half(geometry.weight_f16 + first + at), weight);
    const VF share = hn::IfThenElseZero(valid, hn::Div(weight, total));
    const VF old = hn::ConvertTo(d, hn::PromoteTo(di, hn::LoadU(d16, geometry.distance + first + at)));
    const VF sample = hn::Min(hn::Mul(distance, to_steps), hn::Set(d, kDistanceSteps));
    const VF now = hn::MulAdd(share, hn::Sub(sample, old), old);
    hn::StoreU(hn::DemoteTo(d16, hn::NearestInt(now)), d16, geometry.distance + first + at);
    store_half(hn::Min(total, hn::Set(d, options.max_weight)), geometry.weight_f16 + first + at);

    const VF color_weight = hn::IfThenElseZero(hn::Le(hn::Abs(distance), color_band), weight);
    hn::Store(color_weight, d, layer.color_weight + at);
    layer.near[at] = !hn::AllFalse(d, hn::Gt(color_weight, hn::Zero(d)));
    any_near |= layer.near[at];
  }
  return any_near;
}

template <ColorFrom kColor>
HWY_INLINE void update_color(const Kernel& kernel, const Layer& layer, glm::vec3 first_in_color, int first,
                             BlockColor& colors) {
  const F d;
  const I di;
  for (int at = 0; at < Layer::kVoxels; at += static_cast<int>(hn::Lanes(d))) {
    if (!layer.near[at]) continue;
    const VF weight = hn::Load(d, layer.color_weight + at);
    MF use = hn::Gt(weight, hn::Zero(d));
    VI index = hn::Load(di, layer.pixel + at);
    if constexpr (kColor == ColorFrom::kOtherCamera) {
      const glm::vec3 row_first = first_in_color + kernel.color.matrix[1] * static_cast<float>(at / kBlockEdge);
      const PixelRow row(row_first, kernel.color.matrix[0], hn::Iota(d, static_cast<float>(at % kBlockEdge)));
      const PixelIndex seen = color_index(kernel.view, row, kernel.options.truncation_m);
      use = hn::And(use, seen.inside);
      index = seen.index;
    }
    const VU rgba = gather(kernel.view.color, index);
    use = hn::And(use, hn::RebindMask(d, hn::Lt(hn::BitCast(di, rgba), hn::Zero(di))));  // alpha >= 128
    blend_color(rgba, use, weight, kernel.options.max_weight, colors, first + at);
  }
}

template <ColorFrom kColor, bool kTest>
void integrate_block(const Kernel& kernel, glm::ivec3 coord, BlockGeometry& geometry, BlockColor* colors) {
  Layer layer;
  const glm::vec3 in_depth = kernel.depth.first_voxel(coord), in_color = kernel.color.first_voxel(coord);
  for (int z = 0; z < kBlockEdge; ++z) {
    const auto step = static_cast<float>(z);
    gather_depth<kTest>(kernel, in_depth + kernel.depth.matrix[2] * step, layer);
    const int first = z * Layer::kVoxels;
    const bool near = update_geometry(kernel.options, layer, first, geometry);
    if constexpr (kColor != ColorFrom::kNothing) {
      if (near) update_color<kColor>(kernel, layer, in_color + kernel.color.matrix[2] * step, first, *colors);
    }
  }
}

template <ColorFrom kColor>
void integrate_all(const PreparedView& view, const IntegrateOptions& options, std::span<const ActiveBlock> active,
                   BlockGrid& grid) {
  const Kernel kernel{view, options, BlockProjector(view.depth_from_world, options.voxel_m),
                      BlockProjector(view.color_from_world, options.voxel_m)};
  for (const ActiveBlock& entry : active) {
    BlockColor* colors = kColor == ColorFrom::kNothing ? nullptr : &grid.color(entry.block);
    if (entry.inside) {
      integrate_block<kColor, false>(kernel, grid.coord(entry.block), grid.geometry(entry.block), colors);
    } else {
      integrate_block<kColor, true>(kernel, grid.coord(entry.block), grid.geometry(entry.block), colors);
    }
  }
}

void IntegrateBlocks(const PreparedView& view, const IntegrateOptions& options, std::span<const ActiveBlock> active,
                     BlockGrid& grid) {
  if (view.color == nullptr || !grid.has_color()) {
    integrate_all<ColorFrom::kNothing>(view, options, active, grid);
  } else if (view.color_is_registered) {
    integrate_all<ColorFrom::kDepthCamera>(view, options, active, grid);
  } else {
    integrate_all<ColorFrom::kOtherCamera>(view, options, active, grid);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace diorama
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace diorama {

HWY_EXPORT(IntegrateBlocks);

void integrate_blocks(const PreparedView& view, const IntegrateOptions& options, std::span<const ActiveBlock> active,
                      BlockGrid& grid) {
  HWY_DYNAMIC_DISPATCH(IntegrateBlocks)(view, options, active, grid);
}

}  // namespace diorama
#endif
