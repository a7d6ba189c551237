#include "engine/video/group_decoder.h"

#include "engine/base/error.h"
#include "engine/video/ffmpeg_objects.h"

#include <algorithm>
#include <cstring>
#include <vector>

namespace diorama {
namespace {

constexpr int kMaxSize = 8192;
constexpr int kIoBytes = 1 << 16;

// Bytes that a demuxer reads and seeks in.
class MemoryInput {
 public:
  MemoryInput(std::span<const std::byte> a, std::span<const std::byte> b) : bytes_(a.begin(), a.end()) {
    bytes_.insert(bytes_.end(), b.begin(), b.end());
    auto* const buffer = static_cast<unsigned char*>(ffmpeg().av_malloc(kIoBytes));
    DIO_CHECK(buffer != nullptr);
    context_ = ffmpeg().avio_alloc_context(buffer, kIoBytes, 0, this, &MemoryInput::read, nullptr, &MemoryInput::seek);
    DIO_CHECK(context_ != nullptr);
  }
  ~MemoryInput() {
    ffmpeg().av_freep(&context_->buffer);
    ffmpeg().avio_context_free(&context_);
  }
  MemoryInput(const MemoryInput&) = delete;
  MemoryInput& operator=(const MemoryInput&) = delete;

  AVIOContext* context() { return context_; }

 private:
  static int read(void* opaque, uint8_t* out, int size) {
    auto& self = *static_cast<MemoryInput*>(opaque);
    const size_t count = std::min(static_cast<size_t>(size), self.bytes_.size() - self.at_);
    if (count == 0) return AVERROR_EOF;
    std::memcpy(out, self.bytes_.data() + self.at_, count);
    self.at_ += count;
    return static_cast<int>(count);
  }
  static int64_t seek(void* opaque, int64_t offset, int whence) {
    auto& self = *static_cast<MemoryInput*>(opaque);
    const auto size = static_cast<int64_t>(self.bytes_.size());
    if (whence == AVSEEK_SIZE) return size;
    const int64_t base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? static_cast<int64_t>(self.at_) : size;
    if (offset < -base || offset > size - base) return AVERROR(EINVAL);
    self.at_ = static_cast<size_t>(base + offset);
    return base + offset;
  }

  std::vector<std::byte> bytes_;
  size_t at_ = 0;
  AVIOContext* context_ = nullptr;
};

struct InputDeleter {
  void operator()(AVFormatContext* format) const { ffmpeg().avformat_close_input(&format); }
};

void copy_plane(const AVFrame& frame, int index, glm::ivec2 size, std::vector<uint8_t>& plane) {
  const auto width = static_cast<size_t>(size.x);
  plane.resize(width * static_cast<size_t>(size.y));
  for (int y = 0; y < size.y; ++y) {
    std::memcpy(plane.data() + static_cast<size_t>(y) * width,
                frame.data[index] + static_cast<ptrdiff_t>(y) * frame.linesize[index], width);
  }
}

bool is_420(int format) {
  return format == AV_PIX_FMT_YUV420P || format == AV_PIX_FMT_YUVJ420P;
}

}  // namespace

struct GroupDecoder::Impl {
  std::string name;
  MemoryInput input;
  std::unique_ptr<AVFormatContext, InputDeleter> format;
  FfmpegPtr<AVCodecContext> codec;
  FfmpegPtr<AVFrame> frame;
  FfmpegPtr<AVPacket> packet;
  StreamFacts facts;
  int track = -1;
  bool drained = false;

  Impl(std::span<const std::byte> init, std::span<const std::byte> segment, std::string file)
      : name(std::move(file)), input(init, segment) {
    ffmpeg().av_log_set_level(AV_LOG_QUIET);
    open();
    frame.reset(ffmpeg().av_frame_alloc());
    packet.reset(ffmpeg().av_packet_alloc());
    DIO_CHECK(frame != nullptr && packet != nullptr);
  }

  void check(int result) const {
    if (result < 0) {
      fail(ErrorCode::kInvalidInput, "{}: the group of pictures cannot be decoded: {}", name, ffmpeg_reason(result));
    }
  }

