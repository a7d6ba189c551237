#include "capture/inspect.h"
#include "tests/capture/misread.h"
#include "tests/test_data.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <utility>

namespace diorama {
namespace {

namespace fs = std::filesystem;

CaptureSummary inspect(const Capture& capture) {
  ThreadPool pool;
  JobContext job(pool);
  return inspect_capture(capture, {}, job);
}

// Another capture's images with depth multiplied.
class ScaledSource final : public FrameSource {
 public:
  ScaledSource(const Capture& capture, float depth_factor) : capture_(capture), depth_factor_(depth_factor) {}
  FrameImages load(size_t frame, FrameParts parts) const override {
    FrameImages images = capture_.load(frame, parts);
    if (images.depth_m == nullptr) return images;
    auto scaled = std::make_shared<ImageF32>(*images.depth_m);
    for (float& depth : scaled->pixels()) depth *= depth_factor_;
    images.depth_m = std::move(scaled);
    return images;
  }

 private:
  const Capture& capture_;
  float depth_factor_;
};

// The capture as a reader would return it that takes its files for something else. `capture` must outlive it.
Capture misread_capture(const Capture& capture, const StoredAs& truly, const StoredAs& taken, float depth_factor) {
  CaptureContent content;
  content.name = capture.name();
  content.frames = capture.frames();
  content.conventions = capture.conventions();
  content.conventions.camera_axes = taken.camera_axes;
  content.conventions.matrix = taken.matrix;
  for (Frame& frame : content.frames) {
    for (Camera* camera : {&frame.color, frame.depth ? &*frame.depth : nullptr}) {
      if (camera != nullptr) camera->world_from_camera = misread(camera->world_from_camera, truly, taken);
    }
  }
  content.source = std::make_unique<ScaledSource>(capture, depth_factor);
  return Capture(std::move(content), {});
}

// Every mistake that the check knows, made on a real capture, is named.
void expect_all_mistakes_named(const Capture& capture) {
  const StoredAs gl{"OpenGL", "world_from_camera"}, cv{}, inverse_cv{"OpenCV", "camera_from_world"},
      inverse_gl{"OpenGL", "camera_from_world"};
  struct Mistake {
    StoredAs truly, taken;
    float depth_factor;
    std::string assumption;
  };
  const std::vector<Mistake> mistakes{{gl, cv, 1, "camera axes"},
                                      {cv, gl, 1, "camera axes"},
                                      {inverse_cv, cv, 1, "matrix direction"},
                                      {inverse_gl, gl, 1, "matrix direction"},
                                      {inverse_gl, cv, 1, "camera axes, matrix direction"},
                                      {inverse_cv, gl, 1, "camera axes, matrix direction"},
                                      {cv, cv, 5, "depth unit"},
                                      {cv, cv, 0.2f, "depth unit"},
                                      {cv, cv, 10, "depth unit"},
                                      {cv, cv, 1000, "depth unit"},
                                      {cv, cv, 0.001f, "depth unit"},
                                      {gl, cv, 5, "camera axes, depth unit"}};
  ThreadPool pool;
  JobContext job(pool);
  for (const Mistake& mistake : mistakes) {
    const Capture misread = misread_capture(capture, mistake.truly, mistake.taken, mistake.depth_factor);
    const SelfCheck check = check_capture(misread, {}, job);
    EXPECT_EQ(check.verdict, CheckVerdict::kSuspicious) << mistake.assumption << ": " << check.cause;
    EXPECT_EQ(check.assumption, mistake.assumption) << check.cause;
  }
}

TEST(InspectData, TheRunningFoxAgreesToTheRoundingOfItsDepth) {
  DIO_REQUIRE_TEST_DATA(path, "volumetric_fox");
  const CaptureSummary summary = inspect(open_capture(path));
  EXPECT_EQ(summary.conventions.format, "rig");
  EXPECT_EQ(summary.frames, 720u);
  EXPECT_EQ(summary.test_frames, 120u);
  EXPECT_EQ(summary.cameras, 24u);
  EXPECT_EQ(summary.frames_with_alpha, 720u);
  EXPECT_NEAR(*summary.depth_coverage, 0.079, 0.015);  // its README: 7.9 % over all frames
  EXPECT_EQ(summary.check.verdict, CheckVerdict::kOk) << summary.check.cause;
  EXPECT_LT(*summary.check.median_error_m, 0.001);  // README: 0.30 mm; depth is rounded to 1 mm
}

TEST(InspectData, TheWalkInTheRoomAgreesToTheRoundingOfItsDepth) {
  DIO_REQUIRE_TEST_DATA(path, "volumetric_room");
  const CaptureSummary summary = inspect(open_capture(path));
  EXPECT_EQ(summary.frames, 300u);
  EXPECT_EQ(summary.test_frames, 60u);
  EXPECT_EQ(summary.check.verdict, CheckVerdict::kOk) << summary.check.cause;
  EXPECT_LT(*summary.check.median_error_m, 0.001);
  EXPECT_NEAR(summary.point_bounds.min.z, 0, 0.01);  // the floor
}

TEST(InspectData, TheKitchenAgreesToAboutACentimetre) {
  DIO_REQUIRE_TEST_DATA(path, "7scenes_redkitchen");
  const CaptureSummary summary = inspect(open_capture(path));
  EXPECT_EQ(summary.frames, 160u);
  EXPECT_EQ(summary.test_frames, 20u);
  EXPECT_FALSE(summary.calibration_known);
  EXPECT_EQ(summary.check.verdict, CheckVerdict::kOk) << summary.check.cause;
  // Measured elsewhere as 6 to 11 mm for frames 20 to 40 apart; the pairs here are up to 150 apart.
  EXPECT_LT(*summary.check.median_error_m, 0.015);
  EXPECT_GT(*summary.check.median_error_m, 0.003);
}

TEST(InspectData, EveryMistakeMadeOnTheKitchenIsNamed) {
  DIO_REQUIRE_TEST_DATA(path, "7scenes_redkitchen");
  expect_all_mistakes_named(open_capture(path, {.format = 0, .cache_mb = 1024, .depth_max_m = 0}));
}

TEST(InspectData, EveryMistakeMadeOnTheRoomIsNamed) {
  DIO_REQUIRE_TEST_DATA(path, "volumetric_room");
  expect_all_mistakes_named(open_capture(path));
}

TEST(InspectData, EveryMistakeMadeOnTheFoxIsNamed) {
  DIO_REQUIRE_TEST_DATA(path, "volumetric_fox");
  expect_all_mistakes_named(open_capture(path));
}

}  // namespace
}  // namespace diorama
