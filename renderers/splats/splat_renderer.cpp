#include "renderers/splats/splat_renderer.h"

#include "engine/base/error.h"
#include "renderers/splats/splat_cull.comp.spv.h"
#include "renderers/splats/splat_offsets.comp.spv.h"
#include "renderers/splats/splat_project.comp.spv.h"
#include "renderers/splats/splat_quads.frag.spv.h"
#include "renderers/splats/splat_quads.vert.spv.h"
#include "renderers/splats/splat_quads_depth.frag.spv.h"
#include "renderers/splats/splat_quads_depth.vert.spv.h"
#include "renderers/splats/splat_resolve.frag.spv.h"
#include "renderers/splats/splat_resolve.vert.spv.h"
#include "renderers/splats/splat_resolve_depth.frag.spv.h"

#include <algorithm>
#include <cstring>

namespace diorama {
namespace {

constexpr VkBufferUsageFlags kStorage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT;
constexpr uint32_t kKeyBits = 24;
static_assert(kSplatLastKey == (1u << kKeyBits) - 1);
static_assert(kSplatGroup == kSplatPage);  // so that runs have no more groups than their chunks have room for
// Projection is linearised no farther out than 1.3 times half the picture (as engine/raster).
constexpr float kGuardBand = 0.15f;

VkDeviceSize picture_bytes(glm::ivec2 size_px) {
  return (static_cast<VkDeviceSize>(size_px.x) * static_cast<VkDeviceSize>(size_px.y) * 4 + 255) / 256 * 256;
}

// dst * (1 - alpha) + premultiplied src.
VkPipelineColorBlendAttachmentState over() {
  VkPipelineColorBlendAttachmentState state{};
  state.blendEnable = VK_TRUE;
  state.srcColorBlendFactor = state.srcAlphaBlendFactor = VK_BLEND_FACTOR_ONE;
  state.dstColorBlendFactor = state.dstAlphaBlendFactor = VK_BLEND_FACTOR_ONE_MINUS_SRC_ALPHA;
  state.colorWriteMask = 0xf;
  return state;
}

}  // namespace

SplatRenderer::SplatRenderer(GpuDevice& device, const SplatBuffers& splats) : device_(&device), splats_(&splats) {
  make_compute_pipelines();
  upload_constants();
  const VkDeviceSize align = device.limits().minUniformBufferOffsetAlignment;
  frame_stride_ = (sizeof(SplatFrameConstants) + align - 1) / align * align;
  frame_constants_ = Buffer(device, kFrames * frame_stride_, VK_BUFFER_USAGE_UNIFORM_BUFFER_BIT, MemoryUse::kUpload,
                            "splat frame constants");
  arguments_ = Buffer(device, sizeof(SplatArguments),
                      kStorage | VK_BUFFER_USAGE_INDIRECT_BUFFER_BIT | VK_BUFFER_USAGE_TRANSFER_SRC_BIT,
                      MemoryUse::kDevice, "splat arguments");
  sampler_ = make_sampler(device, {.filter = VK_FILTER_NEAREST, .mipmap = VK_SAMPLER_MIPMAP_MODE_NEAREST});
  frames_.emplace(device, kFrames);
}

SplatRenderer::~SplatRenderer() = default;

void SplatRenderer::make_compute_pipelines() {
  const SplatBufferOptions& stored = splats_->options();
  const uint32_t coefficients[] = {static_cast<uint32_t>(stored.sh_degree), stored.sh_bytes ? 1u : 0u};
  cull_ = make_compute_pipeline(*device_, {kSplatCullCompSpirv, "splat_cull.comp"});
  offsets_ = make_compute_pipeline(*device_, {kSplatOffsetsCompSpirv, "splat_offsets.comp"});
  project_ = make_compute_pipeline(*device_, {kSplatProjectCompSpirv, "splat_project.comp"}, coefficients);
}

// The indices of an instance's quads, and the picture that stands for a backdrop.
void SplatRenderer::upload_constants() {
  std::vector<uint16_t> indices;
  for (uint32_t quad = 0; quad < kSplatsPerInstance; ++quad) {
    for (const uint32_t corner : {0u, 1u, 2u, 2u, 1u, 3u}) indices.push_back(static_cast<uint16_t>(4 * quad + corner));
  }
  indices_ =
      Buffer(*device_, indices.size() * sizeof(uint16_t),
             VK_BUFFER_USAGE_INDEX_BUFFER_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT, MemoryUse::kDevice, "splat indices");
  blank_ =
      GpuImage(*device_, {.size_px = {1, 1}, .usage = VK_IMAGE_USAGE_SAMPLED_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT},
               "no backdrop");
  UploadRing uploads(*device_, 4096);
  uploads.to_buffer(indices_, 0, std::as_bytes(std::span(indices)));
  const uint32_t texel = 0;
  uploads.to_image(blank_, std::as_bytes(std::span(&texel, 1)));
  uploads.finish();
}

// Buffers for the chunks that there are.
void SplatRenderer::prepare_buffers() {
  const size_t chunks = std::max<size_t>(1, splats_->chunks().size());
  if (chunks <= chunk_capacity_ && chunk_sets_.size() >= splats_->chunks().size()) return;
  DIO_CHECK(finished_ == begun_);  // more chunks take finished frames
  device_->wait_idle();
  chunk_capacity_ = chunks;
  const size_t splats = chunks * splats_->chunk_splats();
  most_visible_ = static_cast<uint32_t>(std::min<size_t>(splats, kMostVisible));
  group_capacity_ = static_cast<uint32_t>(splats / kSplatGroup);
  masks_at_ = most_visible_;
  offsets_at_ = masks_at_ + group_capacity_ * kSplatGroupMasks;
  sorter_.reset();
  const VkDeviceSize work_words = VkDeviceSize{offsets_at_} + group_capacity_;
  work_ = Buffer(*device_, work_words * 4, kStorage, MemoryUse::kDevice, "splat work");
  shapes_ = Buffer(*device_, VkDeviceSize{most_visible_} * 16, kStorage, MemoryUse::kDevice, "splat shapes");
  looks_ = Buffer(*device_, VkDeviceSize{most_visible_} * 16, kStorage, MemoryUse::kDevice, "splat looks");
  constexpr uint32_t kCountWord = offsetof(SplatArguments, visible_count) / 4;
  sorter_ = std::make_unique<RadixSorter>(*device_, work_, most_visible_, arguments_, kCountWord,
                                          RadixSortOptions{.key_bits = kKeyBits});
  ++buffer_serial_;
  make_frame_sets();
}

VkDescriptorSet SplatRenderer::make_set(const Pipeline& pipeline, uint32_t set, int slot,
                                        std::initializer_list<const Buffer*> buffers) {
  const VkDescriptorSet result = buffer_sets_->allocate(pipeline, set);
  buffer_sets_->write_buffer(result, pipeline, set, 0, frame_constants_,
                             static_cast<VkDeviceSize>(slot) * frame_stride_, sizeof(SplatFrameConstants));
  uint32_t binding = 1;
  for (const Buffer* buffer : buffers) buffer_sets_->write_buffer(result, pipeline, set, binding++, *buffer);
  return result;
}

void SplatRenderer::make_frame_sets() {
  buffer_sets_.emplace(*device_);
  chunk_sets_.clear();
  for (const SplatBuffers::Chunk& chunk : splats_->chunks()) {
    chunk_sets_.push_back(buffer_sets_->allocate(cull_, 0));
    buffer_sets_->write_buffer(chunk_sets_.back(), cull_, 0, 0, chunk.buffer);
  }
  for (int slot = 0; slot < kFrames; ++slot) {
    const auto i = static_cast<size_t>(slot);
    cull_sets_[i] = make_set(cull_, 1, slot, {&work_});
    offset_sets_[i] = make_set(offsets_, 0, slot, {&work_, &arguments_});
    project_sets_[i] = make_set(project_, 1, slot, {&work_, &shapes_, &looks_});
  }
}

SplatRenderer::PassState& SplatRenderer::state_for(const SplatPassOptions& options) {
  const auto found = std::ranges::find_if(states_, [&](const auto& state) { return state->options == options; });
  if (found != states_.end()) return **found;
  auto state = std::make_unique<PassState>();
  state->options = options;
  state->pass = make_splat_pass(*device_, options);
  const VkPipelineColorBlendAttachmentState blends[] = {over(), over()};
  VkPipelineColorBlendAttachmentState plain{};
  plain.colorWriteMask = 0xf;
  const VkPipelineColorBlendAttachmentState writes[] = {plain, plain};
  const size_t count = options.with_depth ? 2 : 1;
  GraphicsPipelineOptions pipeline;
  pipeline.render_pass = state->pass.get();
  pipeline.depth_write = false;
  pipeline.vertex = {kSplatQuadsVertSpirv, "splat_quads.vert"};
  pipeline.fragment = {kSplatQuadsFragSpirv, "splat_quads.frag"};
  if (options.with_depth) {
    pipeline.vertex = {kSplatQuadsDepthVertSpirv, "splat_quads_depth.vert"};
    pipeline.fragment = {kSplatQuadsDepthFragSpirv, "splat_quads_depth.frag"};
  }
  pipeline.color_targets = std::span(blends).first(count);
  state->quads = make_graphics_pipeline(*device_, pipeline);
  const uint32_t has_backdrop = options.with_backdrop ? 1 : 0;
  pipeline.subpass = 1;
  pipeline.vertex = {kSplatResolveVertSpirv, "splat_resolve.vert"};
  pipeline.fragment = {kSplatResolveFragSpirv, "splat_resolve.frag"};
  if (options.with_depth) pipeline.fragment = {kSplatResolveDepthFragSpirv, "splat_resolve_depth.frag"};
  pipeline.specialization = std::span(&has_backdrop, 1);
  pipeline.color_targets = std::span(writes).first(count);
  state->resolve = make_graphics_pipeline(*device_, pipeline);
  states_.push_back(std::move(state));
  return *states_.back();
}

void SplatRenderer::prepare_targets(PassState& state, glm::ivec2 size_px, const SplatBackdrop* backdrop) {
  const VkImageView tested = backdrop != nullptr ? backdrop->depth->view() : VK_NULL_HANDLE;
  if (targets_ && targets_->size_px == size_px && targets_->options == state.options &&
      targets_->backdrop_depth == tested) {
    return;
  }
  DIO_CHECK(finished_ == begun_);  // a change of size or passes takes finished frames
  device_->wait_idle();
  targets_.reset();
  targets_ = make_splat_targets(*device_, size_px, state.options, state.pass.get(), tested);
  target_sets_.emplace(*device_);
  ++target_serial_;
  readback_.reset();
  readback_.emplace(*device_, kFrames * (2 * picture_bytes(size_px) + 256));
}

void SplatRenderer::prepare_draw_sets(PassState& state, const SplatBackdrop* backdrop) {
  if (state.quad_serial != buffer_serial_) {
    for (int slot = 0; slot < kFrames; ++slot) {
      VkDescriptorSet& set = state.quad_sets[static_cast<size_t>(slot)];
      set = make_set(state.quads, 0, slot, {&shapes_, &looks_});
      buffer_sets_->write_buffer(set, state.quads, 0, 3, work_, 0, VkDeviceSize{most_visible_} * 4);
      buffer_sets_->write_buffer(set, state.quads, 0, 4, arguments_);
    }
    state.quad_serial = buffer_serial_;
  }
  if (state.resolve_serial == target_serial_) return;
  constexpr VkImageLayout kRead = VK_IMAGE_LAYOUT_SHADER_READ_ONLY_OPTIMAL;
  for (int slot = 0; slot < kFrames; ++slot) {
    VkDescriptorSet& set = state.resolve_sets[static_cast<size_t>(slot)];
    set = target_sets_->allocate(state.resolve, 0);
    target_sets_->write_buffer(set, state.resolve, 0, 0, frame_constants_,
                               static_cast<VkDeviceSize>(slot) * frame_stride_, sizeof(SplatFrameConstants));
    target_sets_->write_image(set, state.resolve, 0, 1, targets_->sums.view(), VK_NULL_HANDLE, kRead);
    if (state.options.with_depth) {
      target_sets_->write_image(set, state.resolve, 0, 2, targets_->depth_sums.view(), VK_NULL_HANDLE, kRead);
    }
    const GpuImage& behind = backdrop != nullptr ? *backdrop->color : blank_;
    target_sets_->write_image(set, state.resolve, 0, 3, behind.view(), sampler_.get(), kRead);
  }
  state.resolve_serial = target_serial_;
}

void SplatRenderer::write_frame_constants(int slot, const Camera& camera, const SplatRenderOptions& options,
                                          float depth_near_m) {
  const Rigid camera_from_world = inverse(camera.world_from_camera);
  SplatFrameConstants constants{};
  constants.camera_from_world = glm::mat4(camera_from_world.rotation);
  constants.camera_from_world[3] = glm::vec4(camera_from_world.translation, 1);
  constants.eye_in_world = camera.world_from_camera.translation;
  constants.near_m = options.near_m;
  constants.focal_px = camera.focal_px;
  constants.center_px = camera.center_px;
  constants.size_px = glm::vec2(camera.size_px);
  constants.least_slope = -(camera.center_px + kGuardBand * constants.size_px) / camera.focal_px;
  constants.most_slope = ((1 + kGuardBand) * constants.size_px - camera.center_px) / camera.focal_px;
  constants.depth_near_m = depth_near_m;
  constants.flags = (options.antialiased ? kSplatAntialiased : 0) | (options.sort_by_z ? kSplatSortByZ : 0);
  constants.background = options.background;
  constants.most_visible = most_visible_;
  constants.masks_at = masks_at_;
  constants.offsets_at = offsets_at_;
  for (const SplatRun& run : splats_->runs()) constants.group_count += splat_groups(run);
  DIO_CHECK(constants.group_count <= group_capacity_);
  constants.sh_degree = static_cast<uint32_t>(options.sh_degree);
  std::memcpy(frame_constants_.mapped().data() + static_cast<size_t>(slot) * frame_stride_, &constants,
              sizeof constants);
  frame_constants_.allocation().flush();
}

uint64_t SplatRenderer::begin(const Camera& camera, const SplatRenderOptions& options, bool with_depth,
                              const SplatBackdrop* backdrop, bool read_back) {
  check_camera(camera);
  DIO_CHECK(options.near_m > 0 && options.sh_degree >= 0 && begun_ - finished_ < kFrames);
  prepare_buffers();
  PassState& state = state_for({with_depth, backdrop != nullptr});
  prepare_targets(state, camera.size_px, backdrop);
  prepare_draw_sets(state, backdrop);
  const VkCommandBuffer commands = frames_->begin();
  const int slot = frames_->slot();
  write_frame_constants(slot, camera, options, backdrop != nullptr ? backdrop->near_m : options.near_m);
  Pending& pending = pending_[static_cast<size_t>(slot)];
  const VkDeviceSize bytes = VkDeviceSize{4} * static_cast<uint32_t>(camera.size_px.x * camera.size_px.y);
  pending = {camera.size_px, with_depth, read_back, {}, {}, {}};
  if (read_back) pending.color = readback_->reserve(bytes);
  if (read_back && with_depth) pending.depth = readback_->reserve(bytes);
  pending.arguments = readback_->reserve(sizeof(SplatArguments));
  frames_->begin_pass("cull");
  record_cull(commands, slot);
  frames_->end_pass();
  frames_->begin_pass("sort");
  sorter_->record(commands);
  frames_->end_pass();
  frames_->begin_pass("draw");
  record_draw(commands, state, slot, backdrop);
  frames_->end_pass();
  frames_->begin_pass("copy");
  record_copies(commands, pending);
  frames_->end_pass();
  ++begun_;
  return frames_->submit();
}

RasterResult SplatRenderer::finish(uint64_t frame) {
  DIO_CHECK(frame == finished_ && finished_ < begun_);
  frames_->wait(frame);
  ++finished_;
  pass_times_ = frames_->pass_times(frame);
  const Pending& pending = pending_[frame % kFrames];
  SplatArguments arguments{};
  std::memcpy(&arguments, readback_->read(pending.arguments).data(), sizeof arguments);
  visible_ = arguments.visible_count;
  RasterResult result;
  if (!pending.read_back) return result;
  result.color = ImageRgba8(pending.size_px);
  result.coverage = ImageF32(pending.size_px);
  const std::span<glm::u8vec4> pixels = result.color.pixels();
  std::memcpy(static_cast<void*>(pixels.data()), readback_->read(pending.color).data(), pixels.size_bytes());
  for (size_t i = 0; i < pixels.size(); ++i) {
    result.coverage.pixels()[i] = static_cast<float>(pixels[i].w) / 255.0f;
    pixels[i].w = 255;
  }
  if (!pending.with_depth) return result;
  result.depth_m = ImageF32(pending.size_px);
  const std::span<float> depths = result.depth_m.pixels();
  std::memcpy(depths.data(), readback_->read(pending.depth).data(), depths.size_bytes());
  return result;
}

SplatRendererStats SplatRenderer::stats() const {
  const uint64_t sorter = sorter_ ? sorter_->memory_bytes() : 0;
  size_t splats = 0;
  for (const SplatRun& run : splats_->runs()) splats += run.count;
  return {splats, visible_, work_.bytes() + shapes_.bytes() + looks_.bytes() + sorter};
}

}  // namespace diorama
