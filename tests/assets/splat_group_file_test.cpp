#include "assets/splat_group_file.h"

#include "engine/base/file.h"
#include "tests/assets/samples.h"
#include "tests/expect_error.h"

#include <array>
#include <cstring>
#include <limits>

namespace diorama {
namespace {

using Bytes = std::vector<std::byte>;

const std::vector<double> kTimes = {0.5, 0.75, 1.0};

// Three frames of random splats.
SplatGroup group_of(size_t splats, int sh_degree) {
  SplatGroup group{.first_frame = 30, .frames = {}};
  for (size_t k = 0; k < kTimes.size(); ++k) {
    group.frames.push_back(random_splats(splats, sh_degree));
    for (glm::vec3& position : group.frames.back().positions) position.x += static_cast<float>(k);
  }
  return group;
}

std::filesystem::path scratch(const char* name) {
  return std::filesystem::path(testing::TempDir()) / "splat_group_file" / name;
}

template <class T>
void put(Bytes& bytes, size_t offset, T value) {
  std::memcpy(bytes.data() + offset, &value, sizeof(T));
}

void expect_same(const SplatCloud& a, const SplatCloud& b) {
  EXPECT_EQ(a.positions, b.positions);
  EXPECT_EQ(a.scales, b.scales);
  EXPECT_EQ(a.rotations_xyzw, b.rotations_xyzw);
  EXPECT_EQ(a.opacities, b.opacities);
  EXPECT_EQ(a.sh_degree, b.sh_degree);
  EXPECT_EQ(a.sh, b.sh);
}

TEST(SplatGroupFile, EveryBitComesBack) {
  for (const int degree : {0, 1, 3}) {
    const SplatGroup group = group_of(20, degree);
    const std::filesystem::path path = scratch("round.splats");
    write_splat_group(group, kTimes, 77, path);
    const SplatGroup back = read_splat_group(path);
    const SplatGroupHead head = read_splat_group_head(path);
    EXPECT_EQ(head.first_frame, 30u);
    EXPECT_EQ(head.splat_count, 20u);
    EXPECT_EQ(head.sh_degree, degree);
    EXPECT_EQ(head.fit_key, 77u);
    EXPECT_EQ(head.times_s, kTimes);
    EXPECT_EQ(head.bounds.min, bounds_of(group).min);
    EXPECT_EQ(head.bounds.max, bounds_of(group).max);
    ASSERT_EQ(back.frames.size(), 3u);
    EXPECT_EQ(back.first_frame, 30u);
    for (size_t k = 0; k < 3; ++k) {
      expect_same(back.frames[k], group.frames[k]);
      expect_same(read_splat_group_frame(path, head, k), group.frames[k]);
    }
    EXPECT_EQ(read_file(path), encode_splat_group(group, kTimes, 77));
  }
}

TEST(SplatGroupFile, HasTheBytesOfItsPage) {
  SplatGroup one{.first_frame = 2, .frames = {SplatCloud{}}};
  one.frames[0].resize(1);
  one.frames[0].positions[0] = {1, 2, 4};
  one.frames[0].opacities[0] = 0.5f;
  const std::array<double, 1> time = {0.25};
  const Bytes bytes = encode_splat_group(one, time, 9);
  ASSERT_EQ(bytes.size(), 64u + 8u + 56u);
  Bytes expected(bytes.size());
  std::memcpy(expected.data(), "DIOSPLGR", 8);
  for (const auto& [offset, value] : {std::pair{8, 1u}, {12, 1u}, {16, 1u}, {24, 2u}, {32, 9u}}) {
    put(expected, static_cast<size_t>(offset), value);
  }
  const std::array<float, 3> position = {1, 2, 4};
  for (const size_t offset : {40, 52, 72}) put(expected, offset, position);
  put(expected, 64, 0.25);
  put(expected, 72 + 12 + 12 + 12, 1.0f);  // w of the rotation
  put(expected, 72 + 12 + 12 + 16, 0.5f);
  EXPECT_EQ(bytes, expected);
}

TEST(SplatGroupFile, AGroupWithoutSplatsComesBack) {
  const SplatGroup none{.first_frame = 4, .frames = {SplatCloud{}, SplatCloud{}}};
  const SplatGroup back = parse_splat_group(encode_splat_group(none, std::array{1.0, 2.0}), "none");
  EXPECT_EQ(back.frames.size(), 2u);
  EXPECT_EQ(back.splat_count(), 0u);
}

TEST(SplatGroupFile, CutAnywhereIsTold) {
  const Bytes good = encode_splat_group(group_of(2, 1), kTimes);
  for (size_t length = 0; length < good.size(); ++length) {
    const Bytes cut(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(length));
    DIO_EXPECT_ERROR(parse_splat_group(cut, "cut.splats"), ErrorCode::kInvalidInput,
                     "cut.splats: has " + std::to_string(length) + " bytes");
  }
  Bytes longer = good;
  longer.push_back({});
  DIO_EXPECT_ERROR(parse_splat_group(longer, "longer"), ErrorCode::kInvalidInput, "it is cut or damaged");
}

TEST(SplatGroupFile, ACutFileIsToldByItsHeadAlone) {
  const Bytes good = encode_splat_group(group_of(2, 1), kTimes);
  for (const size_t length : {size_t{0}, size_t{63}, size_t{64}, size_t{90}, good.size() - 1}) {
    const std::filesystem::path path = scratch("cut.splats");
    write_file(path, std::span(good).first(length));
    DIO_EXPECT_ERROR(read_splat_group_head(path), ErrorCode::kInvalidInput, "it is cut");
  }
}

TEST(SplatGroupFile, AbsurdCountsTakeNoMemory) {
  const Bytes good = encode_splat_group(group_of(2, 0), kTimes);
  for (const size_t offset : {12, 16}) {
    Bytes bytes = good;
    put(bytes, offset, UINT32_MAX);
    DIO_EXPECT_ERROR(parse_splat_group(bytes, "absurd"), ErrorCode::kInvalidInput, "it is cut or damaged");
    put(bytes, offset, 0u);
    EXPECT_THROW(parse_splat_group(bytes, "zero"), Error);
  }
  Bytes late = good;
  put(late, 24, UINT64_MAX);
  DIO_EXPECT_ERROR(parse_splat_group(late, "late"), ErrorCode::kInvalidInput, "first frame is 18446744073709551615");
}

TEST(SplatGroupFile, OtherKindsAndVersionsAreTold) {
  const Bytes good = encode_splat_group(group_of(2, 0), kTimes);
  Bytes bytes = good;
  bytes[0] = std::byte{'X'};
  DIO_EXPECT_ERROR(parse_splat_group(bytes, "x"), ErrorCode::kInvalidInput, "is no group of splats");
  bytes = good;
  put(bytes, 8, 2u);
  DIO_EXPECT_ERROR(parse_splat_group(bytes, "x"), ErrorCode::kUnsupported, "of version 2");
  bytes = good;
  put(bytes, 20, 4u);
  DIO_EXPECT_ERROR(parse_splat_group(bytes, "x"), ErrorCode::kInvalidInput, "SH degree of 4");
}

TEST(SplatGroupFile, ValuesThatNoSplatHasAreTold) {
  const Bytes good = encode_splat_group(group_of(2, 0), kTimes);
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const size_t splats = 64 + 3 * 8;
  Bytes bytes = good;
  put(bytes, splats, nan);
  DIO_EXPECT_ERROR(parse_splat_group(bytes, "x"), ErrorCode::kInvalidInput, "frame 30: splat 0");
  bytes = good;
  put(bytes, splats, 1e9f);
  DIO_EXPECT_ERROR(parse_splat_group(bytes, "x"), ErrorCode::kInvalidInput, "outside the bounds");
  bytes = good;
  put(bytes, 40, nan);
  DIO_EXPECT_ERROR(parse_splat_group(bytes, "x"), ErrorCode::kInvalidInput, "no box");
  bytes = good;
  put(bytes, 64 + 8, 0.5);
  DIO_EXPECT_ERROR(parse_splat_group(bytes, "x"), ErrorCode::kInvalidInput, "frame 1 of the group has the time");
}

TEST(SplatGroupFile, MixedCountsAreNotWritten) {
  SplatGroup group = group_of(3, 0);
  group.frames[1].resize(2);
  DIO_EXPECT_ERROR(write_splat_group(group, kTimes, 0, scratch("mixed.splats")), ErrorCode::kInvalidInput,
                   "frame 31: has 2 splats");
  EXPECT_FALSE(std::filesystem::exists(scratch("mixed.splats")));
  DIO_EXPECT_ERROR(encode_splat_group(group_of(3, 0), std::array{1.0}), ErrorCode::kInvalidInput,
                   "1 times for 3 frames");
}

}  // namespace
}  // namespace diorama
