#pragma once

#include "engine/scene/rigid.h"
#include "engine/scene/splat_cloud.h"

#include <glm/glm.hpp>

namespace diorama {

// Moves a cloud into another frame: positions, rotations, scales, and the SH with them. Computed in double. A scale
// that differs by axis gives the exact covariances; SH then follow the matrix' nearest rotation. The bottom row of the
// matrix is 0 0 0 1; the identity leaves every bit.
void transform(SplatCloud& cloud, const glm::dmat4& b_from_a);
void transform(SplatCloud& cloud, const Rigid& b_from_a);

}  // namespace diorama