  void open() {
    AVFormatContext* opened = ffmpeg().avformat_alloc_context();
    DIO_CHECK(opened != nullptr);
    opened->pb = input.context();
    opened->flags |= AVFMT_FLAG_CUSTOM_IO;
    check(ffmpeg().avformat_open_input(&opened, nullptr, nullptr, nullptr));  // frees it where it fails
    format.reset(opened);
    check(ffmpeg().avformat_find_stream_info(format.get(), nullptr));
    for (unsigned i = 0; i < format->nb_streams && track < 0; ++i) {
      if (format->streams[i]->codecpar->codec_type == AVMEDIA_TYPE_VIDEO) track = static_cast<int>(i);
    }
    if (track < 0) fail(ErrorCode::kInvalidInput, "{}: there is no video in the group, expected one track", name);
    const AVCodecParameters& parameters = *format->streams[track]->codecpar;
    take_facts(parameters);
    const AVCodec* const decoder = ffmpeg().avcodec_find_decoder(parameters.codec_id);
    if (decoder == nullptr) fail(ErrorCode::kUnsupported, "{}: this FFmpeg has no decoder for the group's codec", name);
    codec.reset(ffmpeg().avcodec_alloc_context3(decoder));
    DIO_CHECK(codec != nullptr);
    check(ffmpeg().avcodec_parameters_to_context(codec.get(), &parameters));
    codec->err_recognition = AV_EF_EXPLODE | AV_EF_BITSTREAM | AV_EF_BUFFER;
    codec->thread_count = 0;  // as many as there are cores
    check(ffmpeg().avcodec_open2(codec.get(), decoder, nullptr));
  }

  void take_facts(const AVCodecParameters& parameters) {
    const bool hevc = parameters.codec_id == AV_CODEC_ID_HEVC;
    if (!hevc && parameters.codec_id != AV_CODEC_ID_H264) {
      fail(ErrorCode::kUnsupported, "{}: the video is neither HEVC nor H.264", name);
    }
    facts.codec = hevc ? VideoCodec::kHevc : VideoCodec::kH264;
    facts.level = hevc ? parameters.level / 3 : parameters.level;
    facts.size_px = {parameters.width, parameters.height};
    facts.full_range = parameters.color_range == AVCOL_RANGE_JPEG;
    const char* const profile = ffmpeg().avcodec_profile_name(parameters.codec_id, parameters.profile);
    facts.profile = profile != nullptr ? profile : "unknown";
    const auto size_ok = [](int size) { return size >= 1 && size <= kMaxSize; };
    if (!size_ok(facts.size_px.x) || !size_ok(facts.size_px.y) || !is_420(parameters.format)) {
      fail(ErrorCode::kUnsupported,
           "{}: the video is {}x{} with pixel format {}, expected 4:2:0 with 8 bits, 1 to {} a side", name,
           facts.size_px.x, facts.size_px.y, parameters.format, kMaxSize);
    }
  }

  void feed() {
    while (true) {
      const int result = ffmpeg().av_read_frame(format.get(), packet.get());
      if (result == AVERROR_EOF) {
        drained = true;
        check(ffmpeg().avcodec_send_packet(codec.get(), nullptr));
        return;
      }
      check(result);
      const bool ours = packet->stream_index == track;
      const int sent = ours ? ffmpeg().avcodec_send_packet(codec.get(), packet.get()) : 0;
      ffmpeg().av_packet_unref(packet.get());
      check(sent);
      if (ours) return;
    }
  }

  bool next(Picture420& picture) {
    while (true) {
      const int result = ffmpeg().avcodec_receive_frame(codec.get(), frame.get());
      if (result == AVERROR_EOF) return false;
      if (result == AVERROR(EAGAIN)) {
        DIO_CHECK(!drained);
        feed();
        continue;
      }
      check(result);
      break;
    }
    if (frame->width != facts.size_px.x || frame->height != facts.size_px.y || !is_420(frame->format)) {
      fail(ErrorCode::kInvalidInput, "{}: a picture is {}x{}, the stream says {}x{} in 4:2:0", name, frame->width,
           frame->height, facts.size_px.x, facts.size_px.y);
    }
    picture.size_px = facts.size_px;
    copy_plane(*frame, 0, picture.size_px, picture.luma);
    copy_plane(*frame, 1, picture.chroma_size_px(), picture.cb);
    copy_plane(*frame, 2, picture.chroma_size_px(), picture.cr);
    ffmpeg().av_frame_unref(frame.get());
    return true;
  }
};

GroupDecoder::GroupDecoder(std::span<const std::byte> init, std::span<const std::byte> segment, std::string name)
    : impl_(std::make_unique<Impl>(init, segment, std::move(name))) {}

GroupDecoder::~GroupDecoder() = default;
GroupDecoder::GroupDecoder(GroupDecoder&&) noexcept = default;
GroupDecoder& GroupDecoder::operator=(GroupDecoder&&) noexcept = default;

const StreamFacts& GroupDecoder::facts() const {
  return impl_->facts;
}

bool GroupDecoder::next(Picture420& picture) {
  return impl_->next(picture);
}

}  // namespace diorama
