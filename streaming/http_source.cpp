#include "streaming/http_source.h"

#include "engine/base/measure.h"
#include "streaming/http_answer.h"
#include "streaming/web_address.h"

#include <curl/curl.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <deque>
#include <list>
#include <map>
#include <set>
#include <thread>

namespace diorama {
namespace {

constexpr long kMostConnections = 6, kMostRedirects = 5;
constexpr size_t kMostTransfers = 8;

struct EasyDeleter {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct MultiDeleter {
  void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};

struct CurlGlobal {
  CurlGlobal() { DIO_CHECK(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK); }
  ~CurlGlobal() { curl_global_cleanup(); }
};

std::string header_of(CURL* easy, const char* name) {
  curl_header* header = nullptr;
  return curl_easy_header(easy, name, 0, CURLH_HEADER, -1, &header) == CURLHE_OK ? header->value : "";
}

HttpAnswer answer_of(CURL* easy) {
  HttpAnswer answer;
  curl_off_t length = -1;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &answer.status);
  curl_easy_getinfo(easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
  if (length >= 0) answer.length = static_cast<uint64_t>(length);
  answer.content_range = header_of(easy, "Content-Range");
  answer.content_encoding = header_of(easy, "Content-Encoding");
  answer.etag = header_of(easy, "ETag");
  return answer;
}

FetchProblem problem_of(CURLcode code) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
    case CURLE_OPERATION_TIMEDOUT:
      return FetchProblem::kNetwork;
    case CURLE_PARTIAL_FILE:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
    case CURLE_WEIRD_SERVER_REPLY:
      return FetchProblem::kServer;
    default:
      return FetchProblem::kPermanent;
  }
}

}  // namespace

class HttpSource : public ByteSource {
 public:
  HttpSource(WebAddress address, const HttpOptions& options) : address_(std::move(address)), options_(options) {
    static const CurlGlobal global;
    multi_.reset(curl_multi_init());
    DIO_CHECK(multi_ != nullptr);
    curl_multi_setopt(multi_.get(), CURLMOPT_MAX_HOST_CONNECTIONS, kMostConnections);
    thread_ = std::thread([this] { run(); });
  }
  ~HttpSource() override {
    stop_ = true;
    curl_multi_wakeup(multi_.get());
    thread_.join();
  }

  std::string name_of(const std::string& file) const override { return address_.shown_beside(file); }
  const std::string& entry() const override { return address_.file; }
  bool is_local() const override { return false; }

 protected:
  void start(std::shared_ptr<FetchJob> job) override {
    {
      const std::lock_guard lock(mutex_);
      queue_.push_back(std::move(job));
    }
    curl_multi_wakeup(multi_.get());
  }
  void wake() override { curl_multi_wakeup(multi_.get()); }

 private:
  struct Transfer {
    HttpSource& source;
    std::shared_ptr<FetchJob> job;
    std::unique_ptr<CURL, EasyDeleter> easy;
    std::vector<std::byte> bytes;
    HttpVerdict verdict;
    bool judged = false;
    Stopwatch watch;
    uint64_t link_before = 0;
    char reason[CURL_ERROR_SIZE] = {};

    ~Transfer() {
      if (easy != nullptr) curl_multi_remove_handle(source.multi_.get(), easy.get());
    }
  };

  // The thread's.
  void run();
  void start_queued();
  void drop_given_up();
  bool take_messages();  // whether a transfer ended
  void begin(std::shared_ptr<FetchJob> job);
  bool answered_from_memory(FetchJob& job) const;
  void finish(Transfer& transfer, CURLcode code);
  void judge_answer(Transfer& transfer);
  void keep_whole(Transfer& transfer);
  uint64_t most_bytes(const Transfer& transfer) const;
  size_t take_bytes(Transfer& transfer, const std::byte* data, size_t size);
  static size_t receive(char* data, size_t one, size_t count, void* user);

  const WebAddress address_;
  const HttpOptions options_;
  std::unique_ptr<CURLM, MultiDeleter> multi_;
  std::mutex mutex_;
  std::deque<std::shared_ptr<FetchJob>> queue_;  // guarded by mutex_
  std::atomic<bool> stop_{false};
  std::thread thread_;
  // Of the thread alone.
  std::list<Transfer> transfers_;
  std::map<std::string, RemoteFile> known_;
  std::set<std::string> without_ranges_;                 // files that came whole when a part was asked for
  std::map<std::string, std::vector<std::byte>> whole_;  // those, as far as they fit
  uint64_t link_bytes_ = 0;
};

