#include "tests/cli/cli_run.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace diorama {
namespace {

double held_out_psnr(const std::string& capture, const std::string& calibration) {
  const TempDir dir;
  const auto mesh = (dir / "mesh.glb").string(), scores = (dir / "scores.json").string();
  EXPECT_EQ(run_cli("fit " + capture + " --as mesh --no-score -o " + mesh + " --calibration " + calibration).exit_code,
            0);
  EXPECT_EQ(run_cli("eval " + mesh + " " + capture + " --json " + scores).exit_code, 0);
  return nlohmann::json::parse(read_text_file(scores))["mean"]["psnr"].get<double>();
}

TEST(RedKitchen, CalibrationBeatsTheShippedAndTheCoarseOutsideValues) {
  DIO_REQUIRE_TEST_DATA(capture, "7scenes_redkitchen");
  const TempDir dir;
  // f = 525 px, the colour camera 20 mm right and 10 mm below the depth camera: a coarse grid fit of another program.
  write_file(dir / "coarse.json",
             R"({"size":[640,480],"focal":[525,525],"center":[320,240],
                 "color_from_depth":[1,0,0,-0.02, 0,1,0,-0.01, 0,0,1,0, 0,0,0,1]})");
  const double shipped = held_out_psnr(capture.string(), "none");
  const double coarse = held_out_psnr(capture.string(), (dir / "coarse.json").string());
  const double ours = held_out_psnr(capture.string(), "auto");
  EXPECT_GT(coarse, shipped);
  EXPECT_GT(ours, coarse + 0.2);  // measured: 0.4 dB
}

TEST(VolumetricRoom, IsARigThatPassesTheSelfCheck) {
  DIO_REQUIRE_TEST_DATA(capture, "volumetric_room");
  const CliResult info = run_cli("info --json " + capture.string());
  ASSERT_EQ(info.exit_code, 0) << info.err;
  const auto json = nlohmann::json::parse(info.out);
  EXPECT_EQ(json["cameras"], 10);
  EXPECT_EQ(json["check"]["verdict"], "ok");
}

TEST(Lego, HasNoDepthToFuse) {
  DIO_REQUIRE_TEST_DATA(capture, "nerf_lego_400");
  const TempDir dir;
  const CliResult result = run_cli("fit " + capture.string() + " --as mesh -o " + (dir / "lego.glb").string());
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_NE(result.err.find("depth"), std::string::npos) << result.err;
}

}  // namespace
}  // namespace diorama
