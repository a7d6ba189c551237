#include "assets/splat_file.h"

#include "tests/assets/samples.h"
#include "tests/expect_error.h"

#include <cmath>
#include <limits>

namespace diorama {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Bytes = std::vector<std::byte>;

Bytes row(std::initializer_list<float> floats, std::initializer_list<int> codes) {
  Bytes bytes;
  for (const float value : floats) {
    for (const std::byte byte : std::as_bytes(std::span(&value, 1))) bytes.push_back(byte);
  }
  for (const int code : codes) bytes.push_back(static_cast<std::byte>(code));
  return bytes;
}

TEST(SplatFile, ARowIsReadAndWrittenAsItsPageSays) {
  const Bytes bytes = row({1, -2, 0.5f, 0.1f, 0.2f, 0.3f}, {255, 0, 128, 51, 218, 128, 38, 128});
  const Asset asset = parse_splat_file(bytes, "one.splat");
  const SplatCloud& cloud = asset.splats.at(0).cloud;
  ASSERT_EQ(cloud.size(), 1u);
  EXPECT_EQ(cloud.positions[0], glm::vec3(1, -2, 0.5f));
  EXPECT_EQ(cloud.scales[0], glm::vec3(0.1f, 0.2f, 0.3f));
  EXPECT_FLOAT_EQ(0.5f + kShC0 * cloud.sh[0].r, 1);
  EXPECT_FLOAT_EQ(0.5f + kShC0 * cloud.sh[0].g, 0);
  EXPECT_FLOAT_EQ(cloud.opacities[0], 0.2f);
  const float half = std::sqrt(0.5f);
  EXPECT_LE(glm::length(cloud.rotations_xyzw[0] - glm::vec4(0, -half, 0, half)), 1e-6f) << "90 of 128 each";
  EXPECT_EQ(encode_splat_file(asset).size(), 32u);
  const Asset again = parse_splat_file(encode_splat_file(asset), "again.splat");
  EXPECT_EQ(encode_splat_file(again), encode_splat_file(asset));
}

TEST(SplatFile, TheLargestAndDensestComesFirst) {
  Asset asset;
  SplatCloud cloud;
  cloud.resize(3);
  for (size_t i = 0; i < 3; ++i) cloud.positions[i].x = static_cast<float>(i);
  cloud.scales = {glm::vec3(1), glm::vec3(2), glm::vec3(2)};
  cloud.opacities = {1, 0.25f, 0.5f};
  asset.splats.push_back({.name = "three", .cloud = cloud});
  const Asset back = parse_splat_file(encode_splat_file(asset), "three.splat");
  EXPECT_EQ(back.splats[0].cloud.positions[0].x, 2);
  EXPECT_EQ(back.splats[0].cloud.positions[1].x, 1);
}

TEST(SplatFile, DamageIsTold) {
  const Bytes good = row({0, 0, 0, 1, 1, 1}, {0, 0, 0, 255, 255, 128, 128, 128});
  Bytes cut = good;
  cut.pop_back();
  DIO_EXPECT_ERROR(parse_splat_file(cut, "cut.splat"), ErrorCode::kInvalidInput, "has 31 bytes");
  DIO_EXPECT_ERROR(parse_splat_file({}, "empty.splat"), ErrorCode::kInvalidInput, "has 0 bytes");
  const Bytes negative = row({0, 0, 0, 1, -1, 1}, {0, 0, 0, 255, 255, 128, 128, 128});
  DIO_EXPECT_ERROR(parse_splat_file(negative, "bad.splat"), ErrorCode::kInvalidInput, "negative scale");
  Bytes two = row({std::numeric_limits<float>::quiet_NaN(), 0, 0, 1, 1, 1}, {0, 0, 0, 255, 255, 128, 128, 128});
  DIO_EXPECT_ERROR(parse_splat_file(two, "nan.splat"), ErrorCode::kInvalidInput, "holds no splats");
  two.insert(two.end(), good.begin(), good.end());
  two[63] = two[62] = two[61] = two[60] = std::byte{128};
  EXPECT_THAT(parse_splat_file(two, "two.splat").notes,
              ElementsAre(HasSubstr("1 splat with a value that is not finite"), HasSubstr("without a rotation")));
}

TEST(SplatFile, AnAssetWithoutSplatsIsRefused) {
  DIO_EXPECT_ERROR(encode_splat_file(triangle_asset()), ErrorCode::kInvalidInput, "no splats");
}

}  // namespace
}  // namespace diorama
