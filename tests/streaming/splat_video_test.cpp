#include "streaming/splat_video.h"

#include "assets/gltf.h"
#include "engine/base/file.h"
#include "streaming/check_splat_video.h"
#include "streaming/pack_splat_video.h"
#include "streaming/splat_video_reader.h"
#include "tests/expect_error.h"
#include "tests/streaming/moving_splats.h"
#include "tests/test_data.h"

#include <nlohmann/json.hpp>

namespace diorama {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

// A performance of two groups of other sizes, with a background, coded once for all tests.
class SplatVideoTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new TempDir();
    const auto groups = splat_groups_folder(source_glb());
    const double rate = 25;
    const auto add = [&](const SplatGroup& group) {
      std::vector<double> times;
      for (size_t t = 0; t < group.frames.size(); ++t) {
        times.push_back(2 + static_cast<double>(group.first_frame - 10 + t) / rate);
      }
      add_splat_group(groups, group, times, 7);
    };
    add(swaying_sheet(900, 5, 0, 10));
    add(swaying_sheet(400, 3, 0, 15));
    set_splat_background(groups, swaying_sheet(50, 1).frames[0], 7);
    finish_splat_sequence(source_glb(), {.capture_name = "sheet"});
    ThreadPool pool(2);
    JobContext job(pool);
    pack_splat_video(SplatSequenceReader(groups), glb(), {.best_qp = 8, .qp_step = 16, .representations = 2}, job);
  }
  static void TearDownTestSuite() {
    delete folder_;
    folder_ = nullptr;
  }

  static std::filesystem::path source_glb() { return folder_->path() / "sheet.glb"; }
  static std::filesystem::path glb() { return folder_->path() / "coded.glb"; }
  static SplatVideoCheck checked(const std::filesystem::path& path, const SplatSequenceReader* source = nullptr) {
    ThreadPool pool(2);
    JobContext job(pool);
    return check_streams(path, source, job);
  }
  // The coded performance in a folder of its own, to be damaged.
  static std::filesystem::path copy_to(const std::filesystem::path& folder) {
    for (const char* file : {"coded.glb", "coded_exact.mp4", "coded_q8.mp4", "coded_q24.mp4"}) {
      std::filesystem::copy_file(folder_->path() / file, folder / file);
    }
    return folder / "coded.glb";
  }

  static inline TempDir* folder_ = nullptr;
};

TEST_F(SplatVideoTest, WhatIsPackedPlaysBackNearTheSource) {
  ThreadPool pool(2);
  const SplatSequenceReader source(splat_groups_folder(source_glb()));
  SplatVideoReader reader(read_gltf(glb()), glb(), pool);
  ASSERT_EQ(reader.video().frame_count(), 8u);
  EXPECT_NEAR(reader.video().frames_per_s, 25, 1e-9);
  EXPECT_EQ(reader.video().first_time_s, 2);
  for (const size_t frame : {0, 1, 4, 5, 7, 3, 6, 0}) {  // in order, and not
    const SplatCloud truth = source.moving(frame);
    const SplatCloud& cloud = reader.moving(frame);
    ASSERT_EQ(cloud.size(), truth.size());
    const auto order =
        coding_order(source.moving(frame < 5 ? 0 : 5), reader.video().groups[frame < 5 ? 0 : 1].node_count);
    for (size_t i = 0; i < cloud.size(); ++i) {
      ASSERT_LT(glm::distance(cloud.positions[i], truth.positions[order[i]]), 0.01f) << frame << " " << i;
    }
  }
  const auto parts = reader.frame(2);
  ASSERT_EQ(parts.size(), 2u);
  EXPECT_EQ(parts[0].name, "background");
  EXPECT_EQ(parts[0].cloud.size(), 50u);
  EXPECT_EQ(parts[1].cloud.size(), 900u);
}

TEST_F(SplatVideoTest, EverySegmentIsAsDeclared) {
  const SplatSequenceReader source(splat_groups_folder(source_glb()));
  const SplatVideoCheck check = checked(glb(), &source);
  EXPECT_THAT(check.problems, IsEmpty());
  EXPECT_TRUE(check.android);
}

TEST_F(SplatVideoTest, CoarserRepresentationsAreSmallerAndFartherOff) {
  const SplatVideo video = parse_splat_video(read_gltf(glb()).splat_video_json, "test");
  ASSERT_EQ(video.representations.size(), 2u);
  for (size_t group = 0; group < 2; ++group) {
    EXPECT_LT(video.representations[1].segments[group].bytes, video.representations[0].segments[group].bytes);
    EXPECT_GT(video.representations[1].errors[group].position_m.rms,
              video.representations[0].errors[group].position_m.rms);
  }
}

TEST_F(SplatVideoTest, TheExtensionSurvivesBeingWrittenAndRead) {
  const SplatVideo video = parse_splat_video(read_gltf(glb()).splat_video_json, "test");
  EXPECT_EQ(parse_splat_video(to_json(video), "test"), video);
}

TEST_F(SplatVideoTest, UnpackedFramesAreTheDecodersOwn) {
  ThreadPool pool(2);
  JobContext job(pool);
  SplatVideoReader reader(read_gltf(glb()), glb(), pool, {.representation = "q24"});
  const TempDir folder;
  unpack_splat_video(reader, folder.path() / "out.glb", job);
  const SplatSequenceReader unpacked(folder.path() / "out.groups");
  ASSERT_EQ(unpacked.sequence().frame_count(), 8u);
  EXPECT_EQ(unpacked.sequence().background.size(), 50u);
  EXPECT_NEAR(unpacked.sequence().times_s.back(), 2 + 7 / 25.0, 1e-9);
  EXPECT_EQ(unpacked.moving(6).positions, reader.moving(6).positions);
}

