#include "engine/scene/image_io.h"
#include "tests/cli/cli_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace diorama {
namespace {

using ::testing::HasSubstr;

constexpr const char* kNoDriver = "VK_ICD_FILENAMES=/nonexistent VK_DRIVER_FILES=/nonexistent ";

class CliGpu : public ::testing::Test {
 protected:
  void SetUp() override {
    const CliResult devices = run_cli("devices");
    if (devices.exit_code != 0) GTEST_SKIP() << devices.err;
  }
};

double mean_psnr(const std::string& path) {
  return nlohmann::json::parse(read_text_file(path)).at("mean").at("psnr").get<double>();
}

TEST_F(CliGpu, DevicesAreListedByNumber) {
  EXPECT_THAT(run_cli("devices").out, HasSubstr("0: "));
}

TEST_F(CliGpu, BothBackendsGiveTheSameScores) {
  const Sample& sample = Sample::get();
  const TempDir dir;
  const std::string cpu = (dir / "cpu.json").string(), vulkan = (dir / "vulkan.json").string();
  const std::string eval = "eval " + sample.mesh + " " + sample.room;
  ASSERT_EQ(run_cli(eval + " --json " + cpu).exit_code, 0);
  const CliResult result = run_cli(eval + " --backend vulkan --json " + vulkan);
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_NEAR(mean_psnr(cpu), mean_psnr(vulkan), 0.05);
}

TEST_F(CliGpu, RendersAPictureOfTheAskedSize) {
  const TempDir dir;
  const std::string picture = (dir / "room.png").string();
  const CliResult result =
      run_cli("render " + Sample::get().mesh + " -o " + picture + " --size 96x64 --backend vulkan");
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(read_rgba8(picture).size_px(), glm::ivec2(96, 64));
}

TEST_F(CliGpu, DrawingIsTimedPassByPass) {
  const Sample& sample = Sample::get();
  const CliResult result = run_cli("bench render " + sample.mesh + " --trajectory " + sample.room +
                                   " --size 96x72 --depth --warm-up 1 --json - --backend vulkan");
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const nlohmann::json figures = nlohmann::json::parse(result.out);
  EXPECT_EQ(figures.at("backend"), "vulkan");
  EXPECT_FALSE(figures.at("device").get<std::string>().empty());
  EXPECT_GT(figures.at("draws").get<double>(), 0.0);
  EXPECT_GT(figures.at("triangles_drawn").get<double>(), 0.0);
  EXPECT_LE(figures.at("triangles_drawn").get<double>(), figures.at("triangles").get<double>());
  EXPECT_GT(figures.at("device_memory_mb").get<double>(), 0.0);
  EXPECT_GT(figures.at("overlapped_frames_per_s").get<double>(), 0.0);
  for (const char* part : {"device", "upload", "pipelines", "first_picture"}) {
    EXPECT_GT(figures.at("start_ms").at(part).get<double>(), 0.0) << part;
  }
  const nlohmann::json& passes = figures.at("passes_ms");
  if (passes.empty()) GTEST_SKIP() << "the device has no timestamps";
  EXPECT_GT(passes.at("color").get<double>(), 0.0);
  EXPECT_GT(passes.at("depth").get<double>(), 0.0);
}

TEST_F(CliGpu, TheEnvironmentChoosesADeviceAndTheCommandLineComesFirst) {
  const std::string render = "render " + Sample::get().mesh + " -o /dev/null/room.png --backend vulkan";
  const CliResult by_environment = run_cli(render, "DIORAMA_DEVICE=missing ");
  EXPECT_EQ(by_environment.exit_code, 2);
  EXPECT_THAT(by_environment.err, HasSubstr("'missing'"));
  EXPECT_THAT(run_cli(render + " --device absent", "DIORAMA_DEVICE=missing ").err, HasSubstr("'absent'"));
}

TEST(CliWithoutDriver, VulkanIsRefusedInOneSentenceAndTheCpuDraws) {
  const TempDir dir;
  const std::string render = "render " + Sample::get().mesh + " -o " + (dir / "room.png").string() + " --size 96x64";
  const CliResult vulkan = run_cli(render + " --backend vulkan", kNoDriver);
  EXPECT_EQ(vulkan.exit_code, 2);
  EXPECT_THAT(vulkan.err, HasSubstr("no Vulkan driver was found"));
  EXPECT_EQ(std::ranges::count(vulkan.err, '\n'), 1);
  EXPECT_EQ(run_cli(render, kNoDriver).exit_code, 0);
  EXPECT_EQ(run_cli("devices", kNoDriver).exit_code, 2);
}

}  // namespace
}  // namespace diorama
