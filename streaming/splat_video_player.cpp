#include "streaming/splat_video_player.h"

#include "engine/base/error.h"
#include "streaming/glb_opener.h"
#include "streaming/video_timeline.h"

#include <algorithm>
#include <set>

namespace diorama {
namespace {

constexpr size_t kMostProblems = 100;  // that wait to be taken
constexpr size_t kJobsAhead = 2;

}  // namespace

const char* name_of(PlayerState state) {
  constexpr const char* kNames[] = {"opening", "buffering", "playing", "paused", "stalled", "ended", "failed"};
  return kNames[static_cast<size_t>(state)];
}

// What is there once the video is known.
struct PlayerSession {
  std::shared_ptr<const SplatVideo> video;
  VideoTimeline timeline;
  GroupBuffer buffer;
  DecodeThread decoder;

  PlayerSession(std::shared_ptr<const SplatVideo> opened, ByteSource& source, const PlayerOptions& options)
      : video(std::move(opened)),
        timeline(*video),
        buffer(source, *video, options.buffer),
        decoder(video, options.decoding, [&source](const std::string& file) { return source.name_of(file); }) {}
};

// A wrong name never answers: opening does not wait for ever.
RetryOptions retry_of_opening(RetryOptions retry) {
  if (retry.network_attempts == 0) retry.network_attempts = retry.server_attempts;
  return retry;
}

struct SplatVideoPlayer::Impl {
  enum class Wait { kNone, kSeek, kStall };

  const std::unique_ptr<ByteSource> source;
  PlayerOptions options;
  PresentationClock clock;
  RepresentationChoice choice;
  PlayerStatus status;
  std::vector<std::string> problems;
  bool wants_play = false, ended = false;
  std::string failed;  // the sentence, once it has

  GlbOpener opener;
  bool asset_told = false;      // that it will not come
  double asked_position_s = 0;  // while it opens

  std::unique_ptr<PlayerSession> session;
  Wait wait = Wait::kSeek;
  std::set<size_t> bad_groups;
  uint64_t current = 0;       // number of the frame that is due
  uint64_t next_group = 0;    // number of the group that the decoder gets next
  size_t next_skip = 0;       // of its frames
  uint64_t decoded_from = 0;  // number of the first frame that the decoder was asked for, of all that follow
  bool may_catch_up = true;
  std::optional<uint64_t> taken;   // number of the newest frame that came from the decoder
  std::optional<uint64_t> shown;   // of the one that was given out last
  std::optional<uint64_t> played;  // the same, if it plays on from there

  Impl(std::unique_ptr<ByteSource> from, const PlayerOptions& given)
      : source(std::move(from)),
        options(given),
        opener(*source, given.most_glb_mb << 20, retry_of_opening(given.buffer.retry)) {}

  const VideoTimeline& timeline() const { return session->timeline; }
  uint64_t lap_start() const { return timeline().lap_of(current) * timeline().frames(); }
  uint64_t lap_end() const { return lap_start() + timeline().frames(); }
  bool is_bad(uint64_t number) const { return bad_groups.contains(timeline().group_of(timeline().group_at(number))); }
  const GroupBytes* bytes_at(uint64_t group_number) const {
    return session->buffer.ready(timeline().group_of(group_number));
  }

  // --- opening

  void open(double now_s) {
    opener.update(now_s, false);
    if (opener.failure()) failed = opener.failure()->message;
    if (opener.video() == nullptr) return;
    session = std::make_unique<PlayerSession>(opener.video(), *source, options);
    check_choice();
    jump(now_s, std::min(timeline().number_at(asked_position_s), timeline().frames() - 1));
  }

  // The rest of the .glb, when what moves is on its way.
  void open_rest(double now_s) {
    opener.update(now_s, shown && (status.buffered_s >= options.start_s || session->buffer.settled()));
    if (!opener.failure() || asset_told) return;
    asset_told = true;
    if (opener.failure()->problem == FetchProblem::kChanged) failed = opener.failure()->message;
    problems.push_back(opener.failure()->message);
  }

  void check_choice() const {
    const size_t count = session->video->representations.size();
    if (options.representation && *options.representation >= count) {
      fail(ErrorCode::kInvalidInput, "{}: has {} representations, there is no number {}",
           source->name_of(source->entry()), count, *options.representation);
    }
  }

  // --- moving in time

  // Decodes anew from a frame on; the frames of its group before it are not seen.
  void decode_from(uint64_t number) {
    session->decoder.clear();
    next_group = timeline().group_at(number);
    next_skip = static_cast<size_t>(number - timeline().first_of(next_group));
    decoded_from = number;
  }

