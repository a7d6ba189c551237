// `diorama stream`.
#include "assets/splat_sequence.h"
#include "engine/scene/image_io.h"
#include "tests/cli/cli_run.h"
#include "tests/streaming/moving_splats.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace diorama {
namespace {

using testing::HasSubstr;

// Of 255, over all channels.
double mean_difference(const ImageRgba8& a, const ImageRgba8& b) {
  double sum = 0;
  for (size_t i = 0; i < a.pixels().size(); ++i) {
    for (int c = 0; c < 3; ++c) sum += std::abs(int{a.pixels()[i][c]} - int{b.pixels()[i][c]});
  }
  return sum / static_cast<double>(3 * a.pixels().size());
}

class CliStream : public testing::Test {
 protected:
  CliStream() {
    const double times[] = {0, 0.04, 0.08};
    add_splat_group(dir_ / "show.groups", swaying_sheet(600, 3), times, 1);
    finish_splat_sequence(show_, {.capture_name = "sheet"});
  }

  TempDir dir_;
  std::string show_ = (dir_ / "show.glb").string(), coded_ = (dir_ / "coded.glb").string(),
              again_ = (dir_ / "again.glb").string();
};

TEST_F(CliStream, PacksChecksTellsAndUnpacks) {
  const CliResult pack = run_cli("stream pack " + show_ + " " + coded_ + " --qp 10 --representations 2 --prune 0");
  ASSERT_EQ(pack.exit_code, 0) << pack.err;
  EXPECT_THAT(pack.out, HasSubstr("3 frames at 25 a second in 1 groups, up to 600 splats"));
  EXPECT_THAT(pack.out, HasSubstr("q16"));
  const CliResult check = run_cli("stream check " + coded_ + " --source " + show_);
  ASSERT_EQ(check.exit_code, 0) << check.out << check.err;
  EXPECT_THAT(check.out, HasSubstr("q16: Android's mandatory decoder of HEVC Main, level 3.1 takes it"));
  const CliResult info = run_cli("stream info " + coded_ + " --json -");
  ASSERT_EQ(info.exit_code, 0) << info.err;
  const auto json = nlohmann::json::parse(info.out);
  EXPECT_EQ(json["frames"], 3);
  EXPECT_EQ(json["representations"].size(), 2u);
  EXPECT_GT(json["representations"][1]["errors"]["position_m"]["rms"], 0);
  const CliResult bench = run_cli("bench stream " + coded_ + " --rounds 1 --seeks 4 --decoder software --json -");
  ASSERT_EQ(bench.exit_code, 0) << bench.err;
  EXPECT_EQ(nlohmann::json::parse(bench.out)["most_splats"], 600);
  const CliResult unpack = run_cli("stream unpack " + coded_ + " " + again_ + " --representation q16");
  ASSERT_EQ(unpack.exit_code, 0) << unpack.err;
  EXPECT_EQ(SplatSequenceReader(dir_ / "again.groups").sequence().frame_count(), 3u);
}

TEST_F(CliStream, CutsAndJoinsWithoutCodingAgain) {
  ASSERT_EQ(run_cli("stream pack " + show_ + " " + coded_ + " --representations 1").exit_code, 0);
  const std::string twice = (dir_ / "twice.glb").string(), part = (dir_ / "part.glb").string();
  const CliResult join = run_cli("stream join " + coded_ + " " + coded_ + " -o " + twice + " --single-file");
  ASSERT_EQ(join.exit_code, 0) << join.err;
  EXPECT_THAT(join.out, HasSubstr("6 frames from 0.000 s on, 2 groups"));
  EXPECT_TRUE(std::filesystem::exists(dir_ / "twice.mp4"));
  const CliResult cut = run_cli("stream cut " + twice + " -o " + part + " --from 3");
  ASSERT_EQ(cut.exit_code, 0) << cut.err;
  EXPECT_THAT(cut.out, HasSubstr("3 frames from 0.120 s on, 1 groups"));
  EXPECT_EQ(run_cli("stream check " + part).exit_code, 0);
  const CliResult beyond = run_cli("stream cut " + twice + " -o " + part + " --from 6");
  EXPECT_EQ(beyond.exit_code, 2);
  EXPECT_THAT(beyond.err, HasSubstr("has frames 0 to 5"));
  const CliResult onto = run_cli("stream join " + twice + " -o " + twice);
  EXPECT_EQ(onto.exit_code, 2);
  EXPECT_THAT(onto.err, HasSubstr("give the new one another name"));
}

TEST_F(CliStream, RendersCodedFramesAsTheyMove) {
  ASSERT_EQ(run_cli("stream pack " + show_ + " " + coded_ + " --representations 2").exit_code, 0);
  const auto pictures = [&](const std::string& asset, const std::string& more, const std::string& name) {
    const std::string output = (dir_ / name).string();
    const CliResult result =
        run_cli("render " + asset + " -o " + output + ".png --animate --fps 25 --size 64x48 --background grey " + more);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    std::vector<ImageRgba8> images;
    for (const char* number : {"-0000.png", "-0001.png", "-0002.png"}) {
      images.push_back(read_rgba8(output + number));
    }
    return images;
  };
  const auto coded = pictures(coded_, "--representation q22 --decoder software", "coded");
  const auto source = pictures(show_, "", "show");
  const double moved = mean_difference(source[0], source[2]);
  EXPECT_GT(moved, 1);
  for (size_t i = 0; i < 3; ++i) EXPECT_LT(mean_difference(coded[i], source[i]), moved / 3) << i;
}

TEST_F(CliStream, WrongInputsGetOneSentence) {
  const auto refused = [](const std::string& line, const std::string& words) {
    const CliResult result = run_cli("stream " + line);
    EXPECT_EQ(result.exit_code, 2) << line;
    EXPECT_THAT(result.err, HasSubstr(words)) << line;
  };
  refused("pack " + show_ + " " + show_, "is the performance itself");
  refused("pack " + show_ + " coded.mp4", "give a name that ends in .glb");
  refused("pack nowhere.glb " + coded_, "nowhere.glb");
  refused("pack " + show_ + " " + coded_ + " --qp 60", "qp");
  refused("info " + show_, "is no coded splat video");
  refused("check " + show_, "is no coded splat video");
  ASSERT_EQ(run_cli("stream pack " + show_ + " " + coded_ + " --representations 1").exit_code, 0);
  refused("pack " + coded_ + " " + again_, "is no performance as splats");
  refused("unpack " + coded_ + " " + again_ + " --representation q9", "it has q16");
  refused("unpack " + coded_ + " " + coded_, "is the coded performance itself");
  const CliResult render = run_cli("render " + coded_ + " -o x.png --time 0.05 --representation q9");
  EXPECT_EQ(render.exit_code, 2);
  EXPECT_THAT(render.err, HasSubstr("there is no representation \"q9\", it has q16"));
  const CliResult still = run_cli("convert " + coded_ + " " + again_);
  ASSERT_EQ(still.exit_code, 0) << still.err;
  EXPECT_THAT(still.err, HasSubstr("holds the first frame of the splat video"));
  refused("info " + again_, "is no coded splat video");
  std::filesystem::resize_file(dir_ / "coded_q16.mp4", 900);
  refused("check " + coded_, "problem");
}

}  // namespace
}  // namespace diorama
