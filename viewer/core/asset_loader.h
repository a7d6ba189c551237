#pragma once

#include "assets/asset.h"
#include "assets/splat_performance.h"
#include "engine/base/thread_pool.h"

#include <condition_variable>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace diorama {

struct LoadedAsset {
  std::filesystem::path path;
  std::string failure;  // empty: it is there
  Asset asset;
  std::unique_ptr<SplatPerformance> performance;  // that the asset is the first frame of; null: none
  double seconds = 0;                             // that reading took
};

// Reads assets on a thread of its own; of several that are asked for while one is read, the last.
class AssetLoader {
 public:
  // `pool` must stay. `on_change` is called from the loader's thread when something is there to take.
  AssetLoader(ThreadPool& pool, std::function<void()> on_change);
  ~AssetLoader();  // waits for what is being read
  AssetLoader(AssetLoader&&) = delete;

  void open(std::filesystem::path path);
  std::optional<LoadedAsset> take();
  bool is_busy() const;

 private:
  void run();

  ThreadPool& pool_;
  std::function<void()> on_change_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<std::filesystem::path> wanted_;
  std::optional<LoadedAsset> loaded_;
  bool reading_ = false, stop_ = false;
  std::thread thread_;  // goes last: it uses the rest
};

}  // namespace diorama
