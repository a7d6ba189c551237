#include "engine/scene/splat_cloud.h"

#include "tests/expect_error.h"

#include <limits>

namespace diorama {
namespace {

SplatCloud two_splats() {
  SplatCloud cloud;
  cloud.sh_degree = 1;
  cloud.resize(2);
  cloud.positions = {{-1, 0, 2}, {3, 1, 0}};
  cloud.scales = {{0.1f, 0.2f, 0}, {1, 1, 1}};
  cloud.opacities = {0, 1};
  return cloud;
}

TEST(SplatCloud, ResizedCloudIsValidAndUnturned) {
  EXPECT_NO_THROW(check_splat_cloud(two_splats()));
  EXPECT_EQ(two_splats().sh.size(), 8u);
  EXPECT_EQ(two_splats().rotations_xyzw[1], glm::vec4(0, 0, 0, 1));
}

TEST(SplatCloud, BoundsHoldAllCentres) {
  EXPECT_EQ(bounds_of(two_splats()).min, glm::vec3(-1, 0, 0));
  EXPECT_EQ(bounds_of(two_splats()).max, glm::vec3(3, 1, 2));
}

TEST(SplatCloud, CheckNamesTheSplatAndWhatIsWrong) {
  const auto check_damaged = [](auto&& damage) {
    SplatCloud cloud = two_splats();
    damage(cloud);
    check_splat_cloud(cloud);
  };
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const auto invalid = ErrorCode::kInvalidInput;
  DIO_EXPECT_ERROR(check_damaged([&](SplatCloud& cloud) { cloud.positions[1].y = nan; }), invalid,
                   "splat 1 of the cloud has a position");
  DIO_EXPECT_ERROR(check_damaged([](SplatCloud& cloud) { cloud.scales[0].x = -1; }), invalid,
                   "splat 0 of the cloud has a negative scale");
  DIO_EXPECT_ERROR(check_damaged([](SplatCloud& cloud) { cloud.opacities[1] = 1.5f; }), invalid,
                   "splat 1 of the cloud has opacity 1.5");
  DIO_EXPECT_ERROR(check_damaged([&](SplatCloud& cloud) { cloud.opacities[0] = nan; }), invalid,
                   "splat 0 of the cloud has opacity nan");
  DIO_EXPECT_ERROR(check_damaged([](SplatCloud& cloud) { cloud.rotations_xyzw[0] = glm::vec4(0); }), invalid,
                   "rotation of length 0");
  DIO_EXPECT_ERROR(check_damaged([](SplatCloud& cloud) { cloud.sh.pop_back(); }), invalid,
                   "7 SH coefficients, expected 8");
  DIO_EXPECT_ERROR(check_damaged([](SplatCloud& cloud) { cloud.sh_degree = 4; }), invalid, "SH degree 4");
}

}  // namespace
}  // namespace diorama
