#pragma once

#include "engine/scene/splat_lod.h"

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace diorama {

// Reads levels of a source on a thread of its own, in the order in which they are asked for.
class SplatLoader {
 public:
  using Piece = std::pair<uint32_t, uint32_t>;  // node and level
  struct Loaded {
    Piece piece;
    SplatCloud cloud;
    std::string failure;  // empty: none
  };

  explicit SplatLoader(SplatLodSource& source);  // which is the loader's alone as long as it lives
  ~SplatLoader();                                // waits for the piece that is being read
  SplatLoader(SplatLoader&&) = delete;

  // What shall be read; what else was asked for and is not begun is forgotten. What is read already is not asked for
  // again before it was taken.
  void want(const std::vector<Piece>& pieces);
  std::vector<Loaded> take();  // what is read by now

 private:
  void run();

  SplatLodSource* source_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Piece> wanted_;
  std::optional<Piece> reading_;
  std::vector<Loaded> loaded_;
  bool stop_ = false;
  std::thread thread_;  // goes last: it uses the rest
};

}  // namespace diorama
