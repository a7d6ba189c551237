#pragma once

#include "assets/asset.h"
#include "streaming/byte_source.h"
#include "streaming/decode_thread.h"
#include "streaming/decoded_frame.h"
#include "streaming/group_buffer.h"
#include "streaming/presentation_clock.h"
#include "streaming/representation_choice.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace diorama {

enum class PlayerState {
  kOpening,    // what the .glb says of the video is on its way
  kBuffering,  // the frame that was asked for is
  kPlaying,
  kPaused,
  kStalled,  // data is missing; goes on by itself when it comes
  kEnded,
  kFailed,  // for good
};
const char* name_of(PlayerState state);

struct PlayerOptions {
  BufferOptions buffer;
  double start_s = 0.5;  // of playing at hand before it starts, and goes on after a stall
  DecodeThreadOptions decoding;
  std::optional<size_t> representation;  // always this one; else as the speed allows
  bool loop = false;
  uint64_t most_glb_mb = 256;
};

struct PlayerStatus {
  PlayerState state = PlayerState::kOpening;
  std::string reason;                   // of kStalled and kFailed, a sentence
  double position_s = 0, length_s = 0;  // from the first frame
  double buffered_s = 0;                // that can be played from there without a gap
  size_t buffered_bytes = 0;
  std::optional<size_t> representation;           // of the group that was loaded last
  std::optional<double> throughput_bits_s;        // measured
  double decode_ms = 0;                           // a frame, both streams
  uint64_t frames_shown = 0, frames_dropped = 0;  // dropped: passed by without being shown, in time or late
  uint64_t glb_bytes = 0, segment_bytes = 0;      // received; with headers
  size_t stalls = 0, retries = 0, switches = 0, groups_skipped = 0;
  bool working = false;  // threads are at work on what is here already
};

// Plays a splat video from a folder or a web server. It decides on the caller's thread, in update(); bytes come and
// pictures are decoded on threads of their own. Time comes from outside: any clock in seconds that does not run
// backwards. What is wrong with single groups is told by take_problems(), and they are skipped; what is wrong with the
// whole is kFailed. Not thread-safe.
class SplatVideoPlayer {
 public:
  explicit SplatVideoPlayer(std::unique_ptr<ByteSource> source, const PlayerOptions& options = {});
  ~SplatVideoPlayer();
  SplatVideoPlayer(const SplatVideoPlayer&) = delete;
  SplatVideoPlayer& operator=(const SplatVideoPlayer&) = delete;

  // To be called for each picture of the display. The frame to show if it is another than before, else nothing. While
  // it plays, frames come in order: the newest that is decoded and not later than the clock.
  std::shared_ptr<const DecodedFrame> update(double now_s);

  // May be called at any time; what cannot be done yet is done when it can.
  void play(double now_s);
  void pause(double now_s);
  void seek(double now_s, double position_s);  // clamped to the video
  void step(double now_s, int frames);         // pauses, and goes so many frames on (or back)
  void set_rate(double now_s, double rate);    // clamped to 0.25 to 4
  void set_loop(bool loop);
  // Nothing: as the speed allows. Takes effect with the next group that is loaded. Error kInvalidInput: there is no
  // such one (told by kFailed while it opens).
  void choose_representation(std::optional<size_t> representation);

  // The clock of a sound that plays along, see PresentationClock. Its moments are those of the timeline that goes on
  // through loops.
  void follow(PresentationClock::Driver driver);

  const PlayerStatus& status() const;
  std::vector<std::string> take_problems();  // since the last call, a sentence each

  std::shared_ptr<const SplatVideo> video() const;  // nothing while it opens
  // The .glb: what stands still, and where the capture is in the asset. It comes after the first frames; nothing
  // before.
  const Asset* asset() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace diorama
