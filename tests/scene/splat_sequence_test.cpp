#include "engine/scene/splat_sequence.h"

#include "tests/expect_error.h"

#include <limits>

namespace diorama {
namespace {

SplatCloud cloud_of(size_t count, int sh_degree = 0) {
  SplatCloud cloud{.sh_degree = sh_degree};
  cloud.resize(count);
  return cloud;
}

SplatSequence two_groups() {
  SplatSequence sequence;
  sequence.groups = {{10, 3, 5, 0, "a"}, {13, 2, 7, 0, "b"}};
  sequence.times_s = {0.0, 0.1, 0.2, 0.3, 0.4};
  return sequence;
}

TEST(SplatGroup, FramesOfOneSizeAndDegreeAreSound) {
  check_splat_group({.first_frame = 3, .frames = {cloud_of(4), cloud_of(4)}});
  check_splat_group({.first_frame = 0, .frames = {cloud_of(0), cloud_of(0)}});
}

TEST(SplatGroup, AnotherNumberOfSplatsNamesTheFrame) {
  const SplatGroup fewer{.first_frame = 3, .frames = {cloud_of(4), cloud_of(3)}};
  DIO_EXPECT_ERROR(check_splat_group(fewer), ErrorCode::kInvalidInput, "frame 4: has 3 splats");
  const SplatGroup richer{.first_frame = 3, .frames = {cloud_of(4), cloud_of(4), cloud_of(4, 1)}};
  DIO_EXPECT_ERROR(check_splat_group(richer), ErrorCode::kInvalidInput, "frame 5: has 4 splats of SH degree 1");
  DIO_EXPECT_ERROR(check_splat_group({}), ErrorCode::kInvalidInput, "no frames");
}

TEST(SplatGroup, BoundsHoldAllFrames) {
  SplatGroup group{.first_frame = 0, .frames = {cloud_of(1), cloud_of(1)}};
  group.frames[1].positions[0] = {1, -2, 3};
  EXPECT_EQ(bounds_of(group).min, glm::vec3(0, -2, 0));
  EXPECT_EQ(bounds_of(group).max, glm::vec3(1, 0, 3));
}

TEST(SplatSequence, AFrameLiesInItsGroup) {
  const SplatSequence sequence = two_groups();
  check_splat_sequence(sequence);
  const size_t expected[] = {0, 0, 0, 1, 1};
  for (size_t frame = 0; frame < 5; ++frame) EXPECT_EQ(sequence.group_of(frame), expected[frame]);
}

TEST(SplatSequence, GapsAndOverlapsNameTheFrames) {
  SplatSequence gap = two_groups();
  gap.groups[1].first_frame = 15;
  DIO_EXPECT_ERROR(check_splat_sequence(gap), ErrorCode::kInvalidInput, "frames 13 to 14 are missing between a and b");
  SplatSequence overlap = two_groups();
  overlap.groups[1].first_frame = 12;
  DIO_EXPECT_ERROR(check_splat_sequence(overlap), ErrorCode::kInvalidInput, "frame 12 is in a and in b");
  DIO_EXPECT_ERROR(check_splat_sequence({}), ErrorCode::kInvalidInput, "no groups");
  SplatSequence empty = two_groups();
  empty.groups[0].frame_count = 0;
  DIO_EXPECT_ERROR(check_splat_sequence(empty), ErrorCode::kInvalidInput, "a has no frames");
}

TEST(SplatSequence, TimesRiseAndAreOfEveryFrame) {
  SplatSequence back = two_groups();
  back.times_s[3] = 0.2;
  DIO_EXPECT_ERROR(check_splat_sequence(back), ErrorCode::kInvalidInput, "frame 3 has the time 0.2 s");
  SplatSequence nan = two_groups();
  nan.times_s[1] = std::numeric_limits<double>::quiet_NaN();
  DIO_EXPECT_ERROR(check_splat_sequence(nan), ErrorCode::kInvalidInput, "the time of frame 1");
  SplatSequence few = two_groups();
  few.times_s.pop_back();
  DIO_EXPECT_ERROR(check_splat_sequence(few), ErrorCode::kInvalidInput, "4 times for 5 frames");
}

TEST(SplatSequence, TheNearestFrameIsFound) {
  const SplatSequence sequence = two_groups();
  EXPECT_EQ(nearest_frame(sequence, -7), 0u);
  EXPECT_EQ(nearest_frame(sequence, 0.14), 1u);
  EXPECT_EQ(nearest_frame(sequence, 0.16), 2u);
  EXPECT_EQ(nearest_frame(sequence, 0.3), 3u);
  EXPECT_EQ(nearest_frame(sequence, 7), 4u);
}

TEST(SplatSequence, AFrameIsTakenWithinHalfAStepOfItsTime) {
  SplatSequence sequence = two_groups();
  EXPECT_EQ(frame_taken_at(sequence, 0.21), 2u);
  EXPECT_EQ(frame_taken_at(sequence, -0.049), 0u);
  EXPECT_EQ(frame_taken_at(sequence, 0.449), 4u);
  EXPECT_FALSE(frame_taken_at(sequence, -0.051));
  EXPECT_FALSE(frame_taken_at(sequence, 0.451));
  EXPECT_FALSE(frame_taken_at(sequence, std::numeric_limits<double>::quiet_NaN()));
  sequence.times_s = {1.0};
  EXPECT_EQ(frame_taken_at(sequence, 1.0009), 0u);
  EXPECT_FALSE(frame_taken_at(sequence, 1.0011));
}

}  // namespace
}  // namespace diorama
