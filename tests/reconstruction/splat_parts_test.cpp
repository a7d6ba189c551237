#include "engine/base/random.h"
#include "engine/scene/turn.h"
#include "reconstruction/splats/camera_refinement.h"
#include "reconstruction/splats/cpu/depth_loss.h"
#include "reconstruction/splats/cpu/record_adam.h"
#include "reconstruction/splats/densify.h"
#include "reconstruction/splats/realised_schedule.h"
#include "reconstruction/splats/schedule.h"
#include "reconstruction/splats/start_splats.h"
#include "tests/expect_error.h"

#include <cmath>

namespace diorama {
namespace {

Camera small_camera() {
  Camera camera;
  camera.size_px = {16, 12};
  camera.focal_px = {20, 20};
  camera.center_px = {8, 6};
  return camera;
}

// Cameras on a line that look along +z at a plane 2 m away.
TrainingSet plane_seen_by(size_t count) {
  TrainingSet set;
  set.has_depth = true;
  for (size_t i = 0; i < count; ++i) {
    TrainingView view;
    view.frame = i;
    view.camera = small_camera();
    view.camera.world_from_camera.translation = {0.1f * static_cast<float>(i), 0, 0};
    view.color = ImageRgba8(view.camera.size_px, glm::u8vec4(128, 128, 128, 255));
    view.depth_m = ImageF32(view.camera.size_px, 2.0f);
    set.views.push_back(view);
  }
  return set;
}

SplatCloud cloud_at(std::vector<glm::vec3> positions) {
  SplatCloud cloud;
  cloud.resize(positions.size());
  cloud.positions = std::move(positions);
  std::ranges::fill(cloud.scales, glm::vec3(0.01f));
  std::ranges::fill(cloud.opacities, 0.5f);
  return cloud;
}

SplatPlanes random_planes(SplatChannels channels, uint64_t seed) {
  SplatPlanes planes;
  planes.resize(small_camera().size_px, channels);
  Random random(seed);
  for (int c = 0; c < channels.count(); ++c) {
    for (int y = 0; y < planes.size_px().y; ++y) {
      for (float& value : planes.row(static_cast<SplatPlane>(c), y)) value = random.uniform(0.2f, 1.0f);
    }
  }
  return planes;
}

// dL / d each entry of `planes` against `gradient`, for some of them.
template <class Loss>
void expect_central_differences(SplatPlanes& planes, const SplatPlanes& gradient, Loss&& loss) {
  Random random(5);
  for (int i = 0; i < 40; ++i) {
    const auto plane = static_cast<SplatPlane>(random.below(static_cast<uint32_t>(planes.channels().count())));
    const int y = static_cast<int>(random.below(static_cast<uint32_t>(planes.size_px().y)));
    const size_t x = random.below(static_cast<uint32_t>(planes.size_px().x));
    float& value = planes.row(plane, y)[x];
    const float kept = value;
    constexpr float kStep = 2e-3f;  // a tenth of the depth loss's tau; less drowns in the rounding of its float terms
    value = kept + kStep;
    const double up = loss(planes);
    value = kept - kStep;
    const double slope = (up - loss(planes)) / (2 * static_cast<double>(kStep));
    value = kept;
    EXPECT_NEAR(static_cast<double>(gradient.row(plane, y)[x]), slope, 0.02 * std::abs(slope) + 2e-6);
  }
}

TEST(DepthLoss, GradientIsTheCentralDifference) {
  ThreadPool pool(2);
  SplatPlanes image = random_planes({.depth = true}, 1);
  ImageF32 depth_m(image.size_px(), 1.5f);
  depth_m.at(3, 4) = 0;
  const auto loss = [&](const SplatPlanes& planes) {
    SplatPlanes unused = planes;
    return add_depth_loss(planes, depth_m, 0.7f, unused, pool);
  };
  SplatPlanes gradient = image;
  gradient.fill(0);
  EXPECT_GT(add_depth_loss(image, depth_m, 0.7f, gradient, pool), 0.0);
  expect_central_differences(image, gradient, loss);
  EXPECT_EQ(gradient.row(SplatPlane::kDepth, 4)[3], 0.0f);
}

TEST(NormalLoss, GradientIsTheCentralDifference) {
  ThreadPool pool(2);
  SplatPlanes image = random_planes({.depth = true, .normals = true}, 2);
  ImageRgb normals(image.size_px(), glm::normalize(glm::vec3(0.2f, -0.3f, -1)));
  normals.at(0, 0) = glm::vec3(0);
  const auto loss = [&](const SplatPlanes& planes) {
    SplatPlanes unused = planes;
    return add_normal_loss(planes, normals, 0.4f, unused, pool);
  };
  SplatPlanes gradient = image;
  gradient.fill(0);
  add_normal_loss(image, normals, 0.4f, gradient, pool);
  expect_central_differences(image, gradient, loss);
}

TEST(RecordAdam, FirstStepGoesByTheRateAgainstTheGradient) {
  const SplatLayout layout{.sh_degree = 1};
  StepRates rates;
  rates.position_m = 0.5f;
  rates.rest = 0.25f;
  const RecordAdam adam(layout, rates, 1);
  AlignedVector<float> records(2 * layout.stride(), 1.0f), first(records.size()), second(records.size());
  AlignedVector<float> gradient(layout.stride());
  gradient[SplatLayout::kPosition] = 3e-4f;
  gradient[layout.rest(2, 1)] = -7.0f;
  gradient[SplatLayout::kColor] = 1.0f;  // its rate is 0
  const uint32_t splat = 1;
  update_records(adam, &splat, 1, gradient.data(), records.data(), first.data(), second.data());
  const float* const record = records.data() + layout.stride();
  EXPECT_NEAR(record[SplatLayout::kPosition], 0.5f, 1e-5f);  // float rounding of the corrections
  EXPECT_NEAR(record[layout.rest(2, 1)], 1.25f, 1e-5f);
  EXPECT_EQ(record[SplatLayout::kColor], 1.0f);
  EXPECT_EQ(records[0], 1.0f);
}

TEST(Densify, SplatsThatShareAPlaceLookLikeOne) {
  const SharedLook two = share_look(0.75f, 2);
  EXPECT_NEAR(two.opacity, 0.5f, 1e-6f);
  // Equation 9 of the paper by hand: 0.75 / (0.5 + 0.5 - 0.25 / sqrt 2).
  EXPECT_NEAR(two.scale, 0.75 / (1.0 - 0.25 / std::sqrt(2.0)), 1e-5);
  EXPECT_NEAR(share_look(0.3f, 1).scale, 1.0f, 1e-6f);
  EXPECT_GT(share_look(0.999f, 51).scale, 0.0f);
}

TEST(Densify, FadedSplatsMoveToLivingOnesAndTheCloudGrowsToItsCap) {
  std::vector<glm::vec3> positions;
  for (int i = 0; i < 100; ++i) positions.push_back({i, 0, 0});
  SplatCloud cloud = cloud_at(positions);
  for (size_t i = 0; i < 20; ++i) cloud.opacities[i] = 0.001f;
  SplatModel model(cloud);
  Random random(1);
  const DensifyStats stats = densify_mcmc(model, 103, random);
  EXPECT_EQ(stats.moved, 20u);
  EXPECT_EQ(model.count(), 103u);
  for (size_t i = 0; i < model.count(); ++i) {
    EXPECT_GE(model.record(i)[0], 20.0f) << "splat " << i << " stands where only faded ones were";
  }
}

TEST(Densify, McmcWithoutALivingSplatChangesNothing) {
  SplatCloud cloud = cloud_at({{0, 0, 1}, {0, 0, 2}});
  std::ranges::fill(cloud.opacities, 0.0f);
  SplatModel model(cloud);
  Random random(1);
  densify_mcmc(model, 10, random);
  EXPECT_EQ(model.count(), 2u);
}

TEST(Densify, ClassicSplitsWhatIsPulledAndDropsWhatHasFaded) {
  SplatCloud cloud = cloud_at({{0, 0, 1}, {0, 0, 2}, {0, 0, 3}});
  cloud.opacities[2] = 0.001f;
  SplatModel model(cloud);
  model.history[0] = {.gradient_sum = 1, .views = 2};
  Random random(1);
  const DensifyStats stats = densify_classic(model, 10, 1.5f, random);
  EXPECT_EQ(stats.added, 1u);
  EXPECT_EQ(stats.removed, 1u);
  EXPECT_EQ(model.count(), 3u);
}

TEST(Densify, FloatersInFrontOfTheSurfaceGo) {
  ThreadPool pool(2);
  const TrainingSet set = plane_seen_by(6);
  SplatModel model(SplatModel(cloud_at({{0.2f, 0, 2.0f}, {0.2f, 0, 1.0f}, {0.2f, 0, 2.5f}, {50, 0, 1}})));
  const auto camera = [&](size_t view) { return set.views[view].camera; };
  EXPECT_EQ(remove_floaters(model, set, camera, pool), 1u);  // not what lies on it, behind it or out of sight
  EXPECT_EQ(model.count(), 3u);
  EXPECT_EQ(model.record(1)[2], 2.5f);
}

TEST(CameraRefinement, ExposureIsFoundByLeastSquaresAndKeptAtZeroMean) {
  const TrainingSet set = plane_seen_by(2);
  CameraRefinement refinement(set, {.exposure = true});
  Random random(1);
  for (int pass = 0; pass < 30; ++pass) {
    for (size_t view = 0; view < 2; ++view) {
      ExposureSums sums;
      for (int i = 0; i < 200; ++i) {
        const glm::dvec3 x(random.uniform(), random.uniform(), random.uniform());
        const glm::dvec3 y = (view == 0 ? 1.25 : 0.8) * x + (view == 0 ? 0.05 : -0.05);
        sums = sums + ExposureSums{1, 0, x, y, x * x, x * y};
      }
      refinement.step_exposure(view, sums, 0.5f);
    }
    refinement.recenter(set);
  }
  EXPECT_NEAR(refinement.exposure(0).gain.x * refinement.exposure(1).gain.x, 1, 1e-4);
  EXPECT_NEAR(refinement.exposure(0).gain.x, 1.25, 0.04);  // the prior holds back a twentieth
  EXPECT_NEAR(refinement.exposure(0).bias.y, 0.05, 0.01);
}

TEST(CameraRefinement, PosesKeepTheirMean) {
  const TrainingSet set = plane_seen_by(4);
  CameraRefinement refinement(set, {.poses = true});
  StepRates rates;
  rates.pose_rotation = 0.01f;
  rates.pose_translation_m = 0.02f;
  for (size_t view = 0; view < 4; ++view) {
    SplatCameraGradient gradient;
    gradient.rotation = {1, view < 2 ? -1 : 1, 0.5};
    gradient.translation = {-1, 1, view == 0 ? 3 : -1};
    refinement.step(set, view, gradient, 1, rates);
  }
  refinement.recenter(set);
  glm::vec3 turn(0), shift(0);
  for (size_t view = 0; view < 4; ++view) {
    const Rigid change =
        refinement.camera(set, view).world_from_camera * inverse(set.views[view].camera.world_from_camera);
    turn += glm::vec3(turn_vector(change.rotation));
    shift += change * glm::vec3(0.15f, 0, 0) - glm::vec3(0.15f, 0, 0);  // of the cameras' middle
  }
  EXPECT_LT(glm::length(turn), 1e-3f);  // rotations of 0.02 do not commute beyond
  EXPECT_LT(glm::length(shift), 1e-3f);
}

TEST(RealisedSchedule, ReplayGivesTheSameProgressAndLength) {
  RealisedSchedule schedule(100, 0, std::chrono::steady_clock::now());
  std::vector<float> first;
  for (size_t step = 1; step <= 40; ++step) first.push_back(schedule.progress(step));
  RealisedSchedule again = schedule_from_json(to_json(schedule, 40));
  for (size_t step = 1; step <= 40; ++step) EXPECT_EQ(again.progress(step), first[step - 1]);
  EXPECT_LT(again.progress(41), 0);
}

TEST(RealisedSchedule, ClockEndsAFitBeforeItsSteps) {
  RealisedSchedule schedule(1000000, 1, std::chrono::steady_clock::now() - std::chrono::seconds(2));
  EXPECT_LT(schedule.progress(1), 0);
}

TEST(RealisedSchedule, DamagedFilesAreRefused) {
  for (const char* json :
       {"", "[]", R"({"steps":16})", R"({"steps":16,"progress":[0.5,0.6]})", R"({"steps":17,"progress":[0.5,0.4]})",
        R"({"steps":16,"progress":[1]})", R"({"steps":0,"progress":[]})", R"({"steps":16,"progress":["a"]})"}) {
    EXPECT_EQ(error_of([&] { schedule_from_json(json); }).code(), ErrorCode::kInvalidInput) << json;
  }
}

TEST(StartSplats, ThinningKeepsAboutTheCountAndMoreWherePixelsAreFiner) {
  std::vector<StartPoint> points;
  Random random(1);
  for (int i = 0; i < 20000; ++i) {
    const bool near = i % 2 == 0;
    points.push_back(
        {.position = {random.uniform() + (near ? 0.0f : 10.0f), random.uniform(), 0}, .pixel_m = near ? 0.01f : 0.04f});
  }
  const std::vector<StartPoint> kept = thinned(points, 2000);
  EXPECT_LE(kept.size(), 2000u);
  EXPECT_GT(kept.size(), 500u);  // cells are powers of two: a factor of four on a plane
  const auto fine = std::ranges::count_if(kept, [](const StartPoint& point) { return point.position.x < 5; });
  EXPECT_GT(fine, static_cast<ptrdiff_t>(kept.size() * 3 / 4));
}

TEST(StartSplats, SplatsLieFlatOnTheirSurface) {
  ThreadPool pool(1);
  std::vector<StartPoint> points;
  for (int i = 0; i < 5; ++i) {
    points.push_back({.position = {0.1f * static_cast<float>(i), 0, 0},
                      .normal = {0, 1, 0},
                      .color = glm::vec3(0.25f),
                      .pixel_m = 0.01f});
  }
  const SplatCloud cloud = splats_at(points, 0, pool);
  check_splat_cloud(cloud);
  const glm::vec4 q = cloud.rotations_xyzw[2];
  const glm::vec3 axis(2 * (q.x * q.z + q.w * q.y), 2 * (q.y * q.z - q.w * q.x), 1 - 2 * (q.x * q.x + q.y * q.y));
  EXPECT_LT(glm::length(axis - glm::vec3(0, 1, 0)), 1e-5f);  // the third axis is the normal
  EXPECT_LT(cloud.scales[2].z, 0.5f * cloud.scales[2].x);
  EXPECT_NEAR(0.5f + kShC0 * cloud.sh[2].x, 0.25f, 1e-6f);
}

TEST(StartSplats, CamerasThatLookInwardsStartAtWhatTheyLookAt) {
  TrainingSet set = plane_seen_by(8);
  for (size_t i = 0; i < 8; ++i) {
    const float angle = static_cast<float>(i) * 0.785f;
    set.views[i].camera.world_from_camera =
        look_at({5 + 4 * std::cos(angle), 1, 4 * std::sin(angle)}, {5, 0, 0}, {0, 1, 0});
  }
  const auto points = volume_points(set, {.count = 1000});
  ASSERT_EQ(points.size(), 1000u);
  glm::vec3 mean(0);
  for (const StartPoint& point : points) mean += point.position / 1000.0f;
  EXPECT_LT(glm::length(mean - glm::vec3(5, 0, 0)), 0.3f);  // 1,000 points in a cube of 4 m
}

}  // namespace
}  // namespace diorama
