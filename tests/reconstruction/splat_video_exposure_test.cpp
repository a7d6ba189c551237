#include "reconstruction/splat_video/moment_views.h"
#include "reconstruction/splat_video/moments.h"
#include "reconstruction/splat_video/rig_exposure.h"
#include "tests/reconstruction/splat_video_capture.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace diorama::test {
namespace {

// What camera c makes of the scene's colours.
Exposure exposure_of_camera(int camera) {
  const float c = static_cast<float>(camera);
  return {.gain = {1 + 0.03f * (c - 3), 1.0f, 1 - 0.03f * (c - 3)}, .bias = glm::vec3(0.004f * (c - 3), 0, 0.01f)};
}

// Seven cameras whose exposures are each other's neighbours; the mean gain is 1.
Performance unlike_cameras() {
  Performance performance = rolling_ball();
  performance.change_images = [](const Frame& frame, FrameImages& images) {
    ImageRgba8 color = *images.color;
    const Exposure exposure = exposure_of_camera(frame.camera);
    for (glm::u8vec4& pixel : color.pixels()) {
      const glm::vec3 seen = exposure.gain * glm::vec3(pixel) / 255.0f + exposure.bias;
      pixel = glm::u8vec4(glm::round(glm::clamp(255.0f * seen, 0.0f, 255.0f)), pixel.a);
    }
    images.color = std::make_shared<const ImageRgba8>(std::move(color));
  };
  return performance;
}

RigExposure found_in(const Performance& performance) {
  ThreadPool pool(2);
  JobContext job(pool);
  const Capture capture = capture_of(performance);
  return find_rig_exposure(capture, training_moments(capture), 1, 0.03f, job);
}

TEST(RigExposure, IsFoundUpToTheMeanOfTheCameras) {
  const RigExposure found = found_in(unlike_cameras());
  ASSERT_EQ(found.size(), 7u);
  glm::vec3 gain(0), bias(0);
  for (const auto& [camera, exposure] : found) {
    gain += exposure.gain / 7.0f;
    bias += exposure.bias / 7.0f;
    // The bias that all share is the gauge's. Pixels at chequers' edges and codes leave a few thousandths.
    const Exposure truth = exposure_of_camera(camera);
    for (int c = 0; c < 3; ++c) {
      EXPECT_NEAR(exposure.gain[c], truth.gain[c], 0.015f) << camera << " " << c;
      EXPECT_NEAR(exposure.bias[c] + exposure.gain[c] * (c == 2 ? 0.01f : 0.0f), truth.bias[c], 0.008f) << camera;
    }
  }
  for (int c = 0; c < 3; ++c) {
    EXPECT_NEAR(gain[c], 1.0f, 1e-5f);
    EXPECT_NEAR(bias[c], 0.0f, 1e-5f);
  }
}

TEST(RigExposure, CamerasThatAgreeAreLeftAlone) {
  EXPECT_TRUE(found_in(rolling_ball()).empty());
}

TEST(RigExposure, TakingOutIsTheInverse) {
  ImageRgba8 image({16, 16});
  for (size_t i = 0; i < 256; ++i) image.pixels()[i] = glm::u8vec4(i / 2 + 40, i / 2 + 40, i / 2 + 40, i);
  const ImageRgba8 before = image;
  const Exposure exposure{.gain = {1.1f, 0.9f, 1.0f}, .bias = {0.02f, -0.03f, 0.0f}};
  for (glm::u8vec4& pixel : image.pixels()) {
    const glm::vec3 seen = exposure.gain * glm::vec3(pixel) / 255.0f + exposure.bias;
    pixel = glm::u8vec4(glm::round(255.0f * seen), pixel.a);
  }
  take_out(exposure, image);
  for (size_t i = 0; i < 256; ++i) {
    for (int c = 0; c < 3; ++c) EXPECT_NEAR(image.pixels()[i][c], before.pixels()[i][c], 1);  // two roundings
    EXPECT_EQ(image.pixels()[i].a, before.pixels()[i].a);
  }
}

TEST(RigExposure, ViewsComeAsTheRigSeesThemOnAverage) {
  const Capture unlike = capture_of(unlike_cameras()), alike = capture_of(rolling_ball());
  const Moments moments = training_moments(unlike);
  ThreadPool pool(2);
  const RigExposure found = found_in(unlike_cameras());
  const MomentViews truth = load_moment(alike, moments.list[2], 1, nullptr, {}, pool);
  const auto error = [&](const RigExposure& exposure) {
    const MomentViews views = load_moment(unlike, moments.list[2], 1, nullptr, exposure, pool);
    double sum = 0, count = 0;
    for (size_t v = 0; v < views.views.size(); ++v) {
      const auto seen = views.views[v].color.pixels(), wanted = truth.views[v].color.pixels();
      for (size_t i = 0; i < seen.size(); ++i) {
        if (seen[i].a == 0) continue;
        for (int c = 0; c < 3; ++c) sum += std::abs(seen[i][c] - wanted[i][c]);
        count += 3;
      }
    }
    return sum / count;
  };
  EXPECT_GT(error({}), 4);     // codes
  EXPECT_LT(error(found), 2);  // the bias of 2.5 codes that all have in blue is the gauge's
}

}  // namespace
}  // namespace diorama::test
