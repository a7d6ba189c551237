#include "engine/scene/splat_edit.h"

#include "engine/base/error.h"
#include "engine/scene/splat_order.h"

#include <nanoflann.hpp>

#include <algorithm>
#include <cmath>
#include <span>

namespace diorama {
namespace {

constexpr size_t kGrain = 1024;          // splats a task
constexpr double kSmallest = 1e-12;      // metres: splats at one place
constexpr double kLeastDeviation = 0.2;  // of the logarithms: 20 %, so that the rims of even surfaces stay

template <class Keep>
SplatMask mask_where(size_t count, Keep&& keep) {
  SplatMask mask(count);
  for (size_t i = 0; i < count; ++i) mask[i] = keep(i) ? 1 : 0;
  return mask;
}

float longest_axis(const SplatCloud& cloud, size_t i) {
  const glm::vec3 s = cloud.scales[i];
  return std::max({s.x, s.y, s.z});
}

struct PointTree {
  const std::vector<glm::vec3>& points;
  size_t kdtree_get_point_count() const { return points.size(); }
  float kdtree_get_pt(size_t i, size_t axis) const { return points[i][static_cast<int>(axis)]; }
  template <class Box>
  bool kdtree_get_bbox(Box&) const {
    return false;
  }
};
using Tree = nanoflann::KDTreeSingleIndexAdaptor<nanoflann::L2_Simple_Adaptor<float, PointTree>, PointTree, 3>;

// Logarithms of each splat's distance to its neighbours.
std::vector<double> log_distances(const SplatCloud& cloud, size_t neighbours, ThreadPool& pool) {
  const PointTree points{cloud.positions};
  const Tree tree(3, points, nanoflann::KDTreeSingleIndexAdaptorParams(16));
  std::vector<double> result(cloud.size());
  pool.parallel_for(cloud.size(), kGrain, [&](size_t begin, size_t end) {
    std::vector<uint32_t> ids(neighbours + 1);
    std::vector<float> squares(neighbours + 1);
    for (size_t i = begin; i < end; ++i) {
      const size_t found = tree.knnSearch(&cloud.positions[i].x, neighbours + 1, ids.data(), squares.data());
      double sum = 0;  // the splat itself adds 0
      for (size_t k = 0; k < found; ++k) sum += static_cast<double>(squares[k]);
      result[i] = std::log(std::max(std::sqrt(sum / static_cast<double>(neighbours)), kSmallest));
    }
  });
  return result;
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

// The most that is usual: median plus deviations. 1.4826 makes the median deviation that of a normal distribution.
double usual_most(const std::vector<double>& values, double strength) {
  const double middle = median(values);
  std::vector<double> off(values.size());
  std::transform(values.begin(), values.end(), off.begin(), [&](double v) { return std::abs(v - middle); });
  return middle + strength * std::max(1.4826 * median(std::move(off)), kLeastDeviation);
}

}  // namespace

bool SplatRegion::contains(glm::vec3 point) const {
  if (kind == Kind::kSphere)
    return glm::length(glm::dvec3(point) - glm::dvec3(center)) <= static_cast<double>(radius_m);
  return glm::all(glm::lessThanEqual(box.min, point)) && glm::all(glm::lessThanEqual(point, box.max));
}

SplatMask mask_inside(const SplatCloud& cloud, const SplatRegion& region) {
  return mask_where(cloud.size(), [&](size_t i) { return region.contains(cloud.positions[i]); });
}

SplatMask mask_outside(const SplatCloud& cloud, const SplatRegion& region) {
  return mask_where(cloud.size(), [&](size_t i) { return !region.contains(cloud.positions[i]); });
}

SplatMask mask_opacity(const SplatCloud& cloud, float least) {
  return mask_where(cloud.size(), [&](size_t i) { return cloud.opacities[i] >= least; });
}

SplatMask mask_size(const SplatCloud& cloud, float most_m) {
  return mask_where(cloud.size(), [&](size_t i) { return longest_axis(cloud, i) <= most_m; });
}

SplatMask mask_floaters(const SplatCloud& cloud, const FloaterOptions& options, ThreadPool& pool) {
  check_splat_cloud(cloud);
  DIO_CHECK(options.neighbours > 0 && options.strength > 0);
  const auto neighbours = static_cast<size_t>(options.neighbours);
  if (cloud.size() <= neighbours) return SplatMask(cloud.size(), 1);
  const std::vector<double> distance = log_distances(cloud, neighbours, pool);
  std::vector<double> size(cloud.size());
  for (size_t i = 0; i < size.size(); ++i) {
    size[i] = std::log(std::max(static_cast<double>(longest_axis(cloud, i)), kSmallest)) - distance[i];
  }
  const double most_distance = usual_most(distance, static_cast<double>(options.strength));
  const double most_size = usual_most(size, static_cast<double>(options.strength));
  return mask_where(cloud.size(), [&](size_t i) { return distance[i] <= most_distance && size[i] <= most_size; });
}

SplatCloud masked(const SplatCloud& cloud, const SplatMask& keep) {
  DIO_CHECK(keep.size() == cloud.size());
  std::vector<uint32_t> kept;
  for (uint32_t i = 0; i < keep.size(); ++i) {
    if (keep[i] != 0) kept.push_back(i);
  }
  return gathered(cloud, kept);
}

SplatCloud joined(const SplatCloud& first, const SplatCloud& second) {
  SplatCloud result;
  result.sh_degree = std::max(first.sh_degree, second.sh_degree);
  result.resize(first.size() + second.size());
  const auto width = static_cast<size_t>(sh_count(result.sh_degree));
  size_t at = 0;
  for (const SplatCloud* cloud : {&first, &second}) {
    const auto own_width = static_cast<size_t>(sh_count(cloud->sh_degree));
    for (size_t i = 0; i < cloud->size(); ++i, ++at) {
      result.positions[at] = cloud->positions[i];
      result.scales[at] = cloud->scales[i];
      result.rotations_xyzw[at] = cloud->rotations_xyzw[i];
      result.opacities[at] = cloud->opacities[i];
      std::copy_n(cloud->sh.data() + i * own_width, own_width, result.sh.data() + at * width);
    }
  }
  return result;
}

void limit_sh_degree(SplatCloud& cloud, int degree) {
  if (degree < cloud.sh_degree) set_sh_degree(cloud, degree);
}

void set_sh_degree(SplatCloud& cloud, int degree) {
  DIO_CHECK(degree >= 0 && degree <= 3);
  if (degree == cloud.sh_degree) return;
  const auto from = static_cast<size_t>(sh_count(cloud.sh_degree)), to = static_cast<size_t>(sh_count(degree));
  std::vector<glm::vec3> sh(cloud.size() * to, glm::vec3(0));
  for (size_t i = 0; i < cloud.size(); ++i) {
    const auto own = cloud.sh.begin() + static_cast<ptrdiff_t>(i * from);
    std::copy_n(own, std::min(from, to), sh.begin() + static_cast<ptrdiff_t>(i * to));
  }
  cloud.sh = std::move(sh);
  cloud.sh_degree = degree;
}

}  // namespace diorama
