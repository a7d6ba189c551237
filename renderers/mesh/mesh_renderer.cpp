#include "renderers/mesh/mesh_renderer.h"

#include "renderers/mesh/mesh_shared.h"
#include "renderers/mesh/mesh_view.h"

#include <algorithm>
#include <cstring>

namespace diorama {
namespace {

constexpr VkBufferUsageFlags kVertex = VK_BUFFER_USAGE_VERTEX_BUFFER_BIT, kIndex = VK_BUFFER_USAGE_INDEX_BUFFER_BIT;

// A device buffer with these contents; one element where there are none, so that it can be bound.
template <class T>
Buffer upload(GpuDevice& device, UploadRing& uploads, const std::vector<T>& data, VkBufferUsageFlags usage,
              std::string_view name) {
  const VkDeviceSize bytes = std::max<size_t>(1, data.size()) * sizeof(T);
  Buffer buffer(device, bytes, usage | VK_BUFFER_USAGE_TRANSFER_DST_BIT, MemoryUse::kDevice, name);
  uploads.to_buffer(buffer, 0, std::as_bytes(std::span(data)));
  return buffer;
}

template <class T>
void drop(std::vector<T>& data) {
  data = {};
}

}  // namespace

MeshRenderer::MeshRenderer(GpuDevice& device, const Asset& asset, bool shader_encodes)
    : device_(&device),
      shader_encodes_(shader_encodes),
      geometry_(make_mesh_geometry(asset)),
      triangle_count_(geometry_.triangle_count()) {
  UploadRing uploads(device);
  materials_.emplace(device, asset, uploads);
  upload_geometry(uploads);

  const VkDeviceSize align = device.limits().minUniformBufferOffsetAlignment;
  frame_stride_ = (sizeof(MeshFrameConstants) + align - 1) / align * align;
  frame_constants_ = Buffer(device, kFrames * frame_stride_, VK_BUFFER_USAGE_UNIFORM_BUFFER_BIT, MemoryUse::kUpload,
                            "mesh frame constants");
  sets_.emplace(device);
  frames_.emplace(device, kFrames);
}

MeshRenderer::~MeshRenderer() = default;

// The joint arrays leave for the device.
void MeshRenderer::upload_geometry(UploadRing& uploads) {
  positions_ = upload(*device_, uploads, geometry_.positions, kVertex, "mesh positions");
  attributes_ = upload(*device_, uploads, geometry_.attributes, kVertex, "mesh attributes");
  normals_ = upload(*device_, uploads, geometry_.normals, kVertex, "mesh normals");
  tangents_ = upload(*device_, uploads, geometry_.tangents, kVertex, "mesh tangents");
  second_uvs_ = upload(*device_, uploads, geometry_.second_uvs, kVertex, "mesh second uvs");
  indices_ = upload(*device_, uploads, geometry_.indices, kIndex, "mesh indices");
  uploads.finish();
  drop(geometry_.positions);
  drop(geometry_.attributes);
  drop(geometry_.normals);
  drop(geometry_.tangents);
  drop(geometry_.second_uvs);
  drop(geometry_.indices);
  size_t blended = 0;
  for (const BlendedBatch& batch : geometry_.blended) blended += batch.triangles.size();
  if (blended == 0) return;
  for (Buffer& buffer : blended_indices_) {
    buffer = Buffer(*device_, blended * sizeof(glm::uvec3), kIndex, MemoryUse::kUpload, "blended indices");
  }
}

void MeshRenderer::set_meshes(std::span<const MeshPart> meshes, const Asset& asset) {
  DIO_CHECK(finished_ == begun_);
  MeshGeometry geometry = make_mesh_geometry(meshes, asset);
  DIO_CHECK(geometry.batches.size() == geometry_.batches.size() && geometry.blended.size() == geometry_.blended.size());
  device_->wait_idle();
  geometry_ = std::move(geometry);
  UploadRing uploads(*device_);
  upload_geometry(uploads);
}

MeshRenderer::Draw MeshRenderer::make_draw(SampleState& state, std::optional<size_t> material, const MeshInputs& inputs,
                                           MeshPassKind kind) {
  const size_t index = materials_->index_of(material);
  Draw draw;
  draw.pipeline = &state.pipelines->get(variant_for(materials_->material(index), inputs, kind));
  if (draw.pipeline->set_layouts.size() > 1) draw.material = materials_->make_set(index, *draw.pipeline, *sets_);
  return draw;
}

std::unique_ptr<MeshRenderer::SampleState> MeshRenderer::make_state(VkSampleCountFlagBits samples) {
  auto state = std::make_unique<SampleState>();
  state->passes = make_mesh_passes(*device_, {samples, shader_encodes_ && samples != VK_SAMPLE_COUNT_1_BIT});
  state->pipelines = std::make_unique<MeshPipelines>(*device_, state->passes);
  for (const MeshBatch& batch : geometry_.batches) {
    BatchDraws draws;
    draws.color = make_draw(*state, batch.material, batch.inputs, MeshPassKind::kColor);
    state->batches.push_back(draws);
  }
  for (const BlendedBatch& batch : geometry_.blended) {
    BatchDraws draws;
    draws.color = make_draw(*state, batch.material, batch.inputs, MeshPassKind::kColor);
    draws.coverage = make_draw(*state, batch.material, batch.inputs, MeshPassKind::kCoverage);
    draws.tinted = materials_->material(materials_->index_of(batch.material)).transmits();
    if (draws.tinted) draws.tint = make_draw(*state, batch.material, batch.inputs, MeshPassKind::kTint);
    state->blended.push_back(draws);
  }
  return state;
}

// Apart from the rest, since their pipelines need not be made where no depth is asked for.
void MeshRenderer::add_depth_draws(SampleState& state) {
  for (size_t i = 0; i < state.batches.size(); ++i) {
    const MeshBatch& batch = geometry_.batches[i];
    state.batches[i].depth = make_draw(state, batch.material, batch.inputs, MeshPassKind::kDepth);
  }
  state.with_depth = true;
}

MeshRenderer::SampleState& MeshRenderer::state_for(int samples, bool with_depth) {
  DIO_CHECK(samples == 1 || samples == 4);
  const auto flag = samples == 4 ? VK_SAMPLE_COUNT_4_BIT : VK_SAMPLE_COUNT_1_BIT;
  auto found = std::ranges::find_if(states_, [&](const auto& state) { return state->passes.options.samples == flag; });
  if (found == states_.end()) found = states_.insert(states_.end(), make_state(flag));
  if (with_depth && !(*found)->with_depth) add_depth_draws(**found);
  return **found;
}

void MeshRenderer::prepare_targets(SampleState& state, glm::ivec2 size_px) {
  if (targets_ && targets_->size_px == size_px && target_samples_ == state.passes.options.samples) return;
  DIO_CHECK(finished_ == begun_);  // a change of size or samples takes finished frames
  device_->wait_idle();
  targets_.reset();
  targets_ = make_mesh_targets(*device_, size_px, state.passes);
  target_samples_ = state.passes.options.samples;
  const auto plane = static_cast<VkDeviceSize>(size_px.x) * static_cast<VkDeviceSize>(size_px.y) * 4;
  readback_.reset();
  readback_.emplace(*device_, kFrames * 2 * ((plane + 255) / 256 * 256));
}

void MeshRenderer::write_frame_constants(int slot, const Camera& camera, const glm::mat4& clip_from_world) {
  const MeshFrameConstants constants{clip_from_world, camera.world_from_camera.translation, 0};
  std::memcpy(frame_constants_.mapped().data() + static_cast<size_t>(slot) * frame_stride_, &constants,
              sizeof constants);
  frame_constants_.allocation().flush();
}

void MeshRenderer::find_visible(const glm::mat4& clip_from_world, glm::vec3 eye_in_world) {
  draw_count_ = triangles_drawn_ = 0;
  visible_.clear();
  for (const MeshBatch& batch : geometry_.batches) {
    visible_.push_back(visible_ranges(geometry_, batch, clip_from_world, eye_in_world));
    for (const IndexRange& range : visible_.back()) triangles_drawn_ += range.count / 3;
  }
  for (const BlendedBatch& batch : geometry_.blended) triangles_drawn_ += batch.triangles.size();
}

uint64_t MeshRenderer::begin(const Camera& camera, const RasterOptions& options, bool with_depth, bool read_back) {
  check_camera(camera);
  DIO_CHECK(options.near_m > 0 && begun_ - finished_ < kFrames);
  SampleState& state = state_for(options.samples, with_depth);
  prepare_targets(state, camera.size_px);
  const glm::mat4 clip_from_world = mesh_clip_from_world(camera, options.near_m);

  const VkCommandBuffer commands = frames_->begin();
  const int slot = frames_->slot();
  write_frame_constants(slot, camera, clip_from_world);
  find_visible(clip_from_world, camera.world_from_camera.translation);
  Pending& pending = pending_[static_cast<size_t>(slot)];
  const auto plane = static_cast<VkDeviceSize>(camera.size_px.x) * static_cast<VkDeviceSize>(camera.size_px.y) * 4;
  pending = {camera.size_px, options.near_m, options.samples, {}, {}, with_depth, read_back};
  if (read_back) pending.color = readback_->reserve(plane);
  if (read_back && with_depth) pending.depth = readback_->reserve(plane);

  if (!geometry_.blended.empty()) {
    sort_blended(geometry_, camera, blended_indices_[static_cast<size_t>(slot)]);
  }
  frames_->begin_pass("color");
  record_color(commands, state, options.background, camera.world_from_camera.rotation[2], slot);
  frames_->end_pass();
  if (with_depth) {
    frames_->begin_pass("depth");
    record_depth(commands, state, slot);
    frames_->end_pass();
  }
  frames_->begin_pass("copy");
  record_copies(commands, pending);
  frames_->end_pass();
  const uint64_t frame = frames_->submit();
  ++begun_;
  return frame;
}

RasterResult MeshRenderer::finish(uint64_t frame) {
  DIO_CHECK(frame == finished_ && finished_ < begun_);
  frames_->wait(frame);
  ++finished_;
  pass_times_ = frames_->pass_times(frame);
  const Pending& pending = pending_[frame % kFrames];
  RasterResult result;
  if (!pending.read_back) return result;
  unpack_color(readback_->read(pending.color), pending.size_px, pending.samples, result);
  if (pending.with_depth)
    result.depth_m = unpack_depth(readback_->read(pending.depth), pending.size_px, pending.near_m);
  return result;
}

MeshRendererStats MeshRenderer::stats() const {
  return {triangle_count_, geometry_.chunks.size(), draw_count_, triangles_drawn_,
          device_->memory().stats().used_bytes};
}

}  // namespace diorama
