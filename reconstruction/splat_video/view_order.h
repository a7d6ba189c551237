#pragma once

#include "engine/base/random.h"
#include "reconstruction/splat_video/moment_views.h"

#include <numeric>
#include <vector>

namespace diorama {

// Views in random order, each once a pass.
class ViewOrder {
 public:
  // `random` must stay.
  ViewOrder(size_t views, Random& random) : order_(views), random_(random) {
    std::iota(order_.begin(), order_.end(), uint32_t{0});
  }
  size_t next() {
    if (at_ == 0) shuffle(order_, random_);
    const size_t view = order_[at_];
    at_ = (at_ + 1) % order_.size();
    return view;
  }

 private:
  std::vector<uint32_t> order_;
  size_t at_ = 0;
  Random& random_;
};

// What is drawn behind what moves: another of the cube's corners at each step where the pictures have alpha, so that
// opacity is found, too.
inline glm::vec3 background_of(const MomentViews& moment, Random& random) {
  if (!moment.has_alpha) return glm::vec3(0);
  return {random.below(2), random.below(2), random.below(2)};
}

}  // namespace diorama
