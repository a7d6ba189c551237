#include "streaming/folder_source.h"

#include "engine/base/file.h"
#include "engine/base/measure.h"

#include <deque>
#include <thread>

namespace diorama {
namespace {

namespace fs = std::filesystem;

class FolderSource : public ByteSource {
 public:
  explicit FolderSource(const fs::path& asset)
      : folder_(asset.parent_path()),
        entry_(asset.filename().string()),
        thread_([this](const std::stop_token& stop) { run(stop); }) {}

  std::string name_of(const std::string& file) const override { return (folder_ / file).string(); }
  const std::string& entry() const override { return entry_; }
  bool is_local() const override { return true; }

 protected:
  void start(std::shared_ptr<FetchJob> job) override {
    {
      const std::lock_guard lock(mutex_);
      queue_.push_back(std::move(job));
    }
    queued_.notify_one();
  }

 private:
  void run(const std::stop_token& stop) {
    while (true) {
      std::shared_ptr<FetchJob> job;
      {
        std::unique_lock lock(mutex_);
        if (!queued_.wait(lock, stop, [&] { return !queue_.empty(); })) return;
        job = std::move(queue_.front());
        queue_.pop_front();
      }
      if (!job->given_up()) job->finish(read(job->request()));
    }
  }

  FetchResult read(const ByteRequest& request) const {
    const Stopwatch watch;
    FetchResult result;
    const fs::path path = folder_ / request.file;
    try {
      result.bytes = request.whole ? read_file(path, request.bytes)
                                   : read_file_part(path, request.offset, static_cast<size_t>(request.bytes));
    } catch (const Error& error) {
      result.failure = {FetchProblem::kPermanent, error.code(), error.what()};
    } catch (const std::bad_alloc&) {
      result.failure = {FetchProblem::kPermanent, ErrorCode::kIo,
                        fmt::format("{}: the memory does not suffice for {} bytes", path.string(), request.bytes)};
    }
    result.seconds = watch.seconds();
    result.link_bytes = result.bytes.size();
    return result;
  }

  const fs::path folder_;
  const std::string entry_;
  std::mutex mutex_;
  std::condition_variable_any queued_;
  std::deque<std::shared_ptr<FetchJob>> queue_;
  std::jthread thread_;  // the last: it uses the others
};

}  // namespace

std::unique_ptr<ByteSource> open_folder_source(const fs::path& asset) {
  if (asset.filename().empty() || asset.filename() == "." || asset.filename() == "..") {
    fail(ErrorCode::kInvalidInput, "{}: names no file; give the .glb that `diorama stream pack` made", asset.string());
  }
  return std::make_unique<FolderSource>(asset);
}

}  // namespace diorama
