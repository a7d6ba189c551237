#pragma once

#include "assets/asset.h"
#include "engine/gpu/frame_ring.h"
#include "engine/gpu/transfer.h"
#include "engine/raster/triangles.h"
#include "renderers/mesh/mesh_cull.h"
#include "renderers/mesh/mesh_geometry.h"
#include "renderers/mesh/mesh_materials.h"
#include "renderers/mesh/mesh_pipelines.h"
#include "renderers/mesh/mesh_targets.h"

#include <array>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace diorama {

struct MeshRendererStats {
  size_t triangles = 0, chunks = 0;  // of the asset
  size_t draws = 0;                  // recorded in the last frame
  size_t triangles_drawn = 0;        // in its colour pass
  uint64_t memory_bytes = 0;         // of the device, all that is on it
};

// Draws an asset's meshes with Vulkan; nothing is read back in a frame but the pictures. The twin of rasterize(): the
// same camera, samples, light, alpha modes and order, with these differences: textures and their mips are filtered as
// the device does, normals and tangents have 16 bits, blended colour is kept as 8-bit sRGB. Depth is reversed 32-bit
// float.
class MeshRenderer {
 public:
  // Everything goes to the device here. Error: what make_mesh_geometry refuses, or no memory left.
  MeshRenderer(GpuDevice& device, const Asset& asset) : MeshRenderer(device, asset, device.info().software) {}

  // `shader_encodes`: see MeshPassOptions; the pictures are the same to rounding.
  MeshRenderer(GpuDevice& device, const Asset& asset, bool shader_encodes);
  ~MeshRenderer();  // waits for the device
  MeshRenderer(MeshRenderer&&) = delete;

  // Draws other meshes from here on: the same parts, moved (AnimatedGltf::meshes_at). `asset` is that of the
  // constructor; no frame is in flight. Error as the constructor.
  void set_meshes(std::span<const MeshPart> meshes, const Asset& asset);

  // Makes what a frame needs beside the asset, which the first frame does otherwise.
  void prepare(int samples, bool with_depth) { state_for(samples, with_depth); }

  // The camera's world is the asset's frame. Error kUnsupported: larger than the device draws; kInvalidInput: what
  // check_camera refuses. Without depth, RasterResult::depth_m is empty and its pass is spared.
  RasterResult render(const Camera& camera, const RasterOptions& options, bool with_depth = true) {
    return finish(begin(camera, options, with_depth));
  }

  // The same in two steps, so that the program works while the device draws: at most two frames begun and not finished,
  // finished in their order.
  // Without `read_back` the pictures stay on the device and finish() gives empty ones.
  uint64_t begin(const Camera& camera, const RasterOptions& options, bool with_depth = true, bool read_back = true);
  RasterResult finish(uint64_t frame);

  // What the frame that was begun last leaves on the device, for work submitted after it: sRGB colour, resolved, and
  // reversed depth (near_m / z; only if it was begun with depth), both in the layout for copies.
  const GpuImage& color_image() const { return targets_.value().color; }
  const GpuImage& depth_image() const { return targets_.value().depth; }

  // Of the frame that was finished last: "color", "depth", "copy". Empty on devices without timestamps.
  const std::vector<PassTime>& pass_times() const { return pass_times_; }
  MeshRendererStats stats() const;

 private:
  static constexpr int kFrames = 2;

  // A run of chunks or a blended part with what it is drawn with.
  struct Draw {
    const Pipeline* pipeline = nullptr;
    VkDescriptorSet material = VK_NULL_HANDLE;  // null: the pipeline has no set 1
  };
  struct BatchDraws {
    Draw color, depth;  // of an opaque batch
    Draw coverage;      // of a see-through one, beside `color`
    Draw tint;          // and where it transmits, before `color`
    bool tinted = false;
  };
  // What belongs to a number of samples.
  struct SampleState {
    MeshPasses passes;
    std::unique_ptr<MeshPipelines> pipelines;
    std::vector<BatchDraws> batches, blended;
    bool with_depth = false;  // the batches' draws for the depth pass are made
  };
  struct Pending {
    glm::ivec2 size_px{0};
    float near_m = 0;
    int samples = 0;
    ReadbackRing::Region color, depth;
    bool with_depth = false, read_back = false;
  };

  void upload_geometry(UploadRing& uploads);
  SampleState& state_for(int samples, bool with_depth);
  std::unique_ptr<SampleState> make_state(VkSampleCountFlagBits samples);
  void add_depth_draws(SampleState& state);
  Draw make_draw(SampleState& state, std::optional<size_t> material, const MeshInputs& inputs, MeshPassKind kind);
  void prepare_targets(SampleState& state, glm::ivec2 size_px);
  void write_frame_constants(int slot, const Camera& camera, const glm::mat4& clip_from_world);
  void find_visible(const glm::mat4& clip_from_world, glm::vec3 eye_in_world);
  void record_color(VkCommandBuffer commands, const SampleState& state, glm::vec3 background,
                    glm::vec3 forward_in_world, int slot);
  void bind_vertices(VkCommandBuffer commands);
  void record_depth(VkCommandBuffer commands, const SampleState& state, int slot);
  void record_batches(VkCommandBuffer commands, const SampleState& state, Draw BatchDraws::*draw, int slot);
  void record_blended(VkCommandBuffer commands, const SampleState& state, glm::vec3 forward_in_world, int slot);
  void record_copies(VkCommandBuffer commands, const Pending& pending);
  void bind(VkCommandBuffer commands, const Draw& draw, int slot);

  GpuDevice* device_;
  bool shader_encodes_;
  MeshGeometry geometry_;  // chunks, batches and blended triangles stay; the joint arrays leave for the device
  size_t triangle_count_ = 0;
  std::optional<MeshMaterials> materials_;
  Buffer positions_, attributes_, normals_, tangents_, second_uvs_, indices_;
  Buffer frame_constants_;
  VkDeviceSize frame_stride_ = 0;
  std::array<Buffer, kFrames> blended_indices_;

  std::vector<std::unique_ptr<SampleState>> states_;
  std::optional<DescriptorSets> sets_;
  std::array<VkDescriptorSet, kFrames> frame_sets_{};

  std::optional<MeshTargets> targets_;
  VkSampleCountFlagBits target_samples_ = VK_SAMPLE_COUNT_1_BIT;
  std::optional<ReadbackRing> readback_;
  std::array<Pending, kFrames> pending_;
  std::vector<PassTime> pass_times_;
  std::vector<std::vector<IndexRange>> visible_;  // by batch, of the frame that was begun last
  size_t draw_count_ = 0, triangles_drawn_ = 0;
  uint64_t finished_ = 0, begun_ = 0;  // frames so far
  std::optional<FrameRing> frames_;    // goes first: it waits for the device
};

}  // namespace diorama
