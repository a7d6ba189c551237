// Levels of detail and packed splats on the command line.
#include "assets/asset_file.h"
#include "assets/gltf.h"
#include "engine/base/random.h"
#include "engine/scene/image_io.h"
#include "tests/cli/cli_run.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

namespace diorama {
namespace {

using nlohmann::json;
using testing::HasSubstr;

// A cloud of 20,000 splats, and its levels: 20,000, 10,000 and 5,000 in four boxes of 5,000, 2,500 and 1,250.
struct LevelFiles {
  TempDir dir;
  std::string ply = (dir / "cloud.ply").string(), levels = (dir / "levels").string();
  CliResult converted;
  static const LevelFiles& get() {
    static const LevelFiles files;
    return files;
  }

 private:
  LevelFiles() {
    Random random(5);
    Asset asset;
    asset.splats.push_back({.name = "cloud"});
    SplatCloud& cloud = asset.splats[0].cloud;
    cloud.sh_degree = 1;
    cloud.resize(20000);
    for (size_t i = 0; i < cloud.size(); ++i) {
      cloud.positions[i] = {random.uniform(-4, 4), random.uniform(-1, 1), random.uniform(-1, 1)};
      for (int axis = 0; axis < 3; ++axis) cloud.scales[i][axis] = std::exp(random.uniform(-5, -3.5f));
      cloud.rotations_xyzw[i] =
          glm::normalize(glm::vec4(random.normal(), random.normal(), random.normal(), random.normal()));
      cloud.opacities[i] = random.uniform(0.3f, 1);
    }
    for (glm::vec3& c : cloud.sh) c = 0.4f * glm::vec3(random.normal(), random.normal(), random.normal());
    write_asset(asset, ply);
    converted = run_cli("convert " + ply + " " + levels + " --lod --lod-levels 3");
  }
};

class CliLevels : public testing::Test {
 protected:
  std::string path(const std::string& name) const { return (dir_ / name).string(); }
  // A copy that may be damaged.
  std::string copied() const {
    std::filesystem::copy(files_.levels, dir_ / "copy", std::filesystem::copy_options::recursive);
    return path("copy");
  }
  CliResult render(const std::string& levels, const std::string& more) const {
    return run_cli("render " + levels + " -o " + path("p.png") + " --size 96x64 " + more);
  }

