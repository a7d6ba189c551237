#include "assets/asset_file.h"
#include "renderers/splats/splat_raster_view.h"
#include "renderers/splats/splat_renderer.h"
#include "tests/gpu/gpu_fixture.h"
#include "tests/test_data.h"

#include <cmath>

namespace diorama {
namespace {

class SplatPlayerData : public GpuTest {};

TEST_F(SplatPlayerData, ACloudOfOthersLooksAsOnTheCpu) {
  DIO_REQUIRE_TEST_DATA(path, "splats/biker.spz");
  const Asset asset = read_asset(path);
  ThreadPool pool(2);
  const Bounds bounds = bounds_of(asset);
  const glm::vec3 middle = 0.5f * (bounds.min + bounds.max);
  const float away = 1.2f * glm::length(bounds.max - bounds.min);
  Camera camera{{320, 240}, {300, 300}, {160, 120}, {}};
  camera.world_from_camera = look_at(middle + glm::vec3(0.3f, 0.2f, 1) * away, middle, {0, 1, 0});
  const SplatCloud cloud = merged_splats(asset);
  SplatBuffers splats(device(), {.sh_degree = cloud.sh_degree, .chunk_splats = 1 << 15});
  UploadRing uploads(device());
  splats.append(cloud, uploads);
  uploads.finish();
  SplatRenderer renderer(device(), splats);
  const SplatRenderOptions options{.antialiased = asset.record && asset.record->antialiased};
  const RasterResult gpu = renderer.render(camera, options);
  const RasterResult cpu = SplatRasterView(asset).draw(camera, {}, false, pool);
  double difference = 0, coverage = 0;
  for (size_t i = 0; i < cpu.color.pixels().size(); ++i) {
    const glm::ivec3 d = glm::abs(glm::ivec3(cpu.color.pixels()[i]) - glm::ivec3(gpu.color.pixels()[i]));
    difference += (d.x + d.y + d.z) / 3.0;
    coverage += cpu.coverage.pixels()[i];
  }
  EXPECT_GT(coverage, 2000) << "of 76,800 pixels: else nothing is compared";
  EXPECT_LE(difference, coverage) << "1/255 in the mean of what is covered";
}

}  // namespace
}  // namespace diorama
