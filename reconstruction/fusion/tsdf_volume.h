#pragma once

#include "engine/base/thread_pool.h"
#include "engine/scene/camera.h"
#include "engine/scene/image.h"
#include "engine/scene/mesh.h"

#include <cstddef>
#include <filesystem>
#include <memory>

namespace diorama {

struct FusionOptions {
  float voxel_m = 0.02f;
  float truncation_voxels = 3.0f;
  float depth_min_m = 0.1f, depth_max_m = 8.0f;
  float max_weight = 0.0f;      // cap of a voxel's weight, in frames seen from 1 m; 0: none
  float discontinuity = 0.02f;  // depth pixels between a nearer and a farther neighbour, each off by more than this
                                // share of z, are left out: sensors smear edges; 0 keeps all
  bool carve_free_space =
      true;  // blocks that are already there and lie in front of a measured surface are seen as empty
  bool color = true;
  template <class Visitor>
  void visit(Visitor&& option) {
    option("voxel", voxel_m, {0.001, 1}, "edge of a voxel, m");
    option("truncation", truncation_voxels, {1.5, 16}, "half width of the band around the surface, voxels");
    option("depth-min", depth_min_m, {0, 100}, "nearer depth is dropped, m");
    option("fuse-depth-max", depth_max_m, {0.1, 1000}, "depth beyond this is not fused, m");
    option("max-weight", max_weight, {0, 1e9}, "cap of a voxel's weight, in frames seen from 1 m; 0: none");
    option("discontinuity", discontinuity, {0, 10},
           "depth between nearer and farther neighbours, each by this share of z, is left out; 0 keeps all");
    option("carve", carve_free_space, "space in front of a measured surface is seen as empty");
    option("color", color, "fuse colour");
  }
};

// What one view adds. Pointers are read during integrate() only.
struct FusionView {
  Camera depth_camera;                   // world_from_camera: the depth camera's pose
  const ImageF32* depth_m = nullptr;     // planar z, 0 = no measurement
  const ImageF32* confidence = nullptr;  // [0, 1] of the depth image's size, or null
  Camera color_camera;                   // its own K, size and pose: colour need not be registered to depth
  const ImageRgba8* color = nullptr;     // or null
  const ImageU8* mask = nullptr;         // of the colour image's size, 0 = ignore; or null
};

struct ExtractOptions {
  float min_weight = 0.1f;  // voxels seen less are holes, in frames seen from 1 m: once from 3 m is enough
  int min_component = 200;  // components with fewer triangles are dropped
  template <class Visitor>
  void visit(Visitor&& option) {
    option("min-weight", min_weight, {0, 1e6}, "voxels seen less than this are holes, in frames seen from 1 m");
    option("min-component", min_component, {0, 1e9}, "pieces with fewer triangles are dropped");
  }
};

// Truncated signed distance field in hashed blocks of 8^3 voxels (Niessner et al. 2013; Curless and Levoy 1996). Voxel
// (i, j, k) has its centre at (i + 0.5, j + 0.5, k + 0.5) * voxel. Distance is projective: depth - z. Weight of a
// measurement: confidence / z^2. Same bits for any thread count.
class TsdfVolume {
 public:
  explicit TsdfVolume(const FusionOptions& options);
  ~TsdfVolume();
  TsdfVolume(TsdfVolume&&) noexcept;
  TsdfVolume& operator=(TsdfVolume&&) noexcept;

  const FusionOptions& options() const;
  size_t block_count() const;
  size_t memory_bytes() const;

  void integrate(const FusionView& view, ThreadPool& pool);

  // Marching cubes with shared vertices; linear colours, normals from the field. Empty volume: empty mesh.
  Mesh extract(const ExtractOptions& options, ThreadPool& pool) const;

  // The whole state, to the bit; load checks everything before allocating. Error as for any file.
  void save(const std::filesystem::path& path) const;
  static TsdfVolume load(const std::filesystem::path& path);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace diorama
