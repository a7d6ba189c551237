#include "assets/gltf.h"
#include "streaming/splat_video_player.h"
#include "streaming/video_timeline.h"
#include "tests/expect_error.h"
#include "tests/streaming/player_run.h"

#include <nlohmann/json.hpp>

#include <numeric>

namespace diorama {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr size_t kFrames = 20;         // of the show: groups of 5, 3, 4, 6 and 2
constexpr double kFrame_s = 1 / 25.0;  // 25 frames a second
constexpr size_t kBest = 0, kCoarse = 1;

std::vector<size_t> frames_from(size_t first, size_t end) {
  std::vector<size_t> frames(end - first);
  std::iota(frames.begin(), frames.end(), first);
  return frames;
}

PlayerOptions always(size_t representation) {
  PlayerOptions options;
  options.representation = representation;
  return options;
}

FetchFailure failure(FetchProblem problem) {
  return {problem, ErrorCode::kIo, "test: the line is dead"};
}

TEST(SplatVideoPlayer, PlaysEveryFrameInOrderAndEnds) {
  PlayerRun run;
  EXPECT_EQ(run.state(), PlayerState::kOpening);
  run.player->play(run.now_s);
  run.run(1.2);
  EXPECT_EQ(run.state(), PlayerState::kEnded);
  EXPECT_EQ(run.frames, frames_from(0, kFrames));
  EXPECT_EQ(run.status().frames_shown, kFrames);
  EXPECT_EQ(run.status().frames_dropped, 0u);
  EXPECT_EQ(run.status().stalls, 0u);
  EXPECT_DOUBLE_EQ(run.status().position_s, kFrames * kFrame_s);
  EXPECT_THAT(run.player->take_problems(), IsEmpty());
  run.player->play(run.now_s);
  run.run(0.3);
  EXPECT_EQ(run.frames[kFrames], 0u);  // from the start again
}

TEST(SplatVideoPlayer, ShowsTheFirstFrameBeforeItPlays) {
  PlayerRun run;
  run.open();
  run.run(0.1);
  EXPECT_EQ(run.state(), PlayerState::kPaused);
  EXPECT_THAT(run.frames, ElementsAre(0u));
  ASSERT_NE(run.player->asset(), nullptr);
  EXPECT_GT(run.player->asset()->splats.size(), 0u);
  EXPECT_NEAR(run.status().length_s, kFrames * kFrame_s, 1e-9);
  EXPECT_NEAR(run.status().buffered_s, kFrames * kFrame_s, 1e-9);
}

TEST(SplatVideoPlayer, FramesBecomeTheReadersSplats) {
  PlayerRun run({}, always(kCoarse));
  ThreadPool pool(2);
  FrameDequantizer dequantizer(pool);
  run.open();
  for (const size_t frame : {0, 6, 7, 19}) {
    run.player->seek(run.now_s, static_cast<double>(frame) * kFrame_s);
    run.run(0.05);
    ASSERT_EQ(run.last->frame, frame);
    const SplatCloud& cloud = dequantizer.splats(*run.last);
    EXPECT_EQ(cloud.size(), run.last->parameters().splat_count);
    EXPECT_LT(glm::length(cloud.positions[5] - glm::vec3(0.5f)), 2.0f);
  }
}

TEST(SplatVideoPlayer, SeeksToAnyFrame) {
  PlayerRun run;
  run.open();
  run.run(0.1);
  std::vector<size_t> expected = {0};
  for (const size_t frame : {7, 3, 4, 19, 12, 12, 11, 0, 17}) {
    run.player->seek(run.now_s, (static_cast<double>(frame) + 0.5) * kFrame_s);
    if (frame != expected.back()) expected.push_back(frame);
    run.run(0.05);
    EXPECT_EQ(run.state(), PlayerState::kPaused);
    EXPECT_EQ(run.last->frame, frame);
  }
  EXPECT_EQ(run.frames, expected);
  run.player->seek(run.now_s, 1e6);
  run.run(0.05);
  EXPECT_EQ(run.last->frame, kFrames - 1);
  run.player->seek(run.now_s, -3);
  run.run(0.05);
  EXPECT_EQ(run.last->frame, 0u);
}

TEST(SplatVideoPlayer, SeeksOneAfterTheOtherWithoutWaiting) {
  PlayerRun run;
  run.open();
  run.run(0.1);
  for (const size_t frame : {2, 15, 9, 10, 1, 16}) {
    run.player->seek(run.now_s, static_cast<double>(frame) * kFrame_s);
    run.player->update(run.now_s);
  }
  run.run(0.05);
  EXPECT_EQ(run.last->frame, 16u);
  run.player->play(run.now_s);
  run.run(0.5);
  EXPECT_EQ(run.frames.back(), kFrames - 1);
}

TEST(SplatVideoPlayer, StepsBothWaysAndStaysWithinTheVideo) {
  PlayerRun run;
  run.open();
  run.run(0.1);
  std::vector<size_t> seen;
  for (const int step : {1, 1, -1, 5, 1, 1, -1, -30, -1, 40, 1}) {
    run.player->step(run.now_s, step);
    run.run(0.05);
    seen.push_back(run.last->frame);
  }
  EXPECT_THAT(seen, ElementsAre(1u, 2u, 1u, 6u, 7u, 8u, 7u, 0u, 0u, 19u, 19u));
  run.player->set_loop(true);
  run.player->step(run.now_s, 1);
  run.run(0.05);
  EXPECT_EQ(run.last->frame, 0u);
  run.player->step(run.now_s, -1);
  run.run(0.05);
  EXPECT_EQ(run.last->frame, kFrames - 1);
  EXPECT_EQ(run.state(), PlayerState::kPaused);
}

TEST(SplatVideoPlayer, PausesWhereItIs) {
  PlayerRun run;
  run.open();
  run.player->play(run.now_s);
  run.run(0.3);
  run.player->pause(run.now_s);
  const size_t frame = run.last->frame;
  run.run(2);
  EXPECT_EQ(run.last->frame, frame);
  EXPECT_EQ(run.state(), PlayerState::kPaused);
  run.player->play(run.now_s);
  run.run(0.2);
  EXPECT_GT(run.last->frame, frame);
  EXPECT_EQ(run.frames, frames_from(0, run.last->frame + 1));
}

TEST(SplatVideoPlayer, LoopsWithoutAGap) {
  PlayerOptions options;
  options.loop = true;
  PlayerRun run({}, options);
  run.open();
  run.player->play(run.now_s);
  run.run(2.5 * kFrames * kFrame_s);
  EXPECT_EQ(run.status().frames_dropped, 0u);
  EXPECT_EQ(run.status().stalls, 0u);
  for (size_t i = 0; i < run.frames.size(); ++i) EXPECT_EQ(run.frames[i], i % kFrames);
  EXPECT_GT(run.frames.size(), 2 * kFrames);
  const size_t asked = run.source->asked;
  run.player->set_loop(false);
  run.run(1);
  EXPECT_EQ(run.state(), PlayerState::kEnded);
  EXPECT_EQ(run.frames.back(), kFrames - 1);
  EXPECT_EQ(run.source->asked, asked);  // all of it is in the buffer
}

TEST(SplatVideoPlayer, FasterAndSlowerPlayingKeepsTheOrder) {
  PlayerRun run;
  run.open();
  run.player->set_rate(run.now_s, 4);
  run.player->play(run.now_s);
  run.run(0.25, 1 / 50.0);  // two frames for each picture of the display
  EXPECT_EQ(run.state(), PlayerState::kEnded);
  EXPECT_TRUE(std::is_sorted(run.frames.begin(), run.frames.end()));
  EXPECT_LE(run.frames.size(), kFrames / 2 + 2);
  EXPECT_EQ(run.frames.size() + run.status().frames_dropped, run.frames.back() + 1);
  run.player->set_rate(run.now_s, 0.25);
  run.player->play(run.now_s);
  run.run(1);
  EXPECT_NEAR(run.status().position_s, 0.25, 0.03);
  EXPECT_EQ(run.state(), PlayerState::kPlaying);
}

TEST(SplatVideoPlayer, FramesThatAreLateAreDropped) {
  PlayerRun run;
  run.open();
  run.player->play(run.now_s);
  run.run(0.05);
  run.now_s += 0.5;  // the display hung
  run.settle();
  run.run(0.3);
  EXPECT_EQ(run.state(), PlayerState::kEnded);
  EXPECT_TRUE(std::is_sorted(run.frames.begin(), run.frames.end()));
  EXPECT_GT(run.status().frames_dropped, 0u);
  EXPECT_EQ(run.frames.size() + run.status().frames_dropped, kFrames);
}

TEST(SplatVideoPlayer, SomethingIsSeenHoweverSlowlyItIsDecoded) {
  PlayerOptions options;
  options.loop = true;
  PlayerRun run({}, options);
  run.open();
  run.run(0.1);
  run.player->play(run.now_s);
  // Time goes by a group's length with each look, whatever is decoded.
  for (int i = 0; i < 20000 && run.status().frames_shown < 20; ++i) {
    run.now_s += 0.2;
    run.player->update(run.now_s);
    std::this_thread::sleep_for(std::chrono::microseconds(200));
  }
  EXPECT_GE(run.status().frames_shown, 20u);
}

TEST(SplatVideoPlayer, ALostNetworkStallsAndResumes) {
  PlayerOptions options = always(kBest);
  options.buffer.goal_s = 0.3;
  options.start_s = 0.1;
  bool dead = false;
  PlayerRun run(
      [&](ScriptedSource& source) {
        source.fault = [&](const ByteRequest&) -> std::optional<FetchFailure> {
          return dead ? std::optional(failure(FetchProblem::kNetwork)) : std::nullopt;
        };
      },
      options);
  run.open();
  run.player->play(run.now_s);
  run.run(0.05);
  dead = true;
  run.run(60);
  EXPECT_EQ(run.state(), PlayerState::kStalled);
  EXPECT_THAT(run.status().reason, HasSubstr("the line is dead"));
  EXPECT_LT(run.frames.size(), kFrames);
  EXPECT_GT(run.status().retries, 5u);
  EXPECT_LT(run.status().retries, 30u);  // pauses grow to 8 s, two streams
  dead = false;
  run.run(10);
  EXPECT_EQ(run.state(), PlayerState::kEnded);
  EXPECT_EQ(run.frames, frames_from(0, kFrames));  // nothing was lost
  EXPECT_THAT(run.player->take_problems(), IsEmpty());
}

TEST(SplatVideoPlayer, ASlowServerStallsAndNothingIsLost) {
  PlayerOptions options = always(kBest);
  options.start_s = 0.05;
  PlayerRun run(
      [](ScriptedSource& source) {
        const auto& groups = CodedShow::get().video.representations[kBest].segments;
        source.bytes_per_s = static_cast<double>(groups.back().offset) / 2;  // less than half of what is needed
      },
      options);
  run.open();
  run.player->play(run.now_s);
  run.run(30);
  EXPECT_EQ(run.state(), PlayerState::kEnded);
  EXPECT_GT(run.status().stalls, 0u);
  EXPECT_EQ(run.frames, frames_from(0, kFrames));
  EXPECT_EQ(run.status().frames_dropped, 0u);
}

TEST(SplatVideoPlayer, AServersErrorIsTriedAgainAFewTimes) {
  int errors = 0;
  PlayerRun run([&](ScriptedSource& source) {
    source.fault = [&](const ByteRequest& request) -> std::optional<FetchFailure> {
      const bool third = request.offset == CodedShow::get().video.exact_segments[2].offset &&
                         request.file == CodedShow::get().video.exact.file;
      if (third) ++errors;
      return third ? std::optional(failure(FetchProblem::kServer)) : std::nullopt;
    };
  });
  run.open();
  run.player->play(run.now_s);
  run.run(30);
  EXPECT_EQ(errors, 5);
  EXPECT_EQ(run.state(), PlayerState::kEnded);
  std::vector<size_t> expected = frames_from(0, 8);
  for (size_t frame = 12; frame < kFrames; ++frame) expected.push_back(frame);
  EXPECT_EQ(run.frames, expected);
  EXPECT_EQ(run.status().groups_skipped, 1u);
  EXPECT_THAT(run.player->take_problems(), ElementsAre(HasSubstr("the line is dead")));
}

TEST(SplatVideoPlayer, RequestsOfNoUseAreGivenUp) {
  PlayerOptions options;
  options.buffer.goal_s = 0.1;
  PlayerRun run([](ScriptedSource& source) { source.bytes_per_s = 1000; }, options);
  run.open();
  run.run(0.1);
  run.player->seek(run.now_s, 18 * kFrame_s);
  run.run(0.1);
  run.source->bytes_per_s = 1e12;
  run.run(0.1);
  EXPECT_GE(run.source->given_up, 1u);
  EXPECT_THAT(run.frames, ElementsAre(18u));
}

// --- bad input

// What plays when a file of the show is another.
struct Damaged {
  std::vector<size_t> frames;
  std::vector<std::string> problems;
  PlayerState state;
};
Damaged play_damaged(const std::function<void(ScriptedSource&)>& prepare, bool compare = true) {
  PlayerRun run(prepare, always(kBest));
  run.compare = compare;
  run.open();
  run.player->play(run.now_s);
  run.run(20);
  return {run.frames, run.player->take_problems(), run.state()};
}

std::vector<size_t> without(size_t first, size_t end) {
  std::vector<size_t> frames = frames_from(0, first);
  for (size_t frame = end; frame < kFrames; ++frame) frames.push_back(frame);
  return frames;
}

TEST(SplatVideoPlayer, BadSegmentsAreSkippedAndTheRestPlays) {
  const SplatVideo& video = CodedShow::get().video;
  const std::string best = video.representations[kBest].lossy.file, coarse = video.representations[kCoarse].lossy.file;
  const auto& lossy = video.representations[kBest].segments;

  const Damaged damaged = play_damaged(
      [&](ScriptedSource& source) {
        for (size_t i = lossy[2].bytes / 2; i < lossy[2].bytes; ++i) {
          source.files[best][lossy[2].offset + i] ^= std::byte{255};
        }
      },
      false);  // what comes before the damage is noticed may be wrong
  EXPECT_EQ(damaged.state, PlayerState::kEnded);
  ASSERT_THAT(damaged.problems, testing::SizeIs(1));
  EXPECT_THAT(damaged.problems[0], HasSubstr(best));
  EXPECT_THAT(damaged.frames, Not(Contains(11u)));  // the group's last
  EXPECT_THAT(damaged.frames, Contains(12u));

  const Damaged cut = play_damaged([&](ScriptedSource& source) { source.files[best].resize(lossy[4].offset + 9); });
  EXPECT_EQ(cut.frames, without(18, 20));
  EXPECT_THAT(cut.problems, ElementsAre(HasSubstr("is cut short")));

  // A segment of the same stream at the place of another: it would decode.
  const Damaged swapped = play_damaged([&](ScriptedSource& source) {
    auto& bytes = source.files[best];
    ASSERT_GT(lossy[4].bytes, lossy[0].bytes + 8);
    const auto at = [&](size_t offset) { return bytes.begin() + static_cast<ptrdiff_t>(offset); };
    std::copy_n(at(lossy[0].offset), lossy[0].bytes, at(lossy[4].offset));
    const auto rest = static_cast<uint32_t>(lossy[4].bytes - lossy[0].bytes);  // a box that nobody reads
    const std::byte free[] = {std::byte(rest >> 24), std::byte(rest >> 16), std::byte(rest >> 8), std::byte(rest),
                              std::byte('f'),        std::byte('r'),        std::byte('e'),       std::byte('e')};
    std::copy_n(free, 8, at(lossy[4].offset + lossy[0].bytes));
  });
  EXPECT_EQ(swapped.frames, without(18, 20));
  EXPECT_THAT(swapped.problems, ElementsAre(HasSubstr("of another group or video")));
}

TEST(SplatVideoPlayer, AVideoOfWhichNothingPlaysFails) {
  const SplatVideo& video = CodedShow::get().video;
  PlayerRun empty([&](ScriptedSource& source) { source.files[video.exact.file].assign(100, std::byte{0}); });
  empty.open();
  empty.player->play(empty.now_s);
  empty.run(5);
  EXPECT_EQ(empty.state(), PlayerState::kFailed);
  EXPECT_THAT(empty.status().reason, HasSubstr("is cut short"));
  PlayerRun other([&](ScriptedSource& source) { source.files["show.glb"] = source.files["source.glb"]; });
  other.open();
  EXPECT_EQ(other.state(), PlayerState::kFailed);
  EXPECT_THAT(other.status().reason, HasSubstr("is no coded splat video"));
  PlayerRun none([](ScriptedSource& source) { source.files.erase("show.glb"); });
  none.open();
  EXPECT_EQ(none.state(), PlayerState::kFailed);
  EXPECT_THAT(none.status().reason, HasSubstr("is not there"));
  PlayerRun dead([](ScriptedSource& source) {
    source.fault = [](const ByteRequest&) { return failure(FetchProblem::kNetwork); };
  });
  dead.open();
  EXPECT_EQ(dead.state(), PlayerState::kFailed);  // a name that never answered
}

TEST(SplatVideoPlayer, FilesThatChangeEndIt) {
  PlayerRun run([&](ScriptedSource& source) {
    source.fault = [&](const ByteRequest& request) -> std::optional<FetchFailure> {
      return request.offset == CodedShow::get().video.exact_segments[1].offset
                 ? std::optional(failure(FetchProblem::kChanged))
                 : std::nullopt;
    };
  });
  run.open();
  run.player->play(run.now_s);
  run.run(1);
  EXPECT_EQ(run.state(), PlayerState::kFailed);
}

// A show whose extension says something else.
void change_extension(ScriptedSource& source, const std::string& pointer, const nlohmann::json& value) {
  Asset asset = read_gltf(CodedShow::get().glb());
  nlohmann::json json = nlohmann::json::parse(asset.splat_video_json);
  json[nlohmann::json::json_pointer(pointer)] = value;
  asset.splat_video_json = json.dump();
  source.files["show.glb"] = encode_glb(asset);
}

TEST(SplatVideoPlayer, GroupsThatDoNotFitTheirPicturesAreSkipped) {
  const size_t capacity = CodedShow::get().video.exact.layout.capacity();
  const Damaged full =
      play_damaged([&](ScriptedSource& source) { change_extension(source, "/groups/1/splats", capacity + 1); });
  EXPECT_EQ(full.frames, without(5, 8));
  EXPECT_THAT(full.problems, ElementsAre(HasSubstr("do not fit the atlases")));
  const auto layout = CodedShow::get().video.exact.layout;
  const Damaged wide = play_damaged([&](ScriptedSource& source) {
    change_extension(source, "/exact/size", {layout.size_px.x + 16, layout.size_px.y});
  });
  EXPECT_EQ(wide.state, PlayerState::kFailed);
  const Damaged codec =
      play_damaged([&](ScriptedSource& source) { change_extension(source, "/representations/0/lossy/codec", "h264"); });
  EXPECT_EQ(codec.state, PlayerState::kFailed);
  EXPECT_THAT(codec.problems, Contains(HasSubstr("in HEVC, the .glb says")));
  const Damaged many = play_damaged([&](ScriptedSource& source) { change_extension(source, "/groups/4/frames", 3); });
  EXPECT_EQ(many.frames, without(18, 20));
}

TEST(SplatVideoPlayer, ARepresentationThatIsNotThereIsReplaced) {
  const std::string coarse = CodedShow::get().video.representations[kCoarse].lossy.file;
  PlayerRun run([&](ScriptedSource& source) { source.files.erase(coarse); }, always(kCoarse));
  run.open();
  run.player->play(run.now_s);
  run.run(2);
  EXPECT_EQ(run.state(), PlayerState::kEnded);
  EXPECT_EQ(run.frames, frames_from(0, kFrames));
  EXPECT_THAT(run.representations, testing::Each(kBest));
}

// --- the choice of a representation

TEST(SplatVideoPlayer, AFixedChoiceStays) {
  PlayerRun run({}, always(kBest));
  run.open();
  run.player->play(run.now_s);
  run.run(1.2);
  EXPECT_THAT(run.representations, testing::Each(kBest));
  PlayerRun bad({}, always(7));
  bad.open();
  EXPECT_EQ(bad.state(), PlayerState::kFailed);
  EXPECT_THAT(bad.status().reason, HasSubstr("has 2 representations"));
  DIO_EXPECT_ERROR(run.player->choose_representation(2), ErrorCode::kInvalidInput, "there is no number 2");
}

TEST(SplatVideoPlayer, AChoiceTakesEffectAtAGroupsStart) {
  PlayerRun run({}, always(kBest));
  run.open();
  run.player->play(run.now_s);
  run.run(0.1);
  run.player->choose_representation(kCoarse);
  run.run(1.2);
  EXPECT_EQ(run.frames, frames_from(0, kFrames));
  const VideoTimeline timeline(CodedShow::get().video);
  for (size_t i = 1; i < run.frames.size(); ++i) {
    if (run.representations[i] == run.representations[i - 1]) continue;
    EXPECT_EQ(timeline.first_of(timeline.group_at(run.frames[i])), run.frames[i]);
  }
  EXPECT_EQ(run.representations.front(), kBest);
  EXPECT_EQ(run.representations.back(), kCoarse);
  EXPECT_EQ(run.status().switches, 1u);
}

TEST(SplatVideoPlayer, ASoundLeadsTheClock) {
  PlayerRun run;
  run.open();
  double sound_s = 0;
  run.player->follow([&](double) { return std::optional(sound_s); });
  run.player->play(run.now_s);
  run.run(0.2);
  EXPECT_THAT(run.frames, ElementsAre(0u));  // it does not move yet
  for (sound_s = 0; sound_s < 0.3; sound_s += 0.02) run.run(0.01);
  EXPECT_EQ(run.frames, frames_from(0, 8));
}

}  // namespace
}  // namespace diorama
