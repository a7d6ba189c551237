#pragma once

#include <glm/glm.hpp>

namespace diorama {

// Painted things over [0, 1]^2, v up; linear reflectance.
glm::vec3 landscape_picture(glm::vec2 uv);
glm::vec3 geometric_picture(glm::vec2 uv);

// What the window shows, in units of its mean radiance: sky, hills and a tree.
glm::vec3 outside_view(glm::vec2 uv);

// Skin, hair and clothes of the dancer at a point of its pose of rest (figure.h).
glm::vec3 figure_color(glm::vec3 at_rest);

}  // namespace diorama
