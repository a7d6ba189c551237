#include "capture/capture.h"
#include "tests/capture/sample_capture.h"

#include <array>
#include <cstring>

namespace diorama {
namespace {

namespace fs = std::filesystem;

// A camera at (1, 2, 3) that looks along world -z with +y up: down is -y, right is +x, backwards is +z.
constexpr std::array<double, 17> kRow{0, 1, 0, 1, 300, -1, 0, 0, 2, 400, 0, 0, 1, 3, 200, 0.5, 9};

void write_poses(const fs::path& path, const std::vector<std::array<double, 17>>& rows) {
  const std::string header =
      fmt::format("{{'descr': '<f8', 'fortran_order': False, 'shape': ({}, 17), }}\n", rows.size());
  std::string text("\x93NUMPY\x01\x00", 8);
  text += static_cast<char>(header.size());
  text += '\0';
  text += header;
  text.append(reinterpret_cast<const char*>(rows.data()), rows.size() * sizeof(rows[0]));
  write_file(path, text);
}

TEST(LlffReader, TurnsDownRightBackIntoOpenCvAxesAndScalesTheFocalLength) {
  const TempDir dir;
  write_poses(dir / "poses_bounds.npy", {kRow, kRow});
  write_color(dir / "images_4/b.png", {100, 75});
  write_color(dir / "images_4/a.png", {100, 75});
  const Capture capture = open_capture(dir.path());
  ASSERT_EQ(capture.frames().size(), 2u);
  EXPECT_EQ(capture.frames()[0].id, "a");
  const Camera& camera = capture.frames()[0].color;
  EXPECT_EQ(camera.focal_px, glm::vec2(50, 50));
  EXPECT_EQ(camera.center_px, glm::vec2(50, 37.5f));
  EXPECT_EQ(camera.world_from_camera * glm::vec3(0, 0, 1), glm::vec3(1, 2, 2));
  EXPECT_EQ(camera.world_from_camera * glm::vec3(0, 1, 0), glm::vec3(1, 1, 3));
  EXPECT_FALSE(capture.conventions().metric);
  EXPECT_EQ(capture.conventions().up_in_world, glm::vec3(0, 1, 0));
  EXPECT_EQ(capture.conventions().up_source, "cameras");
}

TEST(LlffReader, TheIndexSaysWhichRowIsWhichImage) {
  const TempDir dir;
  write_poses(dir / "poses_bounds.npy", {kRow, kRow, kRow});
  write_file(dir / "index.json", R"({"order": ["c.png", "a.png", "gone.png"]})");
  write_color(dir / "images/a.png", {40, 30});
  write_color(dir / "images/b.png", {40, 30});
  write_color(dir / "images/c.png", {40, 30});
  const Capture capture = open_capture(dir.path());
  ASSERT_EQ(capture.frames().size(), 2u);
  EXPECT_EQ(capture.frames()[0].id, "c");
  EXPECT_EQ(capture.frames()[1].id, "a");
  ASSERT_EQ(capture.warnings().size(), 1u);
  EXPECT_THAT(capture.warnings()[0], testing::HasSubstr("1 of 3 images"));
}

TEST(LlffReader, NamesWhatDoesNotFit) {
  const TempDir dir;
  write_poses(dir / "poses_bounds.npy", {kRow, kRow});
  expect_error([&] { open_capture(dir.path()); }, ErrorCode::kNotFound, {"no folder images or images_N"});
  write_color(dir / "images/a.png", {40, 30});
  expect_error([&] { open_capture(dir.path()); }, ErrorCode::kInvalidInput, {"2 rows", "1 images", "index.json"});
  write_file(dir / "index.json", R"({"order": ["a.png", 7]})");
  expect_error([&] { open_capture(dir.path()); }, ErrorCode::kInvalidInput, {"index.json", "order[1]"});
  fs::remove(dir / "index.json");

  std::array<double, 17> bad = kRow;
  bad[14] = -1;
  write_poses(dir / "poses_bounds.npy", {bad});
  expect_error([&] { open_capture(dir.path()); }, ErrorCode::kInvalidInput, {"poses_bounds.npy: row 0", "focal"});
  bad = kRow;
  bad[1] = 0.5;
  write_poses(dir / "poses_bounds.npy", {bad});
  expect_error([&] { open_capture(dir.path()); }, ErrorCode::kInvalidInput, {"row 0", "not a rotation"});
  write_file(dir / "poses_bounds.npy", "not numpy");
  expect_error([&] { open_capture(dir.path()); }, ErrorCode::kInvalidInput, {"poses_bounds.npy", "not a NumPy array"});
}

}  // namespace
}  // namespace diorama
