#pragma once

#include "engine/base/aligned_vector.h"
#include "engine/raster/splat_records.h"
#include "reconstruction/splats/schedule.h"

#include <cstddef>

namespace diorama {

// Adam (Kingma and Ba 2015) over records of splats; each field of a record has its own rate. Splats that a step does
// not see keep their moments (sparse Adam).
struct RecordAdam {
  static constexpr float kBeta1 = 0.9f, kBeta2 = 0.999f, kEpsilon = 1e-15f;

  AlignedVector<float> rates;              // one a field
  float correction1 = 1, correction2 = 1;  // 1 / (1 - beta^step)

  // `step` counts from 1.
  RecordAdam(SplatLayout layout, const StepRates& step_rates, size_t step);
};

// `count` records; splats[i] tells which of the model's records gradients[i] belongs to.
void update_records(const RecordAdam& adam, const uint32_t* splats, size_t count, const float* gradients,
                    float* records, float* first_moments, float* second_moments);

}  // namespace diorama