  void jump(double now_s, uint64_t number) {
    decode_from(number);
    taken.reset();
    shown.reset();
    wait_for(now_s, number, Wait::kSeek);
  }

  void wait_for(double now_s, uint64_t number, Wait why) {
    clock.stop(now_s);
    clock.move_to(now_s, timeline().seconds_at(number));
    current = number;
    wait = why;
    ended = false;
    if (why == Wait::kSeek) played.reset();
  }

  // A frame that the decoder comes to anyway is waited for.
  void seek_to(double now_s, uint64_t number) {
    const size_t group = timeline().group_of(timeline().group_at(number));
    // Who asks for something gets another try.
    for (const size_t passing : session->buffer.forget_passing()) bad_groups.erase(passing);
    const bool was_bad = bad_groups.erase(group) > 0;
    if (was_bad) session->buffer.forget(group);
    const bool here = shown && *shown == number && *taken == number;
    const bool coming =
        number >= decoded_from && (!taken || number > *taken) && timeline().group_at(number) < next_group;
    if (!was_bad && (here || coming)) {
      wait_for(now_s, number, Wait::kSeek);
    } else {
      jump(now_s, number);
    }
  }

  void step(double now_s, int frames) {
    const auto length = static_cast<int64_t>(timeline().frames());
    auto number = static_cast<int64_t>(current) + std::clamp<int64_t>(frames, -length, length);
    if (options.loop) {
      if (number < 0) number += length;
    } else {
      number = std::clamp(number, static_cast<int64_t>(lap_start()), static_cast<int64_t>(lap_end()) - 1);
    }
    seek_to(now_s, static_cast<uint64_t>(number));
  }

  // --- loading and decoding

  std::vector<size_t> wanted_groups() const {
    std::vector<size_t> wanted;
    double seconds = 0;
    const uint64_t first = timeline().group_at(current);
    for (uint64_t i = 0; i < timeline().groups() && seconds <= options.buffer.goal_s; ++i) {
      const size_t group = timeline().group_of(first + i);
      if (!options.loop && i > 0 && group == 0) break;
      if (bad_groups.contains(group)) continue;
      wanted.push_back(group);
      if (i > 0) seconds += session->buffer.seconds_of(group);  // of the first a part is over
    }
    return wanted;
  }

  size_t choose(size_t group, std::span<const double> bits_per_s) {
    std::vector<double> rates(bits_per_s.begin(), bits_per_s.end());
    for (double& rate : rates) rate *= clock.rate();
    const double frames_a_s = session->video->frames_per_s * clock.rate();
    size_t chosen = options.representation.value_or(0);
    if (!options.representation || !(rates[chosen] > 0)) {
      chosen = choice.next({.bits_per_s = rates,
                            .throughput = session->buffer.throughput().bits_per_s(),
                            .buffered_s = status.buffered_s,
                            .goal_s = options.buffer.goal_s,
                            .decode_load = session->decoder.seconds_a_frame() * frames_a_s,
                            .group_s = session->buffer.seconds_of(group),
                            .local = source->is_local()});
    }
    if (status.representation && *status.representation != chosen) ++status.switches;
    status.representation = chosen;
    return chosen;
  }

  void load(double now_s) {
    const uint64_t group = timeline().group_at(current);
    const size_t keep = timeline().group_of(group > 0 ? group - 1 : group);  // for a step back
    const std::vector<size_t> wanted = wanted_groups();
    session->buffer.update(now_s, wanted, keep,
                           [this](size_t one, std::span<const double> bits_per_s) { return choose(one, bits_per_s); });
    for (const size_t one : wanted) {
      if (const std::string* const failure = session->buffer.failure(one)) skip_group(one, *failure);
    }
    if (!session->buffer.fatal().empty()) failed = session->buffer.fatal();
  }

  void skip_group(size_t group, const std::string& why) {
    if (!bad_groups.insert(group).second) return;
    ++status.groups_skipped;
    if (problems.size() < kMostProblems) problems.push_back(why);
    if (bad_groups.size() == timeline().groups()) failed = why;
  }

