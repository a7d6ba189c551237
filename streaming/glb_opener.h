#pragma once

#include "assets/asset.h"
#include "streaming/retried_fetch.h"
#include "streaming/splat_video.h"

#include <future>
#include <memory>
#include <optional>

namespace diorama {

// Opens the .glb of a splat video from a source: first what it says of its streams, so that they can be loaded, then,
// when that is asked for, all the rest. Parsing is done on threads of their own.
class GlbOpener {
 public:
  // `source` must live longer. Files of more than `most_bytes` are refused.
  GlbOpener(ByteSource& source, uint64_t most_bytes, const RetryOptions& retry);

  // `rest_too`: the rest may be loaded by now.
  void update(double now_s, bool rest_too);

  std::shared_ptr<const SplatVideo> video() const { return video_; }  // once it is there
  const Asset* asset() const { return asset_ ? &*asset_ : nullptr; }  // once it is there

  // Why there will be no video, or no asset. kInvalidInput, kUnsupported: what parse_glb and parse_splat_video refuse.
  const std::optional<FetchFailure>& failure() const { return failure_; }
  const RetriedFetch& fetch() const { return fetch_; }  // the one that runs, or ran last
  bool parsing() const;                                 // goes on by itself
  uint64_t received() const { return head_.size() + rest_bytes_; }

 private:
  enum class Step { kStart, kDescription, kVideo, kWait, kRest, kAsset, kDone };

  void take_start(std::vector<std::byte> bytes);
  void parse_video();
  void parse_asset(std::vector<std::byte> rest);
  void request(uint64_t offset, uint64_t bytes);
  void finish_parsing();
  void fail_with(ErrorCode code, std::string message);

  ByteSource& source_;
  const uint64_t most_bytes_;
  const RetryOptions retry_;
  const std::string name_;
  Step step_ = Step::kStart;
  RetriedFetch fetch_;
  std::vector<std::byte> head_;  // up to the end of the JSON
  uint64_t whole_bytes_ = 0, json_bytes_ = 0, rest_bytes_ = 0;
  std::future<std::shared_ptr<const SplatVideo>> parsed_video_;
  std::future<Asset> parsed_asset_;
  std::shared_ptr<const SplatVideo> video_;
  std::optional<Asset> asset_;
  std::optional<FetchFailure> failure_;
};

// What the .glb at a path or URL says of its streams. Error: what the source, parse_glb and parse_splat_video refuse.
SplatVideo load_splat_video(const std::string& place);

}  // namespace diorama
