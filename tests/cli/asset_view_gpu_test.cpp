// What changes in an asset is drawn alike by both backends.
#include "assets/gltf.h"
#include "assets/splat_sequence.h"
#include "engine/raster/splat_records.h"
#include "streaming/pack_splat_video.h"
#include "streaming/splat_video_reader.h"
#include "tests/gpu/gpu_fixture.h"
#include "tests/raster/splat_scenes.h"
#include "tests/streaming/moving_splats.h"
#include "tests/test_data.h"
#include "tools/eval/asset_view.h"

namespace diorama {
namespace {

const glm::ivec2 kSize{96, 72};

std::vector<SplatPart> parts_of(size_t count, int sh_degree, uint64_t seed) {
  const SplatLayout layout{sh_degree};
  return {{"moving", cloud_from_records(random_splats(splat_camera(kSize), layout, count, seed), layout)}};
}

double mean_difference(const RasterResult& a, const RasterResult& b) {
  double sum = 0;
  for (size_t i = 0; i < a.color.pixels().size(); ++i) {
    const glm::ivec3 d = glm::abs(glm::ivec3(a.color.pixels()[i]) - glm::ivec3(b.color.pixels()[i]));
    sum += d.x + d.y + d.z;
  }
  return sum / 3 / static_cast<double>(a.color.pixels().size());
}

TEST(AssetViewGpu, SplatsFrameByFrameAreDrawnAsOnTheCpu) {
  if (const std::string reason = why_no_device(); !reason.empty()) GTEST_SKIP() << reason;
  ThreadPool pool(2);
  const Asset asset{.splats = parts_of(200, 0, 1)};
  const auto cpu = make_asset_view(asset, {}, pool), gpu = make_asset_view(asset, {.backend = 1}, pool);
  const Camera camera = splat_camera(kSize);
  const RasterOptions white{.background = glm::vec3(1)};
  // More and fewer splats than at first, none, some again, and a higher degree of SH than the buffers were made for.
  const std::pair<size_t, int> frames[] = {{500, 0}, {90, 0}, {0, 0}, {150, 0}, {150, 2}, {60, 1}};
  RasterResult before = cpu->draw(camera, white, false);
  EXPECT_LE(mean_difference(before, gpu->draw(camera, white, false)), 0.1);
  uint64_t seed = 2;
  for (const auto& [count, sh_degree] : frames) {
    const std::vector<SplatPart> parts = count > 0 ? parts_of(count, sh_degree, seed++) : std::vector<SplatPart>();
    cpu->set_splats(parts);
    gpu->set_splats(parts);
    RasterResult expected = cpu->draw(camera, white, false);
    // Half precision of shapes and colours on the device; the renderer's own parity test has the details.
    EXPECT_LE(mean_difference(expected, gpu->draw(camera, white, false)), 0.1) << count << " of degree " << sh_degree;
    EXPECT_GT(mean_difference(before, expected), 1) << "another frame is another picture";
    before = std::move(expected);
  }
}

TEST(AssetViewGpu, CodedFramesAreDequantisedOnTheDeviceAsOnTheCpu) {
  if (const std::string reason = why_no_device(); !reason.empty()) GTEST_SKIP() << reason;
  const TempDir folder;
  const auto groups = splat_groups_folder(folder / "show.glb");
  const double first_times[] = {0, 0.04, 0.08}, then_times[] = {0.12, 0.16};
  add_splat_group(groups, swaying_sheet(600, 3), first_times, 1);
  add_splat_group(groups, swaying_sheet(250, 2, 1, 3), then_times, 1);
  set_splat_background(groups, swaying_sheet(70, 1).frames[0], 1);
  finish_splat_sequence(folder / "show.glb", {.asset_from_capture = {glm::mat3(1), {0.1f, 0, 0}}});
  ThreadPool pool(2);
  JobContext job(pool);
  pack_splat_video(SplatSequenceReader(groups), folder / "coded.glb", {.coding = {.sh_degree = 1}}, job);
  const Asset asset = read_gltf(folder / "coded.glb");
  const SplatVideoReader video(asset, folder / "coded.glb", pool);
  const auto cpu = make_asset_view(asset, {}, pool), gpu = make_asset_view(asset, {.backend = 1}, pool);
  Camera camera{kSize, glm::vec2(80), 0.5f * glm::vec2(kSize), {}};
  camera.world_from_camera.translation = {0.6f, 0.5f, -1};
  const std::vector<SplatPart> others = parts_of(20, 0, 3);
  RasterResult before;
  for (const size_t frame : {0, 1, 4, 2}) {
    cpu->show_frame(video, frame, others);
    gpu->show_frame(video, frame, others);
    RasterResult expected = cpu->draw(camera, {}, false);
    EXPECT_LE(mean_difference(expected, gpu->draw(camera, {}, false)), 0.1) << frame;
    if (!before.color.empty()) {
      EXPECT_GT(mean_difference(before, expected), 0.3);
    }
    before = std::move(expected);
  }
  // And something else after it.
  const std::vector<SplatPart> parts = parts_of(100, 1, 9);
  cpu->set_splats(parts);
  gpu->set_splats(parts);
  EXPECT_LE(mean_difference(cpu->draw(camera, {}, false), gpu->draw(camera, {}, false)), 0.1);
}

}  // namespace
}  // namespace diorama
