#include "capture/readers/transforms.h"
#include "tests/capture/sample_capture.h"

#include <fmt/format.h>

#include <cmath>

namespace diorama {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kIdentity = "[[1,0,0,0],[0,1,0,0],[0,0,1,0],[0,0,0,1]]";
constexpr const char* kLens = R"("fl_x": 50, "fl_y": 51, "cx": 33, "cy": 23, "w": 64, "h": 48)";

std::string frame_json(const std::string& path, const std::string& more = "") {
  return fmt::format(R"({{"file_path": "{}", "transform_matrix": {}{}{}}})", path, kIdentity, more.empty() ? "" : ",",
                     more);
}

std::string file_json(const std::string& head, const std::vector<std::string>& frames) {
  return fmt::format("{{{}{}\"frames\": [{}]}}", head, head.empty() ? "" : ",", fmt::join(frames, ","));
}

std::string parse_error(const std::string& text, ErrorCode code = ErrorCode::kInvalidInput) {
  try {
    parse_transforms(text);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code);
    return error.what();
  }
  return "no error";
}

TEST(Transforms, TurnsOpenGlCamerasIntoOpenCv) {
  // OpenGL: looks along -z; the camera at x = 1 sees the world's -z axis, y up.
  const TransformsFile file = parse_transforms(
      R"({"fl_x": 50, "frames": [{"file_path": "a.png",
      "transform_matrix": [[1,0,0,1],[0,1,0,2],[0,0,1,3],[0,0,0,1]]}]})");
  const Rigid pose = file.frames[0].world_from_camera;
  EXPECT_EQ(pose * glm::vec3(0, 0, 1), glm::vec3(1, 2, 2));  // forward
  EXPECT_EQ(pose * glm::vec3(0, 1, 0), glm::vec3(1, 1, 3));  // down
  EXPECT_EQ(pose * glm::vec3(1, 0, 0), glm::vec3(2, 2, 3));  // right
}

TEST(Transforms, LetsAFrameOverrideTheFilesLens) {
  const TransformsFile file = parse_transforms(file_json(
      std::string(kLens) + R"(,"k1": 0.1)", {frame_json("a.png"), frame_json("b.png", R"("fl_x": 99, "k1": 0)")}));
  EXPECT_EQ(file.frames[0].lens.focal_x_px, 50.0f);
  EXPECT_EQ(file.frames[1].lens.focal_x_px, 99.0f);
  EXPECT_EQ(file.frames[1].lens.focal_y_px, 51.0f);
  EXPECT_EQ(file.frames[0].lens.distortion.k1, 0.1);
  EXPECT_EQ(file.frames[1].lens.distortion.k1, 0.0);
}

TEST(Transforms, TakesTheFocalLengthFromTheAngle) {
  TransformsLens lens;
  lens.angle_x = 0.6911112f;
  const Camera camera = camera_of(lens, {400, 400}, {});
  EXPECT_NEAR(camera.focal_px.x, 555.555, 1e-2);  // 200 / tan(0.3455556)
  EXPECT_EQ(camera.focal_px.x, camera.focal_px.y);
  EXPECT_EQ(camera.center_px, glm::vec2(200, 200));
}

TEST(Transforms, ScalesKToAResizedImage) {
  TransformsLens lens;
  lens.size_px = glm::ivec2(1008, 756);
  lens.focal_x_px = 800.0f;
  lens.center_x_px = 500.0f;
  const Camera camera = camera_of(lens, {504, 378}, {});
  EXPECT_EQ(camera.size_px, glm::ivec2(504, 378));
  EXPECT_EQ(camera.focal_px, glm::vec2(400));
  EXPECT_EQ(camera.center_px, glm::vec2(250, 189));
  EXPECT_THROW(camera_of(lens, {756, 1008}, {}), Error);  // turned
  lens.focal_x_px.reset();
  EXPECT_THROW(camera_of(lens, {504, 378}, {}), Error);  // no focal length at all
}

