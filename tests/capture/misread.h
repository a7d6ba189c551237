#pragma once

#include "engine/scene/rigid.h"

#include <string>

namespace diorama {

inline Rigid with_flipped_axes(Rigid pose) {
  pose.rotation[1] = -pose.rotation[1];
  pose.rotation[2] = -pose.rotation[2];
  return pose;
}

struct StoredAs {
  std::string camera_axes = "OpenCV", matrix = "world_from_camera";
};

// The pose that a reader gets from a file that stores `world_from_camera` in one way, when it takes it for another.
inline Rigid misread(const Rigid& world_from_camera, const StoredAs& truly, const StoredAs& taken) {
  Rigid pose = world_from_camera;
  if (truly.camera_axes == "OpenGL") pose = with_flipped_axes(pose);
  if (truly.matrix == "camera_from_world") pose = inverse(pose);
  if (taken.matrix == "camera_from_world") pose = inverse(pose);
  if (taken.camera_axes == "OpenGL") pose = with_flipped_axes(pose);
  return pose;
}

}  // namespace diorama
