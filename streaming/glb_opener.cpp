#include "streaming/glb_opener.h"

#include "assets/gltf.h"

#include <nlohmann/json.hpp>

#include <chrono>
#include <cstring>
#include <thread>

namespace diorama {
namespace {

// glTF 2.0, 4.4: magic, version, length of the file; length and type of the first chunk, which is JSON.
constexpr uint64_t kStartBytes = 20, kHeaderBytes = 12;
constexpr uint32_t kMagic = 0x46546C67, kVersion = 2, kJsonChunk = 0x4E4F534A;

uint32_t little_endian(std::span<const std::byte> bytes, size_t at) {
  uint32_t value = 0;
  for (size_t i = 0; i < 4; ++i) value |= std::to_integer<uint32_t>(bytes[at + i]) << (8 * i);
  return value;
}

bool is_ready(const auto& future) {
  return future.valid() && future.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
}

std::shared_ptr<const SplatVideo> video_in(const std::string& json, const std::string& name) {
  using Json = nlohmann::json;
  std::string extension;
  try {
    const Json root = Json::parse(json);
    const auto extensions = root.find("extensions");
    if (extensions != root.end() && extensions->is_object() && extensions->contains("DIORAMA_splat_video")) {
      extension = extensions->at("DIORAMA_splat_video").dump();
    }
  } catch (const Json::exception& error) {
    fail(ErrorCode::kInvalidInput, "{}: its JSON is damaged: {}", name, error.what());
  }
  if (extension.empty()) {
    fail(ErrorCode::kInvalidInput, "{}: is no coded splat video; `diorama stream pack` makes one of a performance",
         name);
  }
  return std::make_shared<const SplatVideo>(parse_splat_video(extension, name));
}

}  // namespace

GlbOpener::GlbOpener(ByteSource& source, uint64_t most_bytes, const RetryOptions& retry)
    : source_(source), most_bytes_(most_bytes), retry_(retry), name_(source.name_of(source.entry())) {
  request(0, kStartBytes);
}

void GlbOpener::request(uint64_t offset, uint64_t bytes) {
  fetch_ = {{.file = source_.entry(), .offset = offset, .bytes = bytes}, retry_};
}

void GlbOpener::fail_with(ErrorCode code, std::string message) {
  failure_ = {FetchProblem::kPermanent, code, std::move(message)};
}

bool GlbOpener::parsing() const {
  return !failure_ && (step_ == Step::kVideo || step_ == Step::kAsset);
}

void GlbOpener::update(double now_s, bool rest_too) {
  if (failure_ || step_ == Step::kDone) return;
  if (parsing()) return finish_parsing();
  if (step_ == Step::kWait) {
    if (!rest_too) return;
    step_ = Step::kRest;
    request(head_.size(), whole_bytes_ - head_.size());
  }
  FetchResult result;
  const RetriedFetch::State state = fetch_.update(now_s, source_, result);
  if (state == RetriedFetch::State::kFailed) failure_ = fetch_.failure();
  if (state != RetriedFetch::State::kDone) return;
  switch (step_) {
    case Step::kStart:
      return take_start(std::move(result.bytes));
    case Step::kDescription:
      head_.insert(head_.end(), result.bytes.begin(), result.bytes.end());
      return parse_video();
    default:
      return parse_asset(std::move(result.bytes));
  }
}

void GlbOpener::take_start(std::vector<std::byte> bytes) {
  head_ = std::move(bytes);
  if (little_endian(head_, 0) != kMagic || little_endian(head_, 4) != kVersion ||
      little_endian(head_, 16) != kJsonChunk) {
    return fail_with(
        ErrorCode::kInvalidInput,
        fmt::format("{}: is no glTF binary of version 2; give the .glb that `diorama stream pack` made", name_));
  }
  whole_bytes_ = little_endian(head_, 8);
  json_bytes_ = little_endian(head_, kHeaderBytes);
  if (json_bytes_ == 0 || whole_bytes_ < kStartBytes + json_bytes_ || whole_bytes_ > most_bytes_) {
    return fail_with(ErrorCode::kInvalidInput,
                     fmt::format("{}: says that it has {} bytes with {} of JSON, expected at most {}", name_,
                                 whole_bytes_, json_bytes_, most_bytes_));
  }
  request(kStartBytes, json_bytes_);
  step_ = Step::kDescription;
}

void GlbOpener::parse_video() {
  std::string json(reinterpret_cast<const char*>(head_.data()) + kStartBytes, json_bytes_);
  parsed_video_ =
      std::async(std::launch::async, [json = std::move(json), name = name_] { return video_in(json, name); });
  step_ = Step::kVideo;
}

void GlbOpener::parse_asset(std::vector<std::byte> rest) {
  rest_bytes_ = rest.size();
  std::vector<std::byte> whole = head_;
  whole.insert(whole.end(), rest.begin(), rest.end());
  parsed_asset_ =
      std::async(std::launch::async, [whole = std::move(whole), name = name_] { return parse_glb(whole, name); });
  step_ = Step::kAsset;
}

void GlbOpener::finish_parsing() {
  try {
    if (step_ == Step::kVideo && is_ready(parsed_video_)) {
      video_ = parsed_video_.get();
      // A file of JSON alone has nothing to show before it plays.
      step_ = whole_bytes_ > head_.size() ? Step::kWait : Step::kDone;
    } else if (step_ == Step::kAsset && is_ready(parsed_asset_)) {
      asset_ = parsed_asset_.get();
      step_ = Step::kDone;
    }
  } catch (const Error& error) {
    fail_with(error.code(), error.what());
  } catch (const std::exception& error) {
    fail_with(ErrorCode::kIo, fmt::format("{}: {}", name_, error.what()));
  }
}

SplatVideo load_splat_video(const std::string& place) {
  const std::unique_ptr<ByteSource> source = open_byte_source(place);
  constexpr uint64_t kMostBytes = uint64_t{1} << 32;
  GlbOpener opener(*source, kMostBytes, {.network_attempts = 3});
  using Clock = std::chrono::steady_clock;
  for (const auto start = Clock::now(); opener.video() == nullptr;) {
    opener.update(std::chrono::duration<double>(Clock::now() - start).count(), false);
    if (opener.failure()) throw Error(opener.failure()->code, opener.failure()->message);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return *opener.video();
}

}  // namespace diorama
