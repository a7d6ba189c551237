#pragma once

#include "assets/gltf/document.h"

#include <glm/glm.hpp>
#include <glm/gtc/quaternion.hpp>

#include <array>
#include <cstddef>
#include <string>
#include <vector>

namespace diorama {

// What a channel moves: `elements` vectors of `components`, a rotation or not.
struct GltfTrack {
  int components = 1;
  size_t elements = 1;
  bool rotation = false;  // xyzw, interpolated along the shorter arc
};

// Value of an animation sampler at a time: STEP, LINEAR or CUBICSPLINE between keys, the first and last key outside.
// Error kInvalidInput: times that are not increasing seconds, another count of values than the keys want, an unknown
// interpolation.
std::vector<double> sample_track(const GltfDocument& document, const JsonNode& sampler, const GltfTrack& track,
                                 double time_s);

// The last key of an animation's samplers; 0 without any.
double animation_duration(const GltfDocument& document, const JsonNode& animation);

// Rotation from file values. Error kInvalidInput: far from unit length.
glm::dquat unit_quaternion(const std::array<double, 4>& xyzw, const std::string& where);

}  // namespace diorama
