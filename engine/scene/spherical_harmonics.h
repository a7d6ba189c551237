#pragma once

#include <glm/glm.hpp>

#include <array>
#include <span>

namespace diorama {

// Real spherical harmonics of degrees 0 to 3 at a unit direction, in the order and with the signs of 3DGS (degree by
// degree, m = -l..l, Condon-Shortley phase).
template <class T>
std::array<T, 16> sh_basis(const glm::vec<3, T>& d) {
  const T xx = d.x * d.x, yy = d.y * d.y, zz = d.z * d.z;
  return {T(0.28209479177387814),
          T(-0.4886025119029199) * d.y,
          T(0.4886025119029199) * d.z,
          T(-0.4886025119029199) * d.x,
          T(1.0925484305920792) * d.x * d.y,
          T(-1.0925484305920792) * d.y * d.z,
          T(0.31539156525252005) * (2 * zz - xx - yy),
          T(-1.0925484305920792) * d.x * d.z,
          T(0.5462742152960396) * (xx - yy),
          T(-0.5900435899266435) * d.y * (3 * xx - yy),
          T(2.890611442640554) * d.x * d.y * d.z,
          T(-0.4570457994644658) * d.y * (4 * zz - xx - yy),
          T(0.3731763325901154) * d.z * (2 * zz - 3 * xx - 3 * yy),
          T(-0.4570457994644658) * d.x * (4 * zz - xx - yy),
          T(1.445305721320277) * d.z * (xx - yy),
          T(-0.5900435899266435) * d.x * (xx - 3 * yy)};
}

// Turns coefficients together with what they describe: what was seen along d is then seen along b_from_a * d.
class ShRotation {
 public:
  explicit ShRotation(const glm::dmat3& b_from_a);  // orthogonal; a mirror is fine too

  // All coefficients of one splat; sh_count(degree) of them, degree 0 to 3.
  void apply(std::span<glm::vec3> coefficients) const;

 private:
  std::array<std::array<float, 49>, 3> bands_{};  // degree l at [l - 1]: (2l + 1)^2 factors, row by row
};

}  // namespace diorama
