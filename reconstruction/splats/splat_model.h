#pragma once

#include "engine/raster/splat_records.h"

#include <cstdint>
#include <span>
#include <vector>

namespace diorama {

// What training saw of a splat since densification looked last.
struct SplatHistory {
  float gradient_sum = 0;  // of |dL / d mean| over the views that saw it; the loss is a mean, the mean in pixels
  uint32_t views = 0;
};

// The splats under optimisation with Adam's moments: three arrays of records, entry i of each belongs to splat i.
class SplatModel {
 public:
  SplatModel() = default;
  explicit SplatModel(const SplatCloud& cloud);

  SplatLayout layout() const { return layout_; }
  size_t count() const { return history.size(); }
  size_t stride() const { return layout_.stride(); }

  std::span<float> record(size_t splat) { return {records.data() + splat * stride(), stride()}; }
  std::span<const float> record(size_t splat) const { return {records.data() + splat * stride(), stride()}; }
  float opacity(size_t splat) const;

  // Moments and history start anew: the splat has become another.
  void forget_motion(size_t splat);
  // Copies the parameters of `source` to a new last splat without moments; returns its index.
  size_t append_copy(size_t source);
  void overwrite(size_t splat, size_t source);
  // Splats whose entry is not 0 go; the others keep their order.
  void remove(std::span<const uint8_t> gone);
  void reserve(size_t count);
  void resize(SplatLayout layout, size_t count);  // contents are zero
  size_t memory_bytes() const;                    // of the splats that there are

  AlignedVector<float> records, first_moments, second_moments;
  std::vector<SplatHistory> history;

 private:
  SplatLayout layout_;
};

}  // namespace diorama
