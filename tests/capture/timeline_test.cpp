#include "capture/readers/timeline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numbers>

namespace diorama {
namespace {

using Pairs = std::vector<std::pair<size_t, size_t>>;

TEST(AssociateTimes, TakesTheClosestPairsFirstAndEachTimeOnce) {
  const std::vector<double> a{0.000, 0.010}, b{0.008, 0.030};
  // 0.010 takes 0.008 (2 ms); 0.000 would have wanted it too (8 ms), and 0.030 is too far from it.
  EXPECT_EQ(associate_times(a, b, 0.02), (Pairs{{1, 0}}));
}

TEST(AssociateTimes, LeavesOutGapsAsLargeAsTheLimit) {
  EXPECT_EQ(associate_times(std::vector<double>{1.0}, std::vector<double>{1.5}, 0.5), Pairs{});
  EXPECT_EQ(associate_times(std::vector<double>{1.0}, std::vector<double>{1.25}, 0.5), (Pairs{{0, 0}}));
}

TEST(AssociateTimes, StaysSmallWhenAllTimesAreEqual) {
  const std::vector<double> times(20000, 1.0);
  EXPECT_LE(associate_times(times, times, 0.02).size(), times.size());
}

const std::vector<TimedPose> kQuarterTurn{
    {1.0, {0, 0, 0}, {1, 0, 0, 0}},
    {1.08, {0, 0, 0.8}, glm::angleAxis(std::numbers::pi / 2, glm::dvec3(0, 0, 1))},
    {2.0, {0, 0, 0}, {1, 0, 0, 0}}};

TEST(PoseAt, TurnsAndMovesEvenlyBetweenSamples) {
  const auto pose = pose_at(kQuarterTurn, 1.02, 0.1);
  ASSERT_TRUE(pose);
  EXPECT_NEAR(pose->translation.z, 0.2f, 1e-6f);  // float rounding of the result
  EXPECT_NEAR(rotation_angle(pose->rotation), std::numbers::pi / 8, 1e-6);
}

TEST(PoseAt, TakesTheShortWayBetweenQuaternionsOfOppositeSign) {
  std::vector<TimedPose> trajectory = kQuarterTurn;
  trajectory[1].rotation = -trajectory[1].rotation;
  EXPECT_NEAR(rotation_angle(pose_at(trajectory, 1.04, 0.1)->rotation), std::numbers::pi / 4, 1e-6);
}

TEST(PoseAt, HasNoAnswerInGapsAndOutside) {
  EXPECT_FALSE(pose_at(kQuarterTurn, 1.5, 0.1));
  EXPECT_FALSE(pose_at(kQuarterTurn, 0.99, 0.1));
  EXPECT_FALSE(pose_at(kQuarterTurn, 2.01, 0.1));
  EXPECT_TRUE(pose_at(kQuarterTurn, 1.0, 0.1));
  EXPECT_TRUE(pose_at(kQuarterTurn, 2.0, 0.1));
}

}  // namespace
}  // namespace diorama
