#pragma once

#include <glm/glm.hpp>

#include <filesystem>
#include <vector>

namespace diorama {

// Points of a scene's surfaces that come with a capture, as structure from motion finds them, in the capture's world.
struct SparsePoints {
  std::vector<glm::vec3> positions;
  std::vector<glm::u8vec3> colors;  // sRGB; as many as positions, mid-grey where the file has none
};

// The vertices of a PLY: x, y, z and, if they are there, red, green, blue (8 bits, or floats in [0, 1]). Points that
// are not finite or farther than 1e7 from the origin are left out. Error, naming the file: kInvalidInput (damage, no x,
// y or z, more than 2^26 points), kUnsupported (lists before the vertices).
SparsePoints read_sparse_points(const std::filesystem::path& path);

}  // namespace diorama
