#pragma once

#include <glm/glm.hpp>

#include <cstdint>

namespace diorama {

// unorm8(srgb_from_linear(c)) by table, exact; NaN becomes 0.
glm::u8vec3 srgb8_from_linear(glm::vec3 c);

}  // namespace diorama
