#pragma once

#include "assets/asset.h"
#include "renderers/mesh/mesh_renderer.h"
#include "renderers/splats/splat_renderer.h"
#include "streaming/gpu_dequantizer.h"
#include "streaming/splat_video_reader.h"

#include <optional>
#include <vector>

namespace diorama {

// Of the frame that was finished last.
struct SceneStats {
  size_t splats = 0, splats_visible = 0, triangles = 0;
  std::vector<PassTime> passes;
};

// An asset's meshes and splats on one device, drawn together: splats are tested against the meshes' depth (of one
// sample a pixel) and laid over their picture. Blended surfaces lie behind all splats that opaque ones do not hide.
class VulkanScene {
 public:
  // Error: what the renderers refuse.
  VulkanScene(GpuDevice& device, const Asset& asset);

  RasterResult draw(const Camera& camera, const RasterOptions& options, bool with_depth);

  // Draws into a picture that stays on the device, in the layout for copies, for work that is submitted next. The frame
  // before it is waited for.
  const GpuImage& draw_live(const Camera& camera, const RasterOptions& options);

  void set_meshes(std::span<const MeshPart> meshes, const Asset& asset);
  void set_splats(std::span<const SplatPart> splats);  // the asset must have had some
  // A frame of a performance, its still splats and `others`; a coded one is dequantised on the device. The same
  // performance must stay and come with the same others.
  void show(const SplatPerformance& performance, size_t frame, std::span<const SplatPart> others, ThreadPool& pool);

  SceneStats stats() const;

 private:
  // What moves lies behind what stands still.
  struct CodedSplats {
    CodedSplats(GpuDevice& device, const SplatVideoReader& of, const SplatBuffers& target, size_t still_splats,
                size_t first_splat);
    const SplatVideoReader* video;
    size_t still, first;  // splats that stand still; the first that moves
    std::optional<size_t> group;
    GpuDequantizer dequantizer;
  };

  void finish_live();
  RasterResult draw_both(const Camera& camera, const RasterOptions& options, bool with_depth);
  void make_buffers(int sh_degree);
  void show_coded(const SplatVideoReader& video, size_t frame, std::span<const SplatPart> others, ThreadPool& pool);
  void start_video(const SplatVideoReader& video, std::span<const SplatPart> others);

  GpuDevice* device_;
  bool antialiased_;
  std::optional<MeshRenderer> meshes_;
  std::optional<SplatBuffers> splats_;
  std::optional<SplatRenderer> splat_renderer_;
  std::optional<CodedSplats> coded_;                            // goes first: it fills the buffers
  std::optional<uint64_t> live_mesh_frame_, live_splat_frame_;  // begun and not finished
};

// The asset's splats on the device. `sh_bytes`: see SplatBufferOptions.
SplatBuffers upload_splats(GpuDevice& device, const Asset& asset, bool sh_bytes = false);

}  // namespace diorama
