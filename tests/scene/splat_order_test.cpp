#include "engine/scene/splat_order.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace diorama {
namespace {

using testing::ElementsAre;

TEST(MortonOrder, GoesOctantByOctant) {
  const std::vector<glm::vec3> corners = {{1, 1, 1}, {0, 0, 0}, {0, 0, 1}, {1, 0, 0}, {0, 1, 0}};
  EXPECT_THAT(morton_order(corners), ElementsAre(1, 2, 4, 3, 0)) << "x is the highest bit";
}

TEST(MortonOrder, EqualPointsStayInTheirOrder) {
  const std::vector<glm::vec3> points(5, glm::vec3(3, 2, 1));
  EXPECT_THAT(morton_order(points), ElementsAre(0, 1, 2, 3, 4));
  EXPECT_TRUE(morton_order({}).empty());
}

TEST(MortonOrder, GatheringMovesWholeSplats) {
  SplatCloud cloud;
  cloud.sh_degree = 1;
  cloud.resize(3);
  for (size_t i = 0; i < 3; ++i) {
    const auto v = static_cast<float>(i);
    cloud.positions[i] = cloud.scales[i] = glm::vec3(v);
    cloud.opacities[i] = v / 2;
    for (size_t k = 0; k < 4; ++k) cloud.sh[4 * i + k] = glm::vec3(v, static_cast<float>(k), 0);
  }
  const std::vector<uint32_t> order = {2, 0};
  const SplatCloud picked = gathered(cloud, order);
  ASSERT_EQ(picked.size(), 2u);
  EXPECT_EQ(picked.positions[0], glm::vec3(2));
  EXPECT_EQ(picked.opacities[0], 1);
  EXPECT_EQ(picked.sh[3], glm::vec3(2, 3, 0));
  EXPECT_EQ(picked.sh[4], glm::vec3(0));
}

}  // namespace
}  // namespace diorama
