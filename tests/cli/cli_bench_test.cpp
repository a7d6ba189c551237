#include "tests/cli/cli_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace diorama {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

TEST(CliBench, DrawingOnTheCpuIsTimedAlongATrajectory) {
  const Sample& sample = Sample::get();
  const CliResult result = run_cli("bench render " + sample.mesh + " --trajectory " + sample.room +
                                   " --size 96x72 --rounds 2 --warm-up 1 --json -");
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const json figures = json::parse(result.out);
  EXPECT_EQ(figures.at("backend"), "cpu");
  EXPECT_EQ(figures.at("size_px"), json::array({96, 72}));
  EXPECT_EQ(figures.at("samples"), 4);
  EXPECT_EQ(figures.at("rounds"), 2);
  EXPECT_GT(figures.at("triangles").get<int>(), 1000);
  EXPECT_GT(figures.at("frame_ms").get<double>(), 0.0);
  EXPECT_GT(figures.at("frame_cpu_ms").get<double>(), 0.0);
  EXPECT_LE(figures.at("frame_ms").get<double>(), figures.at("frame_ms_95").get<double>());
  EXPECT_EQ(figures.at("passes_ms").at("frame"), figures.at("frame_ms"));
  EXPECT_GT(figures.at("peak_memory_mb").get<double>(), 1.0);
  EXPECT_GT(figures.at("start_ms").at("first_picture").get<double>(), 0.0);
  ASSERT_EQ(figures.at("cameras").size(), 41u);
  const json& pose = figures.at("cameras").at(7).at("world_from_camera");
  ASSERT_EQ(pose.size(), 16u);
  EXPECT_EQ(pose.at(15), 1);
}

TEST(CliBench, AViewFromOutsideServesWithoutATrajectory) {
  const CliResult result =
      run_cli("bench render " + Sample::get().mesh + " --orbit 3 --size 64x48 --samples 1 --warm-up 0");
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("3 pictures of 64x48 with 1 samples on the CPU"));
}

TEST(CliBench, WrongChoicesAreRefused) {
  const std::string bench = "bench render " + Sample::get().mesh;
  EXPECT_EQ(run_cli(bench + " --samples 3").exit_code, 2);
  EXPECT_EQ(run_cli(bench + " --rounds 0").exit_code, 2);
  EXPECT_THAT(run_cli(bench + " --size 0x5").err, HasSubstr("--size is '0x5'"));
  EXPECT_THAT(run_cli("bench render /absent.glb").err, HasSubstr("/absent.glb"));
}

}  // namespace
}  // namespace diorama
