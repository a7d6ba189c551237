// The player against a real web server. Time of the player is the test's own, a little slower than the clock, so that
// nothing depends on how busy the machine is.
#include "tests/streaming/nginx.h"

#include "tests/streaming/player_run.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

namespace diorama {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<size_t> all_frames() {
  std::vector<size_t> frames;
  for (size_t i = 0; i < 20; ++i) frames.push_back(i);
  return frames;
}

class NginxTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!Nginx::installed()) GTEST_SKIP() << "needs nginx; `tools/setup.sh --test` installs it";
  }

  const CodedShow& show_ = CodedShow::get();
};

TEST_F(NginxTest, PlaysFromAWebServer) {
  Nginx server(show_.folder.path());
  PlayerRun run({}, open_byte_source(server.url("show.glb")));
  run.player->play(run.now_s);
  run.run_until([&] { return run.state() == PlayerState::kEnded; });
  EXPECT_EQ(run.frames, all_frames());
  EXPECT_THAT(run.player->take_problems(), IsEmpty());
  EXPECT_GT(*run.status().throughput_bits_s, 0);
  run.player->seek(run.now_s, 0.5);
  run.run_until([&] { return run.state() == PlayerState::kPaused; });
  EXPECT_EQ(run.last->frame, 12u);
  EXPECT_NE(run.player->asset(), nullptr);
}

TEST_F(NginxTest, PlaysOverALineThatIsLimited) {
  Nginx server(show_.folder.path(), "limit_rate 60k;");
  PlayerRun run({}, open_byte_source(server.url("show.glb")));
  run.player->play(run.now_s);
  run.run_until([&] { return run.state() == PlayerState::kEnded; });
  EXPECT_EQ(run.frames, all_frames());
}

TEST_F(NginxTest, AServerThatGoesAwayStallsUntilItIsBack) {
  Nginx server(show_.folder.path());
  PlayerOptions options;
  options.buffer.goal_s = 0.2;
  options.buffer.retry.most_pause_s = 0.5;
  PlayerRun run(options, open_byte_source(server.url("show.glb")));
  run.player->play(run.now_s);
  run.run_until([&] { return !run.frames.empty(); });
  server.stop();
  run.run_until([&] { return run.state() == PlayerState::kStalled && run.status().retries > 2; });
  EXPECT_THAT(run.status().reason, HasSubstr("127.0.0.1"));
  server.start();
  run.run_until([&] { return run.state() == PlayerState::kEnded; });
  EXPECT_EQ(run.frames, all_frames());
  EXPECT_THAT(run.player->take_problems(), IsEmpty());
}

TEST_F(NginxTest, PlaysWithoutRangesToo) {
  Nginx server(show_.folder.path(), "max_ranges 0;");
  PlayerRun run({}, open_byte_source(server.url("show.glb")));
  run.player->play(run.now_s);
  run.run_until([&] { return run.state() == PlayerState::kEnded; });
  EXPECT_EQ(run.frames, all_frames());
}

TEST_F(NginxTest, SaysWhatIsMissing) {
  Nginx server(show_.folder.path());
  PlayerRun run({}, open_byte_source(server.url("other.glb")));
  run.run_until([&] { return run.state() == PlayerState::kFailed; });
  EXPECT_THAT(run.status().reason, HasSubstr("other.glb: the server has no such file"));
}

// The first two again where packets take 40 ms and one in fifty is lost: in a network of their own, whose loopback may
// be made so.
TEST_F(NginxTest, PlaysOverASlowAndLossyLine) {
  const std::string self = std::filesystem::read_symlink("/proc/self/exe").string();
  const std::string line =
      "unshare -n sh -c 'ip link set lo up && tc qdisc add dev lo root netem delay 20ms loss 2% || exit 77; exec " +
      self + " --gtest_filter=NginxTest.PlaysFrom*:NginxTest.PlaysOverALineThat*' >/dev/null 2>&1";
  const int status = std::system(line.c_str());
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  if (code == 77 || code == 127 || ::geteuid() != 0) {
    GTEST_SKIP() << "needs the right to make a network namespace, and a kernel with netem";
  }
  EXPECT_EQ(code, 0);
}

}  // namespace
}  // namespace diorama
