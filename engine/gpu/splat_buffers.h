#pragma once

#include "engine/gpu/buffer.h"
#include "engine/gpu/transfer.h"
#include "engine/scene/splat_cloud.h"

#include <cstdint>
#include <span>
#include <vector>

namespace diorama {

struct SplatBufferOptions {
  int sh_degree = 3;      // coefficients of higher degrees are left out
  bool sh_bytes = false;  // coefficients above degree 0 in 8 bits, else half floats
  // With sh_bytes: the largest absolute coefficient of degree 1, 2 and 3 that can be told; see sh_range_of().
  glm::vec3 sh_range{1.0f};
  uint32_t chunk_splats = 1u << 18;  // a multiple of 512; fewer where the device binds less than a chunk at once
};

// Splats of one chunk that are drawn together, with a weight for faded_opacity().
struct SplatRun {
  uint32_t chunk = 0, first = 0, count = 0;  // first: a multiple of kSplatPage
  float weight = 1;
};
inline constexpr uint32_t kSplatPage = 512;  // splats that the player culls together

// Largest absolute coefficients of degree 1, 2 and 3, at least 1e-3.
glm::vec3 sh_range_of(const SplatCloud& cloud);

// Splats on the device in chunks of a fixed size, each in a buffer that is bound at once (128 MiB on phones), so that
// a cloud may be larger than that, and streaming may fill it piece by piece. Precision: positions float; scales 1.6e-4
// of their value (half a step of the logarithm, [1.6e-8, 1e6] m), rotations 4e-5, opacities 5e-4, coefficients half
// float or 1/254 of sh_range.
class SplatBuffers {
 public:
  SplatBuffers(GpuDevice& device, const SplatBufferOptions& options);

  // A chunk's bytes are, 16 a word: `capacity` first words (position, opacity and reach), as many second words (scale,
  // rotation), then sh_words() words of coefficients a splat. splat_storage_shared.h has the bits.
  struct Chunk {
    Buffer buffer;
    uint32_t count = 0;  // splats in it; only the last is not full
  };
  std::span<const Chunk> chunks() const { return {chunks_.data(), used_chunks()}; }
  uint32_t chunk_splats() const { return chunk_splats_; }
  const SplatBufferOptions& options() const { return options_; }
  uint32_t sh_words() const { return sh_words_; }
  uint32_t bytes_per_splat() const { return 16 * (2 + sh_words_); }
  size_t size() const { return size_; }
  uint64_t memory_bytes() const;

  // At the end; chunks are made as they are needed. What is sent is seen by work submitted after uploads.flush().
  void append(const SplatCloud& cloud, UploadRing& uploads);

  // Over splats [first, first + cloud.size()) < size(). Work that was submitted before still sees the old ones.
  void replace(size_t first, const SplatCloud& cloud, UploadRing& uploads);
  // The same with `count` splats of the cloud, from `from` on.
  void replace(size_t first, const SplatCloud& cloud, size_t from, size_t count, UploadRing& uploads);

  // What is drawn, in this order of equal distances: all splats, or what show() was given last.
  std::span<const SplatRun> runs() const { return runs_; }
  void show(std::vector<SplatRun> runs);

  // At least `size` splats, of which the new ones are nothing until replace() gives them; they must not be shown
  // before. With this, show() must be called. No frame is in flight.
  void reserve(size_t size);

  // Forgets all from `size` on; the memory stays for what comes. No frame is in flight.
  void truncate(size_t size);

 private:
  size_t used_chunks() const { return (size_ + chunk_splats_ - 1) / chunk_splats_; }
  void grow_to(size_t size);
  void write(uint32_t chunk, uint32_t at, const SplatCloud& cloud, size_t first, size_t count, UploadRing& uploads);

  GpuDevice* device_;
  SplatBufferOptions options_;
  uint32_t sh_words_, chunk_splats_;
  std::vector<Chunk> chunks_;
  std::vector<SplatRun> runs_;
  bool shows_all_ = true;
  size_t size_ = 0;
};

}  // namespace diorama
