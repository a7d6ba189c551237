#include "streaming/rate_plan.h"

#include "engine/base/error.h"

#include <algorithm>
#include <cmath>

namespace diorama {
namespace {

// Six more quantiser steps halve the bits, about; a little less at a time, so that nothing gets coarser than it must.
constexpr double kStepsOfHalf = 6, kCaution = 0.75;

struct Window {
  size_t first = 0, end = 0;  // pictures
  double share = 0;           // of the limit
};

Window worst_window(const PictureBytes& pictures, double frames_per_s, std::span<const RateLimit> limits) {
  const size_t length = std::min(pictures_of_second(frames_per_s), pictures.size());
  Window worst;
  for (const RateLimit& limit : limits) {
    const auto bytes = [&](size_t picture) {
      return static_cast<double>(pictures[picture] + (limit.other.empty() ? 0 : limit.other[picture]));
    };
    double sum = 0;
    for (size_t end = 0; end < pictures.size(); ++end) {
      sum += bytes(end);
      if (end >= length) sum -= bytes(end - length);
      if (end + 1 < length) continue;
      const double share = 8 * sum * frames_per_s / static_cast<double>(length) / limit.bits_per_s;
      if (share > worst.share) worst = {end + 1 - length, end + 1, share};
    }
  }
  return worst;
}

}  // namespace

size_t pictures_of_second(double frames_per_s) {
  return static_cast<size_t>(std::max(std::floor(frames_per_s + 1e-6), 1.0));
}

double most_bits_per_s(const PictureBytes& pictures, double frames_per_s) {
  const RateLimit limit{.bits_per_s = 1};
  return worst_window(pictures, frames_per_s, {&limit, 1}).share;
}

RatePlan plan_rate(size_t groups, int finest_qp, int coarsest_qp, double frames_per_s,
                   std::span<const RateLimit> limits,
                   const std::function<PictureBytes(size_t group, int qp)>& encoded) {
  RatePlan plan{.qps = std::vector<int>(groups, finest_qp)};
  std::vector<size_t> group_of_picture, first_of_group;
  PictureBytes pictures;
  for (size_t group = 0; group < groups; ++group) {
    first_of_group.push_back(pictures.size());
    const PictureBytes bytes = encoded(group, finest_qp);
    pictures.insert(pictures.end(), bytes.begin(), bytes.end());
    group_of_picture.resize(pictures.size(), group);
  }
  for (const RateLimit& limit : limits) {
    DIO_CHECK(limit.bits_per_s > 0 && (limit.other.empty() || limit.other.size() == pictures.size()));
  }
  while (!pictures.empty()) {
    const Window worst = worst_window(pictures, frames_per_s, limits);
    if (worst.share <= 1) return plan;
    const int coarser = std::max(static_cast<int>(kCaution * kStepsOfHalf * std::log2(worst.share)), 1);
    bool changed = false;
    for (size_t group = group_of_picture[worst.first]; group <= group_of_picture[worst.end - 1]; ++group) {
      const int qp = std::min(plan.qps[group] + coarser, coarsest_qp);
      if (qp == plan.qps[group]) continue;
      plan.qps[group] = qp;
      changed = true;
      const PictureBytes bytes = encoded(group, qp);
      std::copy(bytes.begin(), bytes.end(), pictures.begin() + static_cast<ptrdiff_t>(first_of_group[group]));
    }
    if (!changed) {
      plan.within = false;
      return plan;
    }
  }
  return plan;
}

}  // namespace diorama
