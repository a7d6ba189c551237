#include "capture/calibration_file.h"
#include "capture/exposure.h"
#include "engine/base/random.h"
#include "reconstruction/calibration/exposures.h"
#include "reconstruction/calibration/pose_alignment.h"
#include "reconstruction/calibration/poses.h"
#include "reconstruction/calibration/report.h"
#include "tests/expect_error.h"
#include "tests/reconstruction/memory_capture.h"

#include <gtest/gtest.h>

#include <cmath>

namespace diorama {
namespace {

using namespace diorama::test;

// A corner of a room with a ball and a chest in it.
RayScene corner() {
  const RayScene floor = box({-3, 0.8f, -1}, {3, 1, 4}), side = box({1.4f, -3, -1}, {1.6f, 3, 4});
  return nearest_of(
      {wall(2.6f), floor, side, sphere({-0.5f, 0.3f, 1.9f}, 0.4f), box({0.3f, 0.2f, 1.6f}, {0.9f, 0.8f, 2.1f})});
}

glm::u8vec3 paint(glm::vec3 p) {
  const float a = std::sin(9 * p.x + 4 * p.z), b = std::sin(8 * p.y - 5 * p.x), c = std::sin(7 * p.z + 6 * p.y);
  return glm::u8vec3(glm::round(glm::vec3(125) + 45.0f * glm::vec3(a, 0.5f * (a + b), c)));
}

// Renders at the true poses and darkens by the true gains, whatever the capture says.
class ExposedSource final : public FrameSource {
 public:
  ExposedSource(std::vector<Frame> truth, std::vector<glm::vec3> gains)
      : rays_(corner(), paint, std::move(truth)), gains_(std::move(gains)) {}
  FrameImages load(size_t frame, FrameParts parts) const override {
    FrameImages images = rays_.load(frame, parts);
    if (images.color) {
      images.color = std::make_shared<const ImageRgba8>(exposed(*images.color, 1.0f / gains_[frame]));
    }
    return images;
  }

