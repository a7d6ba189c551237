#include "capture/readers/capture_json.h"
#include "tests/capture/sample_capture.h"

#include <nlohmann/json.hpp>

namespace diorama {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;

json identity() {
  return {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1};
}

json sample() {
  const json lens = {{"size", {64, 48}}, {"focal", {50, 51}}, {"center", {32, 24}}};
  json root = {{"format", "diorama-capture"}, {"version", 1},           {"name", "room"}, {"up", {0, 1, 0}},
               {"color_registered", true},    {"depth_unit_m", 0.00025}};
  root["cameras"] = json::array({{{"id", "main"}, {"color", lens}, {"depth", lens}}});
  root["frames"] = json::array({{{"id", "000000"},
                                 {"camera", 0},
                                 {"time_s", 0.25},
                                 {"split", "test"},
                                 {"world_from_camera", identity()},
                                 {"color", "color/0.png"},
                                 {"depth", "depth/0.png"},
                                 {"ids", "ids/0.png"}}});
  return root;
}

std::string parse_error(const json& root, ErrorCode code = ErrorCode::kInvalidInput) {
  try {
    parse_capture_json(root.dump());
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code);
    return error.what();
  }
  return "no error";
}

TEST(CaptureJson, ReadsACaptureWithDepth) {
  const TempDir dir;
  write_color(dir / "color/0.png", {64, 48});
  write_depth(dir / "depth/0.png", {64, 48}, 8000);
  write_file(dir / "capture.json", sample().dump());
  const Capture capture = open_capture(dir.path());
  EXPECT_EQ(capture.name(), "room");
  EXPECT_EQ(capture.conventions().format, "synth");
  EXPECT_EQ(capture.conventions().depth_unit, "0.25 mm");
  EXPECT_EQ(capture.conventions().up_in_world, glm::vec3(0, 1, 0));
  EXPECT_TRUE(capture.conventions().color_registered);
  EXPECT_FALSE(capture.calibration().has_value());
  EXPECT_EQ(capture.frames()[0].time_s, 0.25);
  EXPECT_THAT(capture.frames_of(Split::kTest), ElementsAre(0u));
  EXPECT_FLOAT_EQ(capture.load(0).depth_m->at(1, 1), 2.0f);
}

TEST(CaptureJson, ReadsConfidenceAndMask) {
  const TempDir dir;
  write_color(dir / "color/0.png", {64, 48});
  write_depth(dir / "depth/0.png", {64, 48});
  write_file(dir / "c.png", encode_png(ImageU8({64, 48}, 51)));
  write_file(dir / "m.png", encode_png(ImageU8({64, 48}, 0)));
  json root = sample();
  root["frames"][0]["confidence"] = "c.png";
  root["frames"][0]["mask"] = "m.png";
  write_file(dir / "capture.json", root.dump());
  const FrameImages images = open_capture(dir.path()).load(0);
  EXPECT_FLOAT_EQ(images.confidence->at(0, 0), 0.2f);
  EXPECT_EQ(images.mask->at(0, 0), 0);
}

TEST(CaptureJson, PlacesTheColorCameraOfACalibratedRig) {
  json root = sample();
  root["color_registered"] = false;
  json motion = identity();
  motion[3] = -0.02;  // the colour camera sits 2 cm to the right of the depth camera
  root["cameras"][0]["color_from_depth"] = motion;
  const CaptureJson parsed = parse_capture_json(root.dump());
  EXPECT_EQ(parsed.content.frames[0].depth->world_from_camera.translation, glm::vec3(0));
  EXPECT_EQ(parsed.content.frames[0].color.world_from_camera.translation, glm::vec3(0.02f, 0, 0));
  ASSERT_TRUE(parsed.content.calibration.has_value());
  EXPECT_EQ(parsed.content.calibration->color_from_depth.translation.x, -0.02f);
  EXPECT_EQ(parsed.content.calibration->color.focal_px, glm::vec2(50, 51));
}

TEST(CaptureJson, TakesAnUncalibratedRigAsShipped) {
  json root = sample();
  root["color_registered"] = false;
  const CaptureJson parsed = parse_capture_json(root.dump());
  EXPECT_FALSE(parsed.content.conventions.color_registered);
  EXPECT_FALSE(parsed.content.calibration.has_value());
}

