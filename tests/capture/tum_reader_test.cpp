#include "capture/capture.h"
#include "tests/capture/sample_capture.h"

namespace diorama {
namespace {

namespace fs = std::filesystem;

// Three colour images 33 ms apart, depth 10 ms after each, poses every 50 ms along x.
void write_sequence(const fs::path& folder) {
  std::string rgb = "# color images\n# file\n# timestamp filename\n", depth = rgb, poses = "# ground truth\n";
  for (int i = 0; i < 3; ++i) {
    write_color(folder / fmt::format("rgb/{}.png", i), {64, 48});
    write_depth(folder / fmt::format("depth/{}.png", i), {64, 48}, static_cast<uint16_t>(5000 * (i + 1)));
    rgb += fmt::format("{:.6f} rgb/{}.png\n", 100 + i * 0.033, i);
    depth += fmt::format("{:.6f} depth/{}.png\n", 100.01 + i * 0.033, i);
  }
  for (int i = -1; i < 4; ++i) poses += fmt::format("{:.4f} {:.4f} 2 3 0 0 0 1\n", 100 + i * 0.05, i * 0.5);
  write_file(folder / "rgb.txt", rgb);
  write_file(folder / "depth.txt", depth);
  write_file(folder / "groundtruth.txt", poses);
}

TEST(TumReader, InterpolatesThePoseAtTheColourTime) {
  const TempDir dir;
  write_sequence(dir.path());
  const Capture capture = open_capture(dir.path());
  EXPECT_EQ(capture.conventions().format, "tum");
  ASSERT_EQ(capture.frames().size(), 3u);
  for (int i = 0; i < 3; ++i) {
    const Frame& frame = capture.frames()[static_cast<size_t>(i)];
    EXPECT_EQ(frame.id, std::to_string(i));
    // 0.5 m in 50 ms; the written times are rounded to 1 us, which is 10 um.
    EXPECT_NEAR(frame.color.world_from_camera.translation.x, 0.33f * static_cast<float>(i), 2e-5f);
    EXPECT_NEAR(*frame.time_s, 0.033 * i, 1e-6);
    ASSERT_TRUE(frame.depth);
    EXPECT_EQ(frame.depth->world_from_camera.translation, frame.color.world_from_camera.translation);
  }
}

TEST(TumReader, DepthIsInCountsOf5000AMetre) {
  const TempDir dir;
  write_sequence(dir.path());
  const Capture capture = open_capture(dir.path());
  for (size_t i = 0; i < 3; ++i) {
    // 1 / 5000 m is not a binary fraction: within a rounding of a float.
    EXPECT_FLOAT_EQ(capture.load(i).depth_m->at(5, 7), static_cast<float>(i + 1));
  }
}

TEST(TumReader, GenericIntrinsicsMoveToPixelCentresAndScaleWithTheImage) {
  const TempDir dir;
  write_sequence(dir.path());
  const Camera camera = open_capture(dir.path()).frames()[0].color;
  EXPECT_NEAR(camera.focal_px.x, 52.5f, 1e-5f);
  EXPECT_NEAR(camera.center_px.x, 32.0f, 1e-5f);  // (319.5 + 0.5) / 10
  EXPECT_NEAR(camera.center_px.y, 24.0f, 1e-5f);
}

TEST(TumReader, TellsThePublishedIntrinsicsByTheFoldersName) {
  const TempDir dir;
  const fs::path folder = dir / "rgbd_dataset_freiburg1_desk";
  write_sequence(folder);
  const Capture capture = open_capture(folder);
  const Camera& camera = capture.frames()[0].color;
  EXPECT_NEAR(camera.focal_px.y, 51.65f, 1e-4f);
  EXPECT_NEAR(camera.center_px.y, 25.58f, 1e-4f);
  EXPECT_TRUE(capture.frames()[0].has_mask);  // undistortion leaves pixels that no image has
  EXPECT_THAT(capture.conventions().distortion, testing::HasSubstr("removed on loading"));
}

TEST(TumReader, ACalibrationFileBesideWins) {
  const TempDir dir;
  const fs::path folder = dir / "rgbd_dataset_freiburg1_desk";
  write_sequence(folder);
  write_file(folder / "calibration.txt", "# fx fy cx cy\n60 61 31.5 23.5\n");
  const Capture capture = open_capture(folder);
  const Camera& camera = capture.frames()[0].color;
  EXPECT_EQ(camera.focal_px, glm::vec2(60, 61));
  EXPECT_EQ(camera.center_px, glm::vec2(32, 24));
  EXPECT_EQ(capture.conventions().distortion, "none");
  EXPECT_TRUE(capture.warnings().empty());
}

TEST(TumReader, LeavesOutWhatHasNoPartnerNoPoseOrNoFileAndSaysSo) {
  const TempDir dir;
  write_sequence(dir.path());
  write_file(dir / "rgb.txt", read_text_file(dir / "rgb.txt") + "105.0 rgb/0.png\n107 rgb/1.png\n");
  write_file(dir / "depth.txt", read_text_file(dir / "depth.txt") + "105.0 depth/0.png\n");
  fs::remove(dir / "depth/2.png");
  const Capture capture = open_capture(dir.path());
  EXPECT_EQ(capture.frames().size(), 2u);
  const std::string warnings = fmt::format("{}", fmt::join(capture.warnings(), "\n"));
  EXPECT_THAT(warnings, testing::HasSubstr("1 of 5 colour images are left out: no depth image"));
  EXPECT_THAT(warnings, testing::HasSubstr("1 of 4 frames are left out: groundtruth.txt"));
  EXPECT_THAT(warnings, testing::HasSubstr("1 of 4 frames are left out: their image files"));
}

TEST(TumReader, NamesFileAndLineOfBadText) {
  const TempDir dir;
  write_sequence(dir.path());
  const std::string poses = read_text_file(dir / "groundtruth.txt");
  const auto refuse = [&](const std::string& file, const std::string& text, const std::vector<std::string>& parts) {
    const std::string good = read_text_file(dir / file);
    write_file(dir / file, text);
    expect_error([&] { open_capture(dir.path()); }, ErrorCode::kInvalidInput, parts);
    write_file(dir / file, good);
  };
  refuse("groundtruth.txt", poses + "200 1 2 3 0 0 0\n", {"groundtruth.txt:7", "7 fields, expected 8"});
  refuse("groundtruth.txt", poses + "200 1 nan 3 0 0 0 1\n", {"groundtruth.txt:7", "nan"});
  refuse("groundtruth.txt", poses + "200 1 2 3 0 0 0 0.5\n", {"groundtruth.txt:7", "length 0.5"});
  refuse("groundtruth.txt", "", {"groundtruth.txt", "no poses"});
  refuse("rgb.txt", "abc rgb/0.png\n", {"rgb.txt:1", "'abc'"});
  refuse("rgb.txt", "# nothing\n", {"rgb.txt", "lists no images"});
  refuse("depth.txt", "900.0 depth/0.png\n", {"depth.txt", "no colour image has a depth image"});
  write_file(dir / "camera.txt", "525 525 320\n");
  refuse("rgb.txt", read_text_file(dir / "rgb.txt"), {"camera.txt:1", "3 fields, expected 4"});
}

}  // namespace
}  // namespace diorama
