#include "streaming/assemble_splat_video.h"

#include "assets/gltf.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "streaming/check_splat_video.h"
#include "streaming/cmaf.h"
#include "streaming/pack_splat_video.h"
#include "streaming/splat_video_reader.h"
#include "tests/streaming/moving_splats.h"
#include "tests/test_data.h"

#include <gmock/gmock.h>

namespace diorama {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Three groups of 4, 3 and 2 frames from frame 10 on, coded once for all tests.
class AssembleTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new TempDir();
    pack("show", 500, 8);
  }
  static void TearDownTestSuite() {
    delete folder_;
    folder_ = nullptr;
  }
  static void pack(const std::string& name, size_t splats, int qp) {
    const fs::path groups = folder_->path() / (name + "_source.groups");
    size_t first = 10;
    for (const size_t frames : {4, 3, 2}) {
      std::vector<double> times;
      for (size_t t = 0; t < frames; ++t) times.push_back(static_cast<double>(first - 10 + t) / 25);
      add_splat_group(groups, swaying_sheet(splats, frames, 0, first), times, 7);
      first += frames;
    }
    set_splat_background(groups, swaying_sheet(30, 1).frames[0], 7);
    finish_splat_sequence(folder_->path() / (name + "_source.glb"), {.capture_name = "sheet"});
    ThreadPool pool(2);
    JobContext job(pool);
    pack_splat_video(SplatSequenceReader(groups), glb(name), {.best_qp = qp, .representations = 2}, job);
  }
  static fs::path glb(const std::string& name) { return folder_->path() / (name + ".glb"); }

  static SplatVideo assembled(std::span<const VideoPiece> pieces, const fs::path& to, bool single_file) {
    ThreadPool pool(2);
    JobContext job(pool);
    const SplatVideo video = assemble_splat_video(pieces, to, single_file, job);
    EXPECT_EQ(splat_video_of(read_gltf(to), to), video);
    EXPECT_THAT(check_streams(to, nullptr, job).problems, IsEmpty());
    return video;
  }
  // Frames of `a` from `first_a` on are those of `b` from `first_b` on.
  static void expect_same_frames(const fs::path& a, size_t first_a, const fs::path& b, size_t first_b, size_t count) {
    ThreadPool pool(2);
    const SplatVideoReader reader_a(read_gltf(a), a, pool), reader_b(read_gltf(b), b, pool);
    for (size_t t = 0; t < count; ++t) {
      EXPECT_EQ(reader_a.decoded(first_a + t).positions, reader_b.decoded(first_b + t).positions) << t;
    }
  }

  static inline TempDir* folder_ = nullptr;
};

TEST_F(AssembleTest, ACutTakesWholeGroupsAndStartsThere) {
  const SplatVideo video = splat_video_of(read_gltf(glb("show")), glb("show"));
  const VideoPiece piece = piece_of(glb("show"), video, 5, 1);
  EXPECT_EQ(piece.first_group, 1u);
  EXPECT_EQ(piece.group_count, 1u);
  const SplatVideo cut = assembled({&piece, 1}, glb("cut"), false);
  EXPECT_EQ(cut.frame_count(), 3u);
  EXPECT_EQ(cut.groups[0].first_frame, 14u);
  EXPECT_NEAR(cut.first_time_s, 4 / 25.0, 1e-9);
  expect_same_frames(glb("cut"), 0, glb("show"), 4, 3);
  const Asset asset = read_gltf(glb("cut"));
  ASSERT_EQ(asset.splats.size(), 2u);
  EXPECT_EQ(asset.splats[0].name, "background");
  EXPECT_EQ(asset.splats[1].cloud.size(), 500u);
  EXPECT_THROW(piece_of(glb("show"), video, 9, 1), Error);
  EXPECT_THROW(piece_of(glb("show"), video, 3, 7), Error);
  EXPECT_THROW(piece_of(glb("show"), video, 3, 0), Error);
}

TEST_F(AssembleTest, JoinedVideosFollowEachOther) {
  const VideoPiece pieces[] = {{glb("show"), 1, 2}, {glb("show"), 0, 3}};
  const SplatVideo joined = assembled(pieces, glb("joined"), false);
  EXPECT_EQ(joined.frame_count(), 14u);
  EXPECT_EQ(joined.groups.back().first_frame, 14u + 5 + 4 + 3);
  expect_same_frames(glb("joined"), 5, glb("show"), 0, 9);
  expect_same_frames(glb("joined"), 0, glb("show"), 4, 5);
}

TEST_F(AssembleTest, ASingleFileHoldsAllTracksAndComesApartAgain) {
  const VideoPiece whole{glb("show"), 0, 3};
  const SplatVideo one = assembled({&whole, 1}, glb("one"), true);
  EXPECT_EQ(one.exact.file, "one.mp4");
  EXPECT_EQ(one.representations[1].lossy.file, "one.mp4");
  EXPECT_FALSE(fs::exists(folder_->path() / "one_exact.mp4"));
  expect_same_frames(glb("one"), 0, glb("show"), 0, 9);
  const std::string bytes = read_text_file(folder_->path() / "one.mp4");
  const auto view = std::as_bytes(std::span(bytes));
  EXPECT_EQ(find_mp4_boxes(view, "moov/trak").size(), 3u);  // ordinary players see three videos
  EXPECT_EQ(find_mp4_boxes(view, "moof").size(), 9u);
  const VideoPiece single{glb("one"), 0, 3};
  const SplatVideo again = assembled({&single, 1}, glb("again"), false);
  EXPECT_EQ(read_text_file(folder_->path() / "again_exact.mp4"), read_text_file(folder_->path() / "show_exact.mp4"));
}

TEST_F(AssembleTest, WhatIsCodedOtherwiseIsRefused) {
  pack("larger", 900, 8);
  const fs::path coarse = glb("show");
  const auto refusal = [&](const fs::path& other) -> std::string {
    const VideoPiece pieces[] = {{coarse, 0, 1}, {other, 0, 1}};
    ThreadPool pool(1);
    JobContext job(pool);
    try {
      assemble_splat_video(pieces, glb("refused"), false, job);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_THAT(refusal(glb("larger")), HasSubstr("another atlas than"));
  EXPECT_EQ(refusal(coarse), "");
  const VideoPiece beyond{coarse, 2, 2};
  ThreadPool pool(1);
  JobContext job(pool);
  EXPECT_THROW(assemble_splat_video({&beyond, 1}, glb("refused"), false, job), Error);
  EXPECT_THROW(assemble_splat_video({}, glb("refused"), false, job), Error);
}

}  // namespace
}  // namespace diorama