namespace {

// False where this libcurl lacks one of the two protocols, or memory is short.
bool set_up(CURL* easy, const WebAddress& address, const ByteRequest& request, const HttpOptions& options) {
  bool good = true;
  const auto set = [&](CURLoption option, auto value) { good &= curl_easy_setopt(easy, option, value) == CURLE_OK; };
  set(CURLOPT_URL, address.beside(request.file).c_str());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_REDIR_PROTOCOLS_STR, address.secure ? "https" : "http,https");
  set(CURLOPT_FOLLOWLOCATION, 1L);
  set(CURLOPT_MAXREDIRS, kMostRedirects);
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_USERAGENT, "diorama");
  set(CURLOPT_CONNECTTIMEOUT_MS, std::lround(1e3 * options.connect_timeout_s));
  set(CURLOPT_LOW_SPEED_LIMIT, 1L);
  set(CURLOPT_LOW_SPEED_TIME, static_cast<long>(options.silence_s));
  if (!request.whole) {
    set(CURLOPT_RANGE, fmt::format("{}-{}", request.offset, request.offset + request.bytes - 1).c_str());
  }
  return good;
}

}  // namespace

void HttpSource::run() {
  while (!stop_) {
    start_queued();
    drop_given_up();
    int running = 0;
    curl_multi_perform(multi_.get(), &running);
    if (take_messages()) continue;  // others may have waited for it
    constexpr int kLongest_ms = 1000;
    curl_multi_poll(multi_.get(), nullptr, 0, kLongest_ms, nullptr);
  }
  transfers_.clear();
}

// A file without ranges is on its way once at a time: what waits for it gets its part from memory.
void HttpSource::start_queued() {
  std::deque<std::shared_ptr<FetchJob>> jobs, waiting;
  {
    const std::lock_guard lock(mutex_);
    jobs.swap(queue_);
  }
  for (std::shared_ptr<FetchJob>& job : jobs) {
    if (job->given_up() || answered_from_memory(*job)) continue;
    const std::string& file = job->request().file;
    bool wait = transfers_.size() >= kMostTransfers;
    for (const Transfer& one : transfers_) {
      wait |= without_ranges_.contains(file) && one.job->request().file == file;
    }
    if (wait) {
      waiting.push_back(std::move(job));
    } else {
      begin(std::move(job));
    }
  }
  const std::lock_guard lock(mutex_);
  queue_.insert(queue_.begin(), waiting.begin(), waiting.end());
}

bool HttpSource::answered_from_memory(FetchJob& job) const {
  const ByteRequest& request = job.request();
  const auto whole = whole_.find(request.file);
  if (request.whole || whole == whole_.end()) return false;
  const std::vector<std::byte>& bytes = whole->second;
  if (request.offset > bytes.size() || request.bytes > bytes.size() - request.offset) {
    job.finish({FetchProblem::kPermanent, ErrorCode::kInvalidInput,
                fmt::format("{}: has {} bytes, the .glb says at least {}; copy the file again", name_of(request.file),
                            bytes.size(), request.offset + request.bytes)});
    return true;
  }
  const auto first = bytes.begin() + static_cast<ptrdiff_t>(request.offset);
  job.finish(FetchResult{.bytes = {first, first + static_cast<ptrdiff_t>(request.bytes)}});
  return true;
}

void HttpSource::begin(std::shared_ptr<FetchJob> job) {
  Transfer& transfer = transfers_.emplace_back(*this, std::move(job));
  transfer.link_before = link_bytes_;
  transfer.easy.reset(curl_easy_init());
  CURL* const easy = transfer.easy.get();
  if (easy == nullptr || !set_up(easy, address_, transfer.job->request(), options_)) {
    transfer.job->finish({FetchProblem::kPermanent, ErrorCode::kUnsupported,
                          fmt::format("{}: this libcurl cannot load it over http or https", address_.shown)});
    return transfers_.pop_back();
  }
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &HttpSource::receive);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer.reason);
  DIO_CHECK(curl_multi_add_handle(multi_.get(), easy) == CURLM_OK);
}

// A whole file that parts are wanted of is worth its end.
void HttpSource::drop_given_up() {
  std::erase_if(transfers_, [&](const Transfer& one) {
    return one.job->given_up() && !without_ranges_.contains(one.job->request().file);
  });
}

