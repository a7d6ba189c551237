#pragma once

#include "assets/asset.h"

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace diorama {

struct AnimationInfo {
  std::string name;
  double duration_s = 0;  // the last key
};

// A glTF file that stays open to be played: nodes, skins and morph targets at any time of its animations.
class AnimatedGltf {
 public:
  // Reads everything and checks all animations. Errors as read_gltf, and kInvalidInput: keys that do not increase or do
  // not match their values, an unknown interpolation.
  explicit AnimatedGltf(const std::filesystem::path& path);
  AnimatedGltf(std::vector<std::byte> glb, const std::string& name);  // self-contained
  ~AnimatedGltf();
  AnimatedGltf(AnimatedGltf&&) noexcept;

  // As read_gltf gives it: the first animation at time 0.
  const Asset& at_start() const;
  const std::vector<AnimationInfo>& animations() const;

  // The parts of at_start().meshes at a time of an animation, in the same order; before its first key and after its
  // last the pose stands still.
  std::vector<MeshPart> meshes_at(size_t animation, double time_s) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace diorama
