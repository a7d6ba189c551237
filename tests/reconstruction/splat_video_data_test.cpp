#include "assets/splat_sequence.h"
#include "engine/raster/splat_rasterizer.h"
#include "reconstruction/splat_video/fit_splat_video.h"
#include "tests/test_data.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace diorama::test {
namespace {

// Of the held-out cameras at one instant, over white, of the pixels where the truth has alpha.
double held_out_psnr(const Capture& capture, const SplatSequenceReader& reader, size_t frame, ThreadPool& pool) {
  const SplatCloud cloud = reader.moving(frame);
  const auto records = records_from_cloud(cloud);
  SplatRasterizer rasterizer;
  SplatPlanes drawn;
  SplatRasterOptions options;
  options.background = glm::vec3(1);
  double squares = 0, count = 0;
  for (const size_t index : capture.frames_of(Split::kTest)) {
    const Frame& info = capture.frames()[index];
    if (frame_taken_at(reader.sequence(), *info.time_s) != frame) continue;
    rasterizer.forward(records, {.sh_degree = cloud.sh_degree}, info.color, options, drawn, pool);
    const FrameImages images = capture.load(index);
    for (int y = 0; y < images.color->height(); ++y) {
      for (int x = 0; x < images.color->width(); ++x) {
        const glm::vec4 truth = glm::vec4(images.color->at(x, y)) / 255.0f;
        if (truth.a == 0) continue;
        for (int c = 0; c < 3; ++c) {
          const float shown = drawn.row(static_cast<SplatPlane>(c), y)[static_cast<size_t>(x)];
          const float wanted = truth.a * truth[c] + (1 - truth.a);
          squares += static_cast<double>((shown - wanted) * (shown - wanted));
          ++count;
        }
      }
    }
  }
  return -10 * std::log10(squares / std::max(count, 1.0));
}

TEST(SplatVideoData, FollowsARunningFoxInViewsThatItNeverSaw) {
  DIO_REQUIRE_TEST_DATA(path, "volumetric_fox");
  const Capture capture = open_capture(path);
  SplatVideoOptions options;
  options.preset = 0;
  options.first_frame = 10;
  options.frame_count = 3;
  options.group_drop_db = 6;
  ThreadPool pool;
  JobContext job(pool);
  const TempDir folder;
  const SplatVideoStats stats = fit_splat_video(capture, options, folder / "fox.glb", job);
  EXPECT_EQ(stats.groups, 1u);
  EXPECT_LE(stats.most_splats, 8000u);
  const SplatSequenceReader reader(splat_groups_folder(folder / "fox.glb"));
  for (size_t frame = 0; frame < 3; ++frame) {
    EXPECT_GT(held_out_psnr(capture, reader, frame, pool), 23) << frame;  // preview's budget; a torn leg costs 3 dB
  }
}

}  // namespace
}  // namespace diorama::test
