// Assets of splats on the command line, and the scorer in Python that shares nothing with this program.
#include "assets/asset_file.h"
#include "assets/gltf.h"
#include "assets/ply.h"
#include "engine/base/random.h"
#include "engine/scene/image_io.h"
#include "engine/scene/splat_transform.h"
#include "tests/cli/cli_run.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <cmath>

namespace diorama {
namespace {

using nlohmann::json;
using testing::HasSubstr;

// Splats of all shapes before the cameras of a small capture without depth; its pictures are noise.
class SplatFiles : public testing::Test {
 protected:
  SplatFiles() {
    asset_.splats.push_back({.name = "cloud", .cloud = random_cloud()});
    asset_.record = AssetRecord{.tool_version = "test", .representation = "splats", .capture_name = "noise"};
    write_ply(asset_, ply_);
    write_capture();
  }

  static SplatCloud random_cloud() {
    Random random(12);
    SplatCloud cloud;
    cloud.sh_degree = 3;
    cloud.resize(400);
    for (size_t i = 0; i < cloud.size(); ++i) {
      cloud.positions[i] = {random.uniform(-1.2f, 1.2f), random.uniform(-1, 1), random.uniform(1.5f, 5)};
      for (int axis = 0; axis < 3; ++axis) cloud.scales[i][axis] = std::exp(random.uniform(-6, -1.5f));
      cloud.rotations_xyzw[i] =
          glm::normalize(glm::vec4(random.normal(), random.normal(), random.normal(), random.normal()));
      cloud.opacities[i] = random.uniform(0.05f, 1);
    }
    for (glm::vec3& c : cloud.sh) c = 0.5f * glm::vec3(random.normal(), random.normal(), random.normal());
    return cloud;
  }

  void write_capture() {
    Random random(13);
    json cameras = {
        {"w", 80}, {"h", 60}, {"fl_x", 70}, {"fl_y", 72}, {"cx", 41}, {"cy", 29.5}, {"frames", json::array()}};
    for (int i = 0; i < 3; ++i) {
      const double angle = 0.2 * (i - 1), c = std::cos(angle), s = std::sin(angle);
      // OpenGL axes: +y up, looks along -z. A turn about y, then half a turn about x to look along +z.
      const json matrix = {{c, 0, -s, 0.3 * (i - 1)}, {0, -1, 0, 0.05 * i}, {-s, 0, -c, 0}, {0, 0, 0, 1}};
      const std::string file = fmt::format("{}.png", i);
      cameras["frames"].push_back(
          {{"file_path", file}, {"transform_matrix", matrix}, {"split", i == 1 ? "train" : "test"}});
      ImageRgba8 image({80, 60});
      for (glm::u8vec4& pixel : image.pixels()) {
        pixel = {random.below(256), random.below(256), random.below(256), 255};
      }
      write_file(dir_ / ("capture/" + file), encode_png(image));
    }
    write_file(dir_ / "capture/transforms.json", cameras.dump());
  }

  TempDir dir_;
  Asset asset_;
  std::filesystem::path ply_ = dir_ / "cloud.ply";
  std::string capture_ = (dir_ / "capture").string();
};

TEST_F(SplatFiles, ConvertGoesThereAndBackAgain) {
  const std::string glb = (dir_ / "cloud.glb").string(), back = (dir_ / "back.ply").string();
  const CliResult result = run_cli("convert " + ply_.string() + " " + glb);
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.err, "");
  EXPECT_THAT(result.out, HasSubstr("400 splats"));
  ASSERT_EQ(run_cli("convert " + glb + " " + back).exit_code, 0);
  EXPECT_EQ(splat_count(read_asset(back)), 400u);
  EXPECT_EQ(read_asset(back).record->capture_name, "noise");
  const CliResult refused = run_cli("convert " + glb + " " + (dir_ / "cloud.obj").string());
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.err, HasSubstr("expected .glb, .ply, .spz, .sog, .splat"));
  const std::vector<std::byte> whole = read_file(ply_);
  write_file(dir_ / "cut.ply", std::span(whole).first(20000));
  const std::vector<std::byte> before = read_file(back);
  EXPECT_EQ(run_cli("convert " + (dir_ / "cut.ply").string() + " " + back).exit_code, 2);
  EXPECT_EQ(read_file(back), before) << "the old file stays";
}

TEST_F(SplatFiles, InfoTellsOfThem) {
  const CliResult result = run_cli("info --json " + ply_.string());
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const json info = json::parse(result.out);
  EXPECT_EQ(info["splats"]["splats"], 400);
  EXPECT_EQ(info["splats"]["sh_degree"], 3);
  EXPECT_GT(info["splats"]["bytes_per_splat"], 248);
  EXPECT_EQ(info["diorama"]["representation"], "splats");
  EXPECT_THAT(run_cli("info " + ply_.string()).out, HasSubstr("1 cloud of 400 splats"));
}

