#include "tests/cli/cli_run.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <fstream>

namespace diorama {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

// Exit code 2 and one sentence that names what is wrong.
void expect_refused(const CliResult& result, const std::string& named) {
  EXPECT_EQ(result.exit_code, 2) << result.err;
  EXPECT_THAT(result.err, HasSubstr(named));
  EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
}

// A copy of the sample capture that a case may damage, and an old output that must stay.
class BadCapture : public testing::Test {
 protected:
  BadCapture() {
    fs::copy(Sample::get().room, room_, fs::copy_options::recursive);
    std::ofstream(out_) << "old";
  }
  CliResult fit(const std::string& more = "") {
    return run_cli("fit " + room_.string() + " --as mesh --voxel 0.04 -o " + out_.string() + " " + more);
  }
  void expect_fit_refused(const std::string& named) {
    expect_refused(fit(), named);
    EXPECT_EQ(read_text_file(out_), "old");
  }
  void replace_in_manifest(const std::string& from, const std::string& to) {
    std::string text = read_text_file(room_ / "capture.json");
    const size_t at = text.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    write_file(room_ / "capture.json", text.replace(at, from.size(), to));
  }
  TempDir dir_;
  fs::path room_ = dir_ / "room";
  fs::path out_ = dir_ / "out.glb";
};

TEST_F(BadCapture, MissingImage) {
  fs::remove(room_ / "depth/000003.png");
  expect_fit_refused("000003.png");
}

TEST_F(BadCapture, TruncatedImage) {
  fs::resize_file(room_ / "color/000002.png", fs::file_size(room_ / "color/000002.png") / 2);
  expect_fit_refused("000002.png");
}

TEST_F(BadCapture, ZeroSizeImage) {
  fs::resize_file(room_ / "depth/000001.png", 0);
  expect_fit_refused("000001.png");
}

TEST_F(BadCapture, WrongMagic) {
  write_file(room_ / "color/000001.png", "not an image at all");
  expect_fit_refused("000001.png");
}

TEST_F(BadCapture, DepthOfAnotherSize) {
  fs::copy_file(room_ / "color/000001.png", room_ / "depth/000001.png", fs::copy_options::overwrite_existing);
  expect_fit_refused("000001.png");
}

TEST_F(BadCapture, ManifestThatIsNotJson) {
  write_file(room_ / "capture.json", "{\"format\": \"diorama-capture\", ");
  expect_fit_refused("capture.json");
}

TEST_F(BadCapture, UnknownVersion) {
  replace_in_manifest("\"version\": 1", "\"version\": 99");
  expect_fit_refused("99");
}

TEST_F(BadCapture, DiskFull) {
  // No file may grow past 64 blocks of 512 bytes: the mesh is larger.
  const CliResult result =
      run_cli("fit " + room_.string() + " --as mesh --voxel 0.04 -o " + out_.string(), "ulimit -f 64; ");
  expect_refused(result, "out.glb");
  EXPECT_EQ(read_text_file(out_), "old");
}

TEST(BadInput, NoSuchCapture) {
  expect_refused(run_cli("info /nonexistent/capture"), "/nonexistent/capture");
}

TEST(BadInput, ACaptureThatIsAFile) {
  const TempDir dir;
  write_file(dir / "notes.txt", "hello");
  expect_refused(run_cli("info " + (dir / "notes.txt").string()), "notes.txt");
}

TEST(BadInput, AnEmptyFolder) {
  const TempDir dir;
  expect_refused(run_cli("info " + dir.path().string()), dir.path().string());
}

TEST(BadInput, PoseWithFifteenNumbers) {
  const TempDir dir;
  fs::copy_file(Sample::get().room + "/color/000000.png", dir / "frame-000000.color.png");
  fs::copy_file(Sample::get().room + "/depth/000000.png", dir / "frame-000000.depth.png");
  write_file(dir / "frame-000000.pose.txt", "1 0 0 0\n0 1 0 0\n0 0 1 0\n0 0 0\n");
  expect_refused(run_cli("info " + dir.path().string()), "frame-000000.pose.txt");
  write_file(dir / "frame-000000.pose.txt", "1 0 0 nan\n0 1 0 0\n0 0 1 0\n0 0 0 1\n");
  expect_refused(run_cli("info " + dir.path().string()), "frame-000000.pose.txt");
  write_file(dir / "frame-000000.pose.txt", "1.1 0 0 0\n0 1 0 0\n0 0 1 0\n0 0 0 1\n");
  expect_refused(run_cli("info " + dir.path().string()), "frame-000000.pose.txt");
}

TEST(BadInput, GlbCutAnywhere) {
  const Sample& sample = Sample::get();
  const std::vector<std::byte> whole = read_file(sample.mesh);
  const TempDir dir;
  for (const size_t length :
       {size_t{0}, size_t{3}, size_t{12}, size_t{19}, size_t{100}, whole.size() / 2, whole.size() - 1}) {
    write_file(dir / "cut.glb", std::span(whole).first(length));
    expect_refused(run_cli("eval " + (dir / "cut.glb").string() + " " + sample.room), "cut.glb");
  }
}

TEST(BadInput, UsageErrorsExitWithTwo) {
  const Sample& sample = Sample::get();
  EXPECT_EQ(run_cli("").exit_code, 2);
  EXPECT_EQ(run_cli("frobnicate").exit_code, 2);
  EXPECT_EQ(run_cli("fit " + sample.room + " --as hologram -o x.glb").exit_code, 2);
  expect_refused(run_cli("fit " + sample.room + " --as mesh -o x.glb --voxel nan"), "--voxel");
  expect_refused(run_cli("render " + sample.mesh + " -o picture.gif"), "picture.gif");
  expect_refused(run_cli("render " + sample.mesh + " -o x.png --size 0x10"), "--size");
  expect_refused(run_cli("render " + sample.mesh + " -o x.png --camera " + sample.room + "#nope"), "nope");
  EXPECT_EQ(run_cli("render " + sample.mesh + " -o x.png --orbit 2 --trajectory " + sample.room).exit_code, 2);
}

}  // namespace
}  // namespace diorama
