#include "engine/scene/image_io.h"
#include "tests/cli/cli_run.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace diorama {
namespace {

using nlohmann::json;
using testing::HasSubstr;

json parse_json_file(const std::filesystem::path& path) {
  return json::parse(read_text_file(path));
}

TEST(Cli, HelpNamesEveryCommand) {
  const CliResult result = run_cli("--help");
  EXPECT_EQ(result.exit_code, 0);
  for (const char* command : {"info", "synth", "fit", "render", "eval", "bench", "convert"}) {
    EXPECT_THAT(result.out, HasSubstr(command));
    EXPECT_EQ(run_cli(std::string(command) + " --help").exit_code, 0) << command;
  }
}

TEST(Cli, InfoDescribesTheSample) {
  const CliResult text = run_cli("info " + Sample::get().room);
  EXPECT_EQ(text.exit_code, 0) << text.err;
  const CliResult result = run_cli("info --json " + Sample::get().room);
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const json info = json::parse(result.out);
  EXPECT_EQ(info["frames"], 41);
  EXPECT_EQ(info["check"]["verdict"], "ok");
}

TEST(Cli, FitScoresAndEvalAgreesWithTheRecord) {
  const Sample& sample = Sample::get();
  const std::filesystem::path scores = sample.dir / "scores.json";
  const CliResult result = run_cli("eval " + sample.mesh + " " + sample.room + " --json " + scores.string());
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const json report = parse_json_file(scores);
  EXPECT_EQ(report["frames"].size(), 6u);
  // 160x120 at 4 cm voxels is coarse; a broken pose, colour or orientation scores below 12 dB.
  EXPECT_GT(report["mean"]["psnr"].get<double>(), 15);
  EXPECT_GT(report["mean"]["coverage"].get<double>(), 0.85);
  EXPECT_LT(report["mean"]["depth_mae_m"].get<double>(), 0.08);
  const CliResult info = run_cli("info --json " + sample.mesh);
  ASSERT_EQ(info.exit_code, 0) << info.err;
  const json record = json::parse(info.out)["diorama"];
  EXPECT_EQ(record["representation"], "mesh");
  // COLOR_0 is quantised to 16 bit on the way to the file.
  EXPECT_NEAR(record["held_out"]["psnr"].get<double>(), report["mean"]["psnr"].get<double>(), 0.01);
}

TEST(Cli, FitGivesTheSameFileForAnyThreadCount) {
  const Sample& sample = Sample::get();
  const std::filesystem::path one = sample.dir / "one.glb";
  ASSERT_EQ(run_cli("--threads 1 fit " + sample.room + " --as mesh --voxel 0.04 -o " + one.string()).exit_code, 0);
  EXPECT_TRUE(read_file(one) == read_file(sample.mesh));
}

TEST(Cli, RendersOneFrameAnOrbitAndATrajectory) {
  const Sample& sample = Sample::get();
  const auto picture = (sample.dir / "frame.png").string();
  ASSERT_EQ(run_cli("render " + sample.mesh + " -o " + picture + " --camera " + sample.room + "#000008").exit_code, 0);
  EXPECT_EQ(read_rgba8(picture).size_px(), glm::ivec2(160, 120));
  const auto sized = (sample.dir / "sized.png").string();
  ASSERT_EQ(run_cli("render " + sample.mesh + " -o " + sized + " --size 320x200").exit_code, 0);
  EXPECT_EQ(read_rgba8(sized).size_px(), glm::ivec2(320, 200));
  const auto orbit = (sample.dir / "orbit.png").string();
  ASSERT_EQ(run_cli("render " + sample.mesh + " -o " + orbit + " --orbit 3 --size 64x64").exit_code, 0);
  EXPECT_TRUE(std::filesystem::exists(sample.dir / "orbit-0002.png"));
  const auto video = (sample.dir / "path.mp4").string();
  ASSERT_EQ(run_cli("render " + sample.mesh + " -o " + video + " --trajectory " + sample.room).exit_code, 0);
  EXPECT_GT(std::filesystem::file_size(video), 1000u);
}

TEST(Cli, BenchFusionWritesItsFigures) {
  const Sample& sample = Sample::get();
  const std::filesystem::path figures = sample.dir / "bench.json";
  const CliResult result =
      run_cli("bench fusion " + sample.room + " --repeats 1 --voxel 0.04 --json " + figures.string());
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const json bench = parse_json_file(figures);
  EXPECT_GT(bench["integration_fps"].get<double>(), 0);
  EXPECT_GT(bench["extraction_s"].get<double>(), 0);
  EXPECT_GT(bench["peak_memory_mb"].get<double>(), 0);
}

TEST(Cli, AStoppedFitResumesToTheSameFile) {
  const Sample& sample = Sample::get();
  const auto out = (sample.dir / "resumed.glb").string();
  const std::string fit = "fit " + sample.room + " --as mesh --voxel 0.04 -o " + out;
  // A fit that is stopped at once, wherever it is by then, and then resumed.
  const CliResult stopped = run_cli(fit, "timeout -s INT 0.15 ");
  ASSERT_TRUE(stopped.exit_code == 124 || stopped.exit_code == 130 || stopped.exit_code == 0) << stopped.err;
  ASSERT_EQ(run_cli(fit + " --resume").exit_code, 0);
  EXPECT_TRUE(read_file(out) == read_file(sample.mesh));
  EXPECT_FALSE(std::filesystem::exists(out + ".checkpoint"));
}

TEST(Cli, SynthPerformanceIsARig) {
  const Sample& sample = Sample::get();
  const auto rig = (sample.dir / "rig").string();
  ASSERT_EQ(run_cli("synth performance -o " + rig + " --frames 2 --width 80 --height 60 --light-detail 0.1").exit_code,
            0);
  const json info = json::parse(run_cli("info --json " + rig).out);
  EXPECT_GT(info["cameras"].get<int>(), 1);
}

TEST(Cli, FitOfAStillSceneToARigThatSawMotionWarns) {
  const Sample& sample = Sample::get();
  const auto rig = (sample.dir / "moving").string();
  ASSERT_EQ(run_cli("synth performance -o " + rig + " --frames 2 --width 80 --height 60 --light-detail 0.1").exit_code,
            0);
  const auto out = (sample.dir / "moving.glb").string();
  const CliResult fit = run_cli("fit " + rig + " --as mesh --voxel 0.05 --no-score -o " + out);
  EXPECT_EQ(fit.exit_code, 0) << fit.err;
  EXPECT_THAT(fit.err, testing::HasSubstr("what moves is smeared"));
}

}  // namespace
}  // namespace diorama
