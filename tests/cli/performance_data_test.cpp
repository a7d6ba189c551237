// Scoring over time on a rendered rig with true tracks.
#include "assets/asset_file.h"
#include "assets/splat_sequence.h"
#include "tests/cli/point_performance.h"
#include "tests/test_data.h"
#include "tools/eval/evaluate.h"

namespace diorama {
namespace {

TEST(PerformanceData, TrueTracksAsBallsScoreAlikeAtAllTimes) {
  DIO_REQUIRE_TEST_DATA(folder, "volumetric_fox");
  const TempDir dir;
  const Capture capture = open_capture(folder);
  write_point_performance(capture, folder, 30, 0.012f, dir / "fox.glb");
  const Asset asset = read_asset(dir / "fox.glb");
  const SplatSequenceReader performance = *open_splat_sequence(asset, dir / "fox.glb");
  ThreadPool pool;
  JobContext job(pool);
  const EvalReport report = evaluate({asset, "fox", &performance}, capture, {.scale = 0.5f}, job);
  ASSERT_EQ(report.frames.size(), 4u * 30u);
  ASSERT_EQ(report.times.size(), 30u);
  // Balls of 12 mm instead of a surface; colours are those of the first frame, so shading that changes costs a little.
  for (const TimeSummary& time : report.times) EXPECT_GE(time.mean.psnr_mask.value(), 15) << *time.mean.time_s;
  const EvalReport still = evaluate(asset, "fox", capture, {.scale = 0.5f}, job);
  EXPECT_LT(still.times[15].mean.psnr_mask.value(), report.times[15].mean.psnr_mask.value() - 3);
  ASSERT_TRUE(report.motion);
  EXPECT_NEAR(report.motion->step_mm, 21, 1.5) << "as the set's own page has it";
  EXPECT_LT(report.motion->second_difference_mm, report.motion->step_mm);
  EXPECT_EQ(report.cameras.front().mean.camera, "cam20");
}

}  // namespace
}  // namespace diorama
