#pragma once

#include "engine/base/aligned_vector.h"
#include "engine/scene/splat_cloud.h"

#include <span>

namespace diorama {

// Where the parameters of a splat stand in its record of floats, as they are optimised: one record after another, each
// whole cache lines at degree 0, 1 and 3. The colour seen along a direction is max(0, 0.5 + kShC0 * DC + rest . basis).
struct SplatLayout {
  int sh_degree = 0;  // 0 to 3

  static constexpr size_t kPosition = 0;  // x y z in the world, metres
  static constexpr size_t kOpacity = 3;   // logit: opacity = 1 / (1 + exp(-x))
  static constexpr size_t kLogScale = 4;  // natural logarithm of the standard deviations in metres, 3; then a pad
  static constexpr size_t kRotation = 8;  // xyzw, world_from_splat, of any length but 0
  static constexpr size_t kColor = 12;    // DC coefficient of red, green, blue; then a pad
  static constexpr size_t kRest = 16;     // other SH coefficients: red's, padded to rest_stride(), green's, blue's

  // Floats between two channels' coefficients.
  constexpr size_t rest_stride() const {
    constexpr size_t kStrides[] = {0, 4, 8, 16};
    return kStrides[sh_degree];
  }
  // Floats a record. Pads are 0 and their gradients too.
  constexpr size_t stride() const {
    constexpr size_t kStrides[] = {16, 32, 40, 64};
    return kStrides[sh_degree];
  }
  // Coefficient 1 to sh_count(sh_degree) - 1 of a channel (order of SplatCloud::sh).
  constexpr size_t rest(int channel, int coefficient) const {
    return kRest + static_cast<size_t>(channel) * rest_stride() + static_cast<size_t>(coefficient) - 1;
  }
  bool operator==(const SplatLayout&) const = default;
};

// As records hold it; an opacity whose logit floats cannot tell is that of the nearest one that they can.
float opacity_logit(float opacity);

// Records of the cloud's own degree. Logit and logarithm of what has none are those of the nearest value: opacity in
// [1.1e-7, 1 - 1.1e-7], scale in [1e-10, 1e10] m.
AlignedVector<float> records_from_cloud(const SplatCloud& cloud);

// One splat a record, in their order; quaternions normalised, w >= 0. Records must be finite (see is_finite_record).
SplatCloud cloud_from_records(std::span<const float> records, SplatLayout layout);

// Whether the record can be drawn: every value finite, scales within exp's range, a quaternion that is not 0.
bool is_finite_record(std::span<const float> record);

}  // namespace diorama
