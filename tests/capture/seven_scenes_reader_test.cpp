#include "capture/readers/seven_scenes.h"
#include "tests/capture/sample_capture.h"

namespace diorama {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kIdentity = "1 0 0 0.5\n0 1 0 0\n0 0 1 -2.5e-001\n0 0 0 1\n";

void write_frame(const fs::path& folder, const std::string& id, glm::ivec2 size = {64, 48}) {
  write_color(folder / (id + ".color.png"), size);
  write_depth(folder / (id + ".depth.png"), size);
  write_file(folder / (id + ".pose.txt"), kIdentity);
}

std::string pose_error(std::string_view text) {
  try {
    parse_seven_scenes_pose(text);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(SevenScenes, ReadsAFolderOfFrames) {
  const TempDir dir;
  for (int i = 0; i < 10; ++i) write_frame(dir.path(), "frame-00000" + std::to_string(i));
  const Capture capture = open_capture(dir.path());
  ASSERT_EQ(capture.frames().size(), 10u);
  EXPECT_EQ(capture.conventions().format, "7scenes");
  EXPECT_FALSE(capture.conventions().color_registered);
  EXPECT_TRUE(capture.conventions().metric);
  EXPECT_THAT(capture.frames_of(Split::kTest), ElementsAre(0u, 8u));
  const Frame& frame = capture.frames()[3];
  EXPECT_EQ(frame.id, "frame-000003");
  EXPECT_EQ(frame.depth->focal_px, glm::vec2(58.5f));  // 585 at a tenth of the size
  EXPECT_EQ(frame.depth->center_px, glm::vec2(32, 24));
  EXPECT_EQ(frame.depth->world_from_camera.translation, glm::vec3(0.5f, 0, -0.25f));
  EXPECT_FLOAT_EQ(capture.load(3).depth_m->at(7, 7), 1.5f);
  EXPECT_EQ(capture.conventions().up_in_world, glm::vec3(0, -1, 0));
}

TEST(SevenScenes, DropsBothInvalidDepths) {
  const TempDir dir;
  write_frame(dir.path(), "frame-000000", {4, 3});
  ImageU16 depth({4, 3}, 2000);
  depth.at(0, 0) = 0;
  depth.at(1, 0) = 65535;
  write_file(dir / "frame-000000.depth.png", encode_png(depth));
  CaptureOptions options;
  EXPECT_EQ(open_capture(dir.path(), options).load(0).depth_m->at(0, 0), 0.0f);
  EXPECT_EQ(open_capture(dir.path(), options).load(0).depth_m->at(1, 0), 0.0f);
  EXPECT_FLOAT_EQ(open_capture(dir.path(), options).load(0).depth_m->at(2, 0), 2.0f);
  options.depth_max_m = 1.9f;
  EXPECT_EQ(open_capture(dir.path(), options).load(0).depth_m->at(2, 0), 0.0f);
}

TEST(SevenScenes, HonoursTheSplitFiles) {
  const TempDir dir;
  for (const char* sequence : {"seq-01", "seq-02", "seq-03"}) {
    write_frame(dir / sequence, "frame-000000");
    write_frame(dir / sequence, "frame-000001");
  }
  write_file(dir / "TrainSplit.txt", "sequence1\r\n");
  write_file(dir / "TestSplit.txt", "sequence3\n");
  const Capture capture = open_capture(dir.path());
  ASSERT_EQ(capture.frames().size(), 4u);
  EXPECT_THAT(capture.frames_of(Split::kTest), ElementsAre(2u, 3u));
  EXPECT_EQ(capture.frames()[2].id, "seq-03/frame-000000");
  EXPECT_THAT(capture.warnings(), ElementsAre(HasSubstr("seq-02 is in neither")));
}

TEST(SevenScenes, HoldsOutFramesWhereOneSideOfTheSplitIsAbsent) {
  const TempDir dir;
  write_frame(dir / "seq-01", "frame-000000");
  write_frame(dir / "seq-01", "frame-000001");
  write_file(dir / "TrainSplit.txt", "sequence1\n");
  write_file(dir / "TestSplit.txt", "sequence3\n");
  const Capture capture = open_capture(dir.path());
  EXPECT_THAT(capture.frames_of(Split::kTest), ElementsAre(0u));
  EXPECT_EQ(capture.frames()[0].id, "frame-000000");
  EXPECT_THAT(capture.warnings(), ElementsAre(HasSubstr("only one is here")));
}

TEST(SevenScenes, CountsMissingFilesInOneWarningEach) {
  const TempDir dir;
  for (int i = 0; i < 5; ++i) write_frame(dir.path(), "frame-00000" + std::to_string(i));
  fs::remove(dir / "frame-000001.color.png");
  fs::remove(dir / "frame-000002.color.png");
  fs::remove(dir / "frame-000003.depth.png");
  fs::remove(dir / "frame-000004.pose.txt");
  const Capture capture = open_capture(dir.path());
  ASSERT_EQ(capture.frames().size(), 2u);
  EXPECT_FALSE(capture.frames()[1].depth.has_value());
  EXPECT_EQ(capture.load(1).depth_m, nullptr);
  EXPECT_THAT(capture.warnings(), ElementsAre(HasSubstr("2 colour images are missing"),
                                              HasSubstr("1 depth image is missing"), HasSubstr("1 pose file is")));
}

TEST(SevenScenes, NamesABadPose) {
  EXPECT_THAT(pose_error("1 0 0 0 0 1 0 0 0 0 1 0 0 0 0"), HasSubstr("holds 15 numbers, expected the 16"));
  EXPECT_THAT(pose_error("1 0 0 0 0 1 0 0 0 0 1 0 0 0 0 1 1"), HasSubstr("holds 17 numbers"));
  EXPECT_THAT(pose_error(""), HasSubstr("holds 0 numbers"));
  EXPECT_THAT(pose_error("1 0 0 nan 0 1 0 0 0 0 1 0 0 0 0 1"), HasSubstr("not a finite number"));
  EXPECT_THAT(pose_error("1 0 0 -inf 0 1 0 0 0 0 1 0 0 0 0 1"), HasSubstr("not a finite number"));
  EXPECT_THAT(pose_error("1 0 0 x 0 1 0 0 0 0 1 0 0 0 0 1"), HasSubstr("holds \"x\""));
  EXPECT_THAT(pose_error("1.1 0 0 0 0 1 0 0 0 0 1 0 0 0 0 1"), HasSubstr("not a rotation"));
  EXPECT_THAT(pose_error("-1 0 0 0 0 1 0 0 0 0 1 0 0 0 0 1"), HasSubstr("mirrors"));
  EXPECT_THAT(pose_error("1 0 0 0 0 1 0 0 0 0 1 0 0 0 0.5 1"), HasSubstr("last row"));
}

TEST(SevenScenes, MakesASlightlySkewedPoseARotation) {
  const Rigid pose = parse_seven_scenes_pose("1.0003 0 0 0 0 1 0.0002 0 0 0 1 0 0 0 0 1");
  const glm::mat3 gram = pose.rotation * glm::transpose(pose.rotation);
  for (int i = 0; i < 9; ++i) EXPECT_NEAR(gram[i / 3][i % 3], i % 4 == 0 ? 1 : 0, 1e-6);  // float rounding
}

TEST(SevenScenes, NamesTheFileOfABadPose) {
  const TempDir dir;
  write_frame(dir.path(), "frame-000000");
  write_file(dir / "frame-000000.pose.txt", "1 0 0 0 0 1 0 0 0 0 1 0 0 0 0");
  EXPECT_THAT(error_of(dir.path()),
              AllOf(HasSubstr("frame-000000.pose.txt"), HasSubstr("holds 15 numbers, expected the 16")));
}

TEST(SevenScenes, ReadsSplitLists) {
  EXPECT_THAT(parse_seven_scenes_split("sequence1\nsequence14\r\n\nseq-02"), ElementsAre(1, 14, 2));
  EXPECT_TRUE(parse_seven_scenes_split("").empty());
  for (const char* text : {"sequence", "1", "sequence1x", "sequence99999999999999999999", "sequence-1"}) {
    EXPECT_THROW(parse_seven_scenes_split(text), Error) << text;
  }
}

TEST(SevenScenes, RefusesAFolderWithoutAWholeFrame) {
  const TempDir dir;
  write_file(dir / "frame-000000.pose.txt", kIdentity);
  EXPECT_THAT(error_of(dir.path()), HasSubstr("no frame is whole"));
}

}  // namespace
}  // namespace diorama
