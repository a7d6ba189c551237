// A stream on the device against its twin on the CPU, while levels come, fade and go.
#include "renderers/splats/splat_stream_views.h"
#include "tests/gpu/gpu_fixture.h"
#include "tests/renderers/lod_scene.h"

namespace diorama {
namespace {

class SplatStreamParity : public GpuTest {};

double mean_difference(const ImageRgba8& a, const ImageRgba8& b) {
  double sum = 0;
  for (size_t i = 0; i < a.pixels().size(); ++i) {
    const glm::ivec3 d = glm::abs(glm::ivec3(a.pixels()[i]) - glm::ivec3(b.pixels()[i]));
    sum += (d.x + d.y + d.z) / 3.0;
  }
  return sum / static_cast<double>(a.pixels().size());
}

TEST_F(SplatStreamParity, EveryPictureOfAPathIsThatOfTheCpu) {
  ThreadPool pool(2);
  const SplatStreamOptions options{.lod = {.max_splats = 5000, .detail_px = 0, .fade_s = 0.2}, .wait = true};
  SplatStream stream(std::make_unique<PanelSource>(8), options);
  SplatStreamRenderer on_device(device(), stream);
  SplatStreamRaster on_cpu(stream, false);
  int faded = 0, departures = 0;
  for (int i = 0; i < 40; ++i) {
    const Camera camera = panel_camera(1 + 0.1f * static_cast<float>(i), 1.5f, {160, 96});
    const SplatStreamStep step = i == 0 ? stream.settle(camera) : stream.advance(camera, 1.0 / 30);
    for (const SplatLodDraw& draw : step.draws) faded += draw.weight < 1 ? 1 : 0;
    departures += static_cast<int>(step.departures.size());
    on_device.apply(step);
    on_cpu.apply(step);
    const RasterResult gpu = on_device.renderer().render(camera, {}), cpu = on_cpu.draw(camera, {}, false, pool);
    // The bound of every device pass, 1/255.
    EXPECT_LE(mean_difference(gpu.color, cpu.color), 1.0) << i;
    EXPECT_GT(mean_difference(cpu.color, ImageRgba8(cpu.color.size_px())), 20.0) << "else nothing is compared";
  }
  EXPECT_GT(faded, 20);
  EXPECT_GT(departures, 4) << "pages were given back and taken again";
}

TEST_F(SplatStreamParity, AFrameInFlightIsNotDisturbedByWhatComesAfterIt) {
  const SplatStreamOptions options{.lod = {.max_splats = 3000, .detail_px = 0, .fade_s = 0}, .wait = true};
  const Camera left = panel_camera(0.5f, 1.5f, {160, 96}), right = panel_camera(7.5f, 1.5f, {160, 96});
  ImageRgba8 alone, beside;
  for (const bool in_flight : {false, true}) {
    SplatStream stream(std::make_unique<PanelSource>(8), options);
    SplatStreamRenderer player(device(), stream);
    player.apply(stream.settle(left));
    const uint64_t frame = player.renderer().begin(left, {});
    if (!in_flight) alone = player.renderer().finish(frame).color;
    player.apply(stream.settle(right));
    const uint64_t next = player.renderer().begin(right, {});
    if (in_flight) beside = player.renderer().finish(frame).color;
    player.renderer().finish(next);
  }
  EXPECT_EQ(mean_difference(alone, beside), 0.0);
}

TEST_F(SplatStreamParity, PagesAreGivenOutAcrossChunksAndTakenBack) {
  SplatBuffers buffers(device(), {.sh_degree = 1, .chunk_splats = 2 * kSplatPage});
  UploadRing uploads(device());
  SplatPages pages(buffers, 7);
  EXPECT_EQ(buffers.chunks().size(), 4u);
  PanelSource source(1, 1600, 3);  // of 1600, 400 and 100 splats
  const SplatCloud large = source.read(0, 0), small = source.read(0, 2);
  const std::vector<SplatRun> first = pages.put(small, uploads);
  const std::vector<SplatRun> second = pages.put(large, uploads);
  ASSERT_EQ(second.size(), 3u) << "the rest of a chunk, a chunk, and the start of the next";
  EXPECT_EQ(second[0].count, 512u);
  EXPECT_EQ(second[1].count, 1024u);
  EXPECT_EQ(second[2].count, 64u);
  EXPECT_EQ(pages.free_pages(), 2u);
  uploads.flush();
  pages.release(first);
  const std::vector<SplatRun> third = pages.put(source.read(0, 1), uploads);
  EXPECT_EQ(third[0].chunk, 0u);
  EXPECT_EQ(third[0].first, 0u) << "the lowest pages come first";
  pages.release(second);
  EXPECT_EQ(pages.free_pages(), 6u);
  uploads.flush();
  EXPECT_EQ(pages.put(large, uploads).size(), 3u);
  uploads.finish();
}

}  // namespace
}  // namespace diorama
