#pragma once

#include "engine/scene/rigid.h"

namespace diorama {

// The smallest rotation about the origin that turns `up` (any length but 0) to +Y.
Rigid upright_from(glm::vec3 up);

}  // namespace diorama
