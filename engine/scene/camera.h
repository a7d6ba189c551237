#pragma once

#include "engine/scene/rigid.h"

#include <glm/glm.hpp>

#include <optional>

namespace diorama {

// Pinhole camera: +x right, +y down, +z forward; pixel (0, 0) has its centre at (0.5, 0.5).
struct Camera {
  glm::ivec2 size_px{0};
  glm::vec2 focal_px{0.0f}, center_px{0.0f};
  Rigid world_from_camera;
};

// Pixel position of a point in the camera's frame; z must be > 0.
inline glm::vec2 project_in_camera(const Camera& camera, glm::vec3 p_in_camera) {
  return camera.focal_px * glm::vec2(p_in_camera) / p_in_camera.z + camera.center_px;
}

// Point in the camera's frame that is seen at `pixel` at planar depth z.
inline glm::vec3 unproject_in_camera(const Camera& camera, glm::vec2 pixel, float z_m) {
  return glm::vec3((pixel - camera.center_px) / camera.focal_px * z_m, z_m);
}

// Pixel that sees a world point; nothing if the point is not in front of the camera.
std::optional<glm::vec2> project(const Camera& camera, glm::vec3 p_in_world);

// Pose of a camera at `eye` that looks at `target`, with `up` towards the top of the image. If both directions agree,
// an up is chosen.
Rigid look_at(glm::vec3 eye, glm::vec3 target, glm::vec3 up);

// The same view at another size; K by the exact ratio of the sizes (each axis its own).
Camera resized(const Camera& camera, glm::ivec2 size_px);

// Error kInvalidInput: a size outside 1..32768, a focal length that is not finite and positive, a centre that is not
// finite.
void check_camera(const Camera& camera);

}  // namespace diorama
