#include "streaming/cmaf.h"

#include "engine/base/error.h"
#include "engine/video/group_decoder.h"
#include "engine/video/group_encoder.h"

#include <gmock/gmock.h>

#include <numeric>

namespace diorama {
namespace {

using ::testing::ElementsAre;

std::vector<Picture420> pictures(size_t count) {
  std::vector<Picture420> made;
  for (size_t i = 0; i < count; ++i) {
    made.push_back(Picture420::filled({64, 48}, static_cast<uint8_t>(40 + 9 * i), 128));
    made.back().luma[17 * i] = 250;
  }
  return made;
}

EncodedGroup coded(size_t count, size_t first) {
  return encode_group(pictures(count), {.size_px = {64, 48}, .frames_per_s = 25, .qp = 0}, first);
}

uint64_t decode_time_of(std::span<const std::byte> segment) {
  const Mp4Box box = find_mp4_boxes(segment, "moof/traf/tfdt").at(0);
  uint64_t time = 0;
  for (size_t i = box.begin + 4; i < box.end; ++i) time = time << 8 | std::to_integer<uint64_t>(segment[i]);
  return time;
}

std::vector<Picture420> decoded(const std::vector<std::byte>& init, const std::vector<std::byte>& segment) {
  GroupDecoder decoder(init, segment, "test");
  std::vector<Picture420> result;
  for (Picture420 picture; decoder.next(picture);) result.push_back(picture);
  return result;
}

TEST(Cmaf, BoxesTellTheirTypesAndPlaces) {
  const auto inner = mp4_box("abcd", std::vector<std::byte>(3));
  const auto outer = mp4_box("efgh", inner);
  ASSERT_EQ(outer.size(), 19u);
  const auto found = find_mp4_boxes(outer, "efgh/abcd");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].header, 8u);
  EXPECT_EQ(found[0].begin, 16u);
  EXPECT_EQ(found[0].end, 19u);
  EXPECT_TRUE(find_mp4_boxes(outer, "abcd").empty());
}

TEST(Cmaf, SamplesOfASegmentFillItsMdat) {
  for (const size_t count : {1, 4}) {
    const EncodedGroup group = coded(count, 0);
    const std::vector<size_t> samples = sample_bytes_of(group.segment);
    ASSERT_EQ(samples.size(), count);
    const Mp4Box mdat = find_mp4_boxes(group.segment, "mdat").at(0);
    EXPECT_EQ(std::accumulate(samples.begin(), samples.end(), size_t{0}), mdat.end - mdat.begin);
  }
}

TEST(Cmaf, ShiftedSegmentsAreThoseCodedForTheirNewPlace) {
  const EncodedGroup early = coded(3, 5), late = coded(3, 30);
  const uint32_t ticks_of_picture = timescale_of(early.init) / 25;
  EXPECT_EQ(decode_time_of(late.segment), 30u * ticks_of_picture);
  std::vector<std::byte> moved = early.segment;
  shift_decode_times(moved, 25 * static_cast<int64_t>(ticks_of_picture));
  EXPECT_EQ(decode_time_of(moved), decode_time_of(late.segment));
  EXPECT_EQ(decoded(early.init, moved), pictures(3));
  EXPECT_THROW(shift_decode_times(moved, -31 * static_cast<int64_t>(ticks_of_picture)), Error);
}

TEST(Cmaf, TracksTakeAnotherNumberAndShareAHeader) {
  EncodedGroup group = coded(3, 0);
  std::vector<std::byte> second = group.init, segment = group.segment;
  set_track_of_header(second, 2);
  set_track_of_segment(segment, 2);
  EXPECT_EQ(decoded(second, segment), pictures(3));
  const std::vector<std::vector<std::byte>> headers = {group.init, second};
  const std::vector<std::byte> joined = joined_headers(headers);
  EXPECT_EQ(find_mp4_boxes(joined, "moov/trak").size(), 2u);
  EXPECT_EQ(find_mp4_boxes(joined, "moov/mvex/trex").size(), 2u);
}

TEST(Cmaf, DamageIsRefused) {
  const EncodedGroup group = coded(2, 0);
  for (size_t end = 1; end < group.segment.size(); end += 7) {
    const std::vector<std::byte> cut(group.segment.begin(), group.segment.begin() + static_cast<ptrdiff_t>(end));
    try {
      EXPECT_LE(sample_bytes_of(cut).size(), 2u);  // whole boxes may stand before the cut
    } catch (const Error&) {
    }
  }
  std::vector<std::byte> many = group.segment;
  const Mp4Box trun = find_mp4_boxes(many, "moof/traf/trun").at(0);
  for (size_t i = 4; i < 8; ++i) many[trun.begin + i] = std::byte{255};
  EXPECT_THROW(sample_bytes_of(many), Error);
  EXPECT_THROW(timescale_of(group.segment), Error);
}

}  // namespace
}  // namespace diorama
