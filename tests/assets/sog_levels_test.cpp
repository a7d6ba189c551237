#include "assets/sog_levels.h"

#include "assets/asset_file.h"
#include "assets/sog.h"
#include "engine/base/file.h"
#include "tests/assets/samples.h"
#include "tests/expect_error.h"
#include "tests/test_data.h"

#include <nlohmann/json.hpp>

namespace diorama {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Json = nlohmann::json;

constexpr ErrorCode kInvalid = ErrorCode::kInvalidInput;

Asset noise(size_t count) {
  Asset asset;
  asset.splats.push_back({.name = "noise", .cloud = random_splats(count, 1)});
  return asset;
}

// 400 splats in levels of 400, 200 and 100.
class SogLevels : public testing::Test {
 protected:
  SogLevels() { write_sog_levels(noise(400), folder(), {.levels = 3}, pool_); }

  std::filesystem::path folder() const { return dir_ / "room"; }
  Json meta() const { return Json::parse(read_text_file(folder() / "lod-meta.json")); }
  void set_meta(const Json& json) const { write_file(folder() / "lod-meta.json", json.dump()); }

  TempDir dir_;
  ThreadPool pool_{1};
};

TEST_F(SogLevels, TheFinestThatFitsIsRead) {
  EXPECT_TRUE(is_sog_levels(folder()));
  EXPECT_TRUE(is_sog_levels(folder() / "lod-meta.json"));
  EXPECT_FALSE(is_sog_levels(dir_.path()));
  EXPECT_TRUE(is_asset_file(folder()));
  for (const auto& [most, expected] :
       {std::pair(0, 400u), std::pair(400, 400u), std::pair(399, 200u), std::pair(199, 100u), std::pair(100, 100u)}) {
    EXPECT_EQ(splat_count(read_asset(folder(), {.max_splats = most})), expected) << most;
  }
  EXPECT_EQ(splat_count(read_asset(folder() / "lod-meta.json")), 400u);
  DIO_EXPECT_ERROR(read_asset(folder(), {.max_splats = 99}), kInvalid, "its coarsest level has 100 splats");
}

TEST_F(SogLevels, MetaTellsCountsFilesAndBoxes) {
  const Json json = meta();
  EXPECT_EQ(json["count"], 400);
  EXPECT_EQ(json["counts"], Json({400, 200, 100}));
  EXPECT_EQ(json["filenames"], Json({"0_0/meta.json", "1_0/meta.json", "2_0/meta.json"}));
  EXPECT_EQ(json["tree"]["lods"]["1"], Json({{"file", 1}, {"offset", 0}, {"count", 200}}));
  EXPECT_EQ(json["tree"]["bound"]["min"].size(), 3u);
}

TEST_F(SogLevels, AbsentLevelsAreToldOnce) {
  std::filesystem::remove_all(folder() / "0_0");
  std::filesystem::remove_all(folder() / "2_0");
  const Asset asset = read_asset(folder());
  EXPECT_EQ(splat_count(asset), 200u);
  EXPECT_THAT(asset.notes, ElementsAre("levels 0, 2 of the 3 are absent; the others are used"));
  std::filesystem::remove_all(folder() / "1_0");
  DIO_EXPECT_ERROR(read_asset(folder()), ErrorCode::kNotFound, "none of its 3 levels");
}

TEST_F(SogLevels, VersionAndCountMayBeAbsent) {
  Json json = meta();
  json.erase("version");
  json.erase("count");
  json["environment"] = nullptr;
  set_meta(json);
  EXPECT_EQ(splat_count(read_asset(folder())), 400u);
}

TEST_F(SogLevels, BoxesAreTakenByTheirRanges) {
  Json json = meta();
  json["tree"]["lods"]["1"] = {{"file", 1}, {"offset", 150}, {"count", 50}};
  json["tree"]["lods"].erase("2");
  set_meta(json);
  const SplatCloud whole = read_sog(folder() / "1_0").splats.at(0).cloud;
  const SplatCloud part = read_asset(folder(), {.max_splats = 60}).splats.at(0).cloud;
  ASSERT_EQ(part.size(), 50u);
  EXPECT_EQ(part.positions[0], whole.positions[150]);
  json["tree"]["lods"]["1"]["count"] = 51;
  set_meta(json);
  DIO_EXPECT_ERROR(read_asset(folder(), {.max_splats = 60}), kInvalid, "has 200 splats in 1_0/meta.json");
}

TEST_F(SogLevels, DamageIsTold) {
  const Json good = meta();
  const auto with = [&](const auto& change) {
    Json json = good;
    change(json);
    set_meta(json);
    return error_of([&] { read_asset(folder()); });
  };
  EXPECT_THAT(with([](Json& j) { j["version"] = 2; }).what(), HasSubstr("is of version 2"));
  EXPECT_THAT(with([](Json& j) { j["lodLevels"] = 0; }).what(), HasSubstr("lodLevels is 0"));
  EXPECT_THAT(with([](Json& j) { j["filenames"][0] = "../../meta.json"; }).what(), HasSubstr("below lod-meta.json"));
  EXPECT_THAT(with([](Json& j) { j["filenames"][0] = "/etc/meta.json"; }).what(), HasSubstr("below lod-meta.json"));
  EXPECT_THAT(with([](Json& j) { j["tree"]["lods"]["0"]["file"] = 3; }).what(), HasSubstr("filenames"));
  EXPECT_THAT(with([](Json& j) { j["tree"]["lods"]["0"]["count"] = 1000000000000000; }).what(),
              HasSubstr("a SOG holds"));
  EXPECT_THAT(with([](Json& j) { j.erase("tree"); }).what(), HasSubstr("tree"));
  EXPECT_THAT(with([](Json& j) { j["tree"] = Json::object(); }).what(), HasSubstr("none of its 3 levels"));
}

TEST_F(SogLevels, PieceByPieceTheyAreTheSameSplats) {
  SogLevelSource source(folder());
  ASSERT_EQ(source.nodes().size(), 1u);
  const SplatLodNode& node = source.nodes()[0];
  ASSERT_EQ(node.levels.size(), 3u);
  for (size_t level = 0; level < 3; ++level) {
    const SplatCloud whole = read_sog(folder() / fmt::format("{}_0", level)).splats.at(0).cloud;
    const SplatCloud piece = source.read(0, level);
    EXPECT_EQ(node.levels[level].splats, whole.size());
    EXPECT_EQ(piece.positions, whole.positions);
    EXPECT_EQ(piece.sh, whole.sh);
    for (const glm::vec3& p : piece.positions) {
      EXPECT_TRUE(glm::all(glm::lessThanEqual(node.bounds.min, p)) && glm::all(glm::lessThanEqual(p, node.bounds.max)));
    }
  }
  EXPECT_EQ(splat_count(source.coarsest()), 100u);
  EXPECT_THAT(source.coarsest().notes, IsEmpty());
}

TEST_F(SogLevels, PiecesOfAbsentLevelsAreLeftOutAndToldOnce) {
  std::filesystem::remove_all(folder() / "0_0");
  SogLevelSource source(folder() / "lod-meta.json");
  EXPECT_THAT(source.coarsest().notes, ElementsAre("level 0 of the 3 is absent; the others are used"));
  ASSERT_EQ(source.nodes()[0].levels.size(), 2u);
  EXPECT_EQ(source.nodes()[0].levels[0].number, 1);
  EXPECT_EQ(source.read(0, 0).size(), 200u);
}

TEST_F(SogLevels, PiecesLieInTheFrameOfTheAsset) {
  Asset asset = noise(300);
  asset.record = AssetRecord{.representation = "splats"};
  asset.record->asset_from_capture = {glm::mat3(1, 0, 0, 0, -1, 0, 0, 0, -1), glm::vec3(10, 20, 30)};
  write_sog_levels(asset, dir_ / "turned", {.levels = 2}, pool_);
  SogLevelSource source(dir_ / "turned");
  const Bounds splats = bounds_of(source.read(0, 0)), box = source.nodes()[0].bounds;
  EXPECT_TRUE(glm::all(glm::lessThanEqual(box.min, splats.min)) && glm::all(glm::lessThanEqual(splats.max, box.max)));
  EXPECT_EQ(source.coarsest().record->asset_from_capture.translation, glm::vec3(10, 20, 30));
}

TEST_F(SogLevels, DamagedPiecesAreTold) {
  const Json good = meta();
  const auto with = [&](const auto& change) {
    Json json = good;
    change(json);
    set_meta(json);
    return error_of([&] { SogLevelSource(folder()).read(0, 0); });
  };
  EXPECT_THAT(with([](Json& j) { j["tree"].erase("bound"); }).what(), HasSubstr("box 0 of its tree has no bound"));
  EXPECT_THAT(with([](Json& j) { j["tree"]["bound"]["min"][1] = 1e300; }).what(), HasSubstr("expected a box"));
  EXPECT_THAT(with([](Json& j) { j["tree"]["lods"]["0"]["count"] = 401; }).what(), HasSubstr("has 400 splats in 0_0"));
  EXPECT_THAT(with([](Json& j) { j["tree"]["lods"]["2"]["offset"] = 1; }).what(), HasSubstr("has 100 splats in 2_0"));
  EXPECT_THAT(with([](Json& j) { j["tree"] = Json::object(); }).what(), HasSubstr("has no box with splats"));
  EXPECT_THAT(with([](Json& j) { j["environment"] = "sky/meta.json"; }).what(), HasSubstr("sky/meta.json"));
  std::filesystem::remove_all(folder() / "0_0");
  std::filesystem::remove_all(folder() / "1_0");
  std::filesystem::remove_all(folder() / "2_0");
  EXPECT_EQ(with([](Json&) {}).code(), ErrorCode::kNotFound);
}

TEST_F(SogLevels, AnEnvironmentIsABoxOfOneLevel) {
  Json json = meta();
  json["environment"] = "2_0/meta.json";
  set_meta(json);
  SogLevelSource source(folder());
  ASSERT_EQ(source.nodes().size(), 2u);
  EXPECT_EQ(source.nodes()[1].levels.size(), 1u);
  EXPECT_EQ(source.read(1, 0).size(), 100u);
}

TEST(AssetFileBudget, AFileWithoutLevelsIsRefusedAboveIt) {
  const TempDir dir;
  write_asset(noise(50), dir / "a.ply");
  EXPECT_EQ(splat_count(read_asset(dir / "a.ply", {.max_splats = 50})), 50u);
  DIO_EXPECT_ERROR(read_asset(dir / "a.ply", {.max_splats = 49}), kInvalid, "no levels of detail");
}

TEST(SogLevelsTree, LargeCloudsAreCutIntoBoxesWithoutLoss) {
  const TempDir dir;
  ThreadPool pool(2);
  Asset asset;
  asset.splats.push_back({.name = "noise", .cloud = random_splats(16000, 0)});
  write_sog_levels(asset, dir / "room", {.levels = 2}, pool);
  const Json json = Json::parse(read_text_file(dir / "room" / "lod-meta.json"));
  ASSERT_EQ(json["tree"]["children"].size(), 2u);
  EXPECT_EQ(json["tree"]["children"][1]["lods"]["0"], Json({{"file", 0}, {"offset", 8000}, {"count", 8000}}));
  EXPECT_EQ(splat_count(read_asset(dir / "room")), 16000u);
  EXPECT_EQ(splat_count(read_asset(dir / "room", {.max_splats = 8000})), 8000u);
  SogLevelSource source(dir / "room");
  ASSERT_EQ(source.nodes().size(), 2u);
  const SplatCloud whole = read_sog(dir / "room" / "0_0").splats.at(0).cloud, piece = source.read(1, 0);
  ASSERT_EQ(piece.size(), 8000u);
  EXPECT_EQ(piece.positions[0], whole.positions[8000]);
}

}  // namespace
}  // namespace diorama
