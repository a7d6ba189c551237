#include "capture/self_check.h"

#include "engine/base/error.h"
#include "tests/capture/box_room.h"
#include "tests/capture/misread.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace diorama {
namespace {

SelfCheck check(const Capture& capture, const InspectOptions& options = {.frames = 60, .pairs = 20}, int threads = 2) {
  ThreadPool pool(threads);
  JobContext job(pool);
  return check_capture(capture, options, job);
}

constexpr size_t kFrames = 24;

std::vector<Camera> misread_cameras(const StoredAs& truly, const StoredAs& taken) {
  std::vector<Camera> cameras = walk_through_room(kFrames);
  for (Camera& camera : cameras) camera.world_from_camera = misread(camera.world_from_camera, truly, taken);
  return cameras;
}

CaptureConventions conventions_of(const StoredAs& taken) {
  CaptureConventions conventions;
  conventions.camera_axes = taken.camera_axes;
  conventions.matrix = taken.matrix;
  conventions.depth_unit = "1 mm";
  return conventions;
}

std::vector<StoredAs> all_ways() {
  return {{"OpenCV", "world_from_camera"},
          {"OpenGL", "world_from_camera"},
          {"OpenCV", "camera_from_world"},
          {"OpenGL", "camera_from_world"}};
}

TEST(SelfCheck, NamesTheAssumptionThatIsWrongWhateverWasDeclared) {
  const std::vector<Camera> cameras = walk_through_room(kFrames);
  for (const StoredAs& truly : all_ways()) {
    for (const StoredAs& taken : all_ways()) {
      SCOPED_TRACE(truly.camera_axes + " " + truly.matrix + " taken as " + taken.camera_axes + " " + taken.matrix);
      const SelfCheck result = check(room_capture(cameras, misread_cameras(truly, taken), 1, conventions_of(taken)));
      const bool axes = truly.camera_axes != taken.camera_axes, matrix = truly.matrix != taken.matrix;
      EXPECT_EQ(result.verdict, axes || matrix ? CheckVerdict::kSuspicious : CheckVerdict::kOk) << result.cause;
      const std::string expected = axes && matrix ? "camera axes, matrix direction"
                                                  : (axes ? "camera axes" : (matrix ? "matrix direction" : ""));
      EXPECT_EQ(result.assumption, expected) << result.cause;
      EXPECT_EQ(result.cause.find("axes look like " + truly.camera_axes) != std::string::npos, axes) << result.cause;
      EXPECT_EQ(result.cause.find("poses look like " + truly.matrix) != std::string::npos, matrix) << result.cause;
    }
  }
}

TEST(SelfCheck, NamesWrongDepthUnits) {
  const std::vector<Camera> cameras = walk_through_room(kFrames);
  const std::vector<std::pair<float, const char*>> wrong{
      {5.0f, "5 times too large"},     {0.2f, "5 times too small"},       {10.0f, "10 times too large"},
      {0.1f, "10 times too small"},    {1000.0f, "1000 times too large"}, {0.001f, "1000 times too small"},
      {100.0f, "100 times too large"}, {0.01f, "100 times too small"}};
  for (const auto& [factor, words] : wrong) {
    const SelfCheck result = check(room_capture(cameras, cameras, factor, conventions_of({})));
    EXPECT_EQ(result.verdict, CheckVerdict::kSuspicious) << words;
    EXPECT_EQ(result.assumption, "depth unit") << words;
    EXPECT_THAT(result.cause, testing::HasSubstr(words));
    EXPECT_THAT(result.cause, testing::HasSubstr("taken as 1 mm a count"));
  }
}

TEST(SelfCheck, NamesAUnitTogetherWithAxes) {
  const StoredAs truly{"OpenGL", "world_from_camera"};
  const SelfCheck result =
      check(room_capture(walk_through_room(kFrames), misread_cameras(truly, {}), 5, conventions_of({})));
  EXPECT_EQ(result.assumption, "camera axes, depth unit") << result.cause;
}

TEST(SelfCheck, FindsNoErrorInExactDepth) {
  const std::vector<Camera> cameras = walk_through_room(kFrames);
  const SelfCheck result = check(room_capture(cameras, cameras));
  EXPECT_EQ(result.verdict, CheckVerdict::kOk) << result.cause;
  EXPECT_TRUE(result.cause.empty());
  // Interpolation in 1/z is exact on planes; what is left is float rounding (1e-7 of some metres).
  EXPECT_LT(*result.median_error_m, 1e-5);
  EXPECT_GT(*result.agreement, 0.98);  // edges that the neighbour test lets through
  EXPECT_GE(result.pairs, 15u);
}

TEST(SelfCheck, SaysThatNoSingleConventionExplainsPosesThatAreSimplyBad) {
  const std::vector<Camera> cameras = walk_through_room(kFrames);
  std::vector<Camera> declared = cameras;
  for (size_t i = 0; i < declared.size(); ++i) {
    const auto turn = static_cast<float>(0.2 * std::sin(12.9898 * static_cast<double>(i)));
    declared[i].world_from_camera.rotation =
        glm::mat3(glm::rotate(glm::mat4(1), turn, glm::vec3(0, 1, 0))) * declared[i].world_from_camera.rotation;
    declared[i].world_from_camera.translation.y += 2 * turn;
  }
  const Capture capture = room_capture(cameras, declared);
  const SelfCheck result = check(capture);
  EXPECT_EQ(result.verdict, CheckVerdict::kSuspicious);
  EXPECT_TRUE(result.assumption.empty()) << result.cause;
  EXPECT_THAT(result.cause, testing::HasSubstr("no single convention"));
  EXPECT_NO_THROW(require_sound(capture, result));
}

TEST(SelfCheck, AWrongAssumptionIsAnErrorThatNamesIt) {
  const StoredAs inverted{"OpenCV", "camera_from_world"};
  const Capture capture =
      room_capture(walk_through_room(kFrames), misread_cameras(inverted, {}), 1, conventions_of({}));
  const SelfCheck result = check(capture);
  try {
    require_sound(capture, result);
    ADD_FAILURE() << "no Error was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidInput);
    EXPECT_THAT(error.what(), testing::HasSubstr("room"));
    EXPECT_THAT(error.what(), testing::HasSubstr("camera_from_world"));
    EXPECT_THAT(error.what(), testing::HasSubstr("matrix direction"));
  }
}

TEST(SelfCheck, KnowsNothingOfACameraThatStandsStill) {
  const std::vector<Camera> cameras(10, walk_through_room(1).front());
  const SelfCheck result = check(room_capture(cameras, cameras));
  EXPECT_EQ(result.verdict, CheckVerdict::kUnknown);
  EXPECT_FALSE(result.cause.empty());
}

TEST(SelfCheck, KnowsNothingWithoutDepth) {
  CaptureContent content;
  content.frames.resize(3);
  content.source = std::make_unique<BoxRoomSource>(std::vector<Camera>{}, 1.0f);
  const SelfCheck result = check(Capture(std::move(content), {}));
  EXPECT_EQ(result.verdict, CheckVerdict::kUnknown);
  EXPECT_THAT(result.cause, testing::HasSubstr("no depth"));
}

TEST(SelfCheck, ChecksARotationWithoutTranslationButNotItsScale) {
  std::vector<Camera> cameras = walk_through_room(kFrames);
  for (Camera& camera : cameras) camera.world_from_camera.translation = {0, 0, -1};
  EXPECT_EQ(check(room_capture(cameras, cameras)).verdict, CheckVerdict::kOk);
  EXPECT_EQ(check(room_capture(cameras, cameras, 5)).verdict, CheckVerdict::kOk);
  std::vector<Camera> flipped = cameras;
  for (Camera& camera : flipped) camera.world_from_camera = with_flipped_axes(camera.world_from_camera);
  EXPECT_EQ(check(room_capture(cameras, flipped)).assumption, "camera axes");
}

TEST(SelfCheck, IsTheSameForAnyThreadCount) {
  const std::vector<Camera> cameras = walk_through_room(kFrames);
  const SelfCheck one = check(room_capture(cameras, cameras), {}, 1),
                  four = check(room_capture(cameras, cameras), {}, 4);
  EXPECT_EQ(one.median_error_m, four.median_error_m);
  EXPECT_EQ(one.agreement, four.agreement);
  EXPECT_EQ(one.hidden, four.hidden);
}

TEST(SelfCheck, LooksAtAFewFramesOfALongCapture) {
  const std::vector<Camera> cameras = walk_through_room(2000, {40, 30});
  const SelfCheck result = check(room_capture(cameras, cameras));
  EXPECT_EQ(result.verdict, CheckVerdict::kOk) << result.cause;
  EXPECT_LE(result.frames, 60u);
  EXPECT_GE(result.pairs, 15u);
}

TEST(SelfCheck, RefusesOptionsOutOfRange) {
  const std::vector<Camera> cameras = walk_through_room(2);
  EXPECT_THROW(check(room_capture(cameras, cameras), {.frames = 0, .pairs = 40}), Error);
}

TEST(SelfCheck, CanBeCancelled) {
  const std::vector<Camera> cameras = walk_through_room(kFrames);
  const Capture capture = room_capture(cameras, cameras);
  ThreadPool pool(2);
  JobContext job(pool);
  job.request_cancel();
  EXPECT_THROW(check_capture(capture, {}, job), Error);
}

}  // namespace
}  // namespace diorama
