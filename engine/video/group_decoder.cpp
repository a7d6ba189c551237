#include "engine/video/group_decoder.h"

#include "engine/base/error.h"
#include "engine/video/ffmpeg_objects.h"
#include "engine/video/memory_input.h"

#include <cstring>
#include <vector>

namespace diorama {
namespace {

constexpr int kMaxSize = 8192;

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

// Cb and Cr from the plane that has them in turn.
void split_chroma(const AVFrame& frame, Picture420& picture) {
  const glm::ivec2 size = picture.chroma_size_px();
  picture.cb.resize(static_cast<size_t>(size.x) * static_cast<size_t>(size.y));
  picture.cr.resize(picture.cb.size());
  uint8_t *cb = picture.cb.data(), *cr = picture.cr.data();
  for (int y = 0; y < size.y; ++y, cb += size.x, cr += size.x) {
    const uint8_t* const pairs = frame.data[1] + static_cast<ptrdiff_t>(y) * frame.linesize[1];
    for (int x = 0; x < size.x; ++x) {
      cb[x] = pairs[2 * x];
      cr[x] = pairs[2 * x + 1];
    }
  }
}

bool is_420(int format) {
  return format == AV_PIX_FMT_YUV420P || format == AV_PIX_FMT_YUVJ420P;
}

}  // namespace

struct GroupDecoder::Impl {
  std::string name;
  const DecodeDevice* device;
  std::vector<std::byte> init;
  std::unique_ptr<MemoryInput> input;
  std::unique_ptr<AVFormatContext, InputDeleter> format;  // goes before its input
  FfmpegPtr<AVCodecContext> codec;
  FfmpegPtr<AVFrame> frame, fetched;  // as it comes from the decoder; brought from the device
  FfmpegPtr<AVPacket> packet;
  AVPixelFormat device_format = AV_PIX_FMT_NONE;
  StreamFacts facts;
  int track = -1;
  bool drained = false, waiting = false;  // waiting: `frame` holds the group's first picture

  Impl(std::span<const std::byte> header, std::span<const std::byte> segment, std::string file, const DecodeDevice* on)
      : name(std::move(file)), device(on), init(header.begin(), header.end()) {
    ffmpeg().av_log_set_level(AV_LOG_QUIET);
    frame.reset(ffmpeg().av_frame_alloc());
    fetched.reset(ffmpeg().av_frame_alloc());
    packet.reset(ffmpeg().av_packet_alloc());
    DIO_CHECK(frame != nullptr && fetched != nullptr && packet != nullptr);
    start(segment);
  }

  void check(int result) const {
    if (result < 0) {
      fail(ErrorCode::kInvalidInput, "{}: the group of pictures cannot be decoded: {}", name, ffmpeg_reason(result));
    }
  }

  // The first picture tells what the header leaves open.
  void start(std::span<const std::byte> segment) {
    open_input(segment);
    const AVCodecParameters& parameters = *format->streams[track]->codecpar;
    check_kind(parameters);
    if (codec == nullptr || !is_same_stream(parameters)) {
      open_codec(parameters);
    } else {
      ffmpeg().avcodec_flush_buffers(codec.get());
    }
    drained = waiting = false;
    ffmpeg().av_frame_unref(frame.get());
    if (!receive()) fail(ErrorCode::kInvalidInput, "{}: the group has no pictures", name);
    waiting = true;
    take_facts();
  }

  void open_input(std::span<const std::byte> segment) {
    format.reset();
    input = std::make_unique<MemoryInput>(init, segment);
    AVFormatContext* opened = ffmpeg().avformat_alloc_context();
    DIO_CHECK(opened != nullptr);
    opened->pb = input->context();
    opened->flags |= AVFMT_FLAG_CUSTOM_IO;
    check(ffmpeg().avformat_open_input(&opened, nullptr, nullptr, nullptr));  // frees it where it fails
    format.reset(opened);
    track = -1;
    for (unsigned i = 0; i < format->nb_streams && track < 0; ++i) {
      if (format->streams[i]->codecpar->codec_type == AVMEDIA_TYPE_VIDEO) track = static_cast<int>(i);
    }
    if (track < 0) fail(ErrorCode::kInvalidInput, "{}: there is no video in the group, expected one track", name);
  }

  void check_kind(const AVCodecParameters& parameters) const {
    if (parameters.codec_id != AV_CODEC_ID_HEVC && parameters.codec_id != AV_CODEC_ID_H264) {
      fail(ErrorCode::kUnsupported, "{}: the video is neither HEVC nor H.264", name);
    }
    const auto size_ok = [](int size) { return size >= 1 && size <= kMaxSize; };
    if (!size_ok(parameters.width) || !size_ok(parameters.height)) {
      fail(ErrorCode::kUnsupported, "{}: the video is {}x{}, expected 1 to {} a side", name, parameters.width,
           parameters.height, kMaxSize);
    }
  }

  bool is_same_stream(const AVCodecParameters& parameters) const {
    return codec->codec_id == parameters.codec_id && codec->extradata_size == parameters.extradata_size &&
           std::memcmp(codec->extradata, parameters.extradata, static_cast<size_t>(codec->extradata_size)) == 0;
  }

