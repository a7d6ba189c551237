#include "streaming/dequantize_kernel.h"

#include "engine/base/error.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "streaming/dequantize_kernel.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace diorama::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Floats = hn::CappedTag<float, kSplatLanes>;
using Float = hn::Vec<Floats>;
using Rows = hn::Vec<hn::RebindToSigned<Floats>>;

struct Vector3 {
  Float x, y, z;
};

HWY_INLINE Vector3 Cross(const Vector3& a, const Vector3& b) {
  return {hn::Sub(hn::Mul(a.y, b.z), hn::Mul(a.z, b.y)), hn::Sub(hn::Mul(a.z, b.x), hn::Mul(a.x, b.z)),
          hn::Sub(hn::Mul(a.x, b.y), hn::Mul(a.y, b.x))};
}

HWY_INLINE Float Dot(const Vector3& a, const Vector3& b) {
  return hn::MulAdd(a.x, b.x, hn::MulAdd(a.y, b.y, hn::Mul(a.z, b.z)));
}

struct Quaternion {
  Vector3 v;
  Float w;
};

HWY_INLINE Vector3 Gather3(const float* table, const Rows& rows) {
  const Floats d;
  return {hn::GatherIndex(d, table, rows), hn::GatherIndex(d, table + 1, rows), hn::GatherIndex(d, table + 2, rows)};
}

// p + 2 w (v x p) + 2 v x (v x p)
HWY_INLINE Vector3 Rotate(const Quaternion& q, const Vector3& p) {
  const Vector3 once = Cross(q.v, p), twice = Cross(q.v, once);
  const Float two = hn::Set(Floats(), 2.0f);
  return {hn::MulAdd(two, hn::MulAdd(q.w, once.x, twice.x), p.x),
          hn::MulAdd(two, hn::MulAdd(q.w, once.y, twice.y), p.y),
          hn::MulAdd(two, hn::MulAdd(q.w, once.z, twice.z), p.z)};
}

// Where the nodes take a splat, and how they turn it, not normalised.
struct Carried {
  Vector3 position;
  Quaternion turn;
};

HWY_INLINE Carried Carry(const SkinnedSplats& splats, const float* table, size_t at) {
  const Floats d;
  const hn::RebindToSigned<Floats> di;
  const Vector3 base{hn::Load(d, splats.base[0].data() + at), hn::Load(d, splats.base[1].data() + at),
                     hn::Load(d, splats.base[2].data() + at)};
  const Float zero = hn::Zero(d);
  Carried sum{{zero, zero, zero}, {{zero, zero, zero}, zero}};
  Quaternion heaviest = sum.turn;
  for (size_t k = 0; k < kNodesOfSplat; ++k) {
    const Rows rows = hn::Load(di, splats.nodes[k].data() + at);
    const Float weight = hn::Load(d, splats.weights[k].data() + at);
    const Quaternion q{Gather3(table, rows), hn::GatherIndex(d, table + 3, rows)};
    const Vector3 place = Gather3(table + 4, rows), target = Gather3(table + 7, rows);
    const Vector3 moved = Rotate(q, {hn::Sub(base.x, place.x), hn::Sub(base.y, place.y), hn::Sub(base.z, place.z)});
    sum.position.x = hn::MulAdd(weight, hn::Add(moved.x, target.x), sum.position.x);
    sum.position.y = hn::MulAdd(weight, hn::Add(moved.y, target.y), sum.position.y);
    sum.position.z = hn::MulAdd(weight, hn::Add(moved.z, target.z), sum.position.z);
    if (k == 0) heaviest = q;
    const Float alike = hn::MulAdd(q.w, heaviest.w, Dot(q.v, heaviest.v));
    const Float side = hn::IfThenElse(hn::Lt(alike, zero), hn::Neg(weight), weight);
    sum.turn.v.x = hn::MulAdd(side, q.v.x, sum.turn.v.x);
    sum.turn.v.y = hn::MulAdd(side, q.v.y, sum.turn.v.y);
    sum.turn.v.z = hn::MulAdd(side, q.v.z, sum.turn.v.z);
    sum.turn.w = hn::MulAdd(side, q.w, sum.turn.w);
  }
  return sum;
}

void MoveSplats(const SkinnedSplats& splats, const float* table, size_t first, size_t count, const MovedSplats& moved) {
  const Floats d;
  const Float one = hn::Set(d, 1.0f);
  const auto triple = [&](const std::array<const float*, 3>& of, size_t i) {
    return Vector3{hn::LoadU(d, of[0] + i), hn::LoadU(d, of[1] + i), hn::LoadU(d, of[2] + i)};
  };
  for (size_t i = 0; i < count; i += hn::Lanes(d)) {
    const Carried carried = Carry(splats, table, first + i);
    const Vector3 rest = triple(moved.rest, i), own = triple(moved.rotation, i);
    hn::StoreInterleaved3(hn::Add(carried.position.x, rest.x), hn::Add(carried.position.y, rest.y),
                          hn::Add(carried.position.z, rest.z), d, moved.positions + 3 * i);
    const Float own_w = hn::Sqrt(hn::Max(hn::Sub(one, Dot(own, own)), hn::Zero(d)));
    const Quaternion& turn = carried.turn;
    const Vector3 cross = Cross(turn.v, own);
    const Vector3 v{hn::MulAdd(turn.w, own.x, hn::MulAdd(own_w, turn.v.x, cross.x)),
                    hn::MulAdd(turn.w, own.y, hn::MulAdd(own_w, turn.v.y, cross.y)),
                    hn::MulAdd(turn.w, own.z, hn::MulAdd(own_w, turn.v.z, cross.z))};
    const Float w = hn::Sub(hn::Mul(turn.w, own_w), Dot(turn.v, own));
    const Float scale = hn::Div(one, hn::Sqrt(hn::MulAdd(w, w, Dot(v, v))));
    hn::StoreInterleaved4(hn::Mul(v.x, scale), hn::Mul(v.y, scale), hn::Mul(v.z, scale), hn::Mul(w, scale), d,
                          moved.rotations_xyzw + 4 * i);
  }
}

}  // namespace diorama::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace diorama {
namespace {

HWY_EXPORT(MoveSplats);

}  // namespace

SkinnedSplats::SkinnedSplats(std::span<const glm::vec3> places, const NodeMotion& motion) {
  const size_t padded = (places.size() + kSplatLanes - 1) / kSplatLanes * kSplatLanes;
  for (int axis = 0; axis < 3; ++axis) {
    AlignedVector<float>& values = base[static_cast<size_t>(axis)];
    values.resize(padded);
    for (size_t i = 0; i < places.size(); ++i) values[i] = places[i][axis];
  }
  for (size_t k = 0; k < kNodesOfSplat; ++k) {
    nodes[k].resize(padded);
    weights[k].resize(padded, k == 0 ? 1.0f : 0.0f);
    for (size_t i = 0; i < motion.splats().size(); ++i) {
      nodes[k][i] = static_cast<int32_t>(motion.splats()[i].nodes[k] * kNodeRow);
      weights[k][i] = motion.splats()[i].weights[k];
    }
  }
}

void move_splats(const SkinnedSplats& splats, const float* node_table, size_t first, size_t count,
                 const MovedSplats& moved) {
  DIO_CHECK(count % kSplatLanes == 0 && first % kSplatLanes == 0 && first + count <= splats.base[0].size());
  HWY_DYNAMIC_DISPATCH(MoveSplats)(splats, node_table, first, count, moved);
}

}  // namespace diorama
#endif
