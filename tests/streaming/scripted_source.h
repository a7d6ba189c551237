#pragma once

#include "engine/base/file.h"
#include "streaming/byte_source.h"

#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <string>

namespace diorama {

// Files in memory behind a link whose speed and faults a test sets, in its own time: bytes come with tick() alone, one
// request after the other. Not for a player on another thread.
class ScriptedSource : public ByteSource {
 public:
  // What a request is answered with instead of its bytes; nothing: with them.
  using Fault = std::function<std::optional<FetchFailure>(const ByteRequest&)>;

  explicit ScriptedSource(const std::filesystem::path& folder, std::string entry = "show.glb")
      : entry_(std::move(entry)) {
    for (const auto& item : std::filesystem::directory_iterator(folder)) {
      if (item.is_regular_file()) files[item.path().filename().string()] = read_file(item.path());
    }
  }

  std::string name_of(const std::string& file) const override { return "test:" + file; }
  const std::string& entry() const override { return entry_; }
  bool is_local() const override { return local; }

  std::map<std::string, std::vector<std::byte>> files;
  double bytes_per_s = 1e12;
  bool local = false;
  Fault fault;
  size_t asked = 0, given_up = 0;

  // Time goes by on the link.
  void tick(double seconds) {
    double left_s = seconds;
    while (!queue_.empty() && left_s > 0) {
      Running& first = queue_.front();
      if (first.job->given_up()) {
        ++given_up;
        queue_.pop_front();
        continue;
      }
      const double needed_s = static_cast<double>(first.job->request().bytes) / bytes_per_s - first.spent_s;
      const double step_s = std::min(left_s, needed_s);
      first.spent_s += step_s;
      left_s -= step_s;
      if (step_s < needed_s) return;
      answer(*first.job, first.spent_s);
      queue_.pop_front();
    }
  }

 protected:
  void start(std::shared_ptr<FetchJob> job) override {
    ++asked;
    if (job->request().file == entry_) return answer(*job, 1e-3);  // its speed is not what is tested
    queue_.push_back({std::move(job), 0});
  }

 private:
  struct Running {
    std::shared_ptr<FetchJob> job;
    double spent_s;
  };

  void answer(FetchJob& job, double seconds) const {
    const ByteRequest& request = job.request();
    if (fault) {
      if (auto failure = fault(request)) return job.finish(std::move(*failure));
    }
    const auto file = files.find(request.file);
    if (file == files.end()) {
      return job.finish({FetchProblem::kPermanent, ErrorCode::kNotFound, name_of(request.file) + ": is not there"});
    }
    const auto& bytes = file->second;
    if (request.whole) return job.finish(FetchResult{.bytes = bytes, .seconds = seconds, .link_bytes = bytes.size()});
    if (request.offset + request.bytes > bytes.size()) {
      return job.finish({FetchProblem::kPermanent, ErrorCode::kIo, name_of(request.file) + ": is cut short"});
    }
    const auto first = bytes.begin() + static_cast<ptrdiff_t>(request.offset);
    job.finish(FetchResult{.bytes = {first, first + static_cast<ptrdiff_t>(request.bytes)},
                           .seconds = std::max(seconds, 1e-6),
                           .link_bytes = request.bytes});
  }

  std::string entry_;
  std::deque<Running> queue_;
};

}  // namespace diorama
