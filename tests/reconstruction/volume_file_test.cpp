#include "engine/base/error.h"
#include "engine/base/file.h"
#include "reconstruction/fusion/tsdf_volume.h"
#include "tests/reconstruction/ray_scenes.h"
#include "tests/test_data.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

namespace diorama::test {
namespace {

using ::testing::HasSubstr;

TsdfVolume small_volume(ThreadPool& pool, bool color = true) {
  TsdfVolume volume(FusionOptions{.voxel_m = 0.05f, .color = color});
  fuse(volume, sphere({0, 0, 0}, 0.3f), cameras_around({0, 0, 0}, 1.2f, 4), pool,
       [](glm::vec3 p) { return glm::u8vec3(p * 100.0f + 100.0f); });
  return volume;
}

std::string message_of_loading(const std::filesystem::path& path) {
  try {
    TsdfVolume::load(path);
  } catch (const Error& error) {
    return error.what();
  }
  return "loaded";
}

class VolumeFile : public ::testing::Test {
 protected:
  VolumeFile() : path_(folder_ / "volume.tsdf") {
    small_volume(pool_).save(path_);
    bytes_ = read_file(path_);
  }
  std::string message_with(std::vector<std::byte> bytes) {
    write_file(path_, bytes);
    return message_of_loading(path_);
  }
  template <class T>
  void put(size_t at, T value) {
    std::memcpy(bytes_.data() + at, &value, sizeof(value));
  }

  ThreadPool pool_{2};
  TempDir folder_;
  std::filesystem::path path_;
  std::vector<std::byte> bytes_;
};

TEST_F(VolumeFile, ComesBackToTheBit) {
  const TsdfVolume loaded = TsdfVolume::load(path_);
  EXPECT_EQ(loaded.options().voxel_m, 0.05f);
  loaded.save(folder_ / "again.tsdf");
  EXPECT_EQ(read_file(folder_ / "again.tsdf"), bytes_);
}

TEST_F(VolumeFile, GoingOnAfterLoadingGivesTheSameBits) {
  const auto more = [&](TsdfVolume& volume) {
    fuse(volume, sphere({0, 0, 0}, 0.3f), cameras_around({0, 0, 0}, 1.1f, 3), pool_);
  };
  TsdfVolume whole = small_volume(pool_), resumed = TsdfVolume::load(path_);
  more(whole);
  more(resumed);
  whole.save(folder_ / "whole.tsdf");
  resumed.save(folder_ / "resumed.tsdf");
  EXPECT_EQ(read_file(folder_ / "whole.tsdf"), read_file(folder_ / "resumed.tsdf"));
}

TEST_F(VolumeFile, WorksWithoutColour) {
  small_volume(pool_, false).save(path_);
  const TsdfVolume loaded = TsdfVolume::load(path_);
  EXPECT_TRUE(loaded.extract({.min_weight = 0, .min_component = 0}, pool_).colors_linear.empty());
}

TEST_F(VolumeFile, CutAnywhereIsRefused) {
  for (size_t size = 0; size < bytes_.size(); size += size < 600 ? 7 : 1777) {
    EXPECT_THAT(message_with({bytes_.begin(), bytes_.begin() + static_cast<ptrdiff_t>(size)}),
                HasSubstr(path_.string()))
        << size;
  }
  bytes_.push_back(std::byte{0});
  EXPECT_THAT(message_with(bytes_), HasSubstr("damaged"));
}

TEST_F(VolumeFile, WrongMagicAndVersionAreNamed) {
  const auto good = bytes_;
  put(0, 'X');
  EXPECT_THAT(message_with(bytes_), HasSubstr("not a fusion volume"));
  bytes_ = good;
  put(8, uint32_t{7});
  EXPECT_THAT(message_with(bytes_), HasSubstr("version 7"));
}

TEST_F(VolumeFile, AbsurdCountsAreRefusedBeforeAllocation) {
  put(16, uint64_t{1} << 60);
  EXPECT_THAT(message_with(bytes_), HasSubstr("damaged"));
  put(16, ~uint64_t{0});
  EXPECT_THAT(message_with(bytes_), HasSubstr("damaged"));
}

TEST_F(VolumeFile, BlocksOutOfRangeOrTwiceAreRefused) {
  const auto good = bytes_;
  uint32_t options_bytes = 0;
  std::memcpy(&options_bytes, bytes_.data() + 12, 4);
  const size_t first = 32 + options_bytes, second = first + 12 + 2048 + 4096;
  put(first, int32_t{1} << 20);
  EXPECT_THAT(message_with(bytes_), HasSubstr("out of range"));
  bytes_ = good;
  std::memcpy(bytes_.data() + second, bytes_.data() + first, 12);
  EXPECT_THAT(message_with(bytes_), HasSubstr("twice"));
  bytes_ = good;
  put(first + 12 + 1024, uint16_t{0x7c00});  // the first weight: infinite
  EXPECT_THAT(message_with(bytes_), HasSubstr("weight"));
}

TEST_F(VolumeFile, DamagedOptionsAreRefused) {
  put(32, '!');
  EXPECT_THAT(message_with(bytes_), HasSubstr(path_.string()));
}

TEST_F(VolumeFile, MissingFileIsNotFound) {
  EXPECT_THAT(message_of_loading(folder_ / "none.tsdf"), HasSubstr("no such file"));
  EXPECT_THAT(message_of_loading(folder_.path()), HasSubstr("folder"));
}

}  // namespace
}  // namespace diorama::test
