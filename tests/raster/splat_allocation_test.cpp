#include "engine/raster/splat_rasterizer.h"
#include "tests/raster/splat_scenes.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

namespace {

std::atomic<size_t> allocations{0};

void* counted(size_t size, size_t alignment) {
  ++allocations;
  void* const memory = std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

// Replaces those of the whole program. Not inlined: GCC would see free() of what new made, and warn.
void* operator new(size_t size) {
  return counted(size, alignof(std::max_align_t));
}
void* operator new(size_t size, std::align_val_t alignment) {
  return counted(size, static_cast<size_t>(alignment));
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, size_t) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::align_val_t) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, size_t, std::align_val_t) noexcept {
  std::free(memory);
}

namespace diorama {
namespace {

TEST(SplatAllocations, ThereAreNoneOnceTheSceneIsKnown) {
  const Camera camera = splat_camera({100, 80});
  const SplatLayout layout{3};
  const AlignedVector<float> records = random_splats(camera, layout, 3000, 5);
  const SplatRasterOptions options{.channels = {.depth = true}};
  SplatRasterizer rasterizer;
  SplatPlanes image, gradient;
  gradient.resize(camera.size_px, options.channels);
  gradient.fill(0.5f);
  ThreadPool pool(2);
  AlignedVector<float> block(64 * layout.stride());
  const auto step = [&] {
    rasterizer.forward(records, layout, camera, options, image, pool);
    rasterizer.backward(image, gradient, true, pool);
    rasterizer.splat_gradients(0, 64, block, {}, nullptr);
  };
  step();
  step();
  const size_t before = allocations;
  step();
  EXPECT_EQ(allocations - before, 0u);
}

}  // namespace
}  // namespace diorama
