#include "engine/base/error.h"
#include "engine/gpu/buffer.h"
#include "engine/gpu/device_list.h"
#include "engine/gpu/pipeline.h"
#include "engine/gpu/vulkan_result.h"
#include "tests/gpu/beyond_workgroup.comp.spv.h"
#include "tests/gpu/gpu_fixture.h"
#include "tests/gpu/scale_pass.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <numeric>

namespace diorama {
namespace {

using ::testing::HasSubstr;

std::vector<float> ramp(size_t count) {
  std::vector<float> values(count);
  std::iota(values.begin(), values.end(), 0.0f);
  return values;
}

void expect_scaled(const ScaleRun& run, float factor, float bias) {
  for (size_t i = 0; i < run.results.size(); ++i) {
    const float index = static_cast<float>(i);
    ASSERT_EQ(run.results[i], index * factor + index + bias) << i;
  }
}

TEST_F(GpuTest, AComputePassReturnsWhatTheCpuComputes) {
  expect_scaled(run_scale(device(), ramp(1000), 2.0f, 3), 2.0f, 3.0f);
}

TEST_F(GpuTest, UploadsLargerThanTheRingArriveWhole) {
  expect_scaled(run_scale(device(), ramp(20000), 3.0f, 0), 3.0f, 0.0f);
}

TEST_F(GpuTest, TimestampsLieWithinTheTimeOnTheWall) {
  if (device().timestamp_bits() == 0) GTEST_SKIP() << device().info().name << " has no timestamps";
  const ScaleRun run = run_scale(device(), ramp(200000), 2.0f, 0);
  EXPECT_GT(run.pass_ms, 0.0);
  EXPECT_LE(run.pass_ms, run.wall_ms);
}

TEST_F(GpuTest, LimitsAreThoseOfAndroidBaseline2022) {
  EXPECT_LE(device().limits().maxComputeWorkGroupInvocations, 128u);
  EXPECT_LE(device().limits().maxStorageBufferRange, 128u << 20);
  EXPECT_EQ(device().limits().maxDrawIndirectCount, 1u);
}

TEST_F(GpuTest, AShaderPastTheLimitsIsRefusedByName) {
  try {
    make_compute_pipeline(device(), {kBeyondWorkgroupCompSpirv, "beyond_workgroup.comp"});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUnsupported);
    EXPECT_THAT(error.what(), HasSubstr("beyond_workgroup.comp"));
    EXPECT_THAT(error.what(), HasSubstr("256 invocations"));
  }
}

TEST_F(GpuTest, ALostDeviceIsSurvivedByMakingEverythingAgain) {
  device().lose_at_next_submit();
  EXPECT_THROW(run_scale(device(), ramp(64), 2.0f, 0), DeviceLost);
  EXPECT_THROW(run_scale(device(), ramp(64), 2.0f, 0), DeviceLost);  // and stays lost
  EXPECT_THROW(device().wait_idle(), DeviceLost);
  make_device(options());
  expect_scaled(run_scale(device(), ramp(64), 2.0f, 0), 2.0f, 0.0f);
}

TEST_F(GpuTest, AMessageOfTheValidationLayerIsCountedAndLogged) {
  GpuDevice misused(options());
  VkBufferCreateInfo info{VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO};
  info.size = 16;  // and no usage, which is not allowed
  VkBuffer buffer = VK_NULL_HANDLE;
  vkCreateBuffer(misused.handle(), &info, nullptr, &buffer);
  vkDestroyBuffer(misused.handle(), buffer, nullptr);
  EXPECT_EQ(misused.validation_messages(), 1u);
  ASSERT_EQ(lines().size(), 1u);
  EXPECT_THAT(lines().front(), HasSubstr("VkBufferCreateInfo"));
}

TEST_F(GpuTest, DevicesAreFoundByIndexAndByPartOfTheirName) {
  const std::vector<GpuDeviceInfo> devices = list_devices();
  ASSERT_FALSE(devices.empty());
  GpuOptions by_index = options();
  by_index.device = "0";
  make_device(by_index);
  EXPECT_EQ(device().info().name, devices[0].name);
  GpuOptions by_name = options();
  by_name.device = devices[0].name.substr(0, 5);
  make_device(by_name);
  EXPECT_EQ(device().info().name, devices[0].name);
}

TEST_F(GpuTest, AnUnknownDeviceIsRefusedWithTheListOfThoseThatAre) {
  GpuOptions unknown = options();
  unknown.device = "no such device";
  try {
    const GpuDevice device(unknown);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kNotFound);
    EXPECT_THAT(error.what(), HasSubstr("'no such device'"));
    EXPECT_THAT(error.what(), HasSubstr(device().info().name));
  }
}

GpuDeviceInfo device_of_kind(int index, const std::string& kind, const std::string& problem = "") {
  GpuDeviceInfo info;
  info.index = index;
  info.name = kind + " " + std::to_string(index);
  info.kind = kind;
  info.problem = problem;
  return info;
}

TEST(DeviceChoice, ARealGpuComesBeforeTheSoftwareDriver) {
  const std::vector<GpuDeviceInfo> devices = {
      device_of_kind(0, "software driver"), device_of_kind(1, "integrated GPU"),
      device_of_kind(2, "discrete GPU", "it has no queue for both graphics and compute"),
      device_of_kind(3, "discrete GPU")};
  EXPECT_EQ(choose_device(devices, ""), 3u);
  EXPECT_EQ(choose_device(devices, "1"), 1u);
  EXPECT_EQ(choose_device(devices, "SOFTWARE"), 0u);
  EXPECT_THROW(choose_device(devices, "2"), Error);
  EXPECT_THROW(choose_device(devices, "4"), Error);
  EXPECT_THROW(choose_device({}, ""), Error);
  EXPECT_EQ(choose_device({devices[0]}, ""), 0u);
}

TEST(NoDriver, IsOneClearSentence) {
  ::setenv("VK_ICD_FILENAMES", "/nonexistent/driver.json", 1);
  ::setenv("VK_DRIVER_FILES", "/nonexistent/driver.json", 1);
  try {
    list_devices();
    ADD_FAILURE() << "a driver was found";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kNotFound);
    EXPECT_THAT(error.what(), HasSubstr("no Vulkan driver was found"));
  }
  ::unsetenv("VK_ICD_FILENAMES");
  ::unsetenv("VK_DRIVER_FILES");
}

}  // namespace
}  // namespace diorama
