#include "reconstruction/calibration/pose_alignment.h"

#include "capture/calibration_file.h"
#include "engine/scene/turn.h"
#include "reconstruction/calibration/grey_pyramid.h"
#include "reconstruction/calibration/pose_rounds.h"
#include "tests/reconstruction/ray_scenes.h"

#include <gtest/gtest.h>

#include <cmath>

namespace diorama {
namespace {

using namespace diorama::test;

// Waves in three directions: every motion changes what is seen somewhere.
float pattern(glm::vec3 p) {
  return 0.5f + 0.15f * std::sin(7 * p.x + 2 * p.y) + 0.15f * std::sin(6 * p.y - 3 * p.z) + 0.1f * std::sin(5 * p.z);
}

// A ball before a wall, seen exactly; its surface points as another camera found them.
struct Scene {
  RayScene surface = nearest_of({sphere({0.2f, 0.1f, 1.6f}, 0.5f), wall(2.4f)});
  Camera depth_camera = camera_at({0, 0, 0}, {0.05f, 0.02f, 1});
  Camera color_camera = depth_camera;
  Rigid color_from_depth{turn_from_vector({0.01, -0.02, 0.005}), {-0.02f, 0.002f, 0.003f}};
  ImageF32 depth_m, grey;
  std::vector<glm::vec3> positions, normals;
  std::vector<float> others;

  explicit Scene(bool with_ball = true) {
    if (!with_ball) surface = wall(2.4f);
    color_camera.world_from_camera = depth_camera.world_from_camera * inverse(color_from_depth);
    depth_m = render_depth(surface, depth_camera);
    const auto color = [](glm::vec3 p) { return glm::u8vec3(glm::round(255.0f * glm::vec3(pattern(p)))); };
    grey = grey_level(render_color(surface, color, color_camera), 0);
    for (int y = 6; y < depth_m.height(); y += 4) {
      for (int x = 6; x < depth_m.width(); x += 4) {
        const glm::vec2 pixel(static_cast<float>(x) + 0.5f, static_cast<float>(y) + 0.5f);
        const glm::vec3 p = depth_camera.world_from_camera * unproject_in_camera(depth_camera, pixel, depth_m.at(x, y));
        const bool on_ball = p.z < 2.39f;
        positions.push_back(p);
        normals.push_back(on_ball ? glm::normalize(p - glm::vec3(0.2f, 0.1f, 1.6f)) : glm::vec3(0, 0, -1));
        others.push_back(pattern(p));
      }
    }
  }

  FrameEvidence evidence() const {
    return {&depth_m, &grey, depth_camera, color_camera, color_from_depth, 1, positions, normals, others};
  }
};

constexpr AlignmentScale kScale{1, 0.02};
constexpr AlignmentPrior kWide{0.05, 0.05};

TEST(PoseAlignment, GradientMatchesCentralDifferences) {
  const Scene scene(false);  // without edges, where measurements come and go
  const Rigid pose = moved(scene.depth_camera.world_from_camera, {0.002, -0.003, 0.001, 0.004, -0.002, 0.003});
  const AlignmentSums sums = linearize(scene.evidence(), pose, kScale, kWide);
  ASSERT_GT(sums.depths, 500u);
  ASSERT_GT(sums.greys, 500u);
  for (size_t k = 0; k < kPoseParameters; ++k) {
    PoseStep plus{}, minus{};
    plus[k] = k < 3 ? 3e-4 : 5e-4;
    minus[k] = -plus[k];
    const double high = linearize(scene.evidence(), moved(pose, plus), kScale, kWide).cost;
    const double low = linearize(scene.evidence(), moved(pose, minus), kScale, kWide).cost;
    const double difference = (high - low) / (2 * plus[k]);
    // 10 %: pixels' kinks; a wrong sign or a missing term is tens of percent off.
    EXPECT_NEAR(sums.gradient[k], difference, 0.1 * std::abs(difference) + 5) << "parameter " << k;
  }
}

TEST(PoseAlignment, ComesBackFromAKnownMotion) {
  const Scene scene;
  const Rigid truth = scene.depth_camera.world_from_camera;
  const Rigid start = moved(truth, {0.012, -0.009, 0.015, 0.012, -0.015, 0.01});
  // As rounds do: first while residuals are far apart, then at their real spread.
  const Rigid near = align(scene.evidence(), start, {4, 0.1}, kWide).world_from_depth;
  const Alignment alignment = align(scene.evidence(), near, {0.3, 0.02}, kWide);
  const PoseStep left = motion_between(truth, alignment.world_from_depth);
  // Of 19 mm and 1.2 degrees; what stays is the resampling of 8-bit pictures of 160 pixels.
  EXPECT_LT(std::hypot(left[3], left[4], left[5]), 0.001);
  EXPECT_LT(std::hypot(left[0], left[1], left[2]), 0.001);
  EXPECT_GT(alignment.sigma_shift_m, 1e-5);
  EXPECT_LT(alignment.sigma_shift_m, 0.02);
}

TEST(PoseAlignment, KeepsTheShippedPoseWhereNothingIsSeen) {
  Scene scene;
  scene.positions.clear();
  scene.normals.clear();
  scene.others.clear();
  const Rigid shipped = scene.depth_camera.world_from_camera;
  const Alignment alignment = align(scene.evidence(), shipped, kScale, kWide);
  EXPECT_EQ(alignment.world_from_depth.translation, shipped.translation);
  EXPECT_NEAR(alignment.sigma_shift_m, 0.05 * std::sqrt(3), 1e-6);  // the prior's
}

TEST(CenterCorrections, TakesOutACommonMotionAndLeavesOthersAlone) {
  std::vector<Camera> shipped = cameras_around({0, 0, 0}, 2, 9);
  std::vector<Rigid> poses;
  const Rigid common{turn_from_vector({0.02, -0.01, 0.03}), {0.02f, -0.05f, 0.01f}};
  for (const Camera& camera : shipped) poses.push_back(common * camera.world_from_camera);
  std::vector<bool> move(9, true);
  move[4] = false;
  const Rigid untouched = poses[4];
  center_corrections(shipped, move, poses);
  for (size_t f = 0; f < poses.size(); ++f) {
    if (f == 4) continue;
    const PoseStep left = motion_between(shipped[f].world_from_camera, poses[f]);
    for (const double value : left) EXPECT_NEAR(value, 0, 2e-5) << f;  // float poses
  }
  EXPECT_EQ(poses[4].translation, untouched.translation);
}

TEST(MotionBetween, IsUndoneByMoved) {
  const Rigid from{turn_from_vector({0.3, 1, -0.5}), {1, 2, 3}};
  const PoseStep step{0.01, -0.02, 0.03, 0.1, -0.2, 0.3};
  const PoseStep found = motion_between(from, moved(from, step));
  for (size_t k = 0; k < kPoseParameters; ++k) EXPECT_NEAR(found[k], step[k], 1e-6);  // float poses
}

}  // namespace
}  // namespace diorama
