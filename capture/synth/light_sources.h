#pragma once

#include "capture/synth/bvh.h"
#include "capture/synth/geometry.h"

#include <glm/glm.hpp>

#include <cstdint>

namespace diorama {

// Irradiance that all sources send straight to a point (a little above its surface); `key` shifts the samples.
glm::vec3 direct_irradiance(const SynthGeometry& geometry, const SynthBvh& bvh, glm::vec3 position, glm::vec3 normal,
                            uint32_t key);

}  // namespace diorama
