#include "engine/raster/splat_records.h"

#include "engine/base/error.h"

#include <algorithm>
#include <cmath>

namespace diorama {
namespace {

// Opacities beyond are those of the bounds: their logits are what floats still tell apart from 0 and 1.
constexpr double kLeastOpacity = 1.1e-7;
constexpr float kLeastScale = 1e-10f, kMostScale = 1e10f;
// exp() of more is no finite covariance.
constexpr float kMostLogScale = 40.0f;

}  // namespace

float opacity_logit(float opacity) {
  const double bounded = std::clamp(static_cast<double>(opacity), kLeastOpacity, 1 - kLeastOpacity);
  return static_cast<float>(std::log(bounded / (1 - bounded)));
}

AlignedVector<float> records_from_cloud(const SplatCloud& cloud) {
  check_splat_cloud(cloud);
  const SplatLayout layout{cloud.sh_degree};
  const int coefficients = sh_count(cloud.sh_degree);
  AlignedVector<float> records(cloud.size() * layout.stride(), 0.0f);
  for (size_t i = 0; i < cloud.size(); ++i) {
    float* const record = records.data() + i * layout.stride();
    const glm::vec3* const sh = cloud.sh.data() + i * static_cast<size_t>(coefficients);
    record[SplatLayout::kOpacity] = opacity_logit(cloud.opacities[i]);
    for (int k = 0; k < 3; ++k) {
      record[SplatLayout::kPosition + static_cast<size_t>(k)] = cloud.positions[i][k];
      record[SplatLayout::kLogScale + static_cast<size_t>(k)] =
          std::log(std::clamp(cloud.scales[i][k], kLeastScale, kMostScale));
      record[SplatLayout::kColor + static_cast<size_t>(k)] = sh[0][k];
      for (int j = 1; j < coefficients; ++j) record[layout.rest(k, j)] = sh[j][k];
    }
    for (int k = 0; k < 4; ++k) record[SplatLayout::kRotation + static_cast<size_t>(k)] = cloud.rotations_xyzw[i][k];
  }
  return records;
}

SplatCloud cloud_from_records(std::span<const float> records, SplatLayout layout) {
  DIO_CHECK(layout.sh_degree >= 0 && layout.sh_degree <= 3 && records.size() % layout.stride() == 0);
  const int coefficients = sh_count(layout.sh_degree);
  SplatCloud cloud;
  cloud.sh_degree = layout.sh_degree;
  cloud.resize(records.size() / layout.stride());
  for (size_t i = 0; i < cloud.size(); ++i) {
    const std::span<const float> record = records.subspan(i * layout.stride(), layout.stride());
    DIO_CHECK(is_finite_record(record));
    cloud.opacities[i] = 1 / (1 + std::exp(-record[SplatLayout::kOpacity]));
    for (int k = 0; k < 3; ++k) {
      cloud.positions[i][k] = record[SplatLayout::kPosition + static_cast<size_t>(k)];
      cloud.scales[i][k] = std::exp(record[SplatLayout::kLogScale + static_cast<size_t>(k)]);
      glm::vec3* const sh = cloud.sh.data() + i * static_cast<size_t>(coefficients);
      sh[0][k] = record[SplatLayout::kColor + static_cast<size_t>(k)];
      for (int j = 1; j < coefficients; ++j) sh[j][k] = record[layout.rest(k, j)];
    }
    const float* const q = record.data() + SplatLayout::kRotation;
    const glm::dvec4 rotation(q[0], q[1], q[2], q[3]);
    cloud.rotations_xyzw[i] = glm::vec4(rotation / std::copysign(glm::length(rotation), rotation.w));
  }
  return cloud;
}

bool is_finite_record(std::span<const float> record) {
  const auto finite = [](float value) { return std::isfinite(value); };
  if (!std::all_of(record.begin(), record.end(), finite)) return false;
  const float* const scale = record.data() + SplatLayout::kLogScale;
  if (std::max({scale[0], scale[1], scale[2]}) > kMostLogScale) return false;
  const float* const q = record.data() + SplatLayout::kRotation;
  const float length2 = q[0] * q[0] + q[1] * q[1] + q[2] * q[2] + q[3] * q[3];
  return length2 > 1e-24f && std::isfinite(length2);
}

}  // namespace diorama
