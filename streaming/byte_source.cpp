#include "streaming/byte_source.h"

#include "streaming/folder_source.h"
#include "streaming/http_source.h"

#include <algorithm>
#include <cctype>

namespace diorama {
namespace {

std::string scheme_of(const std::string& place) {
  const size_t end = place.find("://");
  if (end == std::string::npos || end < 2) return "";  // a letter alone is a drive
  std::string scheme = place.substr(0, end);
  for (char& c : scheme) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  const bool plain = std::all_of(scheme.begin(), scheme.end(), [](unsigned char c) { return std::isalnum(c) != 0; });
  return plain ? scheme : "";
}

}  // namespace

bool FetchJob::given_up() const {
  const std::lock_guard lock(mutex_);
  return given_up_;
}

void FetchJob::finish(FetchResult result) {
  {
    const std::lock_guard lock(mutex_);
    result_ = std::move(result);
  }
  done_.notify_all();
}

void FetchJob::give_up() {
  const std::lock_guard lock(mutex_);
  given_up_ = true;
}

std::optional<FetchResult> FetchJob::take() {
  const std::lock_guard lock(mutex_);
  return std::exchange(result_, std::nullopt);
}

FetchResult FetchJob::wait() {
  std::unique_lock lock(mutex_);
  done_.wait(lock, [&] { return result_.has_value(); });
  return *std::exchange(result_, std::nullopt);
}

Fetch::~Fetch() {
  give_up();
}

Fetch& Fetch::operator=(Fetch&& other) noexcept {
  if (this != &other) {
    give_up();
    job_ = std::move(other.job_);
    source_ = other.source_;
  }
  return *this;
}

void Fetch::give_up() {
  if (job_ == nullptr) return;
  job_->give_up();
  job_.reset();
  source_->wake();
}

std::optional<FetchResult> Fetch::poll() {
  if (job_ == nullptr) return std::nullopt;
  std::optional<FetchResult> result = job_->take();
  if (result) job_.reset();
  return result;
}

FetchResult Fetch::wait() {
  DIO_CHECK(job_ != nullptr);
  FetchResult result = job_->wait();
  job_.reset();
  return result;
}

Fetch ByteSource::fetch(ByteRequest request) {
  check_file_name(request.file);
  auto job = std::make_shared<FetchJob>(std::move(request));
  start(job);
  return {std::move(job), *this};
}

bool is_url(const std::string& place) {
  return !scheme_of(place).empty();
}

std::unique_ptr<ByteSource> open_byte_source(const std::string& place, const HttpOptions& options) {
  const std::string scheme = scheme_of(place);
  if (scheme.empty()) return open_folder_source(place);
  if (scheme != "http" && scheme != "https") {
    fail(ErrorCode::kUnsupported, "{}: cannot be read over {}; give a path, or a URL of http or https", place, scheme);
  }
  return open_http_source(place, options);
}

std::vector<std::byte> bytes_of(FetchResult result) {
  if (result.failure) throw Error(result.failure->code, result.failure->message);
  return std::move(result.bytes);
}

void check_file_name(const std::string& name) {
  const bool control = std::any_of(name.begin(), name.end(), [](unsigned char c) { return c < 32 || c == 127; });
  if (name.empty() || name == "." || name == ".." || name.find_first_of("/\\") != name.npos || control) {
    fail(ErrorCode::kInvalidInput, "\"{}\" is no name of a file beside the .glb", name);
  }
}

}  // namespace diorama
