#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

namespace diorama {

// Bytes of each picture of a group, or of a stream.
using PictureBytes = std::vector<size_t>;

// Pictures of a second, at least one.
size_t pictures_of_second(double frames_per_s);

// The most bits in any second of a stream; what is shorter than a second counts by its own length.
double most_bits_per_s(const PictureBytes& pictures, double frames_per_s);

// No second may have more bits than this, of a stream alone or together with another.
struct RateLimit {
  double bits_per_s = 0;
  PictureBytes other;  // of the other stream's pictures; empty: none
};

// Quantisers of a stream's groups, none finer than finest_qp, with which it stays within its limits, as far as
// coarsest_qp leads there: groups inside a second that has too many bits get coarser, the others stay. `encoded` tells
// the pictures of a group at a quantiser.
struct RatePlan {
  std::vector<int> qps;
  bool within = true;
};
RatePlan plan_rate(size_t groups, int finest_qp, int coarsest_qp, double frames_per_s,
                   std::span<const RateLimit> limits, const std::function<PictureBytes(size_t group, int qp)>& encoded);

}  // namespace diorama