  void feed() {
    for (const DecodeFailure& failure : session->decoder.take_failures()) skip_group(failure.group, failure.message);
    while (session->decoder.unfinished() < kJobsAhead) {
      const uint64_t first = timeline().first_of(next_group);
      if (!options.loop && first >= lap_end()) return;
      if (!bad_groups.contains(timeline().group_of(next_group))) {
        const GroupBytes* const bytes = bytes_at(next_group);
        if (bytes == nullptr) return;
        session->decoder.add({*bytes, timeline().frame_of(first), first, next_skip});
      }
      ++next_group;
      next_skip = 0;
    }
  }

  // From the frame that is due on, without a gap; groups that are skipped count as there.
  double buffered_s() const {
    const uint64_t first = timeline().group_at(current);
    uint64_t end = current;
    for (uint64_t group = first; group < first + timeline().groups(); ++group) {
      if (!options.loop && timeline().first_of(group) >= lap_end()) break;
      if (bytes_at(group) == nullptr && !bad_groups.contains(timeline().group_of(group))) break;
      end = timeline().first_of(group + 1);
    }
    return timeline().seconds_at(end) - timeline().seconds_at(current);
  }

  // --- showing

  std::shared_ptr<const DecodedFrame> take() {
    std::shared_ptr<const DecodedFrame> frame = session->decoder.take_until(current);
    if (frame != nullptr) {
      taken = frame->number;
      may_catch_up = true;
    }
    return frame;
  }

  void note_shown(uint64_t number) {
    ++status.frames_shown;
    if (played) {
      for (uint64_t n = *played + 1; n < number; ++n) status.frames_dropped += is_bad(n) ? 0 : 1;
    }
    shown = number;
    played = number;
  }

  // While it waits: the frame that was asked for, or nothing. Goes on once it is there and enough follows it.
  std::shared_ptr<const DecodedFrame> show_waiting(double now_s) {
    std::shared_ptr<const DecodedFrame> frame = take();
    if (frame != nullptr && frame->number != current) frame = nullptr;
    if (frame != nullptr) note_shown(current);
    if (!(shown && *shown == current) && !is_bad(current)) return nullptr;
    const bool enough = status.buffered_s >= options.start_s * clock.rate() || session->buffer.settled();
    if (wants_play && !enough) return frame;
    wait = Wait::kNone;
    if (wants_play) clock.run(now_s);
    return frame;
  }

  std::shared_ptr<const DecodedFrame> show_playing(double now_s) {
    std::shared_ptr<const DecodedFrame> frame = take();
    if (frame != nullptr) note_shown(frame->number);
    if ((shown && *shown == current) || is_bad(current)) return frame;
    const uint64_t group = timeline().group_at(current);
    if (next_group <= group && bytes_at(group) == nullptr) {
      // The clock stands where what is missing begins, so that nothing of it is lost.
      ++status.stalls;
      decode_from(timeline().first_of(group));
      wait_for(now_s, timeline().first_of(group), Wait::kStall);
    } else if (may_catch_up && !decoding_reached(group)) {
      // A group behind: what is late already is not decoded any more. Something has to come of each try, though.
      decode_from(timeline().first_of(group));
      may_catch_up = false;
    }
    return frame;
  }

  bool decoding_reached(uint64_t group) const {
    return next_group > group && (session->decoder.next() || session->decoder.unfinished() <= next_group - group);
  }

  // --- all together

  std::shared_ptr<const DecodedFrame> update(double now_s) {
    std::shared_ptr<const DecodedFrame> frame;
    try {
      if (failed.empty() && session == nullptr) open(now_s);
      if (failed.empty() && session != nullptr) frame = advance(now_s);
    } catch (const std::exception& error) {
      failed = error.what();
    }
    refresh(now_s);
    return frame;
  }

  std::shared_ptr<const DecodedFrame> advance(double now_s) {
    const uint64_t clock_number = timeline().number_at(clock.at(now_s));
    const bool over = !options.loop && clock_number >= lap_end();
    current = over ? lap_end() - 1 : clock_number;
    status.buffered_s = buffered_s();
    load(now_s);
    feed();
    if (!failed.empty()) return nullptr;
    status.buffered_s = buffered_s();
    open_rest(now_s);
    std::shared_ptr<const DecodedFrame> frame = wait == Wait::kNone ? show_playing(now_s) : show_waiting(now_s);
    if (over && wait == Wait::kNone && wants_play) {
      clock.stop(now_s);
      clock.move_to(now_s, timeline().seconds_at(current));
      wants_play = false;
      ended = true;
    }
    return frame;
  }