TEST(Transforms, NamesKeyAndFrameOfBadValues) {
  const std::string good = frame_json("a.png");
  EXPECT_THAT(parse_error("{"), HasSubstr("line 1, column 2"));
  EXPECT_THAT(parse_error("{\n\"w\": nan}"), HasSubstr("line 2, column"));
  EXPECT_THAT(parse_error("[]"), HasSubstr("expected an object"));
  EXPECT_THAT(parse_error("{}"), HasSubstr("frames is missing"));
  EXPECT_THAT(parse_error(R"({"frames": {}})"), HasSubstr("frames is an object, expected a list"));
  EXPECT_THAT(parse_error(R"({"frames": [1]})"), HasSubstr("frames[0] is a number, expected an object"));
  EXPECT_THAT(parse_error(file_json("", {good, R"({"file_path": "b"})"})),
              HasSubstr("frames[1].transform_matrix is m"));
  EXPECT_THAT(parse_error(file_json("", {frame_json("a", R"("w": "x", "h": 3)")})), HasSubstr("frames[0].w is a text"));
  EXPECT_THAT(parse_error(file_json(R"("w": 1e9, "h": 1)", {good})), HasSubstr("w is 1000000000"));
  EXPECT_THAT(parse_error(file_json(R"("w": 10.5, "h": 1)", {good})), HasSubstr("whole number"));
  EXPECT_THAT(parse_error(file_json(R"("fl_x": -1)", {good})), HasSubstr("fl_x is -1, expected a positive number"));
  EXPECT_THAT(parse_error(file_json(R"("fl_x": 1e999)", {good})), HasSubstr("not sound JSON"));
  EXPECT_THAT(parse_error(file_json(R"("fl_x": 1e300)", {good})), HasSubstr("expected a positive number"));
  EXPECT_THAT(parse_error(file_json(R"("camera_angle_x": 4)", {good})), HasSubstr("radians between 0 and pi"));
  EXPECT_THAT(parse_error(file_json(R"("depth_unit_scale_factor": 0)", {good})), HasSubstr("expected a positive"));
  EXPECT_THAT(parse_error(file_json("", {frame_json("a", R"("split": "dev")")})), HasSubstr("expected train, val or"));
}

TEST(Transforms, NamesTheFrameOfABadPose) {
  const auto with_matrix = [](const std::string& matrix) {
    return parse_error(R"({"frames": [{"file_path": "a", "transform_matrix": )" + matrix + "}]}");
  };
  EXPECT_THAT(with_matrix("[[1,0,0,0],[0,1,0,0]]"), HasSubstr("frames[0].transform_matrix has 2 entries"));
  EXPECT_THAT(with_matrix("[[1,0,0,0],[0,1,0],[0,0,1,0]]"), HasSubstr("transform_matrix[1] has 3 entries"));
  EXPECT_THAT(with_matrix("[[1,0,0,0],[0,1,0,0],[0,0,\"1\",0]]"), HasSubstr("transform_matrix[2][2] is a text"));
  EXPECT_THAT(with_matrix("[[2,0,0,0],[0,2,0,0],[0,0,2,0]]"), HasSubstr("not a rotation"));
  EXPECT_THAT(with_matrix("[[1,0,0,0],[0,1,0,0],[0,0,-1,0]]"), HasSubstr("mirrors"));
}

TEST(Transforms, NamesLensesThatItCannotRead) {
  EXPECT_THAT(parse_error(file_json(R"("camera_model": "OPENCV_FISHEYE")", {}), ErrorCode::kUnsupported),
              HasSubstr("camera_model is OPENCV_FISHEYE"));
  EXPECT_THAT(parse_error(file_json(R"("is_fisheye": true)", {}), ErrorCode::kUnsupported), HasSubstr("is_fisheye"));
  EXPECT_THAT(parse_error(file_json("", {frame_json("a", R"("k4": 0.1)")}), ErrorCode::kUnsupported),
              HasSubstr("frames[0].k4"));
  EXPECT_EQ(parse_error(file_json(R"("camera_model": "PINHOLE", "k4": 0, "is_fisheye": false)", {})), "no error");
}

TEST(Transforms, SurvivesDeepNesting) {
  EXPECT_THAT(parse_error(std::string(1000000, '[')), HasSubstr("not sound JSON"));
  EXPECT_THAT(parse_error(std::string(200000, '[') + std::string(200000, ']')), HasSubstr("expected an object"));
}

