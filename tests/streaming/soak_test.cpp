// Long playing with everything that users and networks do. DIORAMA_SOAK_SECONDS: of the player's time.
#include "engine/base/random.h"
#include "tests/streaming/player_run.h"

#include <unistd.h>

#include <cstdlib>
#include <fstream>

namespace diorama {
namespace {

double soak_seconds() {
  const char* const text = std::getenv("DIORAMA_SOAK_SECONDS");
  return text != nullptr ? std::atof(text) : 20;
}

double resident_mb() {
  size_t whole = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> whole >> resident;
  return static_cast<double>(resident) * static_cast<double>(::sysconf(_SC_PAGESIZE)) / (1 << 20);
}

constexpr bool kSanitized =
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    true;
#else
    false;
#endif

// What may happen to a line.
struct Weather {
  Random random{5};
  double until_s = 0;
  int kind = 0;  // 0 and 1: fine

  void change(double now_s, ScriptedSource& source) {
    if (now_s < until_s) return;
    until_s = now_s + random.uniform(0.2f, 3.0f);
    kind = static_cast<int>(random.below(6));
    source.bytes_per_s = kind == 2 ? 30e3 : kind == 3 ? 8e3 : 1e9;
  }
  std::optional<FetchFailure> fault() {
    if (kind == 4) return FetchFailure{FetchProblem::kNetwork, ErrorCode::kIo, "the network is gone"};
    if (kind == 5 && random.uniform() < 0.3f) {
      return FetchFailure{FetchProblem::kServer, ErrorCode::kIo, "the answer is cut short"};
    }
    return std::nullopt;
  }
};

void act_at_random(PlayerRun& run, Random& random) {
  SplatVideoPlayer& player = *run.player;
  switch (random.below(8)) {
    case 0:
    case 1:
    case 2:
      return player.seek(run.now_s, random.uniform(-0.1f, 0.9f));
    case 3:
      return player.step(run.now_s, static_cast<int>(random.below(5)) - 2);
    case 4:
      return player.pause(run.now_s);
    case 5:
      return player.set_rate(run.now_s, random.uniform(0.25f, 4.0f));
    case 6:
      return player.set_loop(random.below(3) != 0);
    default:
      return player.choose_representation(random.below(2) == 0 ? std::nullopt : std::optional<size_t>(random.below(2)));
  }
}

TEST(Soak, NoWrongFrameAndNoMemoryLost) {
  Weather weather;
  Random random(9);
  PlayerOptions options;
  options.loop = true;
  options.buffer.goal_s = 0.3;  // of 0.8: it loads all the time
  options.start_s = 0.1;
  options.buffer.retry.most_pause_s = 1;
  PlayerRun run([&](ScriptedSource& source) { source.fault = [&](const ByteRequest&) { return weather.fault(); }; },
                options);
  weather.kind = 0;
  run.open();
  ASSERT_NE(run.player->video(), nullptr);
  const double start_s = run.now_s, length_s = soak_seconds();
  double warm_mb = 0;
  std::optional<uint64_t> before;
  while (run.now_s < start_s + length_s && !testing::Test::HasFailure()) {
    weather.change(run.now_s, *run.source);
    if (random.below(4) == 0) {
      act_at_random(run, random);
      before.reset();  // frames may come from anywhere
    }
    if (run.state() == PlayerState::kEnded) before.reset();  // it starts again
    run.player->play(run.now_s);
    for (int i = 0; i < 6; ++i) {
      const auto last = run.last;
      run.run(1 / 60.0, 1 / 60.0);
      if (run.last == last) continue;
      ASSERT_GT(run.last->number + 1, before ? *before + 1 : 0);  // in order
      before = run.last->number;
    }
    ASSERT_NE(run.state(), PlayerState::kFailed) << run.status().reason;
    run.player->take_problems();
    run.frames.clear();
    run.representations.clear();
    if (warm_mb == 0 && run.now_s > start_s + length_s / 4) warm_mb = resident_mb();
  }
  EXPECT_GT(run.status().frames_shown, static_cast<uint64_t>(length_s));
  EXPECT_GT(run.status().retries, 0u);
  EXPECT_GT(run.status().stalls, 0u);
  // Allocators keep what they had; a frame lost every second would be 60 MB in 20 minutes.
  EXPECT_LT(kSanitized ? 0 : resident_mb() - warm_mb, 16);
  // And in the end, on a good line, everything plays.
  weather.kind = 0;
  run.source->bytes_per_s = 1e9;
  run.player->set_loop(false);
  run.player->set_rate(run.now_s, 1);
  run.player->seek(run.now_s, 0);
  run.run(2, 1 / 60.0);
  run.frames.clear();
  run.player->seek(run.now_s, 0);
  run.player->play(run.now_s);
  run.run(2, 1 / 60.0);
  std::vector<size_t> all(20);
  for (size_t i = 0; i < all.size(); ++i) all[i] = i;
  EXPECT_EQ(run.frames, all);
}

}  // namespace
}  // namespace diorama
