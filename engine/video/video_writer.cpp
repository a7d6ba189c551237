#include "engine/video/video_writer.h"

#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/video/ffmpeg_objects.h"
#include "engine/video/yuv420.h"

#include <string>

namespace diorama {
namespace {

// x264's bits depend on its number of threads, so it is fixed and not the machine's.
constexpr int kEncoderThreads = 4;
constexpr int kMaxSize = 16384;  // x264's own

struct FormatDeleter {
  void operator()(AVFormatContext* format) const {
    ffmpeg().avio_closep(&format->pb);
    ffmpeg().avformat_free_context(format);
  }
};
void check_arguments(const std::filesystem::path& path, glm::ivec2 size_px, const VideoOptions& options) {
  const auto size_ok = [](int size) { return size >= 1 && size <= kMaxSize; };
  if (!size_ok(size_px.x) || !size_ok(size_px.y)) {
    fail(ErrorCode::kInvalidInput, "{}: the video's size is {}x{}, expected 1 to {} a side", path.string(), size_px.x,
         size_px.y, kMaxSize);
  }
  if (!(options.frames_per_s > 0 && options.frames_per_s <= 1000)) {
    fail(ErrorCode::kInvalidInput, "{}: the video's rate is {} frames a second, expected above 0, at most 1000",
         path.string(), options.frames_per_s);
  }
  if (!(options.quality >= 0 && options.quality <= 51)) {
    fail(ErrorCode::kInvalidInput, "{}: the video's quality is {}, expected 0 (best) to 51", path.string(),
         options.quality);
  }
}

}  // namespace

struct VideoWriter::Impl {
  std::string name;
  glm::ivec2 size_px;
  AtomicFile file;  // first, so that FFmpeg has let go of the temporary file when this removes it
  std::unique_ptr<AVFormatContext, FormatDeleter> format;
  FfmpegPtr<AVCodecContext> codec;
  FfmpegPtr<AVFrame> frame;
  FfmpegPtr<AVPacket> packet;
  AVStream* stream = nullptr;  // the format's
  int64_t frame_count = 0;

  Impl(const std::filesystem::path& path, glm::ivec2 size, const VideoOptions& options)
      : name(path.string()), size_px(size), file(path) {
    ffmpeg().av_log_set_level(AV_LOG_QUIET);  // FFmpeg would print to stderr; its reasons come back as error codes
    open_codec(options);
    open_file();
    frame.reset(ffmpeg().av_frame_alloc());
    packet.reset(ffmpeg().av_packet_alloc());
    DIO_CHECK(frame != nullptr && packet != nullptr);
    frame->format = codec->pix_fmt;
    frame->width = codec->width;
    frame->height = codec->height;
    check(ffmpeg().av_frame_get_buffer(frame.get(), 0));
  }

  void check(int result) const {
    if (result < 0) fail(ErrorCode::kIo, "{}: the video cannot be written: {}", name, ffmpeg_reason(result));
  }

  void open_codec(const VideoOptions& options) {
    const AVCodec* encoder = ffmpeg().avcodec_find_encoder_by_name("libx264");
    if (encoder == nullptr) {
      fail(ErrorCode::kUnsupported, "{}: this FFmpeg has no libx264 to write video with; write PNG pictures instead",
           name);
    }
    codec.reset(ffmpeg().avcodec_alloc_context3(encoder));
    DIO_CHECK(codec != nullptr);
    codec->width = (size_px.x + 1) / 2 * 2;
    codec->height = (size_px.y + 1) / 2 * 2;
    codec->pix_fmt = AV_PIX_FMT_YUV420P;
    codec->framerate = ffmpeg().av_d2q(options.frames_per_s, 1001000);
    codec->time_base = av_inv_q(codec->framerate);
    codec->color_primaries = AVCOL_PRI_BT709;
    codec->color_trc = AVCOL_TRC_BT709;
    codec->colorspace = AVCOL_SPC_BT709;
    codec->color_range = AVCOL_RANGE_MPEG;
    codec->chroma_sample_location = AVCHROMA_LOC_LEFT;
    codec->sample_aspect_ratio = {1, 1};
    codec->thread_count = kEncoderThreads;
    codec->flags |= AV_CODEC_FLAG_GLOBAL_HEADER | AV_CODEC_FLAG_BITEXACT;
    check(ffmpeg().av_opt_set_double(codec->priv_data, "crf", options.quality, 0));
    check(ffmpeg().avcodec_open2(codec.get(), encoder, nullptr));
  }

  void open_file() {
    AVFormatContext* made = nullptr;
    check(ffmpeg().avformat_alloc_output_context2(&made, nullptr, "mp4", file.temporary_path().c_str()));
    format.reset(made);
    format->flags |= AVFMT_FLAG_BITEXACT;
    stream = ffmpeg().avformat_new_stream(format.get(), nullptr);
    DIO_CHECK(stream != nullptr);
    stream->time_base = codec->time_base;
    stream->avg_frame_rate = codec->framerate;
    check(ffmpeg().avcodec_parameters_from_context(stream->codecpar, codec.get()));
    check(ffmpeg().avio_open(&format->pb, file.temporary_path().c_str(), AVIO_FLAG_WRITE));
    AVDictionary* settings = nullptr;
    ffmpeg().av_dict_set(&settings, "movflags", "+faststart", 0);
    const int result = ffmpeg().avformat_write_header(format.get(), &settings);
    ffmpeg().av_dict_free(&settings);
    check(result);
  }

  // Hands a frame (none: the end) to the encoder and writes what it has ready.
  void encode(const AVFrame* input) {
    check(ffmpeg().avcodec_send_frame(codec.get(), input));
    while (true) {
      const int result = ffmpeg().avcodec_receive_packet(codec.get(), packet.get());
      if (result == AVERROR(EAGAIN) || result == AVERROR_EOF) return;
      check(result);
      packet->duration = 1;  // in frames; the last one's is known by nothing else
      packet->stream_index = stream->index;
      ffmpeg().av_packet_rescale_ts(packet.get(), codec->time_base, stream->time_base);
      check(ffmpeg().av_interleaved_write_frame(format.get(), packet.get()));
    }
  }

  void add(const ImageRgba8& image) {
    DIO_CHECK(image.size_px() == size_px);
    check(ffmpeg().av_frame_make_writable(frame.get()));
    const auto stride = [&](int plane) { return static_cast<size_t>(frame->linesize[plane]); };
    yuv420_from_rgba(image, {frame->data[0], frame->data[1], frame->data[2], stride(0), stride(1), stride(2)});
    frame->pts = frame_count++;
    encode(frame.get());
  }

  void finish() {
    if (frame_count == 0) fail(ErrorCode::kInvalidInput, "{}: the video has no frames, expected at least one", name);
    encode(nullptr);
    check(ffmpeg().av_write_trailer(format.get()));
    check(ffmpeg().avio_closep(&format->pb));
    file.commit();
  }
};

VideoWriter::VideoWriter(std::filesystem::path path, glm::ivec2 size_px, VideoOptions options) {
  check_arguments(path, size_px, options);
  impl_ = std::make_unique<Impl>(path, size_px, options);
}

VideoWriter::~VideoWriter() = default;
VideoWriter::VideoWriter(VideoWriter&&) noexcept = default;

void VideoWriter::add(const ImageRgba8& frame) {
  DIO_CHECK(impl_ != nullptr);
  impl_->add(frame);
}

void VideoWriter::finish() {
  DIO_CHECK(impl_ != nullptr);
  impl_->finish();
  impl_.reset();
}

}  // namespace diorama