TEST_F(SplatFiles, BothKindsAreDrawnAndScoredAlike) {
  const std::string glb = (dir_ / "cloud.glb").string();
  ASSERT_EQ(run_cli("convert " + ply_.string() + " " + glb).exit_code, 0);
  double psnr[2] = {};
  for (int i = 0; i < 2; ++i) {
    const std::string asset = i == 0 ? ply_.string() : glb, scores = (dir_ / "scores.json").string();
    const CliResult result = run_cli("eval " + asset + " " + capture_ + " --json " + scores);
    ASSERT_EQ(result.exit_code, 0) << result.err;
    const json report = json::parse(read_text_file(scores));
    EXPECT_EQ(report["frames"].size(), 2u);
    EXPECT_GT(report["mean"]["coverage"], 0.1);
    psnr[i] = report["mean"]["psnr"];
  }
  EXPECT_NEAR(psnr[0], psnr[1], 0.01) << "logarithms and logits rounded to float";
  const std::string orbit = (dir_ / "orbit.png").string();
  ASSERT_EQ(run_cli("render " + glb + " -o " + orbit + " --orbit 2 --size 64x48").exit_code, 0);
  EXPECT_TRUE(std::filesystem::exists(dir_ / "orbit-0001.png"));
}

double mean_difference(const ImageRgba8& a, const ImageRgba8& b) {
  double sum = 0;
  for (size_t i = 0; i < a.pixels().size(); ++i) {
    const glm::ivec3 d = glm::abs(glm::ivec3(a.pixels()[i]) - glm::ivec3(b.pixels()[i]));
    sum += d.x + d.y + d.z;
  }
  return sum / 3.0 / static_cast<double>(a.pixels().size());
}

TEST_F(SplatFiles, VulkanDrawsThemAsTheCpuDoes) {
  if (const CliResult devices = run_cli("devices"); devices.exit_code != 0) GTEST_SKIP() << devices.err;
  const std::string cpu = (dir_ / "cpu.png").string(), vulkan = (dir_ / "vulkan.png").string();
  const std::string render = "render " + ply_.string() + " --size 160x120 -o ";
  ASSERT_EQ(run_cli(render + cpu).exit_code, 0);
  const CliResult result = run_cli(render + vulkan + " --backend vulkan");
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const ImageRgba8 a = read_rgba8(cpu), b = read_rgba8(vulkan);
  EXPECT_LE(mean_difference(a, b), 1.0) << "the bound of every device pass, 1/255";
  EXPECT_GT(mean_difference(a, ImageRgba8(a.size_px())), 5.0) << "else nothing is seen";

  // Another file joins the scene.
  SplatPart wall{.name = "wall"};
  wall.cloud.resize(1);
  wall.cloud.positions[0] = {0, 0, 3};
  wall.cloud.scales[0] = {2, 2, 0.1f};
  wall.cloud.rotations_xyzw[0] = {0, 0, 0, 1};
  wall.cloud.opacities[0] = 0.9f;
  asset_.splats = {wall};
  write_glb(asset_, dir_ / "wall.glb");
  const std::string joined = (dir_ / "joined.png").string();
  ASSERT_EQ(run_cli("render " + ply_.string() + " " + (dir_ / "wall.glb").string() + " --size 160x120 -o " + joined +
                    " --backend vulkan")
                .exit_code,
            0);
  EXPECT_GT(mean_difference(b, read_rgba8(joined)), 5.0);
}

TEST_F(SplatFiles, DrawingThemIsTimedAtAnyNumber) {
  const std::string bench = "bench render " + ply_.string() + " --size 96x72 --orbit 2 --warm-up 0 --json - ";
  const CliResult on_cpu = run_cli(bench + "--replicate 1000");
  ASSERT_EQ(on_cpu.exit_code, 0) << on_cpu.err;
  EXPECT_EQ(json::parse(on_cpu.out).at("splats"), 1000);
  if (const CliResult devices = run_cli("devices"); devices.exit_code != 0) GTEST_SKIP() << devices.err;
  for (const int count : {150, 400, 1500}) {
    const CliResult result = run_cli(bench + "--backend vulkan --sh-bytes --replicate " + std::to_string(count));
    ASSERT_EQ(result.exit_code, 0) << result.err;
    const json figures = json::parse(result.out);
    EXPECT_EQ(figures.at("splats"), count);
    EXPECT_GT(figures.at("splats_visible").get<double>(), 0.5 * count);
    EXPECT_EQ(figures.at("bytes_per_splat"), 32 + 48) << "45 coefficients of a byte in 16-byte words";
    if (figures.at("passes_ms").empty()) continue;  // the device has no timestamps
    for (const char* pass : {"cull", "sort", "draw"}) EXPECT_GT(figures.at("passes_ms").at(pass).get<double>(), 0.0);
  }
  const CliResult sort = run_cli("bench sort --count 1009 --rounds 1 --json -");
  ASSERT_EQ(sort.exit_code, 0) << sort.err;
  EXPECT_EQ(json::parse(sort.out).at("count"), 1009);
}