void HttpSource::judge_answer(Transfer& transfer) {
  if (transfer.judged) return;
  transfer.judged = true;
  const ByteRequest& request = transfer.job->request();
  transfer.verdict = judge(answer_of(transfer.easy.get()), request, options_.most_without_ranges, known_[request.file],
                           name_of(request.file));
  if (transfer.verdict.failure) return;
  if (!request.whole && transfer.verdict.body == HttpBody::kWholeFile) without_ranges_.insert(request.file);
  const auto length = answer_of(transfer.easy.get()).length;
  transfer.bytes.reserve(static_cast<size_t>(std::min(length.value_or(0), most_bytes(transfer))));
}

uint64_t HttpSource::most_bytes(const Transfer& transfer) const {
  const ByteRequest& request = transfer.job->request();
  const bool unasked = !request.whole && transfer.verdict.body == HttpBody::kWholeFile;
  return unasked ? options_.most_without_ranges : request.bytes;
}

// Called by libcurl, through which no exception may go.
size_t HttpSource::receive(char* data, size_t one, size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  const size_t size = one * count;
  transfer.source.link_bytes_ += size;
  try {
    return transfer.source.take_bytes(transfer, reinterpret_cast<const std::byte*>(data), size);
  } catch (const std::exception& error) {
    transfer.verdict.failure = {FetchProblem::kPermanent, ErrorCode::kIo,
                                fmt::format("{}: {}", transfer.job->request().file, error.what())};
    return CURL_WRITEFUNC_ERROR;
  }
}

size_t HttpSource::take_bytes(Transfer& transfer, const std::byte* data, size_t size) {
  judge_answer(transfer);
  if (transfer.verdict.failure) return CURL_WRITEFUNC_ERROR;
  if (size > most_bytes(transfer) - transfer.bytes.size()) {
    transfer.verdict.failure = {FetchProblem::kPermanent, ErrorCode::kInvalidInput,
                                fmt::format("{}: more than {} bytes come, expected no more",
                                            name_of(transfer.job->request().file), most_bytes(transfer))};
    return CURL_WRITEFUNC_ERROR;
  }
  transfer.bytes.insert(transfer.bytes.end(), data, data + size);
  return size;
}

bool HttpSource::take_messages() {
  bool any = false;
  int left = 0;
  while (const CURLMsg* const message = curl_multi_info_read(multi_.get(), &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    const auto done = std::find_if(transfers_.begin(), transfers_.end(),
                                   [&](const Transfer& one) { return one.easy.get() == message->easy_handle; });
    DIO_CHECK(done != transfers_.end());
    finish(*done, message->data.result);
    transfers_.erase(done);
    any = true;
  }
  return any;
}

void HttpSource::finish(Transfer& transfer, CURLcode code) {
  const ByteRequest& request = transfer.job->request();
  const std::string name = name_of(request.file);
  if (code == CURLE_OK) judge_answer(transfer);
  if (transfer.verdict.failure) return transfer.job->finish(std::move(*transfer.verdict.failure));
  if (code != CURLE_OK) {
    const char* const reason = transfer.reason[0] != 0 ? transfer.reason : curl_easy_strerror(code);
    return transfer.job->finish({problem_of(code), ErrorCode::kIo, fmt::format("{}: {}", name, reason)});
  }
  if (!request.whole && transfer.verdict.body == HttpBody::kWholeFile) {
    keep_whole(transfer);
    return;
  }
  if (!request.whole && transfer.bytes.size() != request.bytes) {
    return transfer.job->finish(
        {FetchProblem::kServer, ErrorCode::kIo,
         fmt::format("{}: {} bytes came, expected {}", name, transfer.bytes.size(), request.bytes)});
  }
  transfer.job->finish(FetchResult{.bytes = std::move(transfer.bytes),
                                   .seconds = transfer.watch.seconds(),
                                   .link_bytes = link_bytes_ - transfer.link_before});
}

// Its first part goes to who asked; it stays for the others where it fits with those that are kept already.
void HttpSource::keep_whole(Transfer& transfer) {
  const std::string& file = transfer.job->request().file;
  uint64_t kept = transfer.bytes.size();
  for (const auto& [name, bytes] : whole_) kept += name == file ? 0 : bytes.size();
  if (kept > options_.most_without_ranges) whole_.clear();
  whole_[file] = std::move(transfer.bytes);
  DIO_CHECK(answered_from_memory(*transfer.job));
}

std::unique_ptr<ByteSource> open_http_source(const std::string& url, const HttpOptions& options) {
  return std::make_unique<HttpSource>(parse_web_address(url), options);
}

}  // namespace diorama
