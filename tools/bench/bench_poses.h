#pragma once

#include "assets/animated_gltf.h"
#include "engine/base/job.h"
#include "tools/eval/asset_view.h"

#include <string>
#include <vector>

namespace diorama {

struct PoseBenchOptions {
  int poses = 120;
  template <class Visitor>
  void visit(Visitor&& option) {
    option("poses", poses, {1, 100000}, "poses of each animation, at even times over its length");
  }
};

// Medians of single poses.
struct PoseBench {
  struct Animation {
    std::string name;
    double pose_ms = 0;  // nodes, skins and morph targets to plain meshes
    double set_ms = 0;   // those to the backend: on the CPU nothing but pointers, with Vulkan packed and uploaded
  };
  std::string asset, backend;  // asset: set by who opened it
  size_t vertices = 0, triangles = 0;
  std::vector<Animation> animations;
};

// Error kInvalidInput: the file has no animation; else as make_asset_view.
PoseBench bench_poses(const AnimatedGltf& gltf, const PoseBenchOptions& options, const BackendOptions& backend,
                      JobContext& job);

std::string to_json(const PoseBench& bench);
std::string to_text(const PoseBench& bench);

}  // namespace diorama