TEST_F(SplatFiles, MeshesAndSplatsTogetherAreRefusedByTheCpuInASentence) {
  const std::string picture = " -o " + (dir_ / "picture.png").string();
  MeshPart part{.name = "triangle"};
  part.mesh.positions = {{0, 0, 2}, {1, 0, 2}, {0, 1, 2}};
  part.mesh.triangles = {{0, 1, 2}};
  asset_.meshes.push_back(part);
  write_glb(asset_, dir_ / "both.glb");
  const CliResult both = run_cli("render " + (dir_ / "both.glb").string() + picture);
  EXPECT_EQ(both.exit_code, 2);
  EXPECT_THAT(both.err, HasSubstr("both.glb: holds meshes and splats, which only --backend vulkan draws together"));
}

struct Difference {
  double mean = 0;
  int largest = 0;
};

Difference difference_of(const ImageRgba8& a, const ImageRgba8& b) {
  Difference difference;
  for (size_t i = 0; i < a.pixels().size(); ++i) {
    for (int c = 0; c < 3; ++c) {
      const int d = std::abs(a.pixels()[i][c] - b.pixels()[i][c]);
      difference.mean += d / (3.0 * static_cast<double>(a.pixels().size()));
      difference.largest = std::max(difference.largest, d);
    }
  }
  return difference;
}

// The whole way of a fit's result: file, frame, cameras, projection, SH, blending and score, each written twice.
TEST_F(SplatFiles, AnIndependentProgramDrawsAndScoresThePlyAlike) {
  if (std::system("/usr/bin/python3 -c 'import numpy, PIL' 2>/dev/null") != 0) {
    GTEST_SKIP() << "needs python3-numpy and python3-pil";
  }
  // An upright asset: its PLY must still lie in the capture's frame.
  asset_.record->asset_from_capture = {glm::mat3(1, 0, 0, 0, -1, 0, 0, 0, -1), glm::vec3(0.5f, 1, 2)};
  transform(asset_.splats[0].cloud, asset_.record->asset_from_capture);
  for (const bool antialiased : {false, true}) {
    asset_.record->antialiased = antialiased;
    write_ply(asset_, ply_);
    const std::string scores = (dir_ / "python.json").string(), ours = (dir_ / "ours.json").string();
    const std::string script = fmt::format(
        "/usr/bin/python3 '{}' '{}' '{}/transforms.json' --out '{}' --json '{}' >'{}'", DIORAMA_SCORE_SPLATS,
        ply_.string(), capture_, (dir_ / "python").string(), scores, (dir_ / "log").string());
    ASSERT_EQ(std::system(script.c_str()), 0);
    ASSERT_EQ(run_cli("eval " + ply_.string() + " " + capture_ + " --json " + ours).exit_code, 0);
    const json a = json::parse(read_text_file(scores)), b = json::parse(read_text_file(ours));
    ASSERT_EQ(a["frames"].size(), 2u);
    for (size_t i = 0; i < 2; ++i) {
      EXPECT_NEAR(a["frames"][i]["psnr"].get<double>(), b["frames"][i]["psnr"].get<double>(), 0.005)
          << "pictures that differ by a hundredth of a count";
    }
    for (const char* frame : {"0", "2"}) {
      const auto picture = dir_ / "ours.png";
      ASSERT_EQ(run_cli("render " + ply_.string() + " -o " + picture.string() + " --camera " + capture_ + "#" + frame)
                    .exit_code,
                0);
      const ImageRgba8 drawn = read_rgba8(picture);
      const Difference d = difference_of(drawn, read_rgba8(dir_ / ("python/" + std::string(frame) + ".png")));
      EXPECT_LE(d.mean, 0.02) << "float against double: roundings of a count, rare flips at alpha 1/255";
      EXPECT_LE(d.largest, 2) << "a splat at alpha 1/255, on top";
    }
  }
}

}  // namespace
}  // namespace diorama
