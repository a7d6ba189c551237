#include "engine/raster/splat_rasterizer.h"
#include "tests/allocation_count.h"
#include "tests/raster/splat_scenes.h"

#include <gtest/gtest.h>

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
  const size_t before = allocation_count();
  ASSERT_GT(before, 0u) << "it counts";
  step();
  EXPECT_EQ(allocation_count() - before, 0u);
}

}  // namespace
}  // namespace diorama
