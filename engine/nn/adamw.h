#pragma once

#include "engine/base/aligned_vector.h"
#include "engine/base/thread_pool.h"

#include <cstddef>
#include <cstdint>
#include <span>

namespace diorama {

// Adam with decoupled weight decay (Loshchilov and Hutter 2019).
struct AdamWOptions {
  float rate = 1e-3f;
  float beta1 = 0.9f, beta2 = 0.999f, epsilon = 1e-8f;
  float weight_decay = 0;  // a share of the parameter, times the rate
  bool skip_zero = false;  // parameters of gradient 0 stay as they are, their moments too: for tables
};

// The optimiser's state of some parameters.
class AdamW {
 public:
  explicit AdamW(size_t count) : first_(count), second_(count) {}

  // Moves parameters [offset, offset + size) against their gradient; `step` counts from 1.
  void update(const AdamWOptions& options, uint64_t step, size_t offset, std::span<const float> gradient,
              std::span<float> parameters, ThreadPool& pool);

  // For checkpoints.
  AlignedVector<float>& first_moments() { return first_; }
  AlignedVector<float>& second_moments() { return second_; }

 private:
  AlignedVector<float> first_, second_;
};

// average = decay average + (1 - decay) parameters.
void update_average(float decay, std::span<const float> parameters, std::span<float> average, ThreadPool& pool);

// The decay of an average that starts with the parameters: it forgets the first steps sooner.
float average_decay(float decay, uint64_t step);

// How a learning rate goes over the steps of a fit.
struct RateSchedule {
  enum class Shape { kConstant, kExponential, kCosine };
  Shape shape = Shape::kExponential;
  uint64_t warmup_steps = 0, steps = 1;  // linear from warmup_start to 1; then to `end` at the last step
  float warmup_start = 0.2f, end = 0.1f;

  // What the rate is multiplied by; `step` counts from 1.
  float at(uint64_t step) const;
};

}  // namespace diorama
