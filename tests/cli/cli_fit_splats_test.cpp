#include "engine/base/file.h"
#include "tests/cli/cli_run.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace diorama {
namespace {

using nlohmann::json;

TEST(Cli, FitAsSplatsScoresWritesCamerasAndRepeatsItself) {
  const Sample& sample = Sample::get();
  const auto path = [&](const char* name) { return (sample.dir / name).string(); };
  const std::string fit = "fit " + sample.room + " --as splats --steps 60 --max-splats 2000 --scale 0.5";
  const CliResult first = run_cli(fit + " -o " + path("a.glb") + " --cameras " + path("cameras.json") + " --schedule " +
                                  path("schedule.json") + " --html " + path("a.html"));
  ASSERT_EQ(first.exit_code, 0) << first.err;
  EXPECT_THAT(first.out, testing::HasSubstr("held-out PSNR"));
  ASSERT_EQ(run_cli(fit + " -o " + path("b.glb") + " --replay " + path("schedule.json")).exit_code, 0);
  ASSERT_EQ(run_cli("convert " + path("a.glb") + " " + path("a.ply")).exit_code, 0);
  ASSERT_EQ(run_cli("convert " + path("b.glb") + " " + path("b.ply")).exit_code, 0);
  EXPECT_TRUE(read_file(path("a.ply")) == read_file(path("b.ply")));
  const json info = json::parse(run_cli("info --json " + sample.room).out);
  const json cameras = json::parse(read_text_file(path("cameras.json")));
  EXPECT_EQ(cameras["frames"].size(), info["frames"].get<size_t>());
  EXPECT_EQ(cameras["frames"][0]["split"], "test");
  EXPECT_GT(
      json::parse(run_cli("eval " + path("a.glb") + " " + sample.room + " --scale 0.5 --json -").out)["mean"]["psnr"],
      15.0);  // black scores about 8 dB, the start about 17
}

TEST(Cli, SnapshotsAreWholeAssetsAndAnotherFitsAreKept) {
  const Sample& sample = Sample::get();
  const std::filesystem::path folder = sample.dir / "snapshots";
  const std::string fit = "fit " + sample.room +
                          " --as splats --steps 60 --max-splats 1000 --scale 0.25 --no-score -o " +
                          (sample.dir / "s.glb").string() + " --snapshots " + folder.string();
  const CliResult first = run_cli(fit + " --snapshot-every 0");
  ASSERT_EQ(first.exit_code, 0) << first.err;
  EXPECT_TRUE(std::filesystem::exists(folder / "step-0000000.glb"));
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const CliResult info = run_cli("info --json " + entry.path().string());
    EXPECT_EQ(info.exit_code, 0) << entry.path() << info.err;  // none is left half written
  }
  const CliResult again = run_cli(fit);
  EXPECT_EQ(again.exit_code, 2);
  EXPECT_THAT(again.err, testing::HasSubstr("holds snapshots of an earlier fit"));
}

TEST(Cli, OptionsOfAnotherRepresentationAreRefused) {
  const Sample& sample = Sample::get();
  const CliResult splats =
      run_cli("fit " + sample.room + " --as splats --voxel 0.05 -o " + (sample.dir / "c.glb").string());
  EXPECT_EQ(splats.exit_code, 2);
  EXPECT_THAT(splats.err, testing::HasSubstr("--voxel is not an option of --as splats"));
  const CliResult mesh =
      run_cli("fit " + sample.room + " --as mesh --sh-degree 1 -o " + (sample.dir / "c.glb").string());
  EXPECT_EQ(mesh.exit_code, 2);
  EXPECT_THAT(mesh.err, testing::HasSubstr("--sh-degree is not an option of --as mesh"));
}

TEST(Cli, BenchSplatsTimesEachStage) {
  const Sample& sample = Sample::get();
  const CliResult bench = run_cli("bench splats " + sample.room + " --splats 500 --bench-steps 3 --json -");
  ASSERT_EQ(bench.exit_code, 0) << bench.err;
  const json run = json::parse(bench.out)["runs"].at(0);
  for (const char* stage : {"step_ms", "project_ms", "forward_ms", "loss_ms", "backward_ms", "update_ms"}) {
    EXPECT_GT(run[stage].get<double>(), 0) << stage;
  }
}

}  // namespace
}  // namespace diorama
