#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "reconstruction/fusion/band_samples.cpp"
#include <hwy/foreach_target.h>
// The above includes this file once for each instruction set.
#include "reconstruction/fusion/band_blocks.h"

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace diorama {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Positions beyond any block are clamped to here, so that the conversion to integers is sound.
constexpr float kFarBlock = 2.0f * kBlockCoordLimit;

int SampleRow(const BandBlocks& blocks, const PackedDepth* depth, int width, int y, BandRow& row) {
  const hn::CappedTag<float, 8> d;
  const hn::RebindToSigned<decltype(d)> di;
  using V = hn::Vec<decltype(d)>;
  const int stride = blocks.stride_px, first = stride / 2;
  const int count = first < width ? (width - 1 - first) / stride + 1 : 0;
  const glm::vec3 ray0 = blocks.ray(glm::vec2(first, y) + 0.5f);
  const glm::vec3 ray_step = blocks.ray_per_u * static_cast<float>(stride);
  const V zero = hn::Zero(d), truncation = hn::Set(d, blocks.truncation_m), scale = hn::Set(d, blocks.blocks_per_m);
  const V low = hn::Set(d, -kFarBlock), high = hn::Set(d, kFarBlock);
  for (int i = 0; i < count; i += static_cast<int>(hn::Lanes(d))) {
    const auto at = static_cast<size_t>(i);
    const auto sample = hn::Min(hn::Iota(di, i), hn::Set(di, count - 1));
    const auto x = hn::Add(hn::Mul(sample, hn::Set(di, stride)), hn::Set(di, first));
    const auto word = hn::GatherIndex(di, static_cast<const int32_t*>(static_cast<const void*>(depth)), x);
    const V z = hn::BitCast(d, hn::AndNot(hn::Set(di, 0xff), word));
    hn::StoreU(z, d, row.z_m.data() + at);
    const V begin = hn::Max(hn::Sub(z, truncation), zero), end = hn::Add(z, truncation);
    const V index = hn::Iota(d, static_cast<float>(i));
    for (int axis = 0; axis < 3; ++axis) {
      const V ray = hn::MulAdd(index, hn::Set(d, ray_step[axis]), hn::Set(d, ray0[axis]));
      const V origin = hn::Set(d, blocks.origin_in_world[axis]);
      const auto block = [&](V z_at) {
        const V p = hn::Mul(hn::MulAdd(ray, z_at, origin), scale);
        return hn::ConvertTo(di, hn::Floor(hn::Min(hn::Max(p, low), high)));
      };
      hn::StoreU(block(begin), di, row.from[static_cast<size_t>(axis)].data() + at);
      hn::StoreU(block(end), di, row.to[static_cast<size_t>(axis)].data() + at);
    }
  }
  return count;
}

}  // namespace HWY_NAMESPACE
}  // namespace diorama
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace diorama {

HWY_EXPORT(SampleRow);

int sample_row(const BandBlocks& blocks, const PackedDepth* depth, int width, int y, BandRow& row) {
  return HWY_DYNAMIC_DISPATCH(SampleRow)(blocks, depth, width, y, row);
}

}  // namespace diorama
#endif
