#pragma once

#include <glm/glm.hpp>

namespace diorama {

// Real spherical harmonics of degree 1 to 3 with the signs of 3DGS (Kerbl et al. 2023, after Sloan 2013).
struct ShConstants {
  static constexpr float k1 = 0.4886025119029199f;
  static constexpr float k2[5] = {1.0925484305920792f, -1.0925484305920792f, 0.31539156525252005f, -1.0925484305920792f,
                                  0.5462742152960396f};
  static constexpr float k3[7] = {-0.5900435899266435f, 2.890611442640554f, -0.4570457994644658f, 0.3731763325901154f,
                                  -0.4570457994644658f, 1.445305721320277f, -0.5900435899266435f};
};

// Basis functions 1 to 15 at a unit direction; those above `degree` and the 16th are 0.
inline void sh_basis(glm::vec3 direction, int degree, float (&basis)[16]) {
  using C = ShConstants;
  const float x = direction.x, y = direction.y, z = direction.z;
  const float xx = x * x, yy = y * y, zz = z * z;
  for (float& value : basis) value = 0;
  if (degree < 1) return;
  basis[0] = -C::k1 * y;
  basis[1] = C::k1 * z;
  basis[2] = -C::k1 * x;
  if (degree < 2) return;
  basis[3] = C::k2[0] * x * y;
  basis[4] = C::k2[1] * y * z;
  basis[5] = C::k2[2] * (2 * zz - xx - yy);
  basis[6] = C::k2[3] * x * z;
  basis[7] = C::k2[4] * (xx - yy);
  if (degree < 3) return;
  basis[8] = C::k3[0] * y * (3 * xx - yy);
  basis[9] = C::k3[1] * x * y * z;
  basis[10] = C::k3[2] * y * (4 * zz - xx - yy);
  basis[11] = C::k3[3] * z * (2 * zz - 3 * xx - 3 * yy);
  basis[12] = C::k3[4] * x * (4 * zz - xx - yy);
  basis[13] = C::k3[5] * z * (xx - yy);
  basis[14] = C::k3[6] * x * (xx - 3 * yy);
}

// Derivative of sum over j of weights[j] * basis[j] with respect to the direction, not projected on the sphere.
inline glm::vec3 sh_gradient(glm::vec3 direction, int degree, const float (&weights)[16]) {
  using C = ShConstants;
  const float x = direction.x, y = direction.y, z = direction.z;
  const float xx = x * x, yy = y * y, zz = z * z;
  const float* const w = weights;
  glm::vec3 sum(0.0f);
  if (degree < 1) return sum;
  sum = C::k1 * glm::vec3(-w[2], -w[0], w[1]);
  if (degree < 2) return sum;
  sum += C::k2[0] * w[3] * glm::vec3(y, x, 0) + C::k2[1] * w[4] * glm::vec3(0, z, y) +
         C::k2[2] * w[5] * glm::vec3(-2 * x, -2 * y, 4 * z) + C::k2[3] * w[6] * glm::vec3(z, 0, x) +
         C::k2[4] * w[7] * glm::vec3(2 * x, -2 * y, 0);
  if (degree < 3) return sum;
  sum += C::k3[0] * w[8] * glm::vec3(6 * x * y, 3 * xx - 3 * yy, 0) + C::k3[1] * w[9] * glm::vec3(y * z, x * z, x * y) +
         C::k3[2] * w[10] * glm::vec3(-2 * x * y, 4 * zz - xx - 3 * yy, 8 * y * z) +
         C::k3[3] * w[11] * glm::vec3(-6 * x * z, -6 * y * z, 6 * zz - 3 * xx - 3 * yy) +
         C::k3[4] * w[12] * glm::vec3(4 * zz - 3 * xx - yy, -2 * x * y, 8 * x * z) +
         C::k3[5] * w[13] * glm::vec3(2 * x * z, -2 * y * z, xx - yy) +
         C::k3[6] * w[14] * glm::vec3(3 * xx - 3 * yy, -6 * x * y, 0);
  return sum;
}

}  // namespace diorama
