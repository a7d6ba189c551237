#include "capture/capture.h"
#include "tests/capture/sample_capture.h"

namespace diorama {
namespace {

namespace fs = std::filesystem;

std::string camera_json(const std::string& id, const std::string& split, const std::string& more = "") {
  return fmt::format(
      R"json({{"id": "{}", "width": 32, "height": 24, "fx": 30, "fy": 31, "cx": 16.5, "cy": 12,
          "world_from_camera": [1,0,0,1, 0,1,0,2, 0,0,1,3, 0,0,0,1],
          "axes": "OpenCV (+x right, +y down, +z forward)", "split": "{}"{}}})json",
      id, split, more);
}

std::string meta_json(const std::string& cameras, const std::string& more = "") {
  return fmt::format(R"({{"fps": 10, "frames": 2, "depth_unit": "millimetre", "background": "alpha",
                          "world": "right-handed, +Y up"{}, "cameras": [{}]}})",
                     more, cameras);
}

void write_rig(const fs::path& folder) {
  write_file(folder / "meta.json", meta_json(camera_json("cam00", "train") + "," + camera_json("cam01", "test")));
  for (const char* camera : {"cam00", "cam01"}) {
    for (int frame = 0; frame < 2; ++frame) {
      write_color(folder / fmt::format("rgb/{}/frame_{:04}.png", camera, frame), {32, 24});
      write_depth(folder / fmt::format("depth/{}/frame_{:04}.png", camera, frame), {32, 24}, 1500);
    }
  }
}

TEST(RigReader, GoesThroughAllCamerasOfAMomentBeforeTheNext) {
  const TempDir dir;
  write_rig(dir.path());
  const Capture capture = open_capture(dir.path());
  EXPECT_EQ(capture.conventions().format, "rig");
  std::vector<std::string> ids;
  for (const Frame& frame : capture.frames()) ids.push_back(frame.id);
  EXPECT_EQ(ids, (std::vector<std::string>{"cam00/0000", "cam01/0000", "cam00/0001", "cam01/0001"}));
  const Frame& last = capture.frames()[3];
  EXPECT_EQ(last.camera, 1);
  EXPECT_DOUBLE_EQ(*last.time_s, 0.1);
  EXPECT_EQ(last.split, Split::kTest);
  EXPECT_TRUE(last.has_alpha);
  EXPECT_EQ(last.color.center_px, glm::vec2(16.5f, 12));
  EXPECT_EQ(last.color.world_from_camera.translation, glm::vec3(1, 2, 3));
  EXPECT_EQ(capture.conventions().up_in_world, glm::vec3(0, 1, 0));
  EXPECT_FLOAT_EQ(capture.load(3).depth_m->at(0, 0), 1.5f);
}

TEST(RigReader, LeavesOutMissingColourAndKeepsFramesWithoutDepth) {
  const TempDir dir;
  write_rig(dir.path());
  fs::remove(dir / "rgb/cam00/frame_0001.png");
  fs::remove(dir / "depth/cam01/frame_0000.png");
  const Capture capture = open_capture(dir.path());
  ASSERT_EQ(capture.frames().size(), 3u);
  EXPECT_FALSE(capture.frames()[1].depth);
  ASSERT_EQ(capture.warnings().size(), 2u);
  EXPECT_THAT(capture.warnings()[0], testing::HasSubstr("camera cam00: 1 of 2 colour images are not in"));
  EXPECT_THAT(capture.warnings()[0], testing::EndsWith("left out: 0001"));
  EXPECT_THAT(capture.warnings()[1], testing::HasSubstr("camera cam01: 1 of 2 frames have no depth image"));
}

TEST(RigReader, ListsTheFramesThatACameraDropped) {
  const TempDir dir;
  write_rig(dir.path());
  std::string meta = meta_json(camera_json("cam00", "train") + "," + camera_json("cam01", "test"));
  write_file(dir / "meta.json", meta.replace(meta.find("\"frames\": 2"), 11, "\"frames\": 40"));
  for (int frame = 2; frame < 40; ++frame) {
    const bool dropped = frame == 5 || (frame >= 10 && frame < 14) || (frame > 20 && frame % 3 == 0);
    const std::string name = fmt::format("frame_{:04}.png", frame);
    fs::copy_file(dir / "rgb/cam00/frame_0000.png", dir / ("rgb/cam00/" + name));
    if (!dropped) fs::copy_file(dir / "rgb/cam01/frame_0000.png", dir / ("rgb/cam01/" + name));
  }
  fs::remove_all(dir / "depth");
  const Capture capture = open_capture(dir.path());
  ASSERT_EQ(capture.warnings().size(), 1u) << "a rig without any depth lacks none";
  EXPECT_THAT(capture.warnings()[0], testing::HasSubstr("camera cam01: 12 of 40 colour images"));
  EXPECT_THAT(capture.warnings()[0], testing::EndsWith(": 0005, 0010 to 0013, 0021, 0024, 0027, ..."));
}

TEST(RigReader, NamesTheKeyThatIsWrong) {
  const TempDir dir;
  write_rig(dir.path());
  const auto refuse = [&](const std::string& meta, ErrorCode code, const std::string& part) {
    write_file(dir / "meta.json", meta);
    expect_error([&] { open_capture(dir.path()); }, code, {"meta.json", part});
  };
  const std::string camera = camera_json("cam00", "train");
  refuse(meta_json(camera, R"(, "distortion": "k1 k2")"), ErrorCode::kUnsupported, "distortion");
  refuse(meta_json(camera, R"(, "units": "foot")"), ErrorCode::kUnsupported, "units");
  refuse(meta_json(camera_json("cam00", "val")), ErrorCode::kInvalidInput, "cameras[0].split");
  refuse(meta_json(camera_json("../x", "test")), ErrorCode::kInvalidInput, "cameras[0].id");
  refuse(meta_json(camera_json("cam00", "test", R"(, "width": -3)")), ErrorCode::kInvalidInput, "cameras[0].width");
  refuse(meta_json(camera, R"(, "fps": 0)"), ErrorCode::kInvalidInput, "fps");
  refuse(meta_json(camera, R"(, "frames": 1e12)"), ErrorCode::kInvalidInput, "frames");
  refuse(meta_json(camera, R"(, "world": "left-handed")"), ErrorCode::kUnsupported, "world");
  refuse(meta_json(camera).substr(0, 150) + " world_from_camera \"cameras\"", ErrorCode::kInvalidInput, "JSON");
}

}  // namespace
}  // namespace diorama
