#include "streaming/gpu_dequantizer.h"

#include "engine/base/error.h"
#include "engine/gpu/barriers.h"
#include "streaming/dequantize.comp.spv.h"

#include <glm/gtc/quaternion.hpp>

#include <algorithm>

namespace diorama {
namespace {

constexpr VkBufferUsageFlags kStorage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT;
constexpr VkDeviceSize kUploadBytes = VkDeviceSize{4} << 20;
constexpr uint32_t kWorkgroup = 128;
constexpr size_t kNodeVectors = 3;
static_assert(kDequantizeScalars == kScalarsOfDegree1);

// Planes follow each other, each from a multiple of four bytes on.
struct PlanePlaces {
  size_t cb = 0, cr = 0, bytes = 0;
  explicit PlanePlaces(glm::ivec2 size_px) {
    const auto rounded = [](glm::ivec2 size) {
      return (static_cast<size_t>(size.x) * static_cast<size_t>(size.y) + 3) / 4 * 4;
    };
    const size_t chroma = rounded((size_px + 1) / 2);
    cb = rounded(size_px);
    cr = cb + chroma;
    bytes = cr + chroma;
  }
};

glm::uvec4 place_in(const AtlasLayout& layout, const ScalarPlace& place) {
  const PlanePlaces planes(layout.size_px);
  const int width = place.plane == AtlasPlane::kLuma ? layout.size_px.x : layout.size_px.x / 2;
  const int columns = width / layout.tile_px.x;
  const glm::ivec2 corner = layout.tile_px * glm::ivec2(place.tile % columns, place.tile / columns);
  const size_t plane = place.plane == AtlasPlane::kLuma ? 0 : place.plane == AtlasPlane::kCb ? planes.cb : planes.cr;
  const auto stride = static_cast<uint32_t>(width);
  return {static_cast<uint32_t>(plane) + static_cast<uint32_t>(corner.y) * stride + static_cast<uint32_t>(corner.x),
          stride, 0, 0};
}

}  // namespace

GpuDequantizer::GpuDequantizer(GpuDevice& device, const SplatBuffers& target, size_t first,
                               const Rigid& asset_from_capture)
    : device_(&device),
      target_(&target),
      first_(first),
      asset_from_capture_(asset_from_capture),
      pipeline_(make_compute_pipeline(device, {kDequantizeCompSpirv, "dequantize.comp"})),
      uploads_(device, kUploadBytes),
      frames_(device) {}

// Of at least this size; what the device may still read of the old one is waited for.
void GpuDequantizer::hold(Buffer& buffer, VkDeviceSize bytes, VkBufferUsageFlags usage, const char* name) {
  if (buffer.bytes() >= bytes) return;
  device_->wait_idle();
  buffer = Buffer(*device_, bytes, usage | VK_BUFFER_USAGE_TRANSFER_DST_BIT, MemoryUse::kDevice, name);
  sets_.reset();
}

void GpuDequantizer::start(const GroupParameters& parameters, const GroupLayouts& layouts,
                           const Picture420& first_exact, ThreadPool& pool) {
  check_fits(parameters, layouts);
  parameters_ = parameters;
  layouts_ = layouts;
  const std::vector<glm::vec3> base = read_base(parameters, layouts.exact, first_exact);
  const auto nodes = static_cast<ptrdiff_t>(parameters.node_count);
  node_places_.assign(base.begin(), base.begin() + nodes);
  transforms_.resize(parameters.node_count);
  hold(constants_, sizeof(DequantizeConstants), VK_BUFFER_USAGE_UNIFORM_BUFFER_BIT, "dequantiser's constants");
  hold(picture_, PlanePlaces(layouts.lossy.size_px).bytes, kStorage, "codes of a picture");
  hold(skin_, std::max<size_t>(parameters.splat_count, 1) * 2 * sizeof(glm::uvec4), kStorage, "nodes of splats");
  hold(nodes_, std::max<size_t>(parameters.node_count, 1) * kNodeVectors * sizeof(glm::vec4), kStorage, "nodes");
  send_skin(NodeMotion(base, parameters.node_count, pool), base);
  send_constants();
}

void GpuDequantizer::send_skin(const NodeMotion& motion, std::span<const glm::vec3> base) {
  std::vector<glm::uvec4> skin(2 * base.size(), glm::uvec4(0));
  for (size_t i = 0; i < base.size(); ++i) {
    const glm::vec3 p = base[i];
    glm::uvec4 &a = skin[2 * i], &b = skin[2 * i + 1];
    a = {glm::floatBitsToUint(p.x), glm::floatBitsToUint(p.y), glm::floatBitsToUint(p.z), 0};
    if (motion.splats().empty()) continue;
    const SplatNodes& nodes = motion.splats()[i];
    a.w = nodes.nodes[0] | uint32_t{nodes.nodes[1]} << 16;
    b = {nodes.nodes[2] | uint32_t{nodes.nodes[3]} << 16, glm::floatBitsToUint(nodes.weights[0]),
         glm::floatBitsToUint(nodes.weights[1]), glm::floatBitsToUint(nodes.weights[2])};
  }
  uploads_.to_buffer(skin_, 0, std::as_bytes(std::span(skin)));
}

void GpuDequantizer::send_constants() {
  const glm::quat turn = glm::normalize(glm::quat_cast(asset_from_capture_.rotation));
  DequantizeConstants constants{};
  constants.rotation_xyzw = {turn.x, turn.y, turn.z, turn.w};
  constants.translation = glm::vec4(asset_from_capture_.translation, 0);
  constants.sh_range = glm::vec4(target_->options().sh_range, 0);
  for (size_t i = 0; i < parameters_.scalars.size(); ++i) {
    const ScalarRange& range = parameters_.scalars[i];
    constants.ranges[i] = {range.low, range.step(), static_cast<float>(range.levels), 0};
    constants.places[i] = place_in(layouts_.lossy, place_of(i));
  }
  constants.blocks_wide = static_cast<uint32_t>(layouts_.lossy.tile_px.x / 16);
  constants.sh_degree = static_cast<uint32_t>(parameters_.sh_degree);
  constants.node_count = static_cast<uint32_t>(parameters_.node_count);
  uploads_.to_buffer(constants_, 0, std::as_bytes(std::span(&constants, 1)));
}

void GpuDequantizer::make_sets() {
  if (sets_ && chunk_sets_.size() == target_->chunks().size()) return;
  device_->wait_idle();
  sets_.emplace(*device_);
  chunk_sets_.clear();
  for (const SplatBuffers::Chunk& chunk : target_->chunks()) {
    chunk_sets_.push_back(sets_->allocate(pipeline_, 0));
    sets_->write_buffer(chunk_sets_.back(), pipeline_, 0, 0, chunk.buffer);
  }
  group_set_ = sets_->allocate(pipeline_, 1);
  uint32_t binding = 0;
  for (const Buffer* buffer : {&constants_, &picture_, &skin_, &nodes_}) {
    sets_->write_buffer(group_set_, pipeline_, 1, binding++, *buffer);
  }
}

void GpuDequantizer::decode(const Picture420& exact, const Picture420& lossy) {
  if (exact.size_px != layouts_.exact.size_px || lossy.size_px != layouts_.lossy.size_px) {
    fail(ErrorCode::kInvalidInput, "pictures of {}x{} and {}x{}, expected {}x{} and {}x{}", exact.size_px.x,
         exact.size_px.y, lossy.size_px.x, lossy.size_px.y, layouts_.exact.size_px.x, layouts_.exact.size_px.y,
         layouts_.lossy.size_px.x, layouts_.lossy.size_px.y);
  }
  if (parameters_.splat_count == 0) return;
  DIO_CHECK(first_ + parameters_.splat_count <= target_->size());
  read_nodes(parameters_, layouts_.exact, exact, transforms_);
  node_rows_.clear();
  for (size_t i = 0; i < transforms_.size(); ++i) {
    node_rows_.push_back(transforms_[i].rotation_xyzw);
    node_rows_.emplace_back(node_places_[i], 0.0f);
    node_rows_.emplace_back(node_places_[i] + transforms_[i].shift_m, 0.0f);
  }
  const PlanePlaces places(lossy.size_px);
  if (!node_rows_.empty()) uploads_.to_buffer(nodes_, 0, std::as_bytes(std::span(node_rows_)));
  uploads_.to_buffer(picture_, 0, std::as_bytes(std::span(lossy.luma)));
  uploads_.to_buffer(picture_, places.cb, std::as_bytes(std::span(lossy.cb)));
  uploads_.to_buffer(picture_, places.cr, std::as_bytes(std::span(lossy.cr)));
  uploads_.flush();
  make_sets();
  record(frames_.begin());
  frames_.submit();
}

void GpuDequantizer::record(VkCommandBuffer commands) const {
  constexpr VkPipelineStageFlags kReaders = VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT | VK_PIPELINE_STAGE_VERTEX_SHADER_BIT;
  memory_barrier(commands, {kReaders | VK_PIPELINE_STAGE_TRANSFER_BIT, VK_ACCESS_TRANSFER_WRITE_BIT},
                 {VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT,
                  VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_SHADER_WRITE_BIT | VK_ACCESS_UNIFORM_READ_BIT});
  vkCmdBindPipeline(commands, pipeline_.bind_point, pipeline_.pipeline.get());
  const size_t chunk_splats = target_->chunk_splats(), end = first_ + parameters_.splat_count;
  for (size_t at = first_; at < end;) {
    const size_t chunk = at / chunk_splats, count = std::min(end, (chunk + 1) * chunk_splats) - at;
    const VkDescriptorSet sets[] = {chunk_sets_[chunk], group_set_};
    vkCmdBindDescriptorSets(commands, pipeline_.bind_point, pipeline_.layout.get(), 0, 2, sets, 0, nullptr);
    const DequantizePart part{.first = static_cast<uint32_t>(at - first_),
                              .count = static_cast<uint32_t>(count),
                              .at = static_cast<uint32_t>(at % chunk_splats),
                              .capacity = static_cast<uint32_t>(chunk_splats),
                              .sh_words = target_->sh_words(),
                              .sh_count = static_cast<uint32_t>(sh_count(target_->options().sh_degree) - 1),
                              .sh_bytes = target_->options().sh_bytes ? 1u : 0u,
                              .unused = 0};
    push_constants(commands, pipeline_, part);
    vkCmdDispatch(commands, (part.count + kWorkgroup - 1) / kWorkgroup, 1, 1);
    at += count;
  }
  memory_barrier(commands, {VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, VK_ACCESS_SHADER_WRITE_BIT},
                 {kReaders | VK_PIPELINE_STAGE_TRANSFER_BIT, VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_TRANSFER_WRITE_BIT});
}

}  // namespace diorama
