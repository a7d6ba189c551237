#include "engine/video/video_writer.h"

#include "engine/base/error.h"
#include "engine/base/file.h"
#include "tests/test_data.h"
#include "tests/video/decoded_video.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <limits>

namespace diorama {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

// A smooth moving picture with all hues, as a rendered scene has.
ImageRgba8 picture(glm::ivec2 size_px, int frame) {
  ImageRgba8 image(size_px);
  for (int y = 0; y < size_px.y; ++y) {
    for (int x = 0; x < size_px.x; ++x) {
      const float u = static_cast<float>(x + 2 * frame) * 0.05f, v = static_cast<float>(y) * 0.07f;
      const glm::vec3 rgb{0.5f + 0.5f * std::sin(u), 0.5f + 0.5f * std::sin(v), 0.5f + 0.5f * std::sin(u + v)};
      image.at(x, y) = glm::u8vec4(glm::u8vec3(rgb * 255.0f), 255);
    }
  }
  return image;
}

double psnr(const ImageRgba8& a, const ImageRgba8& b) {
  double sum = 0;
  for (size_t i = 0; i < a.pixels().size(); ++i) {
    const glm::dvec3 difference = glm::dvec3(a.pixels()[i]) - glm::dvec3(b.pixels()[i]);
    sum += glm::dot(difference, difference);
  }
  return 10 * std::log10(255.0 * 255.0 * 3 * static_cast<double>(a.pixels().size()) / sum);
}

void write_video(const fs::path& path, glm::ivec2 size_px, int frames, VideoOptions options = {}) {
  VideoWriter writer(path, size_px, options);
  for (int i = 0; i < frames; ++i) writer.add(picture(size_px, i));
  writer.finish();
}

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename().string());
  return names;
}

TEST(VideoWriter, DecodesToTheSamePictures) {
  const TempDir folder;
  write_video(folder / "path.mp4", {160, 96}, 40, {.frames_per_s = 25});
  const DecodedVideo video = decode_video(folder / "path.mp4");
  ASSERT_EQ(video.frames.size(), 40u);
  EXPECT_EQ(video.codec, "h264");
  EXPECT_EQ(video.pixel_format, "yuv420p");
  EXPECT_EQ(video.color_space, "bt709");
  EXPECT_EQ(video.color_range, "tv");
  EXPECT_NEAR(video.duration_s, 40 / 25.0, 1e-3);  // the container counts in milliseconds
  for (size_t i = 0; i < video.frames.size(); ++i) {
    ASSERT_EQ(video.frames[i].size_px(), glm::ivec2(160, 96));
    EXPECT_NEAR(video.times_s[i], static_cast<double>(i) / 25.0, 1e-6);
    // Rate factor 18 is called visually lossless; half-size chroma costs the rest. A frame off by one gives 24 dB.
    EXPECT_GT(psnr(video.frames[i], picture({160, 96}, static_cast<int>(i))), 35);
  }
}

TEST(VideoWriter, ColoursOfACardSurvive) {
  const TempDir folder;
  const glm::u8vec4 card[] = {{255, 0, 0, 255},     {0, 255, 0, 255}, {0, 0, 255, 255},
                              {255, 255, 255, 255}, {0, 0, 0, 255},   {128, 128, 128, 255}};
  ImageRgba8 image({6 * 32, 32});
  for (int y = 0; y < 32; ++y) {
    for (int x = 0; x < image.width(); ++x) image.at(x, y) = card[x / 32];
  }
  VideoWriter writer(folder / "card.mp4", image.size_px(), {});
  writer.add(image);
  writer.finish();
  const DecodedVideo video = decode_video(folder / "card.mp4");
  ASSERT_EQ(video.frames.size(), 1u);
  for (int i = 0; i < 6; ++i) {
    const glm::ivec4 got(video.frames[0].at(32 * i + 16, 16));
    // Rounding to 219 levels costs 1, the codec 2; BT.601 for BT.709 or full for limited range is off by 15 and more.
    for (int c = 0; c < 3; ++c) EXPECT_NEAR(got[c], card[i][c], 4) << "patch " << i << " channel " << c;
  }
}

