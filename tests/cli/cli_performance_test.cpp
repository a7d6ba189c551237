// diorama info and render of a splat video.
#include "assets/splat_sequence.h"
#include "engine/scene/image_io.h"
#include "tests/cli/cli_run.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace diorama {
namespace {

using ::testing::HasSubstr;

// One white splat in four frames of half a second, at x = -0.6, -0.2, 0.2 and 0.6 m, and a blue one that stays below.
std::string write_walk(const TempDir& dir) {
  const std::filesystem::path glb = dir / "walk.glb";
  SplatCloud splat;
  splat.resize(1);
  splat.scales[0] = glm::vec3(0.1f);
  splat.opacities[0] = 1;
  splat.sh[0] = glm::vec3(0.5f / kShC0);
  for (size_t group = 0; group < 2; ++group) {
    SplatGroup walk{.first_frame = 2 * group, .frames = {}};
    for (size_t k = 2 * group; k < 2 * group + 2; ++k) {
      splat.positions[0].x = -0.6f + 0.4f * static_cast<float>(k);
      walk.frames.push_back(splat);
    }
    const double start_s = static_cast<double>(group);
    add_splat_group(splat_groups_folder(glb), walk, std::array{start_s, start_s + 0.5}, 1);
  }
  splat.positions[0] = {0, -0.6f, 0};
  splat.sh[0] = {-0.5f / kShC0, -0.5f / kShC0, 0.5f / kShC0};
  set_splat_background(splat_groups_folder(glb), splat, 1);
  finish_splat_sequence(glb, {.tool_version = "test", .capture_name = "walk"});
  return glb.string();
}

// Mean column of the white pixels, as a share of the width; negative where there are none.
double place_of(const std::string& path) {
  const ImageRgba8 picture = read_rgba8(path);
  double sum = 0, weight = 0;
  for (int y = 0; y < picture.height(); ++y) {
    for (int x = 0; x < picture.width(); ++x) {
      sum += picture.at(x, y).r * (x + 0.5);
      weight += picture.at(x, y).r;
    }
  }
  return weight > 0 ? sum / weight / picture.width() : -1;
}

TEST(CliPerformance, InfoTellsFramesGroupsAndBytes) {
  const TempDir dir;
  const std::string glb = write_walk(dir);
  const CliResult text = run_cli("info " + glb);
  ASSERT_EQ(text.exit_code, 0) << text.err;
  EXPECT_THAT(text.out, HasSubstr("4 frames from 0.000 to 1.500 s in 2 groups of 2 to 2 frames"));
  EXPECT_THAT(text.out, HasSubstr("1 splats a frame (1 to 1), 1 more stand still"));
  const auto json = nlohmann::json::parse(run_cli("info --json " + glb).out);
  EXPECT_EQ(json["splat_video"]["frames"], 4);
  EXPECT_EQ(json["splat_video"]["frames_of_group"]["most"], 2);
  EXPECT_NEAR(json["splat_video"]["bounds_m"]["max"][0].get<double>(), 0.6, 1e-6) << "a float's rounding";
}

TEST(CliPerformance, ATimeIsDrawn) {
  const TempDir dir;
  const std::string render = "render " + write_walk(dir) + " --size 64x48 -o ";
  double before = -1;
  for (const char* time : {"0", "0.5", "1.2", "9"}) {
    const std::string picture = (dir / "at.png").string();
    const CliResult result = run_cli(render + picture + " --time " + time);
    ASSERT_EQ(result.exit_code, 0) << result.err;
    const double place = place_of(picture);
    EXPECT_GT(std::abs(place - before), 0.05) << time << ": the splat goes on; after the end it stays";
    before = place;
  }
}

TEST(CliPerformance, RunsOnceThroughForOneViewAndOnAlongSeveral) {
  const TempDir dir;
  const std::string render = "render " + write_walk(dir) + " --size 64x48 --animate --fps 2 -o ";
  const CliResult once = run_cli(render + (dir / "once.png").string());
  ASSERT_EQ(once.exit_code, 0) << once.err;
  EXPECT_THAT(once.out, HasSubstr("4 pictures of 64x48"));
  EXPECT_NE(place_of((dir / "once-0000.png").string()), place_of((dir / "once-0003.png").string()));
  EXPECT_THAT(run_cli(render + (dir / "round.mp4").string() + " --orbit 9").out, HasSubstr("9 pictures"));
}

TEST(CliPerformance, AFitKeepsItsHeldOutScores) {
  const TempDir dir;
  const std::string show = (dir / "show").string(), glb = (dir / "show.glb").string();
  ASSERT_EQ(
      run_cli("synth performance --cutout --cameras 6 --frames 2 --width 80 --height 60 --light-detail 0.05 -o " + show)
          .exit_code,
      0);
  const CliResult fit = run_cli("fit " + show + " --as splat-video --preset preview --max-splats 1500 -o " + glb +
                                " --html " + (dir / "show.html").string());
  ASSERT_EQ(fit.exit_code, 0) << fit.err;
  EXPECT_THAT(fit.out, HasSubstr("held-out PSNR"));
  EXPECT_THAT(fit.out, HasSubstr("in the mask"));
  EXPECT_THAT(read_text_file(dir / "show.html"), HasSubstr("Over time"));
  const auto info = nlohmann::json::parse(run_cli("info --json " + glb).out);
  const double recorded = info["diorama"]["held_out"]["psnr_mask"];
  const CliResult scored = run_cli("eval --json - " + glb + " " + show);
  EXPECT_DOUBLE_EQ(nlohmann::json::parse(scored.out)["mean"]["psnr_mask"], recorded) << "as eval scores it";
}

TEST(CliPerformance, WhatIsMissingIsTold) {
  const TempDir dir;
  const std::string glb = write_walk(dir);
  const CliResult animation = run_cli("render " + glb + " --animation run -o " + (dir / "a.png").string());
  EXPECT_EQ(animation.exit_code, 2);
  EXPECT_THAT(animation.err, HasSubstr("is a splat video, which has no animations"));
  std::filesystem::remove(dir / "walk.groups" / "group_000002.splats");
  const CliResult group = run_cli("info " + glb);
  EXPECT_NE(group.exit_code, 0);
  EXPECT_THAT(group.err, HasSubstr("group_000002.splats"));
  std::filesystem::remove_all(dir / "walk.groups");
  EXPECT_THAT(run_cli("info " + glb).err, HasSubstr("whose folder walk.groups is not beside it"));
}

}  // namespace
}  // namespace diorama
