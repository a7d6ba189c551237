#pragma once

#include "engine/scene/camera.h"
#include "engine/scene/mesh.h"

#include <glm/glm.hpp>

namespace diorama {

// A camera moved by hand: around a pivot, along the picture, and freely. +Y is up and stays up. Metres, radians.
class OrbitCamera {
 public:
  // So that the whole box is seen from `turn` about +Y (0 is from +Z) and 30 degrees above; the pivot is its middle.
  void look_from_outside(const Bounds& bounds, float turn, glm::ivec2 size_px);
  void look_as(const Camera& camera, float pivot_distance_m);

  // By pixels that the pointer moved over a picture of this height; half of it is a quarter turn.
  void orbit(glm::vec2 moved_px, float height_px);
  void pan(glm::vec2 moved_px, float height_px);  // the pivot goes with the pointer
  void zoom(float steps);                         // a step of the wheel: a tenth nearer to the pivot
  void fly(glm::vec3 moved_m);                    // right, up, forward of the camera
  void look_around(glm::vec2 moved_px, float height_px);
  void set_pivot(glm::vec3 pivot);  // the camera stays where it is and looks at it

  Camera camera(glm::ivec2 size_px) const;
  glm::vec3 pivot() const { return pivot_; }
  float distance_m() const { return distance_m_; }

 private:
  glm::vec3 forward() const;

  glm::vec3 pivot_{0};
  float turn_ = 0, height_ = 0;  // of the camera about the pivot; height: above the horizon
  float distance_m_ = 1;
};

}  // namespace diorama