TEST(VideoWriter, OddAndTinySizesArePadded) {
  const TempDir folder;
  for (const glm::ivec2 size : {glm::ivec2(1, 1), glm::ivec2(37, 21), glm::ivec2(64, 33)}) {
    write_video(folder / "odd.mp4", size, 2);
    const DecodedVideo video = decode_video(folder / "odd.mp4");
    ASSERT_EQ(video.frames.size(), 2u);
    EXPECT_EQ(video.frames[0].size_px(), (size + 1) / 2 * 2);
  }
}

TEST(VideoWriter, IndexStandsBeforeTheData) {
  const TempDir folder;
  write_video(folder / "path.mp4", {64, 64}, 3);
  const std::string bytes = read_text_file(folder / "path.mp4");
  EXPECT_LT(bytes.find("moov"), bytes.find("mdat"));
}

TEST(VideoWriter, SameFramesMakeTheSameBytes) {
  const TempDir folder;
  write_video(folder / "a.mp4", {128, 64}, 20);
  write_video(folder / "b.mp4", {128, 64}, 20);
  EXPECT_EQ(read_file(folder / "a.mp4"), read_file(folder / "b.mp4"));
}

TEST(VideoWriter, QualityIsHeeded) {
  const TempDir folder;
  write_video(folder / "good.mp4", {320, 240}, 5, {.quality = 10});
  write_video(folder / "poor.mp4", {320, 240}, 5, {.quality = 45});
  EXPECT_GT(fs::file_size(folder / "good.mp4"), 2 * fs::file_size(folder / "poor.mp4"));
}

TEST(VideoWriter, DroppedBeforeFinishLeavesTheOldFileAlone) {
  const TempDir folder;
  write_file(folder / "path.mp4", "old");
  {
    VideoWriter writer(folder / "path.mp4", {64, 64}, {});
    for (int i = 0; i < 60; ++i) writer.add(picture({64, 64}, i));
  }
  EXPECT_EQ(read_text_file(folder / "path.mp4"), "old");
  EXPECT_THAT(names_in(folder.path()), testing::ElementsAre("path.mp4"));
}

TEST(VideoWriter, FinishWithoutFramesIsAnErrorAndLeavesNoFile) {
  const TempDir folder;
  {
    VideoWriter writer(folder / "path.mp4", {64, 64}, {});
    try {
      writer.finish();
      FAIL() << "a video without frames was written";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kInvalidInput);
      EXPECT_THAT(error.what(), HasSubstr("path.mp4: the video has no frames"));
    }
  }
  EXPECT_THAT(names_in(folder.path()), testing::IsEmpty());
}

TEST(VideoWriter, FullDiskIsAnErrorThatNamesPathAndReason) {
  const TempDir folder;
  write_file(folder / "path.mp4", "old");
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{4096, before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &small);
  std::string message;
  try {
    write_video(folder / "path.mp4", {320, 240}, 30, {.quality = 5});
  } catch (const Error& error) {
    message = error.what();
  }
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, old_handler);
  EXPECT_THAT(message, HasSubstr("path.mp4: the video cannot be written: File too large"));
  EXPECT_EQ(read_text_file(folder / "path.mp4"), "old");
  EXPECT_THAT(names_in(folder.path()), testing::ElementsAre("path.mp4"));
}

TEST(VideoWriter, ArgumentsOutOfRangeAreNamed) {
  const TempDir folder;
  const auto message = [&](glm::ivec2 size, VideoOptions options) -> std::string {
    try {
      VideoWriter writer(folder / "path.mp4", size, options);
    } catch (const Error& error) {
      return error.what();
    }
    return "none";
  };
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THAT(message({0, 64}, {}), HasSubstr("size is 0x64"));
  EXPECT_THAT(message({64, 1 << 20}, {}), HasSubstr("size is 64x1048576"));
  EXPECT_THAT(message({64, 64}, {.frames_per_s = nan}), HasSubstr("rate is nan"));
  EXPECT_THAT(message({64, 64}, {.frames_per_s = 0}), HasSubstr("rate is 0"));
  EXPECT_THAT(message({64, 64}, {.quality = 52}), HasSubstr("quality is 52"));
  EXPECT_THAT(names_in(folder.path()), testing::IsEmpty());
}

}  // namespace
}  // namespace diorama
