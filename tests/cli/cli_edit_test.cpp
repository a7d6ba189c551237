// `diorama edit` and what `info` says of splats.
#include "assets/asset_file.h"
#include "assets/ply.h"
#include "engine/base/random.h"
#include "engine/scene/splat_transform.h"
#include "tests/cli/cli_run.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <numeric>

namespace diorama {
namespace {

using nlohmann::json;
using testing::HasSubstr;

class CliEdit : public testing::Test {
 protected:
  CliEdit() {
    Random random(21);
    SplatCloud& cloud = asset_.splats.emplace_back().cloud;
    cloud.sh_degree = 1;
    cloud.resize(600);
    for (size_t i = 0; i < cloud.size(); ++i) {
      cloud.positions[i] = {random.uniform(-1, 1), random.uniform(-1, 1), random.uniform(-1, 1)};
      cloud.scales[i] = glm::vec3(random.uniform(0.01f, 0.05f));
      cloud.rotations_xyzw[i] = {0, 0, 0, 1};
      cloud.opacities[i] = random.uniform(0.05f, 1);
    }
    for (glm::vec3& c : cloud.sh) c = 0.3f * glm::vec3(random.normal(), random.normal(), random.normal());
    asset_.record = AssetRecord{.tool_version = "test", .representation = "splats", .capture_name = "noise"};
    asset_.record->held_out_json = R"({"psnr":30})";
    write_ply(asset_, in_);
  }

  CliResult edit(const std::string& steps) { return run_cli("edit " + in_ + " " + out_ + " " + steps); }

