#include "viewer/core/asset_loader.h"

#include "assets/asset_file.h"
#include "assets/splat_sequence.h"
#include "engine/base/file.h"
#include "tests/streaming/moving_splats.h"
#include "tests/test_data.h"

#include <gmock/gmock.h>

#include <future>

namespace diorama {
namespace {

using ::testing::HasSubstr;

LoadedAsset load(const std::filesystem::path& path) {
  ThreadPool pool(2);
  std::promise<void> there;
  AssetLoader loader(pool, [&] { there.set_value(); });
  EXPECT_FALSE(loader.is_busy());
  loader.open(path);
  EXPECT_TRUE(loader.is_busy());
  there.get_future().wait();
  std::optional<LoadedAsset> loaded = loader.take();
  EXPECT_FALSE(loader.is_busy());
  EXPECT_FALSE(loader.take().has_value());
  return std::move(loaded.value());
}

TEST(AssetLoader, ReadsAPerformanceWithItsFirstFrame) {
  const TempDir folder;
  const auto glb = folder / "show.glb";
  const double times[] = {0, 0.04};
  add_splat_group(splat_groups_folder(glb), swaying_sheet(20, 2), times, 1);
  finish_splat_sequence(glb, {});
  const LoadedAsset loaded = load(glb);
  EXPECT_EQ(loaded.failure, "");
  EXPECT_EQ(splat_count(loaded.asset), 20u);
  ASSERT_NE(loaded.performance, nullptr);
  EXPECT_EQ(loaded.performance->sequence().frame_count(), 2u);
}

TEST(AssetLoader, ABadFileIsASentence) {
  const TempDir folder;
  write_file(folder / "junk.glb", std::string_view("junk"));
  EXPECT_THAT(load(folder / "junk.glb").failure, HasSubstr("junk.glb"));
  EXPECT_THAT(load(folder / "nowhere.spz").failure, HasSubstr("nowhere.spz"));
}

TEST(AssetLoader, GoesAwayWhileItReads) {
  const TempDir folder;
  write_asset({.splats = {{"splats", swaying_sheet(20000, 1).frames[0]}}}, folder / "a.glb");
  ThreadPool pool(2);
  for (int i = 0; i < 3; ++i) {
    AssetLoader loader(pool, {});
    loader.open(folder / "a.glb");
    loader.open(folder / "a.glb");
  }
}

}  // namespace
}  // namespace diorama
