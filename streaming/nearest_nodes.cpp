#include "streaming/nearest_nodes.h"

#include "engine/base/error.h"

#include <algorithm>
#include <limits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "streaming/nearest_nodes.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace diorama::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Nodes [0, count), a multiple of 16, whose squared distance is at most `bound`: numbers in `found`, squared distances
// in `distances2`, both with room for 16 more than `count`; their number is returned.
size_t NodesWithin(const float* const* places, size_t count, const float* point, float bound, int32_t* found,
                   float* distances2) {
  const hn::CappedTag<float, 16> d;
  const hn::RebindToSigned<decltype(d)> di;
  const auto px = hn::Set(d, point[0]), py = hn::Set(d, point[1]), pz = hn::Set(d, point[2]), most = hn::Set(d, bound);
  size_t out = 0;
  for (size_t i = 0; i < count; i += hn::Lanes(d)) {
    const auto x = hn::Sub(hn::Load(d, places[0] + i), px), y = hn::Sub(hn::Load(d, places[1] + i), py),
               z = hn::Sub(hn::Load(d, places[2] + i), pz);
    const auto distance2 = hn::Add(hn::Add(hn::Mul(x, x), hn::Mul(y, y)), hn::Mul(z, z));
    const auto within = hn::Le(distance2, most);
    if (hn::AllFalse(d, within)) continue;
    hn::CompressStore(hn::Iota(di, static_cast<int32_t>(i)), hn::RebindMask(di, within), di, found + out);
    out += hn::CompressStore(distance2, within, d, distances2 + out);
  }
  return out;
}

}  // namespace diorama::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace diorama {
namespace {

HWY_EXPORT(NodesWithin);

constexpr size_t kLanes = 16;

}  // namespace

NodeFinder::NodeFinder(std::span<const glm::vec3> nodes) {
  DIO_CHECK(nodes.size() >= kNearestNodes && nodes.size() <= 65535);
  const size_t padded = (nodes.size() + kLanes - 1) / kLanes * kLanes;
  for (int axis = 0; axis < 3; ++axis) {
    AlignedVector<float>& places = places_[static_cast<size_t>(axis)];
    places.assign(padded, std::numeric_limits<float>::infinity());
    for (size_t i = 0; i < nodes.size(); ++i) places[i] = nodes[i][axis];
  }
}

float NodeFinder::distance2(glm::vec3 point, size_t node) const {
  const float x = places_[0][node] - point.x, y = places_[1][node] - point.y, z = places_[2][node] - point.z;
  return x * x + y * y + z * z;
}

NearestNodes NodeFinder::find(glm::vec3 point, const NearestNodes* before) const {
  // Five nodes lie within this, so the nearest five do.
  float bound = std::numeric_limits<float>::max();
  if (before != nullptr) {
    bound = 0;
    for (const uint16_t node : before->nodes) bound = std::max(bound, distance2(point, node));
  }
  constexpr size_t kMost = 65536;
  thread_local AlignedVector<int32_t> found(kMost + kLanes);
  thread_local AlignedVector<float> distances2(kMost + kLanes);
  const float* const places[] = {places_[0].data(), places_[1].data(), places_[2].data()};
  const size_t count =
      HWY_DYNAMIC_DISPATCH(NodesWithin)(places, places_[0].size(), &point.x, bound, found.data(), distances2.data());
  NearestNodes nearest;
  nearest.distances2.fill(std::numeric_limits<float>::infinity());
  for (size_t i = 0; i < count; ++i) {
    if (!(distances2[i] < nearest.distances2.back())) continue;
    size_t place = kNearestNodes - 1;
    for (; place > 0 && distances2[i] < nearest.distances2[place - 1]; --place) {
      nearest.distances2[place] = nearest.distances2[place - 1];
      nearest.nodes[place] = nearest.nodes[place - 1];
    }
    nearest.distances2[place] = distances2[i];
    nearest.nodes[place] = static_cast<uint16_t>(found[i]);
  }
  return nearest;
}

}  // namespace diorama
#endif
