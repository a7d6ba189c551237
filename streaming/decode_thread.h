#pragma once

#include "engine/video/decode_device.h"
#include "streaming/decoded_frame.h"
#include "streaming/group_buffer.h"

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace diorama {

// A group to decode.
struct DecodeJob {
  GroupBytes bytes;
  size_t first_frame = 0;     // of the group, counted from 0
  uint64_t first_number = 0;  // its number as the frames play
  size_t skip = 0;            // frames at its start that nobody will see
};

// A group of which some or all frames could not be decoded.
struct DecodeFailure {
  uint64_t first_number = 0;
  size_t group = 0;
  std::string message;
};

struct DecodeThreadOptions {
  size_t frames_ahead = 6;
  DecoderOptions decoder;
  LogSink log;  // what decodes
};

// Decodes both streams of groups, one after the other, on a thread of its own, a few frames ahead of who takes them.
// All functions are thread-safe.
class DecodeThread {
 public:
  // `name_of`: for messages, of a file beside the asset.
  DecodeThread(std::shared_ptr<const SplatVideo> video, DecodeThreadOptions options,
               std::function<std::string(const std::string&)> name_of);
  ~DecodeThread();

  void add(DecodeJob job);
  void clear();  // jobs, and frames that nobody took

  size_t unfinished() const;             // jobs
  std::optional<uint64_t> next() const;  // number of the frame that would be taken first
  bool busy() const;                     // it has something to do, and place for it

  // The newest frame up to a number; older ones are dropped.
  std::shared_ptr<const DecodedFrame> take_until(uint64_t number);

  std::vector<DecodeFailure> take_failures();
  double seconds_a_frame() const;  // mean of the last ones; 0 before the first

 private:
  struct Pool;
  struct Decoders;

  void run(const std::stop_token& stop);
  Decoders& decoders_for(const GroupBytes& bytes);
  void decode(const std::stop_token& stop, const DecodeJob& job, uint64_t turn);
  std::shared_ptr<DecodedFrame> spare_frame();
  bool push(const std::stop_token& stop, std::shared_ptr<const DecodedFrame> frame, uint64_t turn);
  bool current(const std::stop_token& stop, uint64_t turn) const;
  void note_time(double seconds);

  const std::shared_ptr<const SplatVideo> video_;
  const DecodeThreadOptions options_;
  const std::function<std::string(const std::string&)> name_of_;
  const std::shared_ptr<Pool> pool_;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<DecodeJob> jobs_;
  std::deque<std::shared_ptr<const DecodedFrame>> frames_;
  std::vector<DecodeFailure> failures_;
  uint64_t turn_ = 0;  // grows with clear(): what was begun before is nobody's
  bool working_ = false;
  double seconds_a_frame_ = 0;
  // Of the thread alone.
  std::shared_ptr<const DecodeDevice> device_;
  bool device_chosen_ = false;
  std::unique_ptr<Decoders> decoders_;
  std::jthread thread_;  // the last: it uses the others
};

}  // namespace diorama