TEST(TransformsReader, ReadsNerfstudioWithDepthAndMask) {
  const TempDir dir;
  write_color(dir / "images/0001.png", {64, 48});
  write_depth(dir / "depth/0001.png", {32, 24}, 4000);
  write_file(dir / "masks/0001.png", encode_png(ImageU8({64, 48}, 255)));
  write_file(dir / "transforms.json",
             file_json(std::string(kLens) + R"(,"depth_unit_scale_factor": 0.00025, "camera_model": "OPENCV")",
                       {frame_json("images/0001.png", R"("depth_file_path": "depth/0001.png", "mask_path":
                       "masks/0001.png", "time": 0.5)")}));
  const Capture capture = open_capture(dir.path());
  EXPECT_EQ(capture.conventions().format, "transforms");
  EXPECT_EQ(capture.conventions().depth_unit, "0.25 mm");
  EXPECT_EQ(capture.conventions().up_in_world, glm::vec3(0, 0, 1));
  EXPECT_TRUE(capture.conventions().metric);
  EXPECT_TRUE(capture.conventions().color_registered);
  const Frame& frame = capture.frames()[0];
  EXPECT_EQ(frame.id, "0001");
  EXPECT_EQ(frame.time_s, 0.5);
  EXPECT_TRUE(frame.has_mask);
  EXPECT_EQ(frame.depth->focal_px, glm::vec2(25, 25.5));
  EXPECT_EQ(frame.depth->center_px, glm::vec2(16.5, 11.5));
  const FrameImages images = capture.load(0);
  EXPECT_FLOAT_EQ(images.depth_m->at(3, 3), 1.0f);
  EXPECT_EQ(images.mask->at(3, 3), 255);
}

TEST(TransformsReader, ScalesKForDepthOfAnotherSizeWithoutDeclaredSizes) {
  const TempDir dir;
  write_color(dir / "a.png", {64, 48});
  write_depth(dir / "a_depth.png", {32, 24});
  write_file(dir / "transforms.json",
             file_json(R"("fl_x": 50)", {frame_json("a.png", R"("depth_path": "a_depth.png")")}));
  const Capture capture = open_capture(dir.path());
  EXPECT_EQ(capture.frames()[0].color.focal_px, glm::vec2(50));
  EXPECT_EQ(capture.frames()[0].depth->focal_px, glm::vec2(25));
}

TEST(TransformsReader, CountsMissingImagesInOneWarning) {
  const TempDir dir;
  write_color(dir / "b.jpg", {64, 48});
  write_file(dir / "transforms.json", file_json(kLens, {frame_json("a"), frame_json("b"), frame_json("c")}));
  const Capture capture = open_capture(dir / "transforms.json");
  ASSERT_EQ(capture.frames().size(), 1u);
  EXPECT_EQ(capture.frames()[0].id, "b");
  EXPECT_THAT(capture.warnings(), ElementsAre(AllOf(HasSubstr("2 images are missing"), HasSubstr("first is a"))));
  EXPECT_FALSE(capture.conventions().metric);
}

TEST(TransformsReader, SaysWhenNoImageExists) {
  const TempDir dir;
  write_file(dir / "transforms.json", file_json(kLens, {frame_json("a.png"), frame_json("b.png")}));
  EXPECT_THAT(error_of(dir.path(), ErrorCode::kNotFound), HasSubstr("none of the 2 images"));
  write_file(dir / "transforms.json", file_json(kLens, {}));
  EXPECT_THAT(error_of(dir.path()), HasSubstr("lists no frames"));
}

TEST(TransformsReader, NamesADepthImageOfAnotherShapeOrSize) {
  const TempDir dir;
  for (const char* id : {"a", "b"}) write_color(dir / (std::string(id) + ".png"), {64, 48});
  write_depth(dir / "a_depth.png", {64, 48});
  write_depth(dir / "b_depth.png", {32, 24});
  write_file(dir / "transforms.json", file_json(kLens, {frame_json("a.png", R"("depth_file_path": "a_depth.png")"),
                                                        frame_json("b.png", R"("depth_file_path": "b_depth.png")")}));
  EXPECT_THAT(error_of(dir.path()), AllOf(HasSubstr("b_depth.png"), HasSubstr("is 32x24, expected 64x48")));
  write_depth(dir / "a_depth.png", {64, 20});
  EXPECT_THAT(error_of(dir.path()), AllOf(HasSubstr("a_depth.png"), HasSubstr("64x20")));
}

TEST(TransformsReader, LeavesOutDepthThatIsNotSixteenBit) {
  const TempDir dir;
  write_color(dir / "a.png", {64, 48});
  write_color(dir / "a_depth.png", {64, 48});
  write_file(dir / "transforms.json", file_json(kLens, {frame_json("a.png", R"("depth_file_path": "a_depth.png")")}));
  const Capture capture = open_capture(dir.path());
  EXPECT_FALSE(capture.frames()[0].depth.has_value());
  EXPECT_FALSE(capture.conventions().metric);
  EXPECT_THAT(capture.warnings(), ElementsAre(HasSubstr("not 16-bit grey PNG")));
}

TEST(TransformsReader, HonoursSplitsOfFrames) {
  const TempDir dir;
  for (const char* id : {"a", "b", "c"}) write_color(dir / (std::string(id) + ".png"), {64, 48});
  const auto write = [&](const char* a, const char* b, const char* c) {
    const auto frame = [](const char* id, const char* split) {
      return frame_json(std::string(id) + ".png", fmt::format(R"("split": "{}")", split));
    };
    write_file(dir / "transforms.json", file_json(kLens, {frame("a", a), frame("b", b), frame("c", c)}));
    return open_capture(dir.path());
  };
  EXPECT_THAT(write("train", "train", "test").frames_of(Split::kTest), ElementsAre(2u));
  EXPECT_THAT(write("train", "val", "train").frames_of(Split::kTest), ElementsAre(1u));
  EXPECT_THAT(write("train", "train", "train").frames_of(Split::kTest), ElementsAre(0u));  // index % 8
  const Capture all = write("train", "val", "test");
  EXPECT_THAT(all.frames_of(Split::kTrain), ElementsAre(0u));
  EXPECT_THAT(all.frames_of(Split::kValidation), ElementsAre(1u));
  EXPECT_THAT(all.frames_of(Split::kTest), ElementsAre(2u));
  EXPECT_THAT(all.warnings(), ElementsAre());
}

TEST(TransformsReader, HonoursListsOfFileNames) {
  const TempDir dir;
  for (const char* id : {"a", "b", "c"}) write_color(dir / (std::string(id) + ".png"), {64, 48});
  write_file(dir / "transforms.json",
             file_json(std::string(kLens) + R"(,"train_filenames": ["a.png"], "val_filenames": ["c.png"],
                       "test_filenames": ["c.png"])",
                       {frame_json("a.png"), frame_json("b.png"), frame_json("c.png")}));
  const Capture capture = open_capture(dir.path());
  ASSERT_EQ(capture.frames().size(), 2u);
  EXPECT_EQ(capture.frames()[1].id, "c");
  EXPECT_THAT(capture.frames_of(Split::kTest), ElementsAre(1u));
}

TEST(TransformsReader, ReadsBlendersFileASplit) {
  const TempDir dir;
  for (const char* name : {"train/r_0.png", "train/r_1.png", "val/r_0.png", "test/r_0.png"}) {
    write_color(dir / name, {40, 40}, {10, 20, 30, 128});
  }
  const auto split = [](const std::string& folder, int count) {
    std::vector<std::string> frames;
    for (int i = 0; i < count; ++i) frames.push_back(frame_json(fmt::format("./{}/r_{}", folder, i)));
    return file_json(R"("camera_angle_x": 0.7)", frames);
  };
  write_file(dir / "transforms_train.json", split("train", 2));
  write_file(dir / "transforms_val.json", split("val", 1));
  write_file(dir / "transforms_test.json", split("test", 1));
  const Capture capture = open_capture(dir.path());
  ASSERT_EQ(capture.frames().size(), 4u);
  EXPECT_EQ(capture.frames()[3].id, "test/r_0");  // train has an r_0 too
  EXPECT_THAT(capture.frames_of(Split::kTest), ElementsAre(3u));
  EXPECT_THAT(capture.frames_of(Split::kValidation), ElementsAre(2u));
  EXPECT_TRUE(capture.frames()[0].has_alpha);
  EXPECT_EQ(capture.load(0).color->at(0, 0).a, 128);
  fs::remove(dir / "transforms_test.json");
  EXPECT_EQ(open_capture(dir.path()).frames()[2].id, "val/r_0");
  EXPECT_THAT(open_capture(dir.path()).frames_of(Split::kTest), ElementsAre(2u));
}

TEST(TransformsReader, TakesSevenScenesNamesForUnregisteredColor) {
  const TempDir dir;
  write_color(dir / "data/frame-000000.color.png", {64, 48});
  write_depth(dir / "data/frame-000000.depth.png", {64, 48}, 65535);
  write_file(dir / "transforms.json",
             file_json(kLens, {frame_json("data/frame-000000.color.png",
                                          R"("depth_file_path": "data/frame-000000.depth.png")")}));
  const Capture capture = open_capture(dir.path());
  EXPECT_FALSE(capture.conventions().color_registered);
  EXPECT_EQ(capture.conventions().intrinsics_of, "depth");
  EXPECT_EQ(capture.conventions().up_source, "cameras");
  EXPECT_EQ(capture.frames()[0].id, "frame-000000");
  EXPECT_EQ(capture.load(0).depth_m->at(0, 0), 0.0f);
}

TEST(TransformsReader, MasksWhatTheLensNeverSaw) {
  const TempDir dir;
  write_color(dir / "a.png", {64, 48});
  write_file(dir / "transforms.json", file_json(std::string(kLens) + R"(,"k1": 0.2)", {frame_json("a.png")}));
  const Capture capture = open_capture(dir.path());
  EXPECT_TRUE(capture.frames()[0].has_mask);
  const FrameImages images = capture.load(0);
  EXPECT_EQ(images.mask->at(0, 0), 0);
  EXPECT_EQ(images.mask->at(32, 24), 255);
  EXPECT_EQ(images.color->at(0, 0), glm::u8vec4(200, 100, 50, 255));
}

}  // namespace
}  // namespace diorama