 private:
  RaySource rays_;
  std::vector<glm::vec3> gains_;
};

struct Walk {
  std::vector<Rigid> truth;
  std::vector<glm::vec3> gain;
  std::optional<Capture> capture;
};

// 18 frames on an arc, every sixth held out. Noise reaches training frames alone.
Walk walk(double pose_noise_m, double gain_noise) {
  Random random(5);
  const auto normal3 = [&](double sigma) {
    const float x = random.normal(), y = random.normal(), z = random.normal();
    return sigma * glm::dvec3(x, y, z);
  };
  Walk result;
  CaptureContent content;
  content.name = "walk";
  content.has_split = true;
  std::vector<Frame> true_frames;
  for (int i = 0; i < 18; ++i) {
    const float t = static_cast<float>(i) / 17.0f - 0.5f;
    const Camera camera =
        camera_at({1.0f * t, -0.3f + 0.3f * std::sin(5 * t), 0.4f * t * t}, {0.1f + 0.4f * t, 0.2f, 2});
    Frame frame{.id = fmt::format("{:02}", i), .color = camera, .depth = camera};
    frame.split = i % 6 == 0 ? Split::kTest : Split::kTrain;
    true_frames.push_back(frame);
    result.truth.push_back(camera.world_from_camera);
    glm::vec3 gain(1.0f);
    if (frame.split == Split::kTrain) {
      const glm::dvec3 turn = normal3(pose_noise_m), shift = normal3(pose_noise_m);
      const Rigid noisy = moved(camera.world_from_camera, {turn.x, turn.y, turn.z, shift.x, shift.y, shift.z});
      frame.color.world_from_camera = frame.depth->world_from_camera = noisy;
      gain = glm::vec3(glm::exp(normal3(gain_noise)));
    }
    content.frames.push_back(frame);
    result.gain.push_back(gain);
  }
  content.source = std::make_unique<ExposedSource>(true_frames, result.gain);
  result.capture.emplace(std::move(content), CaptureOptions{});
  return result;
}

// RMS over the training frames, their common part taken out: the noise of 15 frames has a mean of its own, which
// stays by design.
double rms_error(const std::vector<glm::dvec3>& errors) {
  glm::dvec3 mean(0.0);
  for (const glm::dvec3 error : errors) mean += error / static_cast<double>(errors.size());
  double square = 0;
  for (const glm::dvec3 error : errors) square += glm::dot(error - mean, error - mean);
  return std::sqrt(square / static_cast<double>(errors.size()));
}

struct PoseErrors {
  double turn_deg = 0, shift_mm = 0;
};

PoseErrors pose_errors(const Walk& walk) {
  std::vector<glm::dvec3> turns, shifts;
  for (const size_t i : walk.capture->frames_of(Split::kTrain)) {
    const PoseStep step = motion_between(walk.truth[i], walk.capture->frames()[i].depth->world_from_camera);
    turns.push_back(glm::degrees(glm::dvec3(step[0], step[1], step[2])));
    shifts.push_back(1000.0 * glm::dvec3(step[3], step[4], step[5]));
  }
  return {rms_error(turns), rms_error(shifts)};
}

TEST(RefinePoses, TakesOutTheNoiseOfTrainingPoses) {
  ThreadPool pool(2);
  JobContext job(pool);
  Walk noisy = walk(0.006, 0);
  const PoseErrors before = pose_errors(noisy);
  EXPECT_GT(before.shift_mm, 8);
  CalibrationReport report{.poses = refine_poses(*noisy.capture, {}, job)};
  EXPECT_TRUE(report.poses->truer);
  EXPECT_LT(report.poses->after.depth_mm, report.poses->before.depth_mm);
  noisy.capture->set_corrections(calibration_from(report, *noisy.capture, false).frames);
  const PoseErrors after = pose_errors(noisy);
  // Pictures of 160 pixels on voxels of 2 cm: a fifth of a voxel, and a quarter of a pixel.
  EXPECT_LT(after.shift_mm, 4);
  EXPECT_LT(after.turn_deg, 0.15);
}

TEST(RefinePoses, CorrectionsHaveZeroMeanAndLeaveTestFramesAlone) {
  ThreadPool pool(2);
  JobContext job(pool);
  const Walk noisy = walk(0.005, 0);
  const PoseResult result = refine_poses(*noisy.capture, {.rounds = 3}, job);
  glm::dvec3 turn(0.0), shift(0.0);
  for (size_t i = 0; i < result.frames.size(); ++i) {
    const Frame& frame = noisy.capture->frames()[result.frames[i]];
    EXPECT_EQ(frame.split, Split::kTrain);
    const Rigid shipped = frame.depth->world_from_camera;
    const PoseStep step = motion_between(shipped, shipped * result.shipped_from_refined[i]);
    turn += glm::dvec3(step[0], step[1], step[2]);
    shift += glm::dvec3(step[3], step[4], step[5]);
  }
  EXPECT_LT(glm::length(turn), 1e-4);  // radians over all frames, of float poses
  EXPECT_LT(glm::length(shift), 1e-4);
  EXPECT_EQ(result.frames.size(), 15u);
}

TEST(RefinePoses, HasTheSameBitsForAnyThreadCount) {
  const Walk noisy = walk(0.005, 0.05);
  ThreadPool one(1), two(2);
  JobContext job_one(one), job_two(two);
  const PoseResult a = refine_poses(*noisy.capture, {.rounds = 2}, job_one);
  const PoseResult b = refine_poses(*noisy.capture, {.rounds = 2}, job_two);
  for (size_t i = 0; i < a.frames.size(); ++i) {
    EXPECT_EQ(a.shipped_from_refined[i].translation, b.shipped_from_refined[i].translation);
    EXPECT_EQ(a.shipped_from_refined[i].rotation, b.shipped_from_refined[i].rotation);
  }
}

TEST(RefineExposures, FindsTheGainsOfTrainingFrames) {
  ThreadPool pool(2);
  JobContext job(pool);
  const Walk drifting = walk(0, 0.2);
  const ExposureResult result = refine_exposures(*drifting.capture, {}, job);
  std::vector<glm::dvec3> errors;
  for (size_t i = 0; i < result.frames.size(); ++i) {
    errors.push_back(glm::log(glm::dvec3(result.gain[i] / drifting.gain[result.frames[i]])));
  }
  // Of 35 %: pixels that mix points, and codes of 8 bits.
  EXPECT_LT(rms_error(errors), 0.02);
  EXPECT_LT(result.residual_after, 0.5 * result.residual_before);
}

TEST(Refinement, NeedsEnoughFramesOfOneMovingCamera) {
  ThreadPool pool(2);
  JobContext job(pool);
  const std::vector<Camera> few = cameras_around({0, 0, 2}, 1.5f, 5);
  const Capture small = memory_capture(corner(), paint, few);
  DIO_EXPECT_ERROR(refine_poses(small, {}, job), ErrorCode::kInvalidInput, "at least 8");
  DIO_EXPECT_ERROR(refine_exposures(small, {}, job), ErrorCode::kInvalidInput, "at least 8");
  const Capture ring =
      memory_capture(corner(), paint, cameras_around({0, 0, 2}, 1.5f, 12), [](CaptureContent& content) {
        for (size_t i = 0; i < content.frames.size(); ++i) content.frames[i].camera = static_cast<int>(i);
      });
  DIO_EXPECT_ERROR(refine_poses(ring, {}, job), ErrorCode::kInvalidInput, "several cameras");
}

}  // namespace
}  // namespace diorama
