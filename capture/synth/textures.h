#pragma once

#include "capture/synth/geometry.h"

namespace diorama {

// Linear reflectance of a material at texture coordinates (see SynthVertex::texture) of a patch of `size_m`.
glm::vec3 texture_color(const SynthMaterial& material, glm::vec3 texture, glm::vec2 size_m);

}  // namespace diorama
