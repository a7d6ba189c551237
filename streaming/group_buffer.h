#pragma once

#include "streaming/representation_choice.h"
#include "streaming/retried_fetch.h"
#include "streaming/splat_video.h"

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace diorama {

using SharedBytes = std::shared_ptr<const std::vector<std::byte>>;

// What a decoder of a group needs.
struct GroupBytes {
  size_t group = 0, representation = 0;
  SharedBytes exact_header, lossy_header, exact, lossy;
};

struct BufferOptions {
  double goal_s = 6;    // of playing, ahead
  size_t most_mb = 64;  // of segments; the two that are needed next are always loaded
  RetryOptions retry;
};

struct BufferStats {
  size_t bytes = 0;       // of segments at hand
  uint64_t received = 0;  // of segments and headers, all in all
  size_t retries = 0;
};

// The segments of the groups that play next: loads them in order, both streams at a time, tries again what failed, and
// drops what nobody wants any more, requests too. A representation whose file is not there is not asked for again.
class GroupBuffer {
 public:
  // `source` and `video` must live longer.
  GroupBuffer(ByteSource& source, const SplatVideo& video, const BufferOptions& options);

  // `wanted`: groups in the order of need, the first is needed now; `keep`: one that stays though it is not wanted, if
  // it is there. `choose` is asked once for each group that is begun.
  using Choose = std::function<size_t(size_t group, std::span<const double> bits_per_s)>;
  void update(double now_s, std::span<const size_t> wanted, size_t keep, const Choose& choose);

  const GroupBytes* ready(size_t group) const;         // nothing while it is on its way
  const std::string* failure(size_t group) const;      // why it will not come
  const std::string* trouble() const;                  // what holds up the first wanted group, if it was tried
  const std::string& fatal() const { return fatal_; }  // not empty: the files changed, nothing can be trusted
  bool settled() const { return settled_; }            // nothing more is loaded until others are wanted
  void forget(size_t group) { groups_.erase(group); }  // to be loaded again
  std::vector<size_t> forget_passing();                // what failed for a reason that may be over; which
  void forget_all_but(size_t group);

  const ThroughputMeter& throughput() const { return throughput_; }
  const BufferStats& stats() const { return stats_; }
  double seconds_of(size_t group) const;

 private:
  struct Part {
    RetriedFetch fetch;
    SharedBytes bytes;
  };
  struct Entry {
    size_t representation = 0;
    Part exact, lossy;
    GroupBytes complete;
    bool ready = false;
    std::string failure;
    bool representation_lost = false;  // to be begun again with another
    bool passing = false;              // the failure may be over
    bool settled() const { return ready || !failure.empty(); }
  };

  std::set<size_t> affordable(std::span<const size_t> wanted) const;
  void begin(size_t group, const Choose& choose);
  void advance(double now_s, size_t group, Entry& entry);
  bool advance_part(double now_s, Part& part, bool is_segment);
  void fail_entry(Entry& entry, const FetchFailure& failure, bool lossy);
  void complete(size_t group, Entry& entry);
  Part& header(size_t track);  // 0: exact, else 1 + representation
  std::vector<double> rates_from(size_t group) const;
  size_t bytes_of(size_t group, size_t representation) const;

  ByteSource& source_;
  const SplatVideo& video_;
  const BufferOptions options_;
  std::map<size_t, Entry> groups_;
  std::map<size_t, Part> headers_;
  std::set<size_t> lost_representations_;
  std::vector<size_t> first_frames_;
  size_t needed_ = 0;  // the first of what was wanted last
  bool settled_ = false;
  std::string fatal_;
  ThroughputMeter throughput_;
  BufferStats stats_;
};

}  // namespace diorama
