#pragma once

#include "capture/synth/geometry.h"

#include <array>
#include <cstdint>
#include <vector>

namespace diorama {

// A dancer: smoothly blended rounded bones, meshed once in its pose of rest (arms half down, feet at y = 0, looking
// along +z, 1.7 m tall) and bent by linear blend skinning.
class SynthFigure {
 public:
  SynthFigure();

  // The figure at a moment of its dance as one free mesh; texture coordinates are positions at rest.
  void add_to(SynthGeometry& geometry, double time_s) const;

 private:
  static constexpr int kInfluences = 4;
  struct Skin {
    std::array<uint8_t, kInfluences> bone{};
    std::array<float, kInfluences> weight{};
  };

  std::vector<glm::vec3> positions_, normals_;
  std::vector<Skin> skin_;
  std::vector<glm::uvec3> triangles_;
};

}  // namespace diorama
