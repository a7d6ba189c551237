#include "engine/gpu/pipeline_cache.h"

#include "engine/base/file.h"
#include "tests/gpu/gpu_fixture.h"
#include "tests/gpu/scale_pass.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>

namespace diorama {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class PipelineCacheTest : public GpuTest {
 protected:
  void SetUp() override {
    GpuTest::SetUp();
    const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
    folder_ = fs::path(::testing::TempDir()) / (std::string("diorama_pipelines_") + test->name());
    fs::remove_all(folder_);
  }
  void TearDown() override {
    GpuTest::TearDown();
    fs::remove_all(folder_);
  }

  GpuOptions cached() {
    GpuOptions result = options();
    result.cache_dir = folder_;
    return result;
  }

  // Makes a device with the cache, builds a pipeline, and gives the device back.
  void run_once() {
    make_device(cached());
    run_scale(device(), std::vector<float>(64, 1.0f), 2.0f, 0);
    path_ = PipelineCacheFile(folder_, device().physical()).path();
    destroy_device();
  }

  fs::path folder_, path_;
};

TEST_F(PipelineCacheTest, ASecondRunTakesWhatTheFirstLeft) {
  run_once();
  ASSERT_TRUE(fs::exists(path_));
  const std::vector<std::byte> first = read_file(path_);
  make_device(cached());
  std::string why_not;
  EXPECT_TRUE(PipelineCacheFile(folder_, device().physical()).load(&why_not));
  EXPECT_EQ(why_not, "");
  run_once();
  EXPECT_EQ(read_file(path_), first);
  EXPECT_TRUE(lines().empty());
}

TEST_F(PipelineCacheTest, DamagedFilesAreNeverHandedToTheDriver) {
  run_once();
  const std::vector<std::byte> good = read_file(path_);
  make_device(options());
  const PipelineCacheFile file(folder_, device().physical());
  std::string why_not;
  for (size_t at = 0; at < good.size(); ++at) {
    std::vector<std::byte> bad = good;
    bad[at] ^= std::byte{0x10};
    write_file(path_, bad);
    EXPECT_FALSE(file.load(&why_not)) << at;
    EXPECT_THAT(why_not, HasSubstr(path_.string()));
  }
  for (size_t size = 0; size < good.size(); size += 7) {
    write_file(path_, std::span(good).first(size));
    EXPECT_FALSE(file.load(&why_not)) << size;
  }
  write_file(path_, good);
  EXPECT_TRUE(file.load(&why_not));
}

TEST_F(PipelineCacheTest, ADamagedFileIsReplacedByAGoodOne) {
  run_once();
  const std::vector<std::byte> good = read_file(path_);
  std::vector<std::byte> bad = good;
  bad.back() ^= std::byte{1};
  write_file(path_, bad);
  run_once();
  EXPECT_EQ(read_file(path_), good);
  ASSERT_FALSE(lines().empty());
  EXPECT_THAT(lines().front(), HasSubstr("is damaged"));
}

TEST(UserCacheDir, FollowsXdg) {
  ::setenv("XDG_CACHE_HOME", "/somewhere/cache", 1);
  EXPECT_EQ(user_cache_dir(), fs::path("/somewhere/cache/diorama"));
  ::setenv("XDG_CACHE_HOME", "relative is not valid", 1);
  ::setenv("HOME", "/home/someone", 1);
  EXPECT_EQ(user_cache_dir(), fs::path("/home/someone/.cache/diorama"));
}

}  // namespace
}  // namespace diorama
