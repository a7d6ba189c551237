#include "assets/asset_file.h"
#include "assets/sog_levels.h"
#include "renderers/splats/splat_raster_view.h"
#include "renderers/splats/splat_renderer.h"
#include "renderers/splats/splat_stream_views.h"
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

TEST_F(SplatPlayerData, LevelsOfOthersArePlayedByWhatTheirCameraNeeds) {
  DIO_REQUIRE_TEST_DATA(path, "splats/playbot");
  auto source = std::make_unique<SogLevelSource>(path);
  EXPECT_EQ(source->coarsest().notes,
            (std::vector<std::string>{"levels 0, 1 of the 7 are absent; the others are used"}));
  ASSERT_EQ(source->nodes().size(), 2u);
  EXPECT_EQ(source->nodes()[0].levels.size(), 5u);
  SplatStream stream(std::move(source), {.lod = {.max_splats = 90000, .detail_px = 3, .fade_s = 0.2}, .wait = true});
  SplatStreamRenderer on_device(device(), stream);
  SplatStreamRaster on_cpu(stream, false);
  ThreadPool pool(2);
  size_t switched = 0;
  for (int i = 0; i < 25; ++i) {
    Camera camera{{160, 120}, {150, 150}, {80, 60}, {}};
    camera.world_from_camera = look_at({0.2f, -1.2f, 6 - 0.2f * static_cast<float>(i)}, {0, -0.4f, 0}, {0, -1, 0});
    const SplatStreamStep step = i == 0 ? stream.settle(camera) : stream.advance(camera, 0.05);
    EXPECT_LE(lod_splats(stream.nodes(), stream.states()), 90000u);
    switched += step.departures.size();
    on_device.apply(step);
    on_cpu.apply(step);
    if (i % 6 != 0) continue;
    const RasterResult gpu = on_device.renderer().render(camera, {}), cpu = on_cpu.draw(camera, {}, false, pool);
    double difference = 0, covered = 0;
    for (size_t pixel = 0; pixel < cpu.color.pixels().size(); ++pixel) {
      const glm::ivec3 d = glm::abs(glm::ivec3(cpu.color.pixels()[pixel]) - glm::ivec3(gpu.color.pixels()[pixel]));
      difference += (d.x + d.y + d.z) / 3.0;
      covered += cpu.coverage.pixels()[pixel];
    }
    EXPECT_GT(covered, 200) << "of 19,200 pixels: else nothing is compared";
    EXPECT_LE(difference, covered) << "1/255 in the mean of what is covered";
  }
  EXPECT_GE(switched, 2u);
}

}  // namespace
}  // namespace diorama
