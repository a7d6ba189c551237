#pragma once

#include "engine/gpu/frame_ring.h"
#include "engine/gpu/radix_sort.h"
#include "engine/gpu/splat_buffers.h"
#include "engine/raster/triangles.h"
#include "engine/scene/camera.h"
#include "renderers/splats/splat_player_shared.h"
#include "renderers/splats/splat_targets.h"

#include <array>
#include <memory>
#include <optional>
#include <vector>

namespace diorama {

struct SplatRenderOptions {
  glm::vec3 background{0.0f};  // sRGB [0, 1], as the splats' colours
  float near_m = 0.2f;         // centres nearer than this (planar z) are not drawn
  int sh_degree = 3;           // coefficients of higher degrees are taken for 0
  bool antialiased = false;    // as SplatRasterOptions
  bool sort_by_z = false;      // else by distance from the camera, as KHR_gaussian_splatting orders
};

// A picture of other geometry from the same camera, which hides splats behind it and shows between those before it:
// images of a device's earlier submission in the layout for copies, as MeshRenderer leaves them.
struct SplatBackdrop {
  const GpuImage* color = nullptr;  // sampled as linear light
  const GpuImage* depth = nullptr;  // kBackdropDepthFormat, reversed: near_m / z
  float near_m = 0.01f;
};

struct SplatRendererStats {
  size_t splats = 0, visible = 0;  // of all runs; of the frame that was finished last
  uint64_t memory_bytes = 0;       // all but the splats themselves and the pictures
};

// Draws splats with Vulkan, in the order and with the maths of SplatRasterizer: culls, projects and compacts them,
// sorts them by 24 bits of their distance and draws them far to near as quads of an indirect draw. No frame waits for
// something read back. At most 2^23 splats are visible at once; those after them in the cloud are left out.
class SplatRenderer {
 public:
  static constexpr uint32_t kMostVisible = 1u << 23;

  // Draws the buffers' runs, in which no splat may be twice. The buffers stay and may change between frames. Error
  // kUnsupported or kIo: what the device cannot do or hold.
  SplatRenderer(GpuDevice& device, const SplatBuffers& splats);
  ~SplatRenderer();  // waits for the device
  SplatRenderer(SplatRenderer&&) = delete;

  // The camera's world is the splats' frame. As the CPU's view: coverage is the splats' alpha, depth_m (with_depth)
  // their mean planar depth where alpha is above 0.5, else 0.
  RasterResult render(const Camera& camera, const SplatRenderOptions& options, bool with_depth = false,
                      const SplatBackdrop* backdrop = nullptr) {
    return finish(begin(camera, options, with_depth, backdrop));
  }

  // The same in two steps: at most two frames begun and not finished, finished in their order, of one size.
  // Without `read_back` the picture stays on the device and finish() gives an empty one.
  uint64_t begin(const Camera& camera, const SplatRenderOptions& options, bool with_depth = false,
                 const SplatBackdrop* backdrop = nullptr, bool read_back = true);
  RasterResult finish(uint64_t frame);

  // What the frame that was begun last leaves on the device, for work submitted after it: sRGB values with alpha, in
  // the layout for copies.
  const GpuImage& color_image() const { return targets_.value().color; }

  // Of the frame that was finished last: "cull" (and projection), "sort", "draw", "copy".
  const std::vector<PassTime>& pass_times() const { return pass_times_; }
  SplatRendererStats stats() const;

 private:
  static constexpr int kFrames = 2;

  // What belongs to a kind of pass.
  struct PassState {
    SplatPassOptions options;
    OwnedRenderPass pass;
    Pipeline quads, resolve;
    std::array<VkDescriptorSet, kFrames> quad_sets{}, resolve_sets{};
    uint64_t quad_serial = 0, resolve_serial = 0;  // of the buffers and targets that the sets name
  };
  struct Pending {
    glm::ivec2 size_px{0};
    bool with_depth = false, read_back = false;
    ReadbackRing::Region color, depth, arguments;
  };

  void make_compute_pipelines();
  void upload_constants();
  void prepare_buffers();
  void make_frame_sets();
  VkDescriptorSet make_set(const Pipeline& pipeline, uint32_t set, int slot,
                           std::initializer_list<const Buffer*> buffers);
  PassState& state_for(const SplatPassOptions& options);
  void prepare_targets(PassState& state, glm::ivec2 size_px, const SplatBackdrop* backdrop);
  void prepare_draw_sets(PassState& state, const SplatBackdrop* backdrop);
  void write_frame_constants(int slot, const Camera& camera, const SplatRenderOptions& options, float depth_near_m);
  void record_cull(VkCommandBuffer commands, int slot) const;
  void record_runs(VkCommandBuffer commands, const Pipeline& pipeline, VkDescriptorSet frame_set,
                   uint32_t group_splats) const;
  static uint32_t splat_groups(const SplatRun& run) { return (run.count + kSplatGroup - 1) / kSplatGroup; }
  void record_draw(VkCommandBuffer commands, const PassState& state, int slot, const SplatBackdrop* backdrop) const;
  void record_quads(VkCommandBuffer commands, const PassState& state, int slot) const;
  void record_copies(VkCommandBuffer commands, const Pending& pending) const;

  GpuDevice* device_;
  const SplatBuffers* splats_;
  Pipeline cull_, offsets_, project_;
  Buffer frame_constants_, indices_, work_, shapes_, looks_, arguments_;
  GpuImage blank_;  // stands for a backdrop where there is none
  OwnedSampler sampler_;
  VkDeviceSize frame_stride_ = 0;
  size_t chunk_capacity_ = 0;  // chunks that the buffers are made for
  uint32_t most_visible_ = 0, group_capacity_ = 0, masks_at_ = 0, offsets_at_ = 0;
  uint64_t buffer_serial_ = 0, target_serial_ = 0;  // how often they were made
  std::unique_ptr<RadixSorter> sorter_;
  std::optional<DescriptorSets> buffer_sets_, target_sets_;  // go with what they name
  std::vector<VkDescriptorSet> chunk_sets_;
  std::array<VkDescriptorSet, kFrames> cull_sets_{}, offset_sets_{}, project_sets_{};
  std::vector<std::unique_ptr<PassState>> states_;
  std::optional<SplatTargets> targets_;
  std::optional<ReadbackRing> readback_;
  std::array<Pending, kFrames> pending_;
  std::vector<PassTime> pass_times_;
  uint32_t visible_ = 0;
  uint64_t finished_ = 0, begun_ = 0;  // frames so far
  std::optional<FrameRing> frames_;    // goes first: it waits for the device
};

}  // namespace diorama