TEST(CaptureJson, HoldsOutWholeCamerasOfARig) {
  const TempDir dir;
  write_color(dir / "color/0.png", {64, 48});
  json root = sample();
  root["frames"].clear();
  for (int camera = 0; camera < 10; ++camera) {
    root["cameras"][static_cast<size_t>(camera)] = sample()["cameras"][0];
    for (int time = 0; time < 2; ++time) {
      json frame = sample()["frames"][0];
      frame["id"] = "cam" + std::to_string(camera) + "/" + std::to_string(time);
      frame["camera"] = camera;
      frame.erase("split");
      frame.erase("depth");
      root["frames"].push_back(frame);
    }
  }
  write_file(dir / "capture.json", root.dump());
  EXPECT_THAT(open_capture(dir.path()).frames_of(Split::kTest), ElementsAre(0u, 1u, 16u, 17u));
  root["cameras"][3]["split"] = "test";
  root["frames"][0]["split"] = "train";
  write_file(dir / "capture.json", root.dump());
  EXPECT_THAT(open_capture(dir.path()).frames_of(Split::kTest), ElementsAre(6u, 7u));
}

TEST(CaptureJson, NamesKeyAndFrameOfBadValues) {
  const auto changed = [](const char* pointer, const json& value) {
    json root = sample();
    root[json::json_pointer(pointer)] = value;
    return root;
  };
  EXPECT_THAT(parse_error(json::array()), HasSubstr("expected an object"));
  EXPECT_THAT(parse_error(changed("/format", "x")), HasSubstr("expected \"diorama-capture\""));
  EXPECT_THAT(parse_error(changed("/version", 2), ErrorCode::kUnsupported), HasSubstr("version is 2"));
  EXPECT_THAT(parse_error(changed("/up", {0, 0, 0})), HasSubstr("up has length 0"));
  EXPECT_THAT(parse_error(changed("/depth_unit_m", -1)), HasSubstr("depth_unit_m is -1"));
  EXPECT_THAT(parse_error(changed("/cameras", json::array())), HasSubstr("cameras is empty"));
  EXPECT_THAT(parse_error(changed("/cameras/0/color/focal", {0, 1})), HasSubstr("cameras[0].color"));
  EXPECT_THAT(parse_error(changed("/cameras/0/color/size", {0, 1})), HasSubstr("cameras[0].color.size[0] is 0"));
  EXPECT_THAT(parse_error(changed("/cameras/0/color_from_depth", identity())), HasSubstr("contradicts"));
  EXPECT_THAT(parse_error(changed("/cameras/0/depth", nullptr)), HasSubstr("cameras[0].depth is missing"));
  EXPECT_THAT(parse_error(changed("/frames/0/camera", 1)), HasSubstr("frames[0].camera is 1"));
  EXPECT_THAT(parse_error(changed("/frames/0/camera", -1)), HasSubstr("frames[0].camera is -1"));
  EXPECT_THAT(parse_error(changed("/frames/0/color", 5)), HasSubstr("frames[0].color is a number"));
  EXPECT_THAT(parse_error(changed("/frames/0/split", "val")), HasSubstr("expected train or test"));
  EXPECT_THAT(parse_error(changed("/frames/0/world_from_camera", {1, 2})), HasSubstr("has 2 entries"));
  EXPECT_THAT(parse_error(changed("/frames/0/world_from_camera/0", 3)), HasSubstr("not a rotation"));
}

TEST(CaptureJson, SaysWhenFramesOrImagesAreMissing) {
  const TempDir dir;
  write_file(dir / "capture.json", sample().dump());
  EXPECT_THAT(error_of(dir.path(), ErrorCode::kNotFound), HasSubstr("none of the 1 images"));
  json root = sample();
  root["frames"].clear();
  write_file(dir / "capture.json", root.dump());
  EXPECT_THAT(error_of(dir.path()), HasSubstr("the capture has no frames"));
}

}  // namespace
}  // namespace diorama
