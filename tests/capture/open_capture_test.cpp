#include "capture/readers/reader.h"
#include "tests/capture/sample_capture.h"

#include <limits>

namespace diorama {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr const char* kPose = "1 0 0 0 0 1 0 0 0 0 1 0 0 0 0 1";
constexpr const char* kTransforms =
    R"({"fl_x": 50, "frames": [{"file_path": "frame-000000.color.png",
     "transform_matrix": [[1,0,0,0],[0,1,0,0],[0,0,1,0],[0,0,0,1]]}]})";

void write_seven_scenes(const fs::path& folder) {
  write_color(folder / "frame-000000.color.png", {64, 48});
  write_depth(folder / "frame-000000.depth.png", {64, 48});
  write_file(folder / "frame-000000.pose.txt", kPose);
}

class NoSource final : public FrameSource {
 public:
  FrameImages load(size_t, FrameParts) const override { return {}; }
};

CaptureContent content_of(size_t count) {
  CaptureContent content;
  for (size_t i = 0; i < count; ++i) {
    Frame frame;
    frame.id = std::to_string(i);
    frame.color = {{64, 48}, {50, 50}, {32, 24}, {}};
    content.frames.push_back(frame);
  }
  content.source = std::make_unique<NoSource>();
  return content;
}

std::string finish_error(CaptureContent content) {
  try {
    finish_content(content);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(OpenCapture, PrefersTransformsToSevenScenesAndCaptureJsonToBoth) {
  const TempDir dir;
  write_seven_scenes(dir.path());
  EXPECT_EQ(open_capture(dir.path()).conventions().format, "7scenes");
  write_file(dir / "transforms.json", kTransforms);
  EXPECT_EQ(open_capture(dir.path()).conventions().format, "transforms");
  EXPECT_EQ(open_capture(dir.path(), forced("7scenes")).conventions().format, "7scenes");
  write_file(dir / "capture.json", "{}");
  EXPECT_THAT(error_of(dir.path()), HasSubstr("capture.json: format is missing"));
  EXPECT_EQ(open_capture(dir / "transforms.json").conventions().format, "transforms");
  EXPECT_EQ(open_capture(dir.path(), forced("transforms")).conventions().format, "transforms");
}

TEST(OpenCapture, TakesTheFoldersNameWithATrailingSlashToo) {
  const TempDir dir;
  write_seven_scenes(dir / "kitchen");
  EXPECT_EQ(open_capture(dir / "kitchen").name(), "kitchen");
  EXPECT_EQ(open_capture(dir / "kitchen/").name(), "kitchen");
  EXPECT_EQ(open_capture(dir / "kitchen/.").name(), "kitchen");
}

TEST(OpenCapture, SaysWhatAPlainFileShouldBe) {
  const TempDir dir;
  write_file(dir / "notes.txt", "hello");
  EXPECT_THAT(error_of(dir / "notes.txt"), AllOf(HasSubstr("notes.txt: is a file"), HasSubstr("folder of a capture")));
}

TEST(OpenCapture, SaysThatThePathDoesNotExist) {
  EXPECT_THAT(error_of("/nonexistent/capture", ErrorCode::kNotFound), HasSubstr("/nonexistent/capture"));
}

TEST(OpenCapture, SaysWhichLayoutsItLookedFor) {
  const TempDir dir;
  EXPECT_THAT(error_of(dir.path()), AllOf(HasSubstr("the folder is empty"), HasSubstr("transforms.json"),
                                          HasSubstr("capture.json"), HasSubstr(".pose.txt")));
  write_file(dir / "notes.txt", "hello");
  EXPECT_THAT(error_of(dir.path()), HasSubstr("no capture is recognised here"));
}

TEST(OpenCapture, RefusesOptionsOutOfRange) {
  const TempDir dir;
  CaptureOptions options;
  options.cache_mb = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THAT(error_of(dir.path(), ErrorCode::kInvalidInput, options), HasSubstr("cache-mb"));
  options.cache_mb = 1;
  options.depth_max_m = -1;
  EXPECT_THAT(error_of(dir.path(), ErrorCode::kInvalidInput, options), HasSubstr("depth-max"));
}

TEST(FinishContent, HoldsOutEveryEighthFrameWithoutASplit) {
  CaptureContent content = content_of(20);
  finish_content(content);
  for (size_t i = 0; i < 20; ++i) EXPECT_EQ(content.frames[i].split == Split::kTest, i % 8 == 0) << i;
}

TEST(FinishContent, KeepsADeclaredSplit) {
  CaptureContent content = content_of(20);
  content.has_split = true;
  content.frames[5].split = Split::kTest;
  finish_content(content);
  for (size_t i = 0; i < 20; ++i) EXPECT_EQ(content.frames[i].split == Split::kTest, i == 5) << i;
}

TEST(FinishContent, HoldsOutWholeCamerasOfARig) {
  CaptureContent content = content_of(40);
  for (size_t i = 0; i < 40; ++i) content.frames[i].camera = static_cast<int>(i % 10);
  finish_content(content);
  for (size_t i = 0; i < 40; ++i) EXPECT_EQ(content.frames[i].split == Split::kTest, i % 10 == 0 || i % 10 == 8) << i;
}

TEST(FinishContent, NamesTheFrameThatIsWrong) {
  EXPECT_THAT(finish_error(content_of(0)), HasSubstr("no frames"));
  CaptureContent twice = content_of(3);
  twice.frames[2].id = "1";
  EXPECT_THAT(finish_error(std::move(twice)), HasSubstr("two frames are called 1"));
  CaptureContent focal = content_of(3);
  focal.frames[2].color.focal_px.x = -5;
  EXPECT_THAT(finish_error(std::move(focal)), HasSubstr("frame 2: the focal length is -5"));
  CaptureContent depth = content_of(3);
  depth.frames[1].depth = Camera{};
  EXPECT_THAT(finish_error(std::move(depth)), HasSubstr("frame 1: the image size is 0x0"));
  CaptureContent pose = content_of(3);
  pose.frames[0].color.world_from_camera.rotation[1][2] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THAT(finish_error(std::move(pose)), HasSubstr("frame 0: the pose has an entry"));
  CaptureContent time = content_of(3);
  time.frames[0].time_s = std::numeric_limits<double>::infinity();
  EXPECT_THAT(finish_error(std::move(time)), HasSubstr("frame 0: the time"));
}

TEST(UpFromCameras, IsTheMeanOfTheCamerasUp) {
  CaptureContent content = content_of(2);
  const glm::mat3 turned(glm::vec3(1, 0, 0), glm::vec3(0, 0, -1), glm::vec3(0, 1, 0));  // its down is world -z
  content.frames[0].color.world_from_camera.rotation = turned;
  const glm::vec3 up = up_from_cameras(content.frames);  // the mean of +z and -y
  EXPECT_NEAR(up.y, -std::sqrt(0.5f), 1e-6);             // float rounding
  EXPECT_NEAR(up.z, std::sqrt(0.5f), 1e-6);
}

TEST(UpFromCameras, HasAnAnswerWhereCamerasCancelOut) {
  CaptureContent content = content_of(2);
  content.frames[0].color.world_from_camera.rotation =
      glm::mat3(glm::vec3(-1, 0, 0), glm::vec3(0, -1, 0), glm::vec3(0, 0, 1));
  EXPECT_EQ(up_from_cameras(content.frames), glm::vec3(0, 0, 1));
}

}  // namespace
}  // namespace diorama
