#include "assets/asset_file.h"

#include "assets/gltf.h"
#include "assets/ply.h"
#include "assets/summary.h"
#include "engine/base/file.h"
#include "tests/assets/samples.h"
#include "tests/expect_error.h"
#include "tests/test_data.h"

#include <nlohmann/json.hpp>

namespace diorama {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(AssetFile, KindsAreToldByContentWhateverTheName) {
  const TempDir dir;
  write_file(dir / "a.ply", encode_glb(splat_asset()));
  write_file(dir / "b.glb", encode_ply(splat_asset()));
  write_file(dir / "c", " \n" + json_of(encode_glb(triangle_asset())));
  EXPECT_EQ(read_asset(dir / "a.ply").splats.size(), 2u);
  EXPECT_EQ(read_asset(dir / "b.glb").splats.size(), 1u) << "a PLY has one cloud";
  DIO_EXPECT_ERROR(read_asset(dir / "c"), ErrorCode::kInvalidInput, "buffers[0]");
  EXPECT_TRUE(is_asset_file(dir / "a.ply"));
  EXPECT_FALSE(is_asset_file(dir / "c")) << "JSON may be a capture's";
  EXPECT_FALSE(is_asset_file(dir.path()));
  EXPECT_FALSE(is_asset_file(dir / "absent"));
  EXPECT_TRUE(is_asset_file(dir / "absent.glb")) << "read_asset says what is wrong with it";
}

TEST(AssetFile, OtherFilesAreRefusedByName) {
  const TempDir dir;
  write_file(dir / "picture.glb", "\x89PNG and more");
  write_file(dir / "empty.ply", "");
  DIO_EXPECT_ERROR(read_asset(dir / "picture.glb"), ErrorCode::kUnsupported, "picture.glb: is no glTF");
  DIO_EXPECT_ERROR(read_asset(dir / "empty.ply"), ErrorCode::kUnsupported, "empty.ply: is no glTF");
  DIO_EXPECT_ERROR(read_asset(dir / "absent.ply"), ErrorCode::kNotFound, "absent.ply");
  DIO_EXPECT_ERROR(write_asset(splat_asset(), dir / "room.obj"), ErrorCode::kInvalidInput,
                   "expected .glb, .ply, .spz, .sog, .splat");
}

TEST(AssetFile, WhatAKindCannotHoldIsTold) {
  const TempDir dir;
  EXPECT_TRUE(write_asset(splat_asset(), dir / "room.GLB").empty());
  EXPECT_THAT(write_asset(splat_asset(), dir / "room.ply"),
              ElementsAre(HasSubstr("1 mesh is left out"), HasSubstr("2 clouds are merged")));
  const Asset back = read_asset(dir / "room.ply");
  EXPECT_TRUE(write_asset(back, dir / "again.ply").empty());
  EXPECT_EQ(splat_count(read_asset(dir / "again.ply")), 11u);
}

TEST(AssetFile, EveryKindOfSplatsIsWrittenAndReadByItsName) {
  const TempDir dir;
  for (const char* name : {"a.glb", "a.ply", "a.spz", "a.sog", "a.splat", "folder/meta.json"}) {
    write_asset(splat_asset(), dir / name);
    EXPECT_TRUE(is_asset_file(dir / name)) << name;
    EXPECT_EQ(splat_count(read_asset(dir / name)), 11u) << name;
    EXPECT_GT(asset_file_bytes(dir / name), 300u) << name;
  }
  EXPECT_TRUE(is_asset_file(dir / "folder"));
  EXPECT_EQ(splat_count(read_asset(dir / "folder")), 11u);
  EXPECT_EQ(asset_file_bytes(dir / "folder"), asset_file_bytes(dir / "folder/meta.json"));
}

TEST(AssetFile, PackedSplatsAreSpzInsideTheGlb) {
  const TempDir dir;
  Asset asset = splat_asset();
  asset.splats.resize(1);
  asset.splats[0].cloud = random_splats(500, 3);
  write_asset(asset, dir / "plain.glb");
  write_asset(asset, dir / "packed.glb", {.pack = true});
  EXPECT_LT(asset_file_bytes(dir / "packed.glb"), asset_file_bytes(dir / "plain.glb") / 2);
  const Asset back = read_asset(dir / "packed.glb");
  ASSERT_EQ(splat_count(back), 500u);
  EXPECT_TRUE(back.record && back.record->antialiased);
  const SplatCloud &before = asset.splats[0].cloud, &after = back.splats[0].cloud;
  for (size_t i = 0; i < before.size(); ++i) {
    EXPECT_LE(glm::length(before.positions[i] - after.positions[i]), 3e-4f) << "steps of 1/4096 m";
    EXPECT_GE(std::abs(glm::dot(before.rotations_xyzw[i], after.rotations_xyzw[i])), 0.99f) << "bytes, and w from them";
  }
}

TEST(AssetSummary, TellsOfSplats) {
  Asset asset;
  SplatCloud cloud;
  cloud.sh_degree = 2;
  cloud.resize(101);
  for (size_t i = 0; i < cloud.size(); ++i) {
    const auto share = static_cast<float>(100 - i) / 100.0f;
    cloud.opacities[i] = share;
    cloud.scales[i] = {2 * share, share, 3 * share};
  }
  asset.splats.push_back({.name = "ramp", .cloud = cloud});
  asset.notes = {"something was left out"};
  const AssetSummary summary = summarize(asset, 10100);
  ASSERT_TRUE(summary.splats);
  EXPECT_EQ(summary.splats->opacity, (SplatQuantiles{0, 0.05f, 0.25f, 0.5f, 0.75f, 0.95f, 1}));
  EXPECT_FLOAT_EQ(summary.splats->longest_m[3], 1.5f);
  EXPECT_FLOAT_EQ(summary.splats->shortest_m[5], 0.95f);
  const auto json = nlohmann::json::parse(to_json(summary));
  EXPECT_EQ(json["splats"]["splats"], 101);
  EXPECT_EQ(json["splats"]["sh_degree"], 2);
  EXPECT_EQ(json["splats"]["bytes_per_splat"], 100);
  EXPECT_EQ(json["splats"]["opacity"]["50%"], 0.5);
  EXPECT_EQ(json["file_bytes"], 10100);
  EXPECT_EQ(json["notes"][0], "something was left out");
  const std::string text = to_text(summary);
  EXPECT_THAT(text, HasSubstr("1 cloud of 101 splats, SH degree 2, 100.0 bytes a splat"));
  EXPECT_THAT(text, HasSubstr("made by     another program"));
  EXPECT_FALSE(summarize(triangle_asset()).splats);
  EXPECT_FALSE(summarize(splat_asset(), 5000).bytes_per_splat()) << "the file holds a mesh too";
}

}  // namespace
}  // namespace diorama