  PlayerState state() const {
    if (!failed.empty()) return PlayerState::kFailed;
    if (session == nullptr) return PlayerState::kOpening;
    if (ended) return PlayerState::kEnded;
    if (wait == Wait::kSeek) return PlayerState::kBuffering;
    if (wait == Wait::kStall) return PlayerState::kStalled;
    return wants_play ? PlayerState::kPlaying : PlayerState::kPaused;
  }

  std::string reason() const {
    if (!failed.empty()) return failed;
    if (session == nullptr) return opener.fetch().failures() > 0 ? opener.fetch().failure().message : "";
    if (wait == Wait::kNone) return "";
    if (const std::string* const trouble = session->buffer.trouble()) return *trouble;
    return wait == Wait::kStall ? "data comes slower than it is played" : "";
  }

  void refresh(double now_s) {
    status.state = state();
    status.reason = reason();
    status.glb_bytes = opener.received();
    status.working = opener.parsing();
    if (session == nullptr) return;
    const double length_s = timeline().seconds_at(timeline().frames());
    const double position_s = clock.at(now_s) - timeline().seconds_at(lap_start());
    status.length_s = length_s;
    status.position_s = ended ? length_s : std::clamp(position_s, 0.0, length_s);
    const BufferStats& loaded = session->buffer.stats();
    status.buffered_bytes = loaded.bytes;
    status.throughput_bits_s = session->buffer.throughput().bits_per_s();
    status.decode_ms = 1e3 * session->decoder.seconds_a_frame();
    status.segment_bytes = loaded.received;
    status.retries = loaded.retries;
    status.working |= session->decoder.busy();
  }
};

SplatVideoPlayer::SplatVideoPlayer(std::unique_ptr<ByteSource> source, const PlayerOptions& options)
    : impl_(std::make_unique<Impl>(std::move(source), options)) {}

SplatVideoPlayer::~SplatVideoPlayer() = default;

std::shared_ptr<const DecodedFrame> SplatVideoPlayer::update(double now_s) {
  return impl_->update(now_s);
}

void SplatVideoPlayer::play(double now_s) {
  Impl& player = *impl_;
  if (player.wants_play) return;
  player.wants_play = true;
  if (player.session == nullptr) return;
  if (player.ended) player.seek_to(now_s, player.lap_start());
  if (player.wait == Impl::Wait::kNone) player.clock.run(now_s);
  player.refresh(now_s);
}

void SplatVideoPlayer::pause(double now_s) {
  impl_->wants_play = false;
  impl_->clock.stop(now_s);
  impl_->refresh(now_s);
}

void SplatVideoPlayer::seek(double now_s, double position_s) {
  Impl& player = *impl_;
  const double wanted_s = position_s > 0 ? std::min(position_s, 1e9) : 0;
  if (player.session == nullptr) {
    player.asked_position_s = wanted_s;
    return;
  }
  const uint64_t frame = std::min(player.timeline().number_at(wanted_s), player.timeline().frames() - 1);
  player.seek_to(now_s, player.lap_start() + frame);
  player.refresh(now_s);
}

void SplatVideoPlayer::step(double now_s, int frames) {
  pause(now_s);
  if (impl_->session != nullptr) impl_->step(now_s, frames);
  impl_->refresh(now_s);
}

void SplatVideoPlayer::set_rate(double now_s, double rate) {
  constexpr double kLeast = 0.25, kMost = 4;
  impl_->clock.set_rate(now_s, rate >= kLeast ? std::min(rate, kMost) : kLeast);
}

void SplatVideoPlayer::set_loop(bool loop) {
  impl_->options.loop = loop;
}

void SplatVideoPlayer::choose_representation(std::optional<size_t> representation) {
  Impl& player = *impl_;
  const std::optional<size_t> before = std::exchange(player.options.representation, representation);
  if (player.session == nullptr) return;
  try {
    player.check_choice();
  } catch (const Error&) {
    player.options.representation = before;
    throw;
  }
  if (representation)
    player.session->buffer.forget_all_but(player.timeline().group_of(player.timeline().group_at(player.current)));
}

void SplatVideoPlayer::follow(PresentationClock::Driver driver) {
  impl_->clock.follow(std::move(driver));
}

const PlayerStatus& SplatVideoPlayer::status() const {
  return impl_->status;
}

std::vector<std::string> SplatVideoPlayer::take_problems() {
  return std::exchange(impl_->problems, {});
}

std::shared_ptr<const SplatVideo> SplatVideoPlayer::video() const {
  return impl_->session != nullptr ? impl_->session->video : nullptr;
}

const Asset* SplatVideoPlayer::asset() const {
  return impl_->opener.asset();
}

}  // namespace diorama
