#include "assets/gltf/animation.h"

#include "assets/gltf/accessor.h"
#include "engine/base/error.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace diorama {
namespace {

enum class Interpolation { kStep, kLinear, kCubicSpline };

Interpolation interpolation_of(const JsonNode& sampler) {
  const std::string name = sampler.text("interpolation", "LINEAR");
  if (name == "STEP") return Interpolation::kStep;
  if (name == "LINEAR") return Interpolation::kLinear;
  if (name == "CUBICSPLINE") return Interpolation::kCubicSpline;
  fail(ErrorCode::kInvalidInput, "{}.interpolation is \"{}\", expected STEP, LINEAR or CUBICSPLINE", sampler.where(),
       name);
}

const GltfAccessor& accessor_of(const GltfDocument& document, const JsonNode& sampler, const char* key) {
  const auto& accessors = document.accessors();
  return accessors[sampler.at(key).index(accessors.size(), "accessors")];
}

std::vector<float> key_times(const GltfDocument& document, const JsonNode& sampler) {
  const GltfAccessor& input = accessor_of(document, sampler, "input");
  document.budget().spend(input.count);
  std::vector<uint32_t> ids(input.count);
  std::iota(ids.begin(), ids.end(), 0u);
  std::vector<float> times = gather_floats(input, 1, ids);
  for (size_t i = 0; i < times.size(); ++i) {
    if (times[i] >= 0 && (i == 0 || times[i] > times[i - 1])) continue;
    fail(ErrorCode::kInvalidInput, "{} has {} as key {}, expected times of 0 or more that increase", input.where,
         times[i], i);
  }
  return times;
}

// The two keys around a time, equal outside the keys, and where between them it is.
struct KeySpan {
  size_t low = 0, high = 0;
  double share = 0, seconds = 0;
};

KeySpan find_keys(const std::vector<float>& times, double time_s) {
  const auto after = static_cast<size_t>(
      std::upper_bound(times.begin(), times.end(), time_s, [](double t, float key) { return t < key; }) -
      times.begin());
  if (after == 0) return {};
  if (after == times.size()) return {after - 1, after - 1, 0, 0};
  const double low = times[after - 1], seconds = times[after] - low;
  return {after - 1, after, (time_s - low) / seconds, seconds};
}

class TrackReader {
 public:
  TrackReader(const GltfDocument& document, const JsonNode& sampler, const GltfTrack& track, size_t key_count)
      : document_(document),
        sampler_(sampler),
        track_(track),
        values_(accessor_of(document, sampler, "output")),
        kind_(interpolation_of(sampler)) {
    const uint64_t expected = key_count * track.elements * (kind_ == Interpolation::kCubicSpline ? 3 : 1);
    if (values_.count != expected) {
      fail(ErrorCode::kInvalidInput, "{} has {} values for {} keys, expected {}", sampler.where(), values_.count,
           key_count, expected);
    }
  }

  std::vector<double> at(const KeySpan& keys) const {
    std::vector<double> low = value(keys.low);
    if (keys.low == keys.high || kind_ == Interpolation::kStep) return low;
    if (kind_ == Interpolation::kCubicSpline) return cubic(keys, low);
    const std::vector<double> high = value(keys.high);
    if (track_.rotation) return slerp(low, high, keys.share);
    for (size_t i = 0; i < low.size(); ++i) low[i] += keys.share * (high[i] - low[i]);
    return low;
  }

 private:
  // A cubic key is an in-tangent, the value and an out-tangent.
  enum Part { kInTangent, kValue, kOutTangent };

  std::vector<double> part(size_t key, Part which) const {
    const size_t slot = kind_ == Interpolation::kCubicSpline ? 3 * key + which : key;
    document_.budget().spend(track_.elements * static_cast<size_t>(track_.components));
    std::vector<uint32_t> ids(track_.elements);
    std::iota(ids.begin(), ids.end(), static_cast<uint32_t>(slot * track_.elements));
    const std::vector<float> floats = gather_floats(values_, track_.components, ids);
    return {floats.begin(), floats.end()};
  }
  std::vector<double> value(size_t key) const { return part(key, kValue); }

  std::vector<double> slerp(const std::vector<double>& low, const std::vector<double>& high, double share) const {
    const glm::dquat a = unit_quaternion({low[0], low[1], low[2], low[3]}, sampler_.where());
    const glm::dquat b = unit_quaternion({high[0], high[1], high[2], high[3]}, sampler_.where());
    const glm::dquat q = glm::normalize(glm::slerp(a, b, share));
    return {q.x, q.y, q.z, q.w};
  }

  // glTF 2.0, appendix C.5: Hermite's polynomials, tangents in units a second.
  std::vector<double> cubic(const KeySpan& keys, const std::vector<double>& low) const {
    const std::vector<double> high = value(keys.high), out = part(keys.low, kOutTangent),
                              in = part(keys.high, kInTangent);
    const double t = keys.share, t2 = t * t, t3 = t2 * t;
    std::vector<double> result(low.size());
    for (size_t i = 0; i < result.size(); ++i) {
      result[i] = (2 * t3 - 3 * t2 + 1) * low[i] + keys.seconds * (t3 - 2 * t2 + t) * out[i] +
                  (-2 * t3 + 3 * t2) * high[i] + keys.seconds * (t3 - t2) * in[i];
    }
    if (!track_.rotation) return result;
    const double length = std::sqrt(std::inner_product(result.begin(), result.end(), result.begin(), 0.0));
    if (!(length > 1e-6 && std::isfinite(length))) return low;  // keys that cancel each other out
    for (double& v : result) v /= length;
    return result;
  }

  const GltfDocument& document_;
  const JsonNode& sampler_;
  const GltfTrack& track_;
  const GltfAccessor& values_;
  Interpolation kind_;
};

}  // namespace

glm::dquat unit_quaternion(const std::array<double, 4>& xyzw, const std::string& where) {
  const glm::dquat q(xyzw[3], xyzw[0], xyzw[1], xyzw[2]);
  const double length = glm::length(q);
  // Normalised 8-bit keys may be off by 1/127; what is further away is no rotation.
  if (!(std::abs(length - 1.0) <= 0.05)) {
    fail(ErrorCode::kInvalidInput, "{} is a quaternion of length {:.4g}, expected 1", where, length);
  }
  return q / length;
}

std::vector<double> sample_track(const GltfDocument& document, const JsonNode& sampler, const GltfTrack& track,
                                 double time_s) {
  const std::vector<float> times = key_times(document, sampler);
  return TrackReader(document, sampler, track, times.size()).at(find_keys(times, time_s));
}

double animation_duration(const GltfDocument& document, const JsonNode& animation) {
  double last = 0;
  for (const JsonNode& sampler : animation.elements("samplers")) {
    last = std::max<double>(last, key_times(document, sampler).back());
  }
  return last;
}

}  // namespace diorama