  void open_codec(const AVCodecParameters& parameters) {
    const AVCodec* const decoder = ffmpeg().avcodec_find_decoder(parameters.codec_id);
    if (decoder == nullptr) fail(ErrorCode::kUnsupported, "{}: this FFmpeg has no decoder for the group's codec", name);
    codec.reset(ffmpeg().avcodec_alloc_context3(decoder));
    DIO_CHECK(codec != nullptr);
    check(ffmpeg().avcodec_parameters_to_context(codec.get(), &parameters));
    codec->err_recognition = AV_EF_EXPLODE | AV_EF_BITSTREAM | AV_EF_BUFFER;
    codec->max_pixels = int64_t{kMaxSize} * kMaxSize;
    codec->thread_count = 0;  // as many as there are cores
    device_format = device != nullptr ? format_on_device(*decoder) : AV_PIX_FMT_NONE;
    if (device_format != AV_PIX_FMT_NONE) {
      codec->hw_device_ctx = ffmpeg().av_buffer_ref(device->context());
      codec->opaque = this;
      codec->get_format = &Impl::choose_format;
      codec->thread_count = 1;
    }
    check(ffmpeg().avcodec_open2(codec.get(), decoder, nullptr));
  }

  AVPixelFormat format_on_device(const AVCodec& decoder) const {
    const auto type = ffmpeg().av_hwdevice_find_type_by_name(device->name().c_str());
    for (int i = 0;; ++i) {
      const AVCodecHWConfig* const config = ffmpeg().avcodec_get_hw_config(&decoder, i);
      if (config == nullptr) return AV_PIX_FMT_NONE;
      if (config->device_type == type && (config->methods & AV_CODEC_HW_CONFIG_METHOD_HW_DEVICE_CTX) != 0) {
        return config->pix_fmt;
      }
    }
  }

  static AVPixelFormat choose_format(AVCodecContext* context, const AVPixelFormat* offered) {
    const auto* const self = static_cast<const Impl*>(context->opaque);
    for (const AVPixelFormat* one = offered; *one != AV_PIX_FMT_NONE; ++one) {
      if (*one == self->device_format) return *one;
    }
    return ffmpeg().avcodec_default_get_format(context, offered);
  }

  void take_facts() {
    facts.codec = codec->codec_id == AV_CODEC_ID_HEVC ? VideoCodec::kHevc : VideoCodec::kH264;
    facts.level = facts.codec == VideoCodec::kHevc ? codec->level / 3 : codec->level;
    facts.size_px = {frame->width, frame->height};
    facts.full_range = codec->color_range == AVCOL_RANGE_JPEG;
    const char* const profile = ffmpeg().avcodec_profile_name(codec->codec_id, codec->profile);
    facts.profile = profile != nullptr ? profile : "unknown";
    facts.hardware = is_on_device();
    if (!facts.hardware && !is_420(frame->format)) {
      fail(ErrorCode::kUnsupported, "{}: the video has pixel format {}, expected 4:2:0 with 8 bits", name,
           frame->format);
    }
  }

  bool is_on_device() const { return device_format != AV_PIX_FMT_NONE && frame->format == device_format; }

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

  bool receive() {
    while (true) {
      const int result = ffmpeg().avcodec_receive_frame(codec.get(), frame.get());
      if (result == AVERROR_EOF) return false;
      if (result != AVERROR(EAGAIN)) {
        check(result);
        return true;
      }
      DIO_CHECK(!drained);
      feed();
    }
  }

  bool next(Picture420& picture) {
    if (!waiting && !receive()) return false;
    waiting = false;
    if (glm::ivec2(frame->width, frame->height) != facts.size_px || is_on_device() != facts.hardware ||
        (!facts.hardware && !is_420(frame->format))) {
      fail(ErrorCode::kInvalidInput, "{}: a picture is {}x{}, the stream says {}x{} in 4:2:0", name, frame->width,
           frame->height, facts.size_px.x, facts.size_px.y);
    }
    copy_picture(picture);
    ffmpeg().av_frame_unref(frame.get());
    return true;
  }

  void copy_picture(Picture420& picture) {
    picture.size_px = facts.size_px;
    const AVFrame* source = frame.get();
    if (facts.hardware) {
      check(ffmpeg().av_hwframe_transfer_data(fetched.get(), frame.get(), 0));
      source = fetched.get();
    }
    copy_plane(*source, 0, picture.size_px, picture.luma);
    if (source->format == AV_PIX_FMT_NV12) {
      split_chroma(*source, picture);
    } else if (is_420(source->format)) {
      copy_plane(*source, 1, picture.chroma_size_px(), picture.cb);
      copy_plane(*source, 2, picture.chroma_size_px(), picture.cr);
    } else {
      fail(ErrorCode::kUnsupported, "{}: {} gives pictures of pixel format {}, expected 4:2:0 with 8 bits", name,
           device->name(), source->format);
    }
    ffmpeg().av_frame_unref(fetched.get());
  }
};

GroupDecoder::GroupDecoder(std::span<const std::byte> init, std::span<const std::byte> segment, std::string name,
                           const DecodeDevice* device)
    : impl_(std::make_unique<Impl>(init, segment, std::move(name), device)) {}

GroupDecoder::~GroupDecoder() = default;
GroupDecoder::GroupDecoder(GroupDecoder&&) noexcept = default;
GroupDecoder& GroupDecoder::operator=(GroupDecoder&&) noexcept = default;

const StreamFacts& GroupDecoder::facts() const {
  return impl_->facts;
}

void GroupDecoder::start(std::span<const std::byte> segment) {
  impl_->start(segment);
}

bool GroupDecoder::next(Picture420& picture) {
  return impl_->next(picture);
}

}  // namespace diorama
