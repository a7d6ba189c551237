#pragma once

#include <glm/glm.hpp>

namespace diorama {

// Brown-Conrady coefficients as OpenCV has them, in normalised image coordinates.
struct LensDistortion {
  double k1 = 0, k2 = 0, k3 = 0, p1 = 0, p2 = 0;
  bool is_none() const { return k1 == 0 && k2 == 0 && k3 == 0 && p1 == 0 && p2 == 0; }
};

// Where the lens puts what a pinhole would see at `ray` (x / z, y / z).
inline glm::dvec2 distorted(const LensDistortion& lens, glm::dvec2 ray) {
  const double u = ray.x, v = ray.y, r2 = u * u + v * v;
  const double radial = 1 + r2 * (lens.k1 + r2 * (lens.k2 + r2 * lens.k3));
  return {u * radial + 2 * lens.p1 * u * v + lens.p2 * (r2 + 2 * u * u),
          v * radial + lens.p1 * (r2 + 2 * v * v) + 2 * lens.p2 * u * v};
}

// Beyond the radius where the radial polynomial turns back the model means nothing.
inline bool is_within_lens(const LensDistortion& lens, glm::dvec2 ray) {
  const double r2 = glm::dot(ray, ray);
  return 1 + r2 * (3 * lens.k1 + r2 * (5 * lens.k2 + r2 * 7 * lens.k3)) > 0;
}

// The ray that the lens puts at `place`: fixed-point iteration, which settles wherever the lens bends less than it
// passes.
inline glm::dvec2 undistorted(const LensDistortion& lens, glm::dvec2 place) {
  constexpr int kIterations = 30;  // 1e-9 for a bend of half the radius
  glm::dvec2 ray = place;
  for (int i = 0; i < kIterations; ++i) ray += place - distorted(lens, ray);
  return ray;
}

}  // namespace diorama
