#include "capture/rig.h"
#include "tests/cli/cli_run.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace diorama {
namespace {

// The room with a colour camera of its own; `more` may hide its calibration.
std::string unregistered_room(const TempDir& dir, const std::string& name, const std::string& more) {
  const std::string room = (dir / name).string();
  const CliResult result = run_cli("synth room -o " + room + " --light-detail 0.1 --unregistered " + more);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  return room;
}

RigCalibration true_rig(const std::string& room) {
  const auto camera = nlohmann::json::parse(read_text_file(room + "/capture.json"))["cameras"][0];
  nlohmann::json rig = camera["color"];
  rig["color_from_depth"] = camera["color_from_depth"];
  return rig_calibration_from_json(rig.dump());
}

TEST(CliCalibration, FindsTheHiddenRigOfTheSyntheticRoom) {
  const TempDir dir;
  const RigCalibration truth = true_rig(unregistered_room(dir, "known", ""));
  const std::string hidden = unregistered_room(dir, "hidden", "--hide-calibration");
  const auto file = (dir / "rig.json").string();
  const CliResult result = run_cli("calibrate " + hidden + " -o " + file);
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const RigCalibration rig = rig_calibration_from_json(read_text_file(file));
  // The bounds that the product promises on exact captures: 0.5 % of the focal length, 2 mm of the offset.
  EXPECT_NEAR(rig.color.focal_px.x / truth.color.focal_px.x, 1, 0.005);
  EXPECT_NEAR(rig.color.focal_px.y / truth.color.focal_px.y, 1, 0.005);
  const glm::vec3 place = inverse(rig.color_from_depth).translation,
                  true_place = inverse(truth.color_from_depth).translation;
  EXPECT_LT(glm::length(place - true_place), 0.002f);

  // fit finds it by itself, and eval takes it from the asset.
  const auto psnr = [&](const std::string& fit_options, const std::string& eval_options) {
    const auto mesh = (dir / "mesh.glb").string(), scores = (dir / "scores.json").string();
    EXPECT_EQ(run_cli("fit " + hidden + " --as mesh -o " + mesh + " " + fit_options).exit_code, 0);
    EXPECT_EQ(run_cli("eval " + mesh + " " + hidden + " --json " + scores + " " + eval_options).exit_code, 0);
    return nlohmann::json::parse(read_text_file(scores))["mean"]["psnr"].get<double>();
  };
  const double by_itself = psnr("", "");
  EXPECT_NEAR(psnr("--calibration " + file, ""), by_itself, 0.01);
  EXPECT_GT(by_itself, psnr("--calibration none", "") + 1);
  EXPECT_GT(by_itself, psnr("", "--calibration none") + 1);
}

TEST(CliCalibration, OfANoisyCaptureScoresAsTheTrueRigDoes) {
  const TempDir dir;
  const std::string noise = "--depth-noise 1 --image-noise 1";
  const std::string known = unregistered_room(dir, "known", noise);
  const std::string hidden = unregistered_room(dir, "hidden", "--hide-calibration " + noise);
  const auto psnr = [&](const std::string& room) {
    const auto mesh = (dir / "mesh.glb").string(), scores = (dir / "scores.json").string();
    EXPECT_EQ(run_cli("fit " + room + " --as mesh --no-score -o " + mesh).exit_code, 0);
    EXPECT_EQ(run_cli("eval " + mesh + " " + room + " --json " + scores).exit_code, 0);
    return nlohmann::json::parse(read_text_file(scores))["mean"]["psnr"].get<double>();
  };
  EXPECT_GT(psnr(hidden), psnr(known) - 0.3);  // what the product promises
}

TEST(CliCalibration, RefusesACaptureWithTooFewFramesAndADamagedFile) {
  const Sample& sample = Sample::get();
  const TempDir dir;
  const std::string small = (dir / "small").string();
  ASSERT_EQ(run_cli("synth room -o " + small + " --frames 4 --width 80 --height 60 --light-detail 0.1").exit_code, 0);
  EXPECT_EQ(run_cli("calibrate " + small).exit_code, 2);
  write_file(dir / "bad.json", R"({"size":[640,480],"focal":[0,0],"center":[1,1],"color_from_depth":[1]})");
  const CliResult result =
      run_cli("fit " + sample.room + " --as mesh -o x.glb --calibration " + (dir / "bad.json").string());
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_NE(result.err.find("bad.json"), std::string::npos) << result.err;
}

}  // namespace
}  // namespace diorama
