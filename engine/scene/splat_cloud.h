#pragma once

#include "engine/scene/mesh.h"

#include <glm/glm.hpp>

#include <vector>

namespace diorama {

// 3D Gaussians (Kerbl et al. 2023) in activated form: scales are linear, opacities in [0, 1]. One entry a splat in each
// array.
struct SplatCloud {
  std::vector<glm::vec3> positions;       // metres
  std::vector<glm::vec3> scales;          // standard deviations along the splat's own axes, metres, >= 0
  std::vector<glm::vec4> rotations_xyzw;  // world_from_splat, unit quaternions
  std::vector<float> opacities;           // [0, 1]
  int sh_degree = 0;                      // 0 to 3
  // Real spherical harmonics in sRGB display space, sh_count(sh_degree) coefficients a splat in the order of 3DGS
  // (degree by degree, m = -l..l); the colour seen along a direction is max(0, 0.5 + sum).
  std::vector<glm::vec3> sh;

  size_t size() const { return positions.size(); }
  void resize(size_t count);
};

// Coefficients of all degrees up to `degree`, for one channel.
constexpr int sh_count(int degree) {
  return (degree + 1) * (degree + 1);
}

// Of degree 0: colour = 0.5 + kShC0 * coefficient.
inline constexpr float kShC0 = 0.28209479177387814f;

Bounds bounds_of(const SplatCloud& cloud);  // of the centres

// Error kInvalidInput: arrays of another length, an SH degree outside 0 to 3, a value that is not finite, a negative
// scale, an opacity outside [0, 1], a quaternion whose length is off 1 by more than 1e-3.
void check_splat_cloud(const SplatCloud& cloud);

}  // namespace diorama
