#include "assets/sog.h"

#include "assets/sog/codebook.h"
#include "assets/sog/sh_palette.h"
#include "assets/sog/sog_files.h"
#include "engine/base/file.h"
#include "engine/base/random.h"
#include "engine/scene/image_io.h"
#include "tests/assets/samples.h"
#include "tests/expect_error.h"
#include "tests/test_data.h"

#include <nlohmann/json.hpp>

#include <array>
#include <cmath>
#include <map>
#include <numbers>

namespace diorama {
namespace {

using testing::IsEmpty;
using Bytes = std::vector<std::byte>;
using Json = nlohmann::json;

constexpr ErrorCode kInvalid = ErrorCode::kInvalidInput;

Bytes webp(glm::ivec2 size, glm::u8vec4 first) {
  ImageRgba8 image(size, glm::u8vec4(0, 0, 0, 255));
  image.at(0, 0) = first;
  return encode_webp(image);
}

// One splat of SH degree 1 by hand, as the format's page has it; in version 1 with ranges.
std::map<std::string, Bytes> one_splat(int version) {
  std::map<std::string, Bytes> files;
  const glm::ivec2 size(4, 4);
  // x: the middle of -1 and 1 is 32767.5; y at the low end, z at the high one.
  files["means_l.webp"] = webp(size, {0x00, 0x00, 0xff, 255});
  files["means_u.webp"] = webp(size, {0x80, 0x00, 0xff, 255});
  files["scales.webp"] = webp(size, {0, 1, 2, 255});
  files["quats.webp"] = webp(size, {128, 255, 0, 252 + 2});  // of w x y z the third is left out
  files["sh0.webp"] = webp(size, {2, 1, 0, 51});
  files["labels.webp"] = webp(size, {1, 0, 0, 255});
  ImageRgba8 centroids({192, 1}, glm::u8vec4(0, 0, 0, 255));
  for (int k = 0; k < 3; ++k) centroids.at(3 + k, 0) = glm::u8vec4(k, 2, 1, 255);  // of label 1
  files["centroids.webp"] = encode_webp(centroids);
  Json meta = {{"means", {{"mins", {-1, -1, -1}}, {"maxs", {1, 1, 1}}, {"files", {"means_l.webp", "means_u.webp"}}}},
               {"scales", {{"files", {"scales.webp"}}}},
               {"quats", {{"files", {"quats.webp"}}}},
               {"sh0", {{"files", {"sh0.webp"}}}},
               {"shN", {{"files", {"centroids.webp", "labels.webp"}}}}};
  if (version == 1) {
    meta["means"]["shape"] = {1, 3};
    meta["scales"].update({{"mins", {-1, -2, -3}}, {"maxs", {0, 0, 0}}});
    meta["sh0"].update({{"mins", {0, 0, 0, -4}}, {"maxs", {1, 1, 1, 4}}});
    meta["shN"].update({{"mins", -1}, {"maxs", 1}});
  } else {
    meta.update({{"version", 2}, {"count", 1}, {"model", "antialiased"}});
    meta["scales"]["codebook"] = {-1.0, -2.0, -3.0};
    meta["sh0"]["codebook"] = {-0.5, 0.0, 0.5};
    meta["shN"].update({{"count", 2}, {"bands", 1}, {"codebook", {-0.25, 0.0, 0.75}}});
  }
  const std::string text = meta.dump();
  const auto bytes = std::as_bytes(std::span(text));
  files["meta.json"] = {bytes.begin(), bytes.end()};
  return files;
}

Bytes zipped(const std::map<std::string, Bytes>& files, const std::string& folder = "") {
  std::vector<NamedBytes> list;
  for (const auto& [name, bytes] : files) list.push_back({folder + name, bytes});
  return write_zip(list);
}

Asset parsed(const std::map<std::string, Bytes>& files) {
  return parse_sog(zipped(files), "test.sog");
}

// The file's meta.json after a change.
template <class Change>
std::map<std::string, Bytes> changed(std::map<std::string, Bytes> files, const Change& change) {
  Bytes& bytes = files["meta.json"];
  Json meta = Json::parse(std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
  change(meta);
  const std::string text = meta.dump();
  const auto view = std::as_bytes(std::span(text));
  bytes.assign(view.begin(), view.end());
  return files;
}

TEST(Sog, Version2IsReadAsItsPageSays) {
  const Asset asset = parsed(one_splat(2));
  ASSERT_EQ(splat_count(asset), 1u);
  const SplatCloud& cloud = asset.splats[0].cloud;
  EXPECT_EQ(cloud.sh_degree, 1);
  EXPECT_NEAR(cloud.positions[0].x, std::expm1(1.0 / 65535), 1e-7) << "0x8000 is half a step above the middle";
  EXPECT_FLOAT_EQ(cloud.positions[0].y, -static_cast<float>(std::expm1(1.0)));
  EXPECT_FLOAT_EQ(cloud.positions[0].z, static_cast<float>(std::expm1(1.0)));
  EXPECT_FLOAT_EQ(cloud.scales[0].x, std::exp(-1.0f));
  EXPECT_FLOAT_EQ(cloud.scales[0].y, std::exp(-2.0f));
  EXPECT_FLOAT_EQ(cloud.scales[0].z, std::exp(-3.0f));
  const float half = std::sqrt(0.5f);  // w 0, x half, y the rest, z -half: normalised as their squares pass 1
  EXPECT_LE(glm::length(cloud.rotations_xyzw[0] - glm::normalize(glm::vec4(half, 0, -half, 0.0028f))), 0.004f);
  EXPECT_EQ(cloud.sh[0], glm::vec3(0.5f, 0, -0.5f));
  EXPECT_FLOAT_EQ(cloud.opacities[0], 0.2f);
  EXPECT_EQ(cloud.sh[1], glm::vec3(-0.25f, 0.75f, 0));
  EXPECT_EQ(cloud.sh[3], glm::vec3(0.75f, 0.75f, 0));
  ASSERT_TRUE(asset.record);
  EXPECT_TRUE(asset.record->antialiased);
}

TEST(Sog, Version1HasRangesAndLogits) {
  const Asset asset = parsed(one_splat(1));
  const SplatCloud& cloud = asset.splats.at(0).cloud;
  EXPECT_FLOAT_EQ(cloud.scales[0].x, std::exp(-1.0f));
  EXPECT_FLOAT_EQ(cloud.scales[0].z, std::exp(-3.0f + 3 * 2 / 255.0f));
  EXPECT_FLOAT_EQ(cloud.sh[0].r, 2 / 255.0f);
  EXPECT_FLOAT_EQ(cloud.opacities[0], 1 / (1 + std::exp(4 - 8 * 51 / 255.0f)));
  EXPECT_FLOAT_EQ(cloud.sh[1].g, -1 + 4 / 255.0f);
  EXPECT_FALSE(asset.record);
}

TEST(Sog, FilesMayLieInAFolderOfTheZip) {
  const Asset asset = parse_sog(zipped(one_splat(2), "room/"), "test.sog");
  EXPECT_EQ(splat_count(asset), 1u);
}

// The splat of a cloud of SH degree 3 that is most like one of another: two may have the same centre.
size_t most_alike(const SplatCloud& cloud, const SplatCloud& other, size_t i) {
  const auto off = [&](size_t k) {
    return glm::length(cloud.positions[k] - other.positions[i]) + glm::length(cloud.sh[16 * k] - other.sh[16 * i]);
  };
  size_t best = 0;
  for (size_t k = 1; k < cloud.size(); ++k) {
    if (off(k) < off(best)) best = k;
  }
  return best;
}

TEST(Sog, ARoundTripKeepsWhatItsBitsHold) {
  ThreadPool pool(2);
  Asset asset = splat_asset();
  const Asset back = parse_sog(encode_sog(asset, pool), "room.sog");
  EXPECT_THAT(back.notes, IsEmpty());
  ASSERT_TRUE(back.record);
  EXPECT_EQ(back.record->capture_name, asset.record->capture_name);
  EXPECT_TRUE(back.record->antialiased);
  const SplatCloud before = merged_splats(asset), &after = back.splats.at(0).cloud;
  ASSERT_EQ(after.size(), before.size());
  for (size_t i = 0; i < after.size(); ++i) {
    const size_t nearest = most_alike(before, after, i);
    // A range of a few metres in 65536 steps; eight bits of a quaternion of length 1.
    EXPECT_LE(glm::length(before.positions[nearest] - after.positions[i]), 4e-4f);
    EXPECT_GE(std::abs(glm::dot(before.rotations_xyzw[nearest], after.rotations_xyzw[i])), 0.9999f);
    EXPECT_LE(glm::length(glm::log(before.scales[nearest]) - glm::log(after.scales[i])), 1e-4f)
        << "33 scales have 33 levels";
    EXPECT_NEAR(before.opacities[nearest], after.opacities[i], 0.5 / 255 + 1e-6);
    EXPECT_LE(glm::length(before.sh[16 * nearest] - after.sh[16 * i]), 1e-4f) << "33 colours have 33 levels";
  }
}

TEST(Sog, TheBytesDoNotDependOnTheThreads) {
  ThreadPool one(1), three(3);
  Asset asset;
  asset.splats.push_back({.name = "noise", .cloud = random_splats(5000, 2)});
  EXPECT_EQ(encode_sog(asset, one), encode_sog(asset, three));
}

TEST(Sog, AFolderIsWrittenAndReadByItsMeta) {
  const TempDir dir;
  ThreadPool pool(1);
  Asset asset;
  asset.splats.push_back({.name = "noise", .cloud = random_splats(100, 0)});
  write_sog(asset, dir / "room" / "meta.json", pool);
  EXPECT_TRUE(is_sog_folder(dir / "room"));
  EXPECT_FALSE(is_sog_folder(dir.path()));
  EXPECT_EQ(splat_count(read_sog(dir / "room")), 100u);
  EXPECT_EQ(splat_count(read_sog(dir / "room" / "meta.json")), 100u);
  std::filesystem::remove(dir / "room" / "scales.webp");
  DIO_EXPECT_ERROR(read_sog(dir / "room"), ErrorCode::kNotFound, "scales.webp");
}

TEST(Sog, DamageIsTold) {
  const auto files = one_splat(2);
  const auto with = [&](auto change) { return changed(files, change); };
  DIO_EXPECT_ERROR(parsed(with([](Json& m) { m["version"] = 3; })), ErrorCode::kUnsupported, "SOG version 3");
  DIO_EXPECT_ERROR(parsed(with([](Json& m) { m["count"] = 0; })), kInvalid, "promises 0 splats");
  DIO_EXPECT_ERROR(parsed(with([](Json& m) { m["count"] = 17; })), kInvalid, "means_l.webp: has 4x4 texels");
  DIO_EXPECT_ERROR(parsed(with([](Json& m) { m["count"] = 200'000'000; })), kInvalid, "too many for");
  DIO_EXPECT_ERROR(parsed(with([](Json& m) { m["shN"]["count"] = 1; })), kInvalid, "has the SH label 1");
  DIO_EXPECT_ERROR(parsed(with([](Json& m) { m["shN"]["count"] = 65; })), kInvalid, "expected 2 for 65 centroids");
  DIO_EXPECT_ERROR(parsed(with([](Json& m) { m["scales"]["codebook"] = Json::array({0.5}); })), kInvalid,
                   "has the scale code 1, its codebook ends at 0");
  DIO_EXPECT_ERROR(parsed(with([](Json& m) { m["sh0"]["codebook"] = Json::array(); })), kInvalid,
                   "sh0.codebook has 0 values");
  DIO_EXPECT_ERROR(parsed(with([](Json& m) { m["quats"]["files"] = Json::array({"../quats.webp"}); })), kInvalid,
                   "plain name");
  DIO_EXPECT_ERROR(parsed(with([](Json& m) { m["quats"]["files"] = Json::array({"other.webp"}); })), kInvalid,
                   "\"other.webp\"");
  DIO_EXPECT_ERROR(parsed(with([](Json& m) { m.erase("means"); })), kInvalid, "means");
  DIO_EXPECT_ERROR(parsed(with([](Json& m) {
                     m["shN"]["files"] = Json::array({"sh0.webp", "labels.webp"});
                   })),
                   kInvalid, "is 4 texels wide");
}

TEST(Sog, DamagedPicturesAndZipsAreTold) {
  auto files = one_splat(2);
  files["quats.webp"].resize(files["quats.webp"].size() / 2);
  DIO_EXPECT_ERROR(parsed(files), kInvalid, "quats.webp");
  files["quats.webp"] = {};
  DIO_EXPECT_ERROR(parsed(files), kInvalid, "quats.webp: the image file is empty");
  files = one_splat(2);
  files["sh0.webp"] = webp({2000, 2000}, {0, 0, 0, 255});
  DIO_EXPECT_ERROR(parsed(files), kInvalid, "2000x2000 texels");
  files.erase("meta.json");
  DIO_EXPECT_ERROR(parsed(files), kInvalid, "without meta.json");
  Bytes cut = zipped(one_splat(2));
  cut.resize(cut.size() / 2);
  DIO_EXPECT_ERROR(parse_sog(cut, "cut.sog"), kInvalid, "cut.sog");
  std::vector<NamedBytes> many;
  for (int i = 0; i < 65; ++i) many.push_back({std::to_string(i), Bytes(1)});
  DIO_EXPECT_ERROR(parse_sog(write_zip(many), "many.sog"), kInvalid, "more than 64 files");
}

TEST(Codebook, FewValuesAreExactAndManyAreNear) {
  const Codebook few({3.0f, 1.0f, 3.0f, -2.0f});
  EXPECT_EQ(few.levels()[few.nearest(1.1f)], 1.0f);
  EXPECT_EQ(few.levels()[few.nearest(-9.0f)], -2.0f);
  EXPECT_EQ(few.levels()[few.nearest(99.0f)], 3.0f);
  Random random(3);
  std::vector<float> normal(20000);
  for (float& value : normal) value = random.normal();
  const Codebook many(normal);
  double squared = 0;
  for (const float value : normal) {
    const double off = static_cast<double>(many.levels()[many.nearest(value)] - value);
    squared += off * off;
  }
  // Panter and Dite: sqrt(3) pi / 2 sigma^2 / levels^2 for a normal distribution, at best.
  const double best = std::sqrt(3.0) * std::numbers::pi / 2 / (256.0 * 256.0);
  EXPECT_LE(squared / 20000, 1.25 * best) << "40 rounds do not quite get there";
  EXPECT_TRUE(std::is_sorted(many.levels().begin(), many.levels().end()));
}

TEST(ShPalette, FindsTheClustersThatAreThere) {
  ThreadPool pool(2);
  Random random(5);
  constexpr size_t kDims = 9, kClusters = 40, kRows = 4000;
  std::vector<float> centres(kClusters * kDims), rows;
  for (float& value : centres) value = random.normal();
  for (size_t i = 0; i < kRows; ++i) {
    for (size_t k = 0; k < kDims; ++k) rows.push_back(centres[i * 7 % kClusters * kDims + k] + 0.01f * random.normal());
  }
  const ShPalette palette = make_palette(rows, kDims, 256, pool);
  EXPECT_LE(palette.size(), 256u);
  double squared = 0;
  for (size_t i = 0; i < kRows; ++i) {
    ASSERT_LT(palette.labels[i], palette.size());
    for (size_t k = 0; k < kDims; ++k) {
      const double off = static_cast<double>(palette.centroids[palette.labels[i] * kDims + k] - rows[i * kDims + k]);
      squared += off * off;
    }
  }
  EXPECT_LE(std::sqrt(squared / (kRows * kDims)), 0.011) << "the noise around each centre is 0.01";
}

TEST(ShPalette, FewRowsAreKeptToTheBit) {
  ThreadPool pool(1);
  const std::vector<float> rows = {1, 2, 3, 4, 5, 6};
  const ShPalette palette = make_palette(rows, 3, 1024, pool);
  EXPECT_EQ(palette.size(), 2u);
  EXPECT_EQ(palette.centroids[3u * palette.labels[1] + 2], 6);
}

}  // namespace
}  // namespace diorama
