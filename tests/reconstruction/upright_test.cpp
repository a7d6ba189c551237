#include "reconstruction/provenance/upright.h"

#include <gtest/gtest.h>

namespace diorama {
namespace {

TEST(Upright, TurnsUpToPlusYByARotation) {
  for (const glm::vec3 up : {glm::vec3(0, 0, 1), glm::vec3(0, 0, -2), glm::vec3(0, 1, 0), glm::vec3(0, -1, 0),
                             glm::vec3(1, 2, 3), glm::vec3(1e-4f, -1, 1e-4f)}) {
    const Rigid upright = upright_from(up);
    const glm::vec3 turned = upright * glm::normalize(up);
    EXPECT_NEAR(turned.y, 1, 1e-5);  // float rounding of unit vectors
    EXPECT_NEAR(glm::determinant(upright.rotation), 1, 1e-5);
    const glm::mat3 identity = upright.rotation * glm::transpose(upright.rotation);
    for (int i = 0; i < 3; ++i) EXPECT_NEAR(identity[i][i], 1, 1e-5);
  }
}

TEST(Upright, LeavesYUpAsItIs) {
  EXPECT_EQ(upright_from({0, 3, 0}).rotation, glm::mat3(1.0f));
}

}  // namespace
}  // namespace diorama
