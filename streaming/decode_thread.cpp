#include "streaming/decode_thread.h"

#include "engine/base/error.h"
#include "engine/base/measure.h"
#include "engine/video/group_decoder.h"

#include <algorithm>
#include <future>

namespace diorama {
namespace {

// One of the two streams: its decoder goes on from group to group.
class TrackDecoder {
 public:
  TrackDecoder(const VideoTrack& track, std::string name, std::shared_ptr<const DecodeDevice> device)
      : track_(track), name_(std::move(name)), device_(std::move(device)) {}

  void start(const SharedBytes& header, const SharedBytes& segment) {
    if (decoder_) {
      decoder_->start(*segment);
    } else {
      decoder_.emplace(*header, *segment, name_, device_.get());
    }
    const StreamFacts& facts = decoder_->facts();
    if (facts.size_px != track_.layout.size_px || facts.codec != track_.codec) {
      fail(ErrorCode::kInvalidInput, "{}: pictures are {}x{} in {}, the .glb says {}x{} in {}", name_, facts.size_px.x,
           facts.size_px.y, codec_name(facts.codec), track_.layout.size_px.x, track_.layout.size_px.y,
           codec_name(track_.codec));
    }
  }
  void next(Picture420& picture, size_t index) {
    if (!decoder_->next(picture)) {
      fail(ErrorCode::kInvalidInput, "{}: the segment ends before its picture {}", name_, index);
    }
  }

 private:
  static const char* codec_name(VideoCodec codec) { return codec == VideoCodec::kHevc ? "HEVC" : "H.264"; }

