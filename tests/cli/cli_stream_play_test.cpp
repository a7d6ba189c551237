// `diorama stream play`.
#include "assets/splat_sequence.h"
#include "tests/cli/cli_run.h"
#include "tests/streaming/moving_splats.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace diorama {
namespace {

using testing::HasSubstr;

class CliStreamPlay : public testing::Test {
 protected:
  CliStreamPlay() {
    const double times[] = {0, 0.5, 1};
    const std::string show = (dir_ / "show.glb").string();
    add_splat_group(dir_ / "show.groups", swaying_sheet(300, 3), times, 1);
    finish_splat_sequence(show, {.capture_name = "sheet"});
    EXPECT_EQ(run_cli("stream pack " + show + " " + coded_ + " --representations 2").exit_code, 0);
  }

  TempDir dir_;
  std::string coded_ = (dir_ / "coded.glb").string();
};

TEST_F(CliStreamPlay, PlaysToTheEndAndSaysHowItWent) {
  const CliResult play = run_cli("stream play " + coded_ + " --rate 4 --splats --decoder software --json -");
  ASSERT_EQ(play.exit_code, 0) << play.err;
  const auto json = nlohmann::json::parse(play.out);
  EXPECT_EQ(json["state"], "ended");
  EXPECT_EQ(json["frames_shown"].get<int>() + json["frames_dropped"].get<int>(), 3);
  EXPECT_EQ(json["groups_skipped"], 0);
  EXPECT_GT(json["received_bytes"], 0);
  EXPECT_GT(json["splats_ms"], 0);
  const CliResult seeks = run_cli("stream play " + coded_ + " --seeks 5 --representation q22");
  ASSERT_EQ(seeks.exit_code, 0) << seeks.err;
  EXPECT_THAT(seeks.out, HasSubstr("5 seeks, median"));
}

TEST_F(CliStreamPlay, WhatDoesNotPlayIsSaid) {
  const auto refused = [](const std::string& line, const std::string& words) {
    const CliResult result = run_cli("stream " + line);
    EXPECT_EQ(result.exit_code, 2) << line;
    EXPECT_THAT(result.err, HasSubstr(words)) << line;
  };
  refused("play " + (dir_ / "show.glb").string(), "is no coded splat video");
  refused("play " + (dir_ / "none.glb").string(), "there is no such file");
  refused("play ftp://host/show.glb", "cannot be read over ftp");
  refused("play " + coded_ + " --representation q9", "q9");
  refused("info http://127.0.0.1:1/show.glb", "127.0.0.1");
  std::filesystem::resize_file(dir_ / "coded_exact.mp4", 900);
  refused("play " + coded_, "coded_exact.mp4");
}

}  // namespace
}  // namespace diorama