  const LevelFiles& files_ = LevelFiles::get();
  TempDir dir_;
};

TEST_F(CliLevels, ConvertWritesThemAndReadsTheOneThatFits) {
  ASSERT_EQ(files_.converted.exit_code, 0) << files_.converted.err;
  EXPECT_THAT(files_.converted.out, HasSubstr("20000 splats in 3 levels"));
  const json meta = json::parse(read_text_file(std::filesystem::path(files_.levels) / "lod-meta.json"));
  EXPECT_EQ(meta.at("counts"), json({20000, 10000, 5000}));
  for (const auto& [budget, expected] : {std::pair(0, 20000u), std::pair(12000, 10000u), std::pair(5000, 5000u)}) {
    const CliResult back =
        run_cli("convert " + files_.levels + " " + path("back.ply") + " --max-splats " + std::to_string(budget));
    ASSERT_EQ(back.exit_code, 0) << back.err;
    EXPECT_EQ(splat_count(read_asset(path("back.ply"))), expected);
  }
}

TEST_F(CliLevels, WrongWishesAreRefusedInASentence) {
  const auto refused = [&](const std::string& arguments) {
    const CliResult result = run_cli("convert " + files_.ply + " " + arguments);
    EXPECT_EQ(result.exit_code, 2) << arguments;
    return result.err;
  };
  EXPECT_THAT(refused(path("levels.glb") + " --lod"), HasSubstr("--lod writes a folder, give one without an ending"));
  EXPECT_THAT(refused(path("x") + " --lod --lod-levels 0"), HasSubstr("--lod-levels is 0, expected 1 to 16"));
  EXPECT_THAT(refused(path("x") + " --lod --lod-levels 17"), HasSubstr("--lod-levels is 17"));
  EXPECT_THAT(refused(path("x.ply") + " --lod-levels 3"), HasSubstr("--lod-levels requires --lod"));
  EXPECT_THAT(refused(path("x.glb") + " --lod --pack"), HasSubstr("--pack"));
  EXPECT_THAT(refused(path("x.ply") + " --pack"), HasSubstr("--pack packs the splats of a .glb"));
  write_file(dir_ / "file", "no folder");
  EXPECT_THAT(refused(path("file") + " --lod"), HasSubstr("the folder cannot be made"));
  Asset meshes;
  meshes.meshes.push_back({.name = "triangle"});
  meshes.meshes[0].mesh.positions = {{0, 0, 2}, {1, 0, 2}, {0, 1, 2}};
  meshes.meshes[0].mesh.triangles = {{0, 1, 2}};
  write_glb(meshes, dir_ / "mesh.glb");
  const CliResult no_splats = run_cli("convert " + path("mesh.glb") + " " + path("y") + " --lod");
  EXPECT_EQ(no_splats.exit_code, 2);
  EXPECT_THAT(no_splats.err, HasSubstr("has no splats"));
  EXPECT_FALSE(std::filesystem::exists(dir_ / "y")) << "nothing half done is left";
  const CliResult none_to_pack = run_cli("convert " + path("mesh.glb") + " " + path("y.glb") + " --pack");
  EXPECT_EQ(none_to_pack.exit_code, 2);
  EXPECT_THAT(none_to_pack.err, HasSubstr("has no splats for --pack to pack"));
}

TEST_F(CliLevels, PackedSplatsAreATenthAndComeBack) {
  const CliResult plain = run_cli("convert " + files_.ply + " " + path("plain.glb"));
  const CliResult packed = run_cli("convert " + files_.ply + " " + path("packed.glb") + " --pack");
  ASSERT_EQ(packed.exit_code, 0) << packed.err;
  EXPECT_LT(asset_file_bytes(dir_ / "packed.glb"), asset_file_bytes(dir_ / "plain.glb") / 3);
  ASSERT_EQ(run_cli("convert " + path("packed.glb") + " " + path("back.ply")).exit_code, 0);
  EXPECT_EQ(splat_count(read_asset(dir_ / "back.ply")), 20000u);
  const std::vector<std::byte> whole = read_file(dir_ / "packed.glb");
  write_file(dir_ / "cut.glb", std::span(whole).first(whole.size() / 2));
  const CliResult cut = run_cli("convert " + path("cut.glb") + " " + path("cut.ply"));
  EXPECT_EQ(cut.exit_code, 2);
  EXPECT_EQ(std::ranges::count(cut.err, '\n'), 1) << cut.err;
}

TEST_F(CliLevels, APathWithABudgetIsDrawnTheSameEveryTime) {
  const std::string path_options = "--orbit 6 --max-splats 9000 --lod-detail 0 --fps 2";
  ASSERT_EQ(render(files_.levels, path_options).exit_code, 0);
  std::vector<std::vector<std::byte>> first;
  for (int i = 0; i < 6; ++i) first.push_back(read_file(dir_ / fmt::format("p-{:04}.png", i)));
  ASSERT_EQ(render(files_.levels, path_options + " --threads 1").exit_code, 0);
  for (size_t i = 0; i < 6; ++i) EXPECT_EQ(read_file(dir_ / fmt::format("p-{:04}.png", i)), first[i]) << i;
  ASSERT_EQ(render(files_.levels, "--orbit 6 --max-splats 20000 --lod-detail 0 --fps 2").exit_code, 0);
  EXPECT_NE(read_file(dir_ / "p-0000.png"), first[0]) << "more splats are another picture";
}

TEST_F(CliLevels, BothBackendsDrawThemAlike) {
  if (const CliResult devices = run_cli("devices"); devices.exit_code != 0) GTEST_SKIP() << devices.err;
  ImageRgba8 pictures[2];
  for (int i = 0; i < 2; ++i) {
    const CliResult result =
        render(files_.levels, fmt::format("--max-splats 9000 --backend {}", i == 0 ? "cpu" : "vulkan"));
    ASSERT_EQ(result.exit_code, 0) << result.err;
    pictures[i] = read_rgba8(dir_ / "p.png");
  }
  double sum = 0;
  for (size_t i = 0; i < pictures[0].pixels().size(); ++i) {
    const glm::ivec3 d = glm::abs(glm::ivec3(pictures[0].pixels()[i]) - glm::ivec3(pictures[1].pixels()[i]));
    sum += (d.x + d.y + d.z) / 3.0;
  }
  EXPECT_LE(sum / static_cast<double>(pictures[0].pixels().size()), 1.0) << "the bound of every device pass, 1/255";
}

TEST_F(CliLevels, WhatIsWrongWithAFolderIsToldInASentence) {
  const CliResult small = render(files_.levels, "--max-splats 4999");
  EXPECT_EQ(small.exit_code, 2);
  EXPECT_THAT(small.err, HasSubstr("its coarsest level has 5000 splats, more than the 4999 allowed (--max-splats)"));
  EXPECT_EQ(render(files_.levels, "--lod-fade 2").exit_code, 2) << "there is nothing to fade without --max-splats";
  const std::string levels = copied();
  std::filesystem::remove_all(levels + "/0_0");
  const CliResult absent = run_cli("convert " + levels + " " + path("a.ply"));  // -q is for progress alone
  EXPECT_EQ(absent.exit_code, 0);
  EXPECT_THAT(absent.err, HasSubstr("level 0 of the 3 is absent; the others are used"));
  const CliResult drawn = render(levels, "--max-splats 20000");
  EXPECT_EQ(drawn.exit_code, 0);
  EXPECT_EQ(std::ranges::count(drawn.err, '\n'), 1) << "one warning: " << drawn.err;
  write_file(levels + "/1_0/means_l.webp", "no picture");
  const CliResult damaged = render(levels, "--max-splats 20000 --lod-detail 0");
  EXPECT_EQ(damaged.exit_code, 2);
  EXPECT_THAT(damaged.err, HasSubstr("means_l.webp"));
  EXPECT_EQ(render(levels, "--max-splats 5000").exit_code, 0) << "the damaged level is not needed";
  write_file(levels + "/lod-meta.json", "{\"lodLevels\": 3");
  EXPECT_EQ(render(levels, "--max-splats 5000").exit_code, 2);
}

}  // namespace
}  // namespace diorama
