// Clock, timeline, choice of a representation, tries, segments' headers: the player's parts alone.
#include "streaming/presentation_clock.h"
#include "streaming/representation_choice.h"
#include "streaming/retried_fetch.h"
#include "streaming/segment_header.h"
#include "streaming/video_timeline.h"
#include "tests/expect_error.h"
#include "tests/streaming/coded_show.h"
#include "tests/streaming/scripted_source.h"

#include <cmath>
#include <limits>

namespace diorama {
namespace {

TEST(PresentationClock, GoesOnlyWhileItRuns) {
  PresentationClock clock;
  EXPECT_EQ(clock.at(100), 0);
  clock.run(100);
  EXPECT_EQ(clock.at(103), 3);
  clock.set_rate(103, 2);
  EXPECT_EQ(clock.at(104), 5);
  clock.stop(104);
  EXPECT_EQ(clock.at(200), 5);
  clock.move_to(200, 1);
  clock.run(200);
  EXPECT_EQ(clock.at(201), 3);
}

TEST(PresentationClock, NeverRunsBackwards) {
  PresentationClock clock;
  clock.run(10);
  EXPECT_EQ(clock.at(9), 0);
  EXPECT_EQ(clock.at(std::numeric_limits<double>::quiet_NaN()), 0);
  EXPECT_EQ(clock.at(11), 1);
}

TEST(PresentationClock, FollowsASoundThatHasAnAnswer) {
  PresentationClock clock;
  std::optional<double> sound = 7.5;
  clock.follow([&](double) { return sound; });
  EXPECT_EQ(clock.at(1), 0);  // it does not run
  clock.run(1);
  EXPECT_EQ(clock.at(2), 7.5);
  clock.stop(2);
  EXPECT_EQ(clock.at(3), 7.5);
  sound.reset();
  clock.run(3);
  EXPECT_EQ(clock.at(4), 8.5);
}

TEST(VideoTimeline, CountsThroughRepetitions) {
  const VideoTimeline timeline(CodedShow::get().video);  // groups of 5, 3, 4, 6 and 2 at 25 a second
  EXPECT_EQ(timeline.frames(), 20u);
  EXPECT_EQ(timeline.number_at(0.04), 1u);
  EXPECT_EQ(timeline.number_at(3 * (1 / 25.0)), 3u);  // in spite of rounding
  EXPECT_EQ(timeline.number_at(-1), 0u);
  EXPECT_EQ(timeline.group_at(4), 0u);
  EXPECT_EQ(timeline.group_at(5), 1u);
  EXPECT_EQ(timeline.group_at(20), 5u);
  EXPECT_EQ(timeline.group_at(39), 9u);
  EXPECT_EQ(timeline.first_of(6), 25u);
  EXPECT_EQ(timeline.frame_of(25), 5u);
  EXPECT_EQ(timeline.end_of_lap(25), 40u);
}

TEST(ThroughputMeter, IsNotMisledByOneSegment) {
  ThroughputMeter meter;
  EXPECT_FALSE(meter.bits_per_s().has_value());
  for (int i = 0; i < 4; ++i) meter.add(1000, 1);
  meter.add(1000, 60);    // hung
  meter.add(1000, 1e-6);  // from a cache
  meter.add(0, 1);
  meter.add(1000, 0);
  EXPECT_NEAR(*meter.bits_per_s(), 8000, 1e-6);
}

// A line of this speed, and a buffer.
ChoiceInput state(double mbit_s, double buffered_s, double decode_load = 0.2) {
  static const double kRates[] = {8e6, 4e6, 2e6};
  return {.bits_per_s = kRates,
          .throughput = mbit_s > 0 ? std::optional(1e6 * mbit_s) : std::nullopt,
          .buffered_s = buffered_s,
          .goal_s = 6,
          .decode_load = decode_load,
          .group_s = 1};
}

TEST(RepresentationChoice, StartsSmallAndClimbsWhenItMay) {
  RepresentationChoice choice;
  EXPECT_EQ(choice.next(state(0, 0)), 2u);
  std::vector<size_t> chosen;
  for (int i = 0; i < 6; ++i) chosen.push_back(choice.next(state(20, i)));
  EXPECT_EQ(chosen.front(), 2u);  // not before it has shown that it lasts
  EXPECT_EQ(chosen.back(), 0u);
  RepresentationChoice local;
  ChoiceInput at_hand = state(0, 0);
  at_hand.local = true;
  EXPECT_EQ(local.next(at_hand), 0u);
}

TEST(RepresentationChoice, GoesDownWhenTheBufferRunsDryNotBefore) {
  RepresentationChoice choice;
  choice.next(state(0, 0));
  for (int i = 0; i < 10; ++i) choice.next(state(20, 6));
  ASSERT_EQ(*choice.current(), 0u);
  EXPECT_EQ(choice.next(state(6, 5)), 0u);  // there is time
  EXPECT_EQ(choice.next(state(6, 2)), 1u);
  EXPECT_EQ(choice.next(state(1, 2)), 2u);  // nothing fits: the smallest
}

TEST(RepresentationChoice, DoesNotSwing) {
  RepresentationChoice choice;
  choice.next(state(0, 0));
  size_t changes = 0;
  size_t before = 2;
  // A line that is good for a little more than the middle one and swings by a quarter.
  for (int i = 0; i < 200; ++i) {
    const size_t now = choice.next(state(7 + 1.7 * std::sin(0.7 * i), 4 + 1.5 * std::sin(0.9 * i)));
    changes += now != before ? 1 : 0;
    before = now;
  }
  EXPECT_EQ(before, 1u);
  EXPECT_EQ(changes, 1u);
}

TEST(RepresentationChoice, WhatIsTooMuchToDecodeIsLeft) {
  RepresentationChoice choice;
  choice.next(state(0, 0));
  for (int i = 0; i < 10; ++i) choice.next(state(50, 6));
  ASSERT_EQ(*choice.current(), 0u);
  EXPECT_EQ(choice.next(state(50, 6, 1.2)), 0u + (50 * 0.7 >= 4 ? 1u : 2u));
  size_t back_after = 0;
  while (choice.next(state(50, 6, 0.3)) != 0 && back_after < 100) ++back_after;
  EXPECT_GE(back_after, 19u);  // seconds
}

TEST(RepresentationChoice, AvoidsWhatIsNotThere) {
  RepresentationChoice choice;
  static const double kOnlyMiddle[] = {0, 4e6, 0};
  ChoiceInput input = state(50, 6);
  input.bits_per_s = kOnlyMiddle;
  for (int i = 0; i < 10; ++i) EXPECT_EQ(choice.next(input), 1u);
}

TEST(RetriedFetch, PausesGrow) {
  ScriptedSource source(CodedShow::get().folder.path());
  size_t tries = 0;
  std::vector<double> times;
  double now_s = 0;
  source.fault = [&](const ByteRequest&) -> std::optional<FetchFailure> {
    times.push_back(now_s);
    ++tries;
    return FetchFailure{FetchProblem::kNetwork, ErrorCode::kIo, "dead"};
  };
  RetriedFetch fetch({"show.glb", 0, 10}, {.first_pause_s = 1, .most_pause_s = 4});
  FetchResult result;
  for (; now_s < 20; now_s += 0.125) {
    fetch.update(now_s, source, result);
    source.tick(0.1);
  }
  ASSERT_GE(times.size(), 6u);
  EXPECT_NEAR(times[1] - times[0], 1, 0.3);
  EXPECT_NEAR(times[2] - times[1], 2, 0.3);
  EXPECT_NEAR(times[3] - times[2], 4, 0.3);
  EXPECT_NEAR(times[5] - times[4], 4, 0.3);
  source.fault = nullptr;
  for (int i = 0; i < 100; ++i) {
    now_s += 0.125;
    fetch.update(now_s, source, result);
    source.tick(0.1);
  }
  EXPECT_EQ(fetch.state(), RetriedFetch::State::kDone);
  EXPECT_EQ(result.bytes.size(), 10u);
}

class SegmentHeaderTest : public testing::Test {
 protected:
  const CodedShow& show_ = CodedShow::get();
  std::vector<std::byte> init_ = read_file_part(show_.exact(), 0, show_.video.exact.init_bytes);
  std::vector<std::byte> segment(size_t group) const {
    const ByteRange range = show_.video.exact_segments[group];
    return read_file_part(show_.exact(), range.offset, range.bytes);
  }
};

TEST_F(SegmentHeaderTest, SaysWhichFramesComeInASegment) {
  size_t first = 0;
  for (size_t group = 0; group < show_.video.groups.size(); ++group) {
    const size_t frames = show_.video.groups[group].frame_count;
    EXPECT_EQ(read_segment_header(segment(group)).samples, frames);
    check_segment(init_, segment(group), first, frames, 25);
    DIO_EXPECT_ERROR(check_segment(init_, segment(group), first + 1, frames, 25), ErrorCode::kInvalidInput,
                     "of another group or video");
    DIO_EXPECT_ERROR(check_segment(init_, segment(group), first, frames + 1, 25), ErrorCode::kInvalidInput,
                     "of another group or video");
    first += frames;
  }
}

TEST_F(SegmentHeaderTest, CutAndDamagedSegmentsAreRefused) {
  const std::vector<std::byte> good = segment(0);
  const size_t index_bytes = 150;  // the boxes before the pictures
  for (size_t bytes = 0; bytes < good.size(); bytes += bytes < index_bytes ? 1 : 97) {
    EXPECT_THROW(read_segment_header(std::span(good).first(bytes)), Error) << bytes;
  }
  // Any byte of the index changed: another answer or an Error, and never anything else.
  for (size_t at = 0; at < index_bytes; ++at) {
    for (const int value : {0, 1, 0x7f, 0xff}) {
      std::vector<std::byte> bad = good;
      bad[at] = std::byte(value);
      try {
        EXPECT_LE(read_segment_header(bad).samples, good.size());
      } catch (const Error&) {
      }
    }
  }
  DIO_EXPECT_ERROR(check_segment(good, good, 0, 5, 25), ErrorCode::kInvalidInput, "it has no track");
}

}  // namespace
}  // namespace diorama