  TempDir dir_;
  Asset asset_;
  std::string in_ = (dir_ / "in.ply").string(), out_ = (dir_ / "out.glb").string();
};

TEST_F(CliEdit, StepsAreDoneInTheOrderGiven) {
  const CliResult first = edit("--translate 5,0,0 --crop-box 4,-1,-1,5,1,1");
  ASSERT_EQ(first.exit_code, 0) << first.err;
  EXPECT_THAT(first.out, HasSubstr("--translate 5,0,0: 600 -> 600 splats"));
  const size_t half = splat_count(read_asset(out_));
  EXPECT_GT(half, 200u);
  EXPECT_LT(half, 400u);
  const CliResult second = edit("--crop-box 4,-1,-1,5,1,1 --translate 5,0,0");
  EXPECT_EQ(second.exit_code, 2);
  EXPECT_THAT(second.err, HasSubstr("--crop-box 4,-1,-1,5,1,1: leaves none of the 600 splats"));
  const CliResult twice = edit("--crop-sphere 0,0,0,0.9 --decimate 100 --crop-sphere 0,0,0,0.5 --morton");
  ASSERT_EQ(twice.exit_code, 0) << twice.err;
  EXPECT_THAT(twice.out, HasSubstr("-> 100 splats\n--crop-sphere 0,0,0,0.5: 100 ->"));
}

TEST_F(CliEdit, MotionsTurnColoursAndTakeTheCaptureAlong) {
  ASSERT_EQ(edit("--rotate 0,1,0,90 --translate 0,2,0").exit_code, 0);
  const Asset out = read_asset(out_);
  const glm::dmat4 turn(0, 0, -1, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 2, 0, 1);
  SplatCloud expected = read_asset(in_).splats[0].cloud;
  transform(expected, turn);
  for (size_t i = 0; i < expected.size(); ++i) {
    ASSERT_LE(glm::length(out.splats[0].cloud.positions[i] - expected.positions[i]), 1e-5f);
    ASSERT_LE(glm::length(out.splats[0].cloud.sh[4 * i + 1] - expected.sh[4 * i + 1]), 1e-5f);
  }
  ASSERT_TRUE(out.record);
  EXPECT_LE(glm::length(out.record->asset_from_capture.translation - glm::vec3(0, 2, 0)), 1e-6f);
  EXPECT_EQ(out.record->held_out_json, "{}") << "scores of the asset before";
  const CliResult scaled = edit("--scale 2");
  ASSERT_EQ(scaled.exit_code, 0);
  EXPECT_THAT(scaled.err, HasSubstr("the capture's cameras no longer fit"));
}

TEST_F(CliEdit, MergeAddsAnotherFileAndTheInputMayBeReplaced) {
  ASSERT_EQ(edit("--merge " + in_ + " --merge " + in_).exit_code, 0);
  EXPECT_EQ(splat_count(read_asset(out_)), 1800u);
  ASSERT_EQ(run_cli("edit " + in_ + " " + in_ + " --min-opacity 0.5 --max-size 0.04 --sh-degree 0").exit_code, 0);
  const SplatCloud left = read_asset(in_).splats[0].cloud;
  EXPECT_EQ(left.sh_degree, 0);
  EXPECT_GT(left.size(), 100u);
  for (size_t i = 0; i < left.size(); ++i) {
    EXPECT_GE(left.opacities[i], 0.4999f);
    EXPECT_LE(left.scales[i].x, 0.04001f);
  }
}

TEST_F(CliEdit, TheSameStepsGiveTheSameBytesForAnyThreads) {
  const std::string steps = "--remove-floaters 2 --decimate 150 --morton";
  ASSERT_EQ(edit(steps).exit_code, 0);
  const std::vector<std::byte> first = read_file(out_);
  ASSERT_EQ(edit(steps + " --threads 1").exit_code, 0);
  EXPECT_EQ(read_file(out_), first);
}

TEST_F(CliEdit, BadStepsAreOneSentenceAndLeaveTheOldFile) {
  ASSERT_EQ(edit("").exit_code, 0);
  const std::vector<std::byte> before = read_file(out_);
  const std::pair<const char*, const char*> cases[] = {
      {"--crop-box 1,2,3", "--crop-box: is '1,2,3', expected X0,Y0,Z0,X1,Y1,Z1"},
      {"--crop-box 1,0,0,0,1,1", "with the smaller corner first"},
      {"--cut-sphere 0,0,0,-1", "the radius above 0"},
      {"--crop-sphere 0,0,nan,1", "expected X,Y,Z,RADIUS"},
      {"--min-opacity 2", "--min-opacity: is '2', expected a number from 0 to 1"},
      {"--decimate 0", "expected a whole number of splats, 1 or more"},
      {"--decimate 10.5", "expected a whole number of splats, 1 or more"},
      {"--decimate 1e300", "expected a whole number of splats"},
      {"--rotate 0,0,0,90", "with an axis that is not 0"},
      {"--scale 0", "expected a factor"},
      {"--sh-degree 4", "expected 0, 1, 2 or 3"},
      {"--remove-floaters -1", "expected a number from 0.1 to 100"},
      {"--translate 1,2,3,4", "expected X,Y,Z in metres"},
      {"--max-size 0", "expected metres above 0"},
      {"--merge nowhere.ply", "nowhere.ply"},
      {"--decimate", "--decimate"},
      {"--shear 3", "--shear"},
  };
  for (const auto& [steps, sentence] : cases) {
    const CliResult result = edit(steps);
    EXPECT_EQ(result.exit_code, 2) << steps;
    EXPECT_THAT(result.err, HasSubstr(sentence)) << steps;
    EXPECT_EQ(read_file(out_), before) << steps;
  }
  EXPECT_EQ(run_cli("edit " + in_ + " out.obj").exit_code, 2);
  EXPECT_THAT(run_cli("edit --help").out, HasSubstr("in the order in which they stand"));
}

TEST_F(CliEdit, InfoCountsEverySplatInEachHistogram) {
  const CliResult result = run_cli("info --json " + in_);
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const json histograms = json::parse(result.out)["splats"]["histograms"];
  for (const char* name : {"opacity", "longest_axis_m", "view_dependence"}) {
    const std::vector<size_t> counts = histograms[name]["counts"];
    EXPECT_EQ(std::accumulate(counts.begin(), counts.end(), size_t{0}), 600u) << name;
    EXPECT_EQ(histograms[name]["edges"].size(), counts.size() + 1) << name;
  }
  // Uniform from 0.05 to 1: the first bin holds half of what the others do.
  const std::vector<size_t> opacity = histograms["opacity"]["counts"];
  EXPECT_LT(opacity[0], opacity[4]);
  EXPECT_EQ(histograms["longest_axis_m"]["edges"].front(), 0.01f);
  EXPECT_EQ(histograms["longest_axis_m"]["edges"].back(), 0.05f);
  EXPECT_THAT(run_cli("info " + in_).out, HasSubstr("####"));
}

}  // namespace
}  // namespace diorama