TEST_F(SplatVideoTest, TheManifestNamesFilesRangesAndCodecs) {
  const std::string mpd = read_text_file(folder_->path() / "coded.mpd");
  const SplatVideo video = parse_splat_video(read_gltf(glb()).splat_video_json, "test");
  EXPECT_THAT(mpd, HasSubstr("<BaseURL>coded_exact.mp4</BaseURL>"));
  EXPECT_THAT(mpd, HasSubstr("codecs=\"hvc1.1.6.L93.90\""));
  EXPECT_THAT(mpd, HasSubstr("mediaPresentationDuration=\"PT0.320S\""));
  const ByteRange last = video.representations[1].segments.back();
  EXPECT_THAT(mpd, HasSubstr(fmt::format("mediaRange=\"{}-{}\"", last.offset, last.offset + last.bytes - 1)));
}

TEST_F(SplatVideoTest, TheWorstSecondStartsWithAnyGroup) {
  SplatVideo video;
  video.frames_per_s = 10;
  for (const size_t frames : {10, 5, 5, 1}) video.groups.push_back({.frame_count = frames});
  const std::vector<ByteRange> segments = {{0, 1000}, {1000, 4000}, {5000, 2000}, {7000, 500}};
  const BitRate rate = bit_rate_of(video, segments);
  EXPECT_NEAR(rate.mean, 8 * 7500 / 2.1, 1e-6);
  EXPECT_NEAR(rate.most, 8 * 6000, 1e-6);  // of groups 1 and 2; what ends the video is spread over a whole second
}

TEST_F(SplatVideoTest, StreamsBeyondTheirLevelAreNamed) {
  SplatVideo video = parse_splat_video(read_gltf(glb()).splat_video_json, "test");
  EXPECT_THAT(level_problems(video), IsEmpty());
  video.representations[0].lossy.most_bits_per_s = 16e6;
  EXPECT_THAT(level_problems(video), testing::ElementsAre(HasSubstr("coded_q8.mp4: up to ")));
  video.exact.layout.size_px = {1920, 1088};
  EXPECT_THAT(level_problems(video), testing::Contains(HasSubstr("coded_exact.mp4: 1920x1088 at 25 frames")));
}

TEST_F(SplatVideoTest, DamagedStreamsAreNamed) {
  const TempDir folder;
  const auto path = copy_to(folder.path());
  const auto stream = folder.path() / "coded_q8.mp4";
  std::filesystem::resize_file(stream, std::filesystem::file_size(stream) - 10);
  EXPECT_THAT(checked(path).problems, testing::Contains(HasSubstr("coded_q8.mp4")));
  std::filesystem::remove(stream);
  EXPECT_THAT(checked(path).problems, testing::Contains(HasSubstr("cannot be read")));
  ThreadPool pool(1);
  EXPECT_THAT(error_of([&] { SplatVideoReader(read_gltf(path), path, pool); }).what(), HasSubstr("coded_q8.mp4"));
}

TEST_F(SplatVideoTest, StreamsOfAnotherVideoAreNamed) {
  const TempDir folder;
  const auto path = copy_to(folder.path());
  std::filesystem::copy_file(folder.path() / "coded_exact.mp4", folder.path() / "coded_q24.mp4",
                             std::filesystem::copy_options::overwrite_existing);
  EXPECT_THAT(checked(path).problems, testing::Not(IsEmpty()));
}

TEST_F(SplatVideoTest, DamagedExtensionsAreRefused) {
  const nlohmann::json good = nlohmann::json::parse(read_gltf(glb()).splat_video_json);
  const auto refused = [&](const char* pointer, const nlohmann::json& value) {
    nlohmann::json bad = good;
    bad[nlohmann::json::json_pointer(pointer)] = value;
    EXPECT_THAT(error_of([&] { parse_splat_video(bad.dump(), "bad.glb"); }).what(), HasSubstr("bad.glb: "))
        << pointer << " " << value.dump();
  };
  refused("/version", 2);
  refused("/framesPerSecond", 0);
  refused("/framesPerSecond", "25");
  refused("/groups", nlohmann::json::array());
  refused("/groups/1/firstFrame", 14);
  refused("/groups/0/splats", 1e15);
  refused("/groups/0/nodes", 4);
  refused("/groups/0/scalars/0", {0, 1});
  refused("/groups/0/scalars/0", {0, 1, 2.5});
  refused("/groups/0/scalars/0", {1, 0, 255});
  refused("/groups/0/baseLow", {0, 0});
  refused("/exact/file", "../elsewhere.mp4");
  refused("/exact/tile", {15, 16});
  refused("/exact/size", {1, 2, 3});
  refused("/exact/codec", "av1");
  refused("/exact/initBytes", 0);
  refused("/exactSegments/1/0", 0);
  refused("/exactSegments", nlohmann::json::array());
  refused("/representations", nlohmann::json::array());
  refused("/representations/0/segments/0/1", 0);
  refused("/representations/0/errors", nlohmann::json::array());
  refused("/representations/0/lossy/extraRows", -1);
}

TEST_F(SplatVideoTest, UnevenFramesAreRefused) {
  const TempDir folder;
  const auto groups = folder.path() / "a.groups";
  const double times[] = {0, 0.04, 0.2};
  add_splat_group(groups, swaying_sheet(50, 3), times, 1);
  finish_splat_sequence(folder.path() / "a.glb", {.capture_name = "a"});
  ThreadPool pool(1);
  JobContext job(pool);
  EXPECT_THAT(error_of([&] { pack_splat_video(SplatSequenceReader(groups), folder.path() / "b.glb", {}, job); }).what(),
              HasSubstr("evenly spaced"));
}

}  // namespace
}  // namespace diorama
