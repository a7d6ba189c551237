#include "streaming/group_buffer.h"

#include "streaming/segment_header.h"

#include <algorithm>

namespace diorama {
namespace {

constexpr size_t kGroupsAtATime = 2;
// Rates are those of the seconds to come, not of the whole.
constexpr double kRateWindow_s = 5;

ByteRequest header_of(const VideoTrack& track) {
  return {.file = track.file, .offset = track.init_offset, .bytes = track.init_bytes};
}

ByteRequest segment_of(const VideoTrack& track, ByteRange range) {
  return {.file = track.file, .offset = range.offset, .bytes = range.bytes};
}

}  // namespace

GroupBuffer::GroupBuffer(ByteSource& source, const SplatVideo& video, const BufferOptions& options)
    : source_(source), video_(video), options_(options) {
  size_t first = 0;
  for (const GroupParameters& group : video.groups) {
    first_frames_.push_back(first);
    first += group.frame_count;
  }
}

double GroupBuffer::seconds_of(size_t group) const {
  return static_cast<double>(video_.groups[group].frame_count) / video_.frames_per_s;
}

size_t GroupBuffer::bytes_of(size_t group, size_t representation) const {
  return video_.exact_segments[group].bytes + video_.representations[representation].segments[group].bytes;
}

std::vector<double> GroupBuffer::rates_from(size_t group) const {
  std::vector<double> rates(video_.representations.size(), 0);
  for (size_t i = 0; i < rates.size(); ++i) {
    if (lost_representations_.contains(i)) continue;
    double bits = 0, seconds = 0;
    for (size_t k = group; k < video_.groups.size() && seconds < kRateWindow_s; ++k) {
      bits += 8.0 * static_cast<double>(bytes_of(k, i));
      seconds += seconds_of(k);
    }
    rates[i] = bits / seconds;
  }
  return rates;
}

// As many of the wanted ones as seconds and bytes allow.
std::set<size_t> GroupBuffer::affordable(std::span<const size_t> wanted) const {
  std::set<size_t> result;
  double seconds = 0;
  size_t bytes = 0;
  constexpr size_t kAlways = 2;
  for (size_t i = 0; i < wanted.size(); ++i) {
    const auto entry = groups_.find(wanted[i]);
    bytes += bytes_of(wanted[i], entry != groups_.end() ? entry->second.representation : 0);
    if (i >= kAlways && (seconds >= options_.goal_s || bytes > options_.most_mb << 20)) break;
    seconds += seconds_of(wanted[i]);
    result.insert(wanted[i]);
  }
  return result;
}

void GroupBuffer::update(double now_s, std::span<const size_t> wanted, size_t keep, const Choose& choose) {
  if (!fatal_.empty()) return;
  const std::set<size_t> affordable_ones = affordable(wanted);
  std::erase_if(groups_, [&](const auto& item) {
    const Entry& entry = item.second;
    return !affordable_ones.contains(item.first) && entry.failure.empty() && !(item.first == keep && entry.ready);
  });
  needed_ = wanted.empty() ? 0 : wanted.front();
  size_t under_way = 0;
  bool first = true;
  settled_ = true;
  for (const size_t group : wanted) {
    if (!affordable_ones.contains(group) || under_way >= kGroupsAtATime || !fatal_.empty()) break;
    if (!groups_.contains(group)) begin(group, choose);
    Entry& entry = groups_.at(group);
    if (!entry.settled()) advance(now_s, group, entry);
    // What is needed now gets the whole line.
    under_way += entry.settled() ? 0 : (first ? kGroupsAtATime : 1);
    settled_ &= entry.settled();
    first = false;
    if (entry.representation_lost) groups_.erase(group);
  }
  stats_.bytes = 0;
  for (const auto& [group, entry] : groups_) {
    if (entry.ready) stats_.bytes += bytes_of(group, entry.representation);
  }
}

void GroupBuffer::begin(size_t group, const Choose& choose) {
  Entry entry;
  const std::vector<double> rates = rates_from(group);
  if (lost_representations_.size() == rates.size()) {
    entry.failure = "no representation of the video is there";
  } else {
    entry.representation = choose(group, rates);
    DIO_CHECK(entry.representation < rates.size());
    const VideoRepresentation& one = video_.representations[entry.representation];
    entry.exact.fetch = {segment_of(video_.exact, video_.exact_segments[group]), options_.retry};
    entry.lossy.fetch = {segment_of(one.lossy, one.segments[group]), options_.retry};
  }
  groups_[group] = std::move(entry);
}

GroupBuffer::Part& GroupBuffer::header(size_t track) {
  const auto [part, added] = headers_.try_emplace(track);
  if (added) {
    const VideoTrack& one = track == 0 ? video_.exact : video_.representations[track - 1].lossy;
    part->second.fetch = {header_of(one), options_.retry};
  }
  return part->second;
}

// False where it failed for good.
bool GroupBuffer::advance_part(double now_s, Part& part, bool is_segment) {
  using State = RetriedFetch::State;
  if (part.bytes != nullptr) return true;
  FetchResult result;
  const int failures = part.fetch.failures();
  const State state = part.fetch.update(now_s, source_, result);
  stats_.retries += static_cast<size_t>(part.fetch.failures() - failures);
  if (state == State::kFailed && part.fetch.failure().problem == FetchProblem::kChanged) {
    fatal_ = part.fetch.failure().message;
  }
  if (state == State::kDone) {
    stats_.received += result.bytes.size();
    if (is_segment) throughput_.add(static_cast<double>(result.link_bytes), result.seconds);
    part.bytes = std::make_shared<const std::vector<std::byte>>(std::move(result.bytes));
  }
  return state != State::kFailed;
}

void GroupBuffer::advance(double now_s, size_t group, Entry& entry) {
  Part& exact_header = header(0);
  Part& lossy_header = header(1 + entry.representation);
  for (Part* const part : {&exact_header, &entry.exact, &lossy_header, &entry.lossy}) {
    const bool is_header = part == &exact_header || part == &lossy_header;
    const bool lossy = part == &lossy_header || part == &entry.lossy;
    if (advance_part(now_s, *part, !is_header)) continue;
    fail_entry(entry, part->fetch.failure(), lossy);
    // A header is everybody's: who comes later may have more luck.
    if (is_header && part->fetch.failure().problem == FetchProblem::kServer) {
      headers_.erase(lossy ? 1 + entry.representation : 0);
    }
    return;
  }
  if (exact_header.bytes && entry.exact.bytes && lossy_header.bytes && entry.lossy.bytes) complete(group, entry);
}

// The group goes, or only the representation where its file is not to be had.
void GroupBuffer::fail_entry(Entry& entry, const FetchFailure& failure, bool lossy) {
  if (lossy && failure.code == ErrorCode::kNotFound) {
    lost_representations_.insert(entry.representation);
    entry.representation_lost = lost_representations_.size() < video_.representations.size();
  }
  if (entry.representation_lost) return;
  entry.failure = failure.message;
  entry.passing = failure.problem != FetchProblem::kPermanent;
}

void GroupBuffer::complete(size_t group, Entry& entry) {
  const VideoRepresentation& one = video_.representations[entry.representation];
  entry.complete = {group,
                    entry.representation,
                    headers_.at(0).bytes,
                    headers_.at(1 + entry.representation).bytes,
                    entry.exact.bytes,
                    entry.lossy.bytes};
  const auto check = [&](const VideoTrack& track, const SharedBytes& header, const SharedBytes& segment) {
    with_context(fmt::format("{}, segment {}", source_.name_of(track.file), group), [&] {
      check_segment(*header, *segment, first_frames_[group], video_.groups[group].frame_count, video_.frames_per_s);
    });
  };
  try {
    check(video_.exact, entry.complete.exact_header, entry.complete.exact);
    check(one.lossy, entry.complete.lossy_header, entry.complete.lossy);
    entry.ready = true;
  } catch (const Error& error) {
    entry.failure = error.what();
    entry.complete = {};
  }
}

const GroupBytes* GroupBuffer::ready(size_t group) const {
  const auto entry = groups_.find(group);
  return entry != groups_.end() && entry->second.ready ? &entry->second.complete : nullptr;
}

const std::string* GroupBuffer::failure(size_t group) const {
  const auto entry = groups_.find(group);
  return entry != groups_.end() && !entry->second.failure.empty() ? &entry->second.failure : nullptr;
}

const std::string* GroupBuffer::trouble() const {
  const auto entry = groups_.find(needed_);
  if (entry == groups_.end()) return nullptr;
  const auto failed = [](const Part& part) { return part.bytes == nullptr && part.fetch.failures() > 0; };
  for (const size_t track : {size_t{0}, 1 + entry->second.representation}) {
    const auto part = headers_.find(track);
    if (part != headers_.end() && failed(part->second)) return &part->second.fetch.failure().message;
  }
  for (const Part* const part : {&entry->second.exact, &entry->second.lossy}) {
    if (failed(*part)) return &part->fetch.failure().message;
  }
  return nullptr;
}

std::vector<size_t> GroupBuffer::forget_passing() {
  std::vector<size_t> groups;
  for (const auto& [group, entry] : groups_) {
    if (entry.passing) groups.push_back(group);
  }
  for (const size_t group : groups) groups_.erase(group);
  return groups;
}

void GroupBuffer::forget_all_but(size_t group) {
  std::erase_if(groups_, [&](const auto& item) { return item.first != group; });
}

}  // namespace diorama
