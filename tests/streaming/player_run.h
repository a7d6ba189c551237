#pragma once

#include "streaming/splat_video_player.h"
#include "tests/streaming/coded_show.h"
#include "tests/streaming/scripted_source.h"

#include <gmock/gmock.h>

#include <chrono>
#include <set>
#include <thread>
#include <vector>

namespace diorama {

// A player on a scripted source, in a time of the test's own that stands still while threads work: what happens does
// not depend on how fast they are. Every frame that comes is compared with the pattern.
class PlayerRun {
 public:
  explicit PlayerRun(const std::function<void(ScriptedSource&)>& prepare = {}, const PlayerOptions& options = {}) {
    auto from = std::make_unique<ScriptedSource>(CodedShow::get().folder.path());
    source = from.get();
    if (prepare) prepare(*source);
    make(std::move(from), options);
  }
  // On a real one, whose bytes take time of the clock.
  PlayerRun(const PlayerOptions& options, std::unique_ptr<ByteSource> from) { make(std::move(from), options); }

  // Lets so much time pass, in steps of a display's pictures.
  void run(double seconds, double step_s = 0.01) {
    for (const double end_s = now_s + seconds; now_s < end_s - 1e-9;) {
      now_s += step_s;
      if (source != nullptr) source->tick(step_s);
      if (source == nullptr) std::this_thread::sleep_for(std::chrono::duration<double>(step_s));
      settle();
    }
  }
  void run_until(const std::function<bool()>& done) {
    constexpr double kTooLong_s = 120;  // of a hang, not of work
    for (const double end_s = now_s + kTooLong_s; !done();) {
      run(0.01);
      if (now_s > end_s) {
        ADD_FAILURE() << "it does not come; " << name_of(state()) << " " << status().reason;
        return;
      }
    }
  }

  // Lets threads end what they do, without time going by.
  void settle() {
    using Clock = std::chrono::steady_clock;
    constexpr auto kTooLong = std::chrono::seconds(60);  // of a hang, not of work
    for (const auto start = Clock::now(); Clock::now() - start < kTooLong;) {
      show();
      const PlayerStatus& status = player->status();
      if (!status.working) {
        show();
        if (!player->status().working) return;
      }
      std::this_thread::sleep_for(std::chrono::microseconds(100));
    }
    ADD_FAILURE() << "the player does not come to rest";
  }

  void open() {
    for (int i = 0; i < 1000 && player->video() == nullptr && state() != PlayerState::kFailed; ++i) run(0.01);
  }

  PlayerState state() const { return player->status().state; }
  const PlayerStatus& status() const { return player->status(); }

  ScriptedSource* source = nullptr;
  std::unique_ptr<SplatVideoPlayer> player;
  double now_s = 100;
  bool compare = true;
  std::vector<size_t> frames;           // that came
  std::vector<size_t> representations;  // of each of them
  std::shared_ptr<const DecodedFrame> last;

 private:
  void make(std::unique_ptr<ByteSource> from, PlayerOptions options) {
    options.decoding.decoder.decoder = 1;  // software: the same bits wherever the test runs
    player = std::make_unique<SplatVideoPlayer>(std::move(from), options);
  }

  void show() {
    auto frame = player->update(now_s);
    if (frame == nullptr) return;
    const auto& pattern = CodedShow::get().pattern[frame->representation];
    ASSERT_LT(frame->frame, pattern.size());
    if (compare) {
      EXPECT_EQ(pattern_of(frame->exact, frame->lossy), pattern[frame->frame]) << "frame " << frame->frame;
    }
    frames.push_back(frame->frame);
    representations.push_back(frame->representation);
    last = std::move(frame);
  }
};

}  // namespace diorama