  const VideoTrack& track_;
  std::string name_;
  std::shared_ptr<const DecodeDevice> device_;
  std::optional<GroupDecoder> decoder_;
};

}  // namespace

// The two streams of a representation.
struct DecodeThread::Decoders {
  size_t representation;
  TrackDecoder exact, lossy;
};

// Frames that came back from who showed them; it lives as long as any of them.
struct DecodeThread::Pool {
  std::mutex mutex;
  std::vector<std::unique_ptr<DecodedFrame>> spare;
};

DecodeThread::DecodeThread(std::shared_ptr<const SplatVideo> video, DecodeThreadOptions options,
                           std::function<std::string(const std::string&)> name_of)
    : video_(std::move(video)),
      options_(std::move(options)),
      name_of_(std::move(name_of)),
      pool_(std::make_shared<Pool>()),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

DecodeThread::~DecodeThread() = default;

void DecodeThread::add(DecodeJob job) {
  {
    const std::lock_guard lock(mutex_);
    jobs_.push_back(std::move(job));
  }
  changed_.notify_all();
}

void DecodeThread::clear() {
  {
    const std::lock_guard lock(mutex_);
    jobs_.clear();
    frames_.clear();
    failures_.clear();
    ++turn_;
  }
  changed_.notify_all();
}

size_t DecodeThread::unfinished() const {
  const std::lock_guard lock(mutex_);
  return jobs_.size();
}

std::optional<uint64_t> DecodeThread::next() const {
  const std::lock_guard lock(mutex_);
  if (frames_.empty()) return std::nullopt;
  return frames_.front()->number;
}

bool DecodeThread::busy() const {
  const std::lock_guard lock(mutex_);
  return working_ && !jobs_.empty() ? frames_.size() < options_.frames_ahead : !jobs_.empty();
}

std::shared_ptr<const DecodedFrame> DecodeThread::take_until(uint64_t number) {
  std::shared_ptr<const DecodedFrame> newest;
  {
    const std::lock_guard lock(mutex_);
    while (!frames_.empty() && frames_.front()->number <= number) {
      newest = std::move(frames_.front());
      frames_.pop_front();
    }
  }
  if (newest != nullptr) changed_.notify_all();
  return newest;
}

std::vector<DecodeFailure> DecodeThread::take_failures() {
  const std::lock_guard lock(mutex_);
  return std::exchange(failures_, {});
}

double DecodeThread::seconds_a_frame() const {
  const std::lock_guard lock(mutex_);
  return seconds_a_frame_;
}

void DecodeThread::run(const std::stop_token& stop) {
  while (true) {
    DecodeJob job;
    uint64_t turn = 0;
    {
      std::unique_lock lock(mutex_);
      working_ = false;
      if (!changed_.wait(lock, stop, [&] { return !jobs_.empty(); })) return;
      working_ = true;
      job = jobs_.front();
      turn = turn_;
    }
    std::string problem;
    try {
      decode(stop, job, turn);
    } catch (const std::exception& error) {
      problem = fmt::format("group {} is skipped: {}", job.bytes.group, error.what());
      decoders_.reset();
    }
    const std::lock_guard lock(mutex_);
    if (turn != turn_) continue;
    jobs_.pop_front();
    if (!problem.empty()) failures_.push_back({job.first_number, job.bytes.group, std::move(problem)});
  }
}

bool DecodeThread::current(const std::stop_token& stop, uint64_t turn) const {
  const std::lock_guard lock(mutex_);
  return turn == turn_ && !stop.stop_requested();
}

// The decoders for a job; a group that they are made for tells which device decodes.
DecodeThread::Decoders& DecodeThread::decoders_for(const GroupBytes& bytes) {
  if (decoders_ != nullptr && decoders_->representation == bytes.representation) return *decoders_;
  const VideoTrack& lossy = video_->representations[bytes.representation].lossy;
  const std::string exact_name = name_of_(video_->exact.file), lossy_name = name_of_(lossy.file);
  if (!device_chosen_) {
    const DecodeProbe probes[] = {{*bytes.exact_header, *bytes.exact, exact_name},
                                  {*bytes.lossy_header, *bytes.lossy, lossy_name}};
    device_ = choose_decoder(options_.decoder, probes, options_.log);
    device_chosen_ = true;
  }
  decoders_ = std::make_unique<Decoders>(
      Decoders{bytes.representation, {video_->exact, exact_name, device_}, {lossy, lossy_name, device_}});
  return *decoders_;
}

void DecodeThread::decode(const std::stop_token& stop, const DecodeJob& job, uint64_t turn) {
  const GroupBytes& bytes = job.bytes;
  const size_t group = bytes.group;
  const Stopwatch start;
  check_fits(video_->groups[group], {video_->exact.layout, video_->representations[bytes.representation].lossy.layout});
  Decoders& decoders = decoders_for(bytes);
  // The first pictures of both are decoded side by side; later ones are decoded ahead by the codec's own threads.
  auto lossy_started = std::async(std::launch::async, [&] { decoders.lossy.start(bytes.lossy_header, bytes.lossy); });
  decoders.exact.start(bytes.exact_header, bytes.exact);
  lossy_started.get();
  const size_t count = video_->groups[group].frame_count;
  double spent_s = start.seconds();  // what a group costs is a part of its frames' time
  std::shared_ptr<const Picture420> first_exact;
  for (size_t i = 0; i < count && current(stop, turn); ++i) {
    const Stopwatch watch;
    std::shared_ptr<DecodedFrame> frame = spare_frame();
    decoders.exact.next(frame->exact, i);
    decoders.lossy.next(frame->lossy, i);
    if (i == 0) first_exact = std::make_shared<const Picture420>(frame->exact);
    spent_s += watch.seconds();
    note_time(spent_s);
    spent_s = 0;
    if (i < job.skip) continue;
    frame->video = video_;
    frame->frame = job.first_frame + i;
    frame->number = job.first_number + i;
    frame->group = group;
    frame->representation = job.bytes.representation;
    frame->first_exact = first_exact;
    if (!push(stop, std::move(frame), turn)) return;
  }
}

std::shared_ptr<DecodedFrame> DecodeThread::spare_frame() {
  std::unique_ptr<DecodedFrame> frame;
  {
    const std::lock_guard lock(pool_->mutex);
    if (!pool_->spare.empty()) {
      frame = std::move(pool_->spare.back());
      pool_->spare.pop_back();
    }
  }
  if (frame == nullptr) frame = std::make_unique<DecodedFrame>();
  return {frame.release(), [pool = pool_](DecodedFrame* back) {
            std::unique_ptr<DecodedFrame> own(back);
            const std::lock_guard lock(pool->mutex);
            constexpr size_t kMostSpare = 16;
            if (pool->spare.size() < kMostSpare) pool->spare.push_back(std::move(own));
          }};
}

// Waits for a place; false where nobody wants the frame any more.
bool DecodeThread::push(const std::stop_token& stop, std::shared_ptr<const DecodedFrame> frame, uint64_t turn) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, stop, [&] { return turn != turn_ || frames_.size() < options_.frames_ahead; });
  if (turn != turn_ || stop.stop_requested()) return false;
  frames_.push_back(std::move(frame));
  return true;
}

void DecodeThread::note_time(double seconds) {
  constexpr double kNewest = 0.1;  // what the last frame counts in the mean
  const std::lock_guard lock(mutex_);
  seconds_a_frame_ = seconds_a_frame_ > 0 ? seconds_a_frame_ + kNewest * (seconds - seconds_a_frame_) : seconds;
}

}  // namespace diorama
