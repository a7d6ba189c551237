#pragma once

#include "engine/base/error.h"

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace diorama {

// Bytes of a file beside the asset that plays.
struct ByteRequest {
  std::string file;
  uint64_t offset = 0;
  uint64_t bytes = 0;  // these, no fewer; of a whole file at most so many
  bool whole = false;  // from 0 to wherever it ends
};

enum class FetchProblem {
  kNetwork,    // nobody answers: worth trying again for as long as it takes
  kServer,     // an answer that is an error of the moment, or cut short: worth trying a few times
  kPermanent,  // it will not get better
  kChanged,    // the file is another one than before
};

struct FetchFailure {
  FetchProblem problem = FetchProblem::kPermanent;
  ErrorCode code = ErrorCode::kIo;
  std::string message;  // a sentence that names the file
};

struct FetchResult {
  std::vector<std::byte> bytes;  // empty where it failed
  std::optional<FetchFailure> failure;
  double seconds = 0;       // from its start
  uint64_t link_bytes = 0;  // what the source received meanwhile, for all requests
};

// A request between the thread that wants it and the source's own. Thread-safe.
class FetchJob {
 public:
  explicit FetchJob(ByteRequest request) : request_(std::move(request)) {}

  const ByteRequest& request() const { return request_; }
  bool given_up() const;
  void finish(FetchResult result);
  void finish(FetchFailure failure) { finish(FetchResult{.failure = std::move(failure)}); }

  void give_up();
  std::optional<FetchResult> take();  // once, when it is done
  FetchResult wait();

 private:
  const ByteRequest request_;
  mutable std::mutex mutex_;
  std::condition_variable done_;
  std::optional<FetchResult> result_;
  bool given_up_ = false;
};

class ByteSource;

// A running request; it is given up when this goes. Its source must live longer.
class Fetch {
 public:
  Fetch() = default;
  Fetch(std::shared_ptr<FetchJob> job, ByteSource& source) : job_(std::move(job)), source_(&source) {}
  ~Fetch();
  Fetch(Fetch&& other) noexcept = default;
  Fetch& operator=(Fetch&& other) noexcept;

  bool running() const { return job_ != nullptr; }
  std::optional<FetchResult> poll();  // the result, once
  FetchResult wait();

 private:
  void give_up();

  std::shared_ptr<FetchJob> job_;
  ByteSource* source_ = nullptr;
};

// Where an asset and the files beside it are read from: a folder, or a web server. Requests run on the source's own
// thread, several at a time.
class ByteSource {
 public:
  virtual ~ByteSource() = default;

  virtual std::string name_of(const std::string& file) const = 0;  // for messages: its path or URL
  virtual const std::string& entry() const = 0;                    // the asset's own file
  virtual bool is_local() const = 0;                               // at hand at once

  // Error kInvalidInput: a name that leads elsewhere.
  Fetch fetch(ByteRequest request);

 protected:
  friend class Fetch;
  virtual void start(std::shared_ptr<FetchJob> job) = 0;
  virtual void wake() {}  // a request was given up
};

struct HttpOptions {
  double connect_timeout_s = 10;
  int silence_s = 10;  // without a byte, then the connection is given up
  // Of servers that answer with the whole file where a part was asked for: files up to this size, all together, are
  // kept in memory.
  uint64_t most_without_ranges = uint64_t{64} << 20;
};

// `place`: a path or an http(s) URL of the asset. Error kInvalidInput (no file's name in it), kUnsupported (another
// scheme).
std::unique_ptr<ByteSource> open_byte_source(const std::string& place, const HttpOptions& options = {});

bool is_url(const std::string& place);

// The result, or the failure as an Error.
std::vector<std::byte> bytes_of(FetchResult result);

// Error kInvalidInput: empty, ".", "..", or with a separator or control character in it.
void check_file_name(const std::string& name);

}  // namespace diorama
