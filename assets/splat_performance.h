#pragma once

#include "assets/asset.h"
#include "engine/scene/splat_sequence.h"

#include <cstddef>
#include <vector>

namespace diorama {

// A performance as splats that is played frame by frame, however it is stored. Frames are counted from 0. Unless the
// class says more, for one thread at a time.
class SplatPerformance {
 public:
  virtual ~SplatPerformance() = default;

  virtual const SplatSequence& sequence() const = 0;

  // What moves, in the capture's frame; entry i is the same splat in all frames of a group.
  virtual SplatCloud moving(size_t frame) const = 0;

  // Clouds "background" and "moving" in the asset's frame; those without splats are left out.
  virtual std::vector<SplatPart> frame(size_t index) const = 0;
};

}  // namespace diorama
