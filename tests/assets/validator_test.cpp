// What we write is valid to Khronos' own validator, without errors and without warnings.
#include "assets/asset_file.h"
#include "assets/gltf.h"
#include "engine/base/file.h"
#include "tests/assets/samples.h"
#include "tests/test_data.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace diorama {
namespace {

const std::filesystem::path kValidator = DIORAMA_VALIDATOR_DIR;

class GltfValidator : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(kValidator / "node_modules/gltf-validator") ||
        std::system("node --version >/dev/null")) {
      GTEST_SKIP() << "needs node and `npm ci --prefix tools/validate_gltf`";
    }
  }

  // Exit status; the report is left in report_.
  int validate(const std::filesystem::path& file) {
    const std::filesystem::path report = dir_ / "report.txt";
    const std::string command = fmt::format("node '{}' '{}' > '{}' 2>&1", (kValidator / "validate.mjs").string(),
                                            file.string(), report.string());
    const int status = std::system(command.c_str());
    report_ = read_text_file(report);
    return WEXITSTATUS(status);
  }

  void expect_valid(const Asset& asset, const std::string& name) {
    write_glb(asset, dir_ / (name + ".glb"));
    EXPECT_EQ(validate(dir_ / (name + ".glb")), 0) << report_;
  }

  TempDir dir_;
  std::string report_;
};

TEST_F(GltfValidator, FindsNothingInWhatWeWrite) {
  expect_valid(triangle_asset(), "triangle");
  expect_valid(rich_asset(), "rich");
  expect_valid(splat_asset(), "splats");
  Asset lit = triangle_asset();
  lit.meshes[0].material.reset();
  lit.meshes[0].mesh.colors_linear.clear();
  expect_valid(lit, "lit");
  Asset wide = triangle_asset();
  wide.meshes[0].mesh = {};
  for (uint32_t i = 0; i < 70000; ++i) {
    const float t = static_cast<float>(i) / 3.0f;
    wide.meshes[0].mesh.positions.emplace_back(t, -t, 0.1f * t * t);
    if (i >= 2) wide.meshes[0].mesh.triangles.emplace_back(i - 2, i - 1, i);
  }
  expect_valid(wide, "wide");
}

TEST_F(GltfValidator, FindsNothingInPackedSplats) {
  write_asset(splat_asset(), dir_ / "packed.glb", {.pack = true});
  EXPECT_EQ(validate(dir_ / "packed.glb"), 0) << report_;
  Asset both = triangle_asset();
  both.splats = splat_asset().splats;
  write_asset(both, dir_ / "both.glb", {.pack = true});
  EXPECT_EQ(validate(dir_ / "both.glb"), 0) << report_;
}

TEST_F(GltfValidator, FindsNothingInForeignScenesThatWeWriteAgain) {
  DIO_REQUIRE_TEST_DATA(folder, "gltf");
  for (const char* name : {"Fox", "CesiumMan", "SunglassesKhronos", "cat", "morph-stress-test"}) {
    expect_valid(read_gltf(folder / fmt::format("{}.glb", name)), name);
  }
}

TEST_F(GltfValidator, FindsDamage) {
  std::vector<std::byte> glb = encode_glb(triangle_asset());
  write_file(dir_ / "cut.glb", std::span(glb).first(700));
  EXPECT_EQ(validate(dir_ / "cut.glb"), 1) << report_;
  EXPECT_NE(report_.find("error GLB_UNEXPECTED_END_OF_CHUNK_DATA"), std::string::npos) << report_;
  EXPECT_EQ(validate(dir_ / "absent.glb"), 2) << report_;
}

}  // namespace
}  // namespace diorama
