#include "engine/base/random.h"
#include "engine/video/group_decoder.h"
#include "engine/video/group_encoder.h"
#include "tests/expect_error.h"

#include <cmath>

namespace diorama {
namespace {

using ::testing::HasSubstr;

// Smooth waves that drift, with noise in the low bits.
std::vector<Picture420> waves(glm::ivec2 size, int count) {
  Random random(7, 0);
  std::vector<Picture420> pictures;
  for (int t = 0; t < count; ++t) {
    Picture420 picture = Picture420::filled(size, 0, 128);
    for (int y = 0; y < size.y; ++y) {
      for (int x = 0; x < size.x; ++x) {
        const double wave = 128 + 100 * std::sin(0.05 * (x + 2 * t)) * std::cos(0.07 * y);
        picture.luma[static_cast<size_t>(y * size.x + x)] =
            static_cast<uint8_t>(static_cast<int>(wave) ^ static_cast<int>(random.below(4)));
      }
    }
    for (size_t i = 0; i < picture.cb.size(); ++i) picture.cb[i] = static_cast<uint8_t>(i % 251);
    pictures.push_back(std::move(picture));
  }
  return pictures;
}

std::vector<Picture420> decoded(const EncodedGroup& group, StreamFacts* facts = nullptr) {
  GroupDecoder decoder(group.init, group.segment, "test");
  if (facts != nullptr) *facts = decoder.facts();
  std::vector<Picture420> pictures;
  for (Picture420 picture; decoder.next(picture);) pictures.push_back(picture);
  return pictures;
}

TEST(GroupCodec, HevcWithoutLossIsBitExactAndInMainProfileOfAPlayableLevel) {
  const auto pictures = waves({320, 192}, 5);
  const EncodedGroup group = encode_group(pictures, {.size_px = {320, 192}, .qp = 0}, 0);
  StreamFacts facts;
  EXPECT_EQ(decoded(group, &facts), pictures);
  EXPECT_EQ(facts.codec, VideoCodec::kHevc);
  EXPECT_EQ(facts.profile, "Main");
  EXPECT_EQ(facts.level, 31);
  EXPECT_EQ(facts.size_px, glm::ivec2(320, 192));
  EXPECT_TRUE(facts.full_range);
}

TEST(GroupCodec, LossyStreamsStayNearAndGetSmallerWithQp) {
  const auto pictures = waves({320, 192}, 6);
  for (const VideoCodec codec : {VideoCodec::kHevc, VideoCodec::kH264}) {
    size_t before = 0;
    for (const int qp : {4, 16, 28}) {
      const EncodedGroup group = encode_group(pictures, {.codec = codec, .size_px = {320, 192}, .qp = qp}, 0);
      StreamFacts facts;
      const auto pictures_out = decoded(group, &facts);
      ASSERT_EQ(pictures_out.size(), pictures.size());
      EXPECT_EQ(facts.profile, "Main");
      EXPECT_TRUE(facts.full_range);
      double error = 0;
      for (size_t t = 0; t < pictures.size(); ++t) {
        for (size_t i = 0; i < pictures[t].luma.size(); ++i) {
          error += std::abs(int{pictures_out[t].luma[i]} - int{pictures[t].luma[i]});
        }
      }
      error /= static_cast<double>(pictures.size() * pictures[0].luma.size());
      // A quantiser's step is 2^((QP - 4) / 6); the mean error of rounding is a quarter of it, and transforms of the
      // smooth part bring it no higher. Code values are rounded besides.
      EXPECT_LE(error, 0.25 * std::exp2((qp - 4) / 6.0) + 0.5) << qp;
      if (before > 0) {
        EXPECT_LT(group.segment.size(), before);
      }
      before = group.segment.size();
    }
  }
}

TEST(GroupCodec, GroupsOfAStreamShareTheirHeaderAndStandAlone) {
  const auto pictures = waves({64, 64}, 6);
  const GroupStream stream{.size_px = {64, 64}, .qp = 20};
  const std::span all(pictures);
  const EncodedGroup first = encode_group(all.first(4), stream, 0), second = encode_group(all.subspan(4), stream, 4);
  EXPECT_EQ(first.init, second.init);
  EXPECT_EQ(decoded(second).size(), 2u);
  EncodedGroup both = first;
  both.segment.insert(both.segment.end(), second.segment.begin(), second.segment.end());
  EXPECT_EQ(decoded(both).size(), 6u);
}

TEST(GroupCodec, TheSamePicturesMakeTheSameBytes) {
  const auto pictures = waves({128, 64}, 3);
  for (const VideoCodec codec : {VideoCodec::kHevc, VideoCodec::kH264}) {
    const GroupStream stream{.codec = codec, .size_px = {128, 64}, .qp = 20};
    EXPECT_EQ(encode_group(pictures, stream, 0).segment, encode_group(pictures, stream, 0).segment);
  }
}

TEST(GroupCodec, LevelsAreTheLowestThatHoldThePicturesAndTheirRate) {
  const auto level = [](VideoCodec codec, glm::ivec2 size, double rate) {
    return level_of({.codec = codec, .size_px = size, .frames_per_s = rate}).level;
  };
  EXPECT_EQ(level(VideoCodec::kHevc, {1280, 720}, 30), 31);
  EXPECT_EQ(level(VideoCodec::kHevc, {1280, 720}, 60), 40);
  EXPECT_EQ(level(VideoCodec::kHevc, {1920, 1080}, 60), 41);
  EXPECT_EQ(level(VideoCodec::kH264, {1280, 720}, 30), 31);
  EXPECT_EQ(level(VideoCodec::kH264, {720, 480}, 30), 31);
  EXPECT_THROW(level(VideoCodec::kH264, {8192, 8192}, 30), Error);
}

TEST(GroupCodec, RefusesStreamsThatNoneOfItsCodecsTakes) {
  const auto pictures = waves({64, 64}, 1);
  EXPECT_THAT(error_of([&] { encode_group(pictures, {.size_px = {63, 64}}, 0); }).what(), HasSubstr("63x64"));
  EXPECT_THAT(error_of([&] {
                encode_group(pictures, {.size_px = {64, 64}, .frames_per_s = 0}, 0);
              }).what(),
              HasSubstr("rate is 0"));
  EXPECT_THAT(error_of([&] {
                encode_group(pictures, {.codec = VideoCodec::kH264, .size_px = {64, 64}, .qp = 0}, 0);
              }).what(),
              HasSubstr("expected 1 to 51"));
  EXPECT_THAT(error_of([&] { encode_group({}, {.size_px = {64, 64}}, 0); }).what(), HasSubstr("empty"));
}

TEST(GroupCodec, ADecoderGoesOnWithOtherGroupsOfItsStream) {
  const auto pictures = waves({64, 64}, 6);
  const GroupStream stream{.size_px = {64, 64}, .qp = 0};
  const std::span all(pictures);
  const EncodedGroup first = encode_group(all.first(4), stream, 0), second = encode_group(all.subspan(4), stream, 4);
  GroupDecoder decoder(first.init, first.segment, "test");
  Picture420 picture;
  ASSERT_TRUE(decoder.next(picture));
  const auto rest_of = [&] {
    std::vector<Picture420> decoded;
    while (decoder.next(picture)) decoded.push_back(picture);
    return decoded;
  };
  decoder.start(second.segment);  // in the middle of the first
  EXPECT_EQ(rest_of(), std::vector(pictures.begin() + 4, pictures.end()));
  decoder.start(first.segment);
  EXPECT_EQ(rest_of(), std::vector(pictures.begin(), pictures.begin() + 4));
  EXPECT_THAT(error_of([&] { decoder.start(std::span(first.segment).first(300)); }).what(), HasSubstr("test: "));
  decoder.start(second.segment);
  EXPECT_EQ(rest_of().size(), 2u);
}

TEST(DecodeDevice, OneThatIsNotThereLeavesDecodingToSoftwareAndSaysSo) {
  const EncodedGroup group = encode_group(waves({64, 64}, 2), {.size_px = {64, 64}, .qp = 0}, 0);
  const DecodeProbe probe{group.init, group.segment, "test"};
  std::vector<std::string> warnings;
  const LogSink log = [&](LogLevel level, std::string_view line) {
    if (level == LogLevel::kWarning) warnings.emplace_back(line);
  };
  DecoderOptions options;
  set_option(option_fields(options).front(), "d3d11va");  // of Windows
  EXPECT_EQ(choose_decoder(options, std::span(&probe, 1), log), nullptr);
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_THAT(warnings[0], HasSubstr("not decoded by d3d11va"));
}

TEST(DecodeDevice, WhatAutoChoosesDecodesToTheSameBits) {
  const auto pictures = waves({320, 192}, 6);
  const EncodedGroup group = encode_group(pictures, {.size_px = {320, 192}, .qp = 0}, 0);
  const DecodeProbe probe{group.init, group.segment, "test"};
  const auto device = choose_decoder({}, std::span(&probe, 1), {});
  GroupDecoder decoder(group.init, group.segment, "test", device.get());
  EXPECT_EQ(decoder.facts().hardware, device != nullptr);
  std::vector<Picture420> decoded;
  for (Picture420 picture; decoder.next(picture);) decoded.push_back(picture);
  EXPECT_EQ(decoded, pictures);
}

TEST(GroupCodec, DamagedGroupsAreErrorsOrShorter) {
  const auto pictures = waves({64, 64}, 3);
  const EncodedGroup group = encode_group(pictures, {.size_px = {64, 64}, .qp = 0}, 0);
  EXPECT_THAT(error_of([&] { decoded({{}, group.segment}); }).what(), HasSubstr("test: "));
  EXPECT_THAT(error_of([&] { decoded({group.segment, {}}); }).what(), HasSubstr("test: "));
  for (size_t length = 0; length < group.segment.size(); length += 97) {
    const EncodedGroup cut{group.init, {group.segment.begin(), group.segment.begin() + static_cast<ptrdiff_t>(length)}};
    try {
      EXPECT_LT(decoded(cut).size(), pictures.size()) << length;
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), HasSubstr("test: "));
    }
  }
}

}  // namespace
}  // namespace diorama
