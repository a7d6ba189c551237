#include "streaming/axis_naming.h"

#include <gtest/gtest.h>

namespace diorama {
namespace {

TEST(AxisNaming, TheAxisBetweenAlikeOnesTurnsFreely) {
  EXPECT_EQ(free_axis({1, 2, 3}), std::nullopt);
  EXPECT_EQ(free_axis({1, 1.05f, 3}), 2);
  EXPECT_EQ(free_axis({1, 3, 1.05f}), 1);
  EXPECT_EQ(free_axis({3, 0.001f, 0.001f}), 0);
  EXPECT_EQ(free_axis({1, 1.05f, 1.02f}), 3);
  EXPECT_EQ(free_axis({1, 1.09f, 1.18f}), 0);  // each like the next, the ends unlike: the first pair that is found
}

TEST(AxisNaming, SomeNamingBringsEveryRotationNear) {
  const auto namings = axis_namings();
  ASSERT_EQ(namings.size(), 24u);
  const glm::quat rotation = glm::normalize(glm::quat(0.1f, 0.7f, -0.6f, 0.35f));
  const AxisNaming& best = best_naming(namings, {&rotation, 1});
  // The cube's rotations leave at most 62.8 degrees: cos(31.4 degrees) = 0.853.
  EXPECT_GE(std::abs((rotation * best.old_from_new).w), 0.853f);
}

}  // namespace
}  // namespace diorama
