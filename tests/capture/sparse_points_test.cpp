#include "capture/sparse_points.h"

#include "tests/capture/sample_capture.h"

#include <fmt/format.h>

namespace diorama {
namespace {

using testing::HasSubstr;

std::string ply(const std::string& properties, const std::string& rows, int count) {
  return fmt::format("ply\nformat ascii 1.0\nelement vertex {}\n{}end_header\n{}", count, properties, rows);
}

constexpr const char* kPlace = "property float x\nproperty float y\nproperty float z\n";

std::string colored(const char* type) {
  return fmt::format("{}property {} red\nproperty {} green\nproperty {} blue\n", kPlace, type, type, type);
}

SparsePoints points_of(const std::string& text) {
  const TempDir dir;
  write_file(dir / "points.ply", text);
  return read_sparse_points(dir / "points.ply");
}

TEST(SparsePoints, ReadsPlacesAndColoursOfBytesAndFloats) {
  const SparsePoints bytes = points_of(ply(colored("uchar"), "1 2 3 255 128 0\n4 5 6 1 2 3\n", 2));
  ASSERT_EQ(bytes.positions.size(), 2u);
  EXPECT_EQ(bytes.positions[1], glm::vec3(4, 5, 6));
  EXPECT_EQ(bytes.colors[0], glm::u8vec3(255, 128, 0));
  EXPECT_EQ(points_of(ply(colored("float"), "1 2 3 1 0.5 0\n", 1)).colors[0], glm::u8vec3(255, 128, 0));
  EXPECT_EQ(points_of(ply(kPlace, "1 2 3\n", 1)).colors[0], glm::u8vec3(128));
}

TEST(SparsePoints, WhatIsNotANumberOrTooFarIsLeftOutAndColoursAreCut) {
  const SparsePoints points =
      points_of(ply(colored("float"), "nan 0 0 1 1 1\n0 inf 0 1 1 1\n0 0 1e9 1 1 1\n1 1 1 nan 7 -7\n", 4));
  ASSERT_EQ(points.positions.size(), 1u);
  EXPECT_EQ(points.colors[0], glm::u8vec3(0, 255, 0));
}

TEST(SparsePoints, DamagedFilesAreRefusedByName) {
  const std::string two_axes = "property float x\nproperty float y\n";
  for (const std::string& text : {std::string("no ply"), ply(two_axes, "1 2\n", 1), ply(kPlace, "1 2\n", 1),
                                  ply(kPlace, "1 2 3\n", 900000000), ply(kPlace, "1 two 3\n", 1)}) {
    try {
      points_of(text);
      ADD_FAILURE() << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kInvalidInput) << error.what();
      EXPECT_THAT(error.what(), HasSubstr("points.ply"));
    }
  }
}

TEST(SparsePoints, TransformsJsonBringsThemAndWarnsOfAMissingFile) {
  const TempDir dir;
  write_color(dir / "a.png", {64, 48});
  const std::string json = R"({"fl_x": 50, "ply_file_path": "sparse.ply", "frames": [{"file_path": "a.png",
      "transform_matrix": [[1,0,0,0],[0,1,0,0],[0,0,1,0],[0,0,0,1]]}]})";
  write_file(dir / "transforms.json", json);
  const Capture without = open_capture(dir.path());
  EXPECT_FALSE(without.has_points());
  ASSERT_EQ(without.warnings().size(), 1u);
  EXPECT_THAT(without.warnings()[0], HasSubstr("sparse.ply does not exist"));
  write_file(dir / "sparse.ply", ply(kPlace, "1 2 3\n", 1));
  const Capture with = open_capture(dir.path());
  ASSERT_TRUE(with.has_points());
  EXPECT_EQ(with.load_points().positions.at(0), glm::vec3(1, 2, 3));
}

}  // namespace
}  // namespace diorama
