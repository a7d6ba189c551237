#include "engine/gpu/splat_buffers.h"

#include "engine/base/error.h"
#include "engine/gpu/splat_storage_shared.h"

#include <glm/gtc/packing.hpp>

#include <algorithm>
#include <array>
#include <cmath>

namespace diorama {
namespace {

constexpr size_t kWriteSplats = 1u << 15;  // packed at once
constexpr float kMostHalf = 65504.0f;

uint32_t steps(double value, double most) {
  return static_cast<uint32_t>(std::lround(std::clamp(value, 0.0, 1.0) * most));
}

double log_scale_share(float scale) {
  return (std::log(std::max(static_cast<double>(scale), 1e-30)) - kSplatLeastLogScale) / kSplatLogScaleSpan;
}

uint32_t half(float value) {
  return glm::packHalf1x16(std::clamp(value, -kMostHalf, kMostHalf));
}

// 48 bits: the lowest 16, then 32.
std::array<uint32_t, 2> packed_rotation(glm::vec4 q) {
  uint32_t largest = 0;
  for (uint32_t k = 1; k < 4; ++k) {
    if (std::abs(q[static_cast<int>(k)]) > std::abs(q[static_cast<int>(largest)])) largest = k;
  }
  const float sign = q[static_cast<int>(largest)] < 0 ? -1.0f : 1.0f;
  std::array<uint32_t, 3> parts{};
  size_t at = 0;
  for (uint32_t k = 0; k < 4; ++k) {
    // In [-1/sqrt(2), 1/sqrt(2)].
    const double value = static_cast<double>(sign * q[static_cast<int>(k)]) * std::sqrt(2.0);
    if (k != largest) parts[at++] = steps(value * 0.5 + 0.5, kSplatRotationSteps);
  }
  return {parts[0] | (largest & 1) << 15, parts[1] | parts[2] << 15 | (largest >> 1) << 30};
}

glm::uvec4 first_word(const SplatCloud& cloud, size_t i) {
  const glm::vec3 p = cloud.positions[i], s = cloud.scales[i];
  const double reach = std::clamp(log_scale_share(std::max({s.x, s.y, s.z})), 0.0, 1.0);
  const auto reach_steps = static_cast<uint32_t>(std::ceil(reach * kSplatReachSteps));
  const uint32_t red = half(cloud.sh[i * static_cast<size_t>(sh_count(cloud.sh_degree))].x);
  return {glm::floatBitsToUint(p.x), glm::floatBitsToUint(p.y), glm::floatBitsToUint(p.z),
          steps(cloud.opacities[i], kSplatOpacitySteps) | reach_steps << 10 | red << 16};
}

glm::uvec4 second_word(const SplatCloud& cloud, size_t i) {
  glm::uvec3 scale;
  for (int k = 0; k < 3; ++k) scale[k] = steps(log_scale_share(cloud.scales[i][k]), kSplatScaleSteps);
  const auto [low, high] = packed_rotation(cloud.rotations_xyzw[i]);
  const glm::vec3 color = cloud.sh[i * static_cast<size_t>(sh_count(cloud.sh_degree))];
  return {scale.x | scale.y << 16, scale.z | low << 16, high, half(color.y) | half(color.z) << 16};
}

// Coefficients above degree 0, coefficient by coefficient, red, green and blue of each.
void pack_coefficients(std::span<const glm::vec3> sh, const SplatBufferOptions& options, std::span<uint32_t> words) {
  std::fill(words.begin(), words.end(), 0u);
  for (size_t j = 1; j < sh.size(); ++j) {
    const float range = options.sh_range[j < 4 ? 0 : j < 9 ? 1 : 2];
    for (size_t c = 0; c < 3; ++c) {
      const float value = sh[j][static_cast<int>(c)];
      const size_t at = 3 * (j - 1) + c;
      if (options.sh_bytes) {
        const float share = std::clamp(value / range, -1.0f, 1.0f);
        const auto code = static_cast<uint32_t>(std::lround(share * static_cast<float>(kSplatCoefficientSteps)) + 128);
        words[at / 4] |= code << (8 * (at % 4));
      } else {
        words[at / 2] |= half(value) << (16 * (at % 2));
      }
    }
  }
}

uint32_t sh_words_for(const SplatBufferOptions& options) {
  const auto values = static_cast<uint32_t>(3 * (sh_count(options.sh_degree) - 1));
  return (values * (options.sh_bytes ? 1 : 2) + 15) / 16;
}

}  // namespace

glm::vec3 sh_range_of(const SplatCloud& cloud) {
  glm::vec3 range(1e-3f);
  const auto count = static_cast<size_t>(sh_count(cloud.sh_degree));
  for (size_t i = 0; i < cloud.sh.size(); ++i) {
    const size_t j = i % count;
    if (j == 0) continue;
    const glm::vec3 value = glm::abs(cloud.sh[i]);
    float& most = range[j < 4 ? 0 : j < 9 ? 1 : 2];
    most = std::max({most, value.x, value.y, value.z});
  }
  return range;
}

SplatBuffers::SplatBuffers(GpuDevice& device, const SplatBufferOptions& options)
    : device_(&device), options_(options), sh_words_(sh_words_for(options)) {
  DIO_CHECK(options.sh_degree >= 0 && options.sh_degree <= 3);
  DIO_CHECK(options.chunk_splats > 0 && options.chunk_splats % kSplatPage == 0);
  const uint32_t fit = device.limits().maxStorageBufferRange / bytes_per_splat() / kSplatPage * kSplatPage;
  chunk_splats_ = std::min(options.chunk_splats, fit);
}

uint64_t SplatBuffers::memory_bytes() const {
  uint64_t bytes = 0;
  for (const Chunk& chunk : chunks_) bytes += chunk.buffer.bytes();
  return bytes;
}

void SplatBuffers::grow_to(size_t size) {
  size_ = size;
  while (chunks_.size() < used_chunks()) {
    Chunk chunk;
    chunk.buffer =
        Buffer(*device_, VkDeviceSize{chunk_splats_} * bytes_per_splat(),
               VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT, MemoryUse::kDevice, "splats");
    chunks_.push_back(std::move(chunk));
  }
  for (size_t i = 0; i < chunks_.size(); ++i) {
    const size_t before = i * chunk_splats_;
    chunks_[i].count = static_cast<uint32_t>(std::clamp<size_t>(size_ - std::min(size_, before), 0, chunk_splats_));
  }
  if (!shows_all_) return;
  runs_.clear();
  for (uint32_t i = 0; i < used_chunks(); ++i) runs_.push_back({i, 0, chunks_[i].count});
}

void SplatBuffers::show(std::vector<SplatRun> runs) {
  for (const SplatRun& run : runs) {
    DIO_CHECK(run.chunk < used_chunks() && run.first % kSplatPage == 0 && run.weight >= 0);
    DIO_CHECK(run.first <= chunks_[run.chunk].count && run.count <= chunks_[run.chunk].count - run.first);
  }
  runs_ = std::move(runs);
  shows_all_ = false;
}

void SplatBuffers::reserve(size_t size) {
  shows_all_ = false;
  runs_.clear();
  grow_to(std::max(size, size_));
}

void SplatBuffers::append(const SplatCloud& cloud, UploadRing& uploads) {
  const size_t first = size_;
  grow_to(size_ + cloud.size());
  replace(first, cloud, uploads);
}

void SplatBuffers::truncate(size_t size) {
  DIO_CHECK(size <= size_);
  grow_to(size);
}

void SplatBuffers::replace(size_t first, const SplatCloud& cloud, UploadRing& uploads) {
  replace(first, cloud, 0, cloud.size(), uploads);
}

void SplatBuffers::replace(size_t first, const SplatCloud& cloud, size_t from, size_t count, UploadRing& uploads) {
  DIO_CHECK(first <= size_ && count <= size_ - first && from <= cloud.size() && count <= cloud.size() - from);
  for (size_t done = 0; done < count;) {
    const size_t target = first + done, at = target % chunk_splats_;
    const size_t part = std::min({count - done, chunk_splats_ - at, kWriteSplats});
    write(static_cast<uint32_t>(target / chunk_splats_), static_cast<uint32_t>(at), cloud, from + done, part, uploads);
    done += part;
  }
}

void SplatBuffers::write(uint32_t chunk, uint32_t at, const SplatCloud& cloud, size_t first, size_t count,
                         UploadRing& uploads) {
  const auto given = static_cast<size_t>(sh_count(cloud.sh_degree));
  const size_t kept = std::min(given, static_cast<size_t>(sh_count(options_.sh_degree)));
  std::vector<glm::uvec4> firsts(count), seconds(count);
  std::vector<uint32_t> coefficients(count * sh_words_ * 4);
  for (size_t i = 0; i < count; ++i) {
    firsts[i] = first_word(cloud, first + i);
    seconds[i] = second_word(cloud, first + i);
    pack_coefficients(std::span(cloud.sh).subspan((first + i) * given, kept), options_,
                      std::span(coefficients).subspan(i * sh_words_ * 4, sh_words_ * 4));
  }
  const Buffer& buffer = chunks_[chunk].buffer;
  const VkDeviceSize row = VkDeviceSize{chunk_splats_} * 16;
  uploads.to_buffer(buffer, VkDeviceSize{at} * 16, std::as_bytes(std::span(firsts)));
  uploads.to_buffer(buffer, row + VkDeviceSize{at} * 16, std::as_bytes(std::span(seconds)));
  uploads.to_buffer(buffer, 2 * row + VkDeviceSize{at} * 16 * sh_words_, std::as_bytes(std::span(coefficients)));
}

}  // namespace diorama
