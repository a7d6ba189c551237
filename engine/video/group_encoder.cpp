#include "engine/video/group_encoder.h"

#include "engine/base/error.h"
#include "engine/video/ffmpeg_objects.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>

namespace diorama {
namespace {

constexpr int kMaxSize = 8192;
constexpr int kIoBytes = 1 << 16;

void check_stream(const GroupStream& stream) {
  const auto size_ok = [](int size) { return size >= 16 && size <= kMaxSize && size % 2 == 0; };
  if (!size_ok(stream.size_px.x) || !size_ok(stream.size_px.y)) {
    fail(ErrorCode::kInvalidInput, "the stream's pictures are {}x{}, expected even numbers from 16 to {}",
         stream.size_px.x, stream.size_px.y, kMaxSize);
  }
  if (!(stream.frames_per_s > 0 && stream.frames_per_s <= 1000)) {
    fail(ErrorCode::kInvalidInput, "the stream's rate is {} frames a second, expected above 0, at most 1000",
         stream.frames_per_s);
  }
  const int least = stream.codec == VideoCodec::kHevc ? 0 : 1;
  if (!(stream.qp >= least && stream.qp <= 51)) {
    fail(ErrorCode::kInvalidInput, "the stream's QP is {}, expected {} to 51", stream.qp, least);
  }
}

void check(int result) {
  if (result < 0) fail(ErrorCode::kIo, "a group of pictures cannot be coded: {}", ffmpeg_reason(result));
}

struct FormatDeleter {
  void operator()(AVFormatContext* format) const { ffmpeg().avformat_free_context(format); }
};

// What a muxer writes, in memory.
class MemoryOutput {
 public:
  MemoryOutput() {
    auto* const buffer = static_cast<unsigned char*>(ffmpeg().av_malloc(kIoBytes));
    DIO_CHECK(buffer != nullptr);
    context_ = ffmpeg().avio_alloc_context(buffer, kIoBytes, 1, &bytes_, nullptr, &MemoryOutput::write, nullptr);
    DIO_CHECK(context_ != nullptr);
    context_->seekable = 0;
  }
  ~MemoryOutput() {
    ffmpeg().av_freep(&context_->buffer);
    ffmpeg().avio_context_free(&context_);
  }
  MemoryOutput(const MemoryOutput&) = delete;
  MemoryOutput& operator=(const MemoryOutput&) = delete;

  AVIOContext* context() { return context_; }
  const std::vector<std::byte>& flushed() {
    ffmpeg().avio_flush(context_);
    return bytes_;
  }

 private:
  static int write(void* opaque, uint8_t* data, int size) {
    auto& bytes = *static_cast<std::vector<std::byte>*>(opaque);
    const auto* const first = reinterpret_cast<const std::byte*>(data);
    bytes.insert(bytes.end(), first, first + size);
    return size;
  }

  std::vector<std::byte> bytes_;
  AVIOContext* context_ = nullptr;
};

class GroupEncoder {
 public:
  explicit GroupEncoder(const GroupStream& stream) : stream_(stream) {
    ffmpeg().av_log_set_level(AV_LOG_QUIET);
    open_codec();
    open_filter();
    open_muxer();
    frame_.reset(ffmpeg().av_frame_alloc());
    packet_.reset(ffmpeg().av_packet_alloc());
    DIO_CHECK(frame_ != nullptr && packet_ != nullptr);
    frame_->format = codec_->pix_fmt;
    frame_->width = codec_->width;
    frame_->height = codec_->height;
    frame_->color_range = AVCOL_RANGE_JPEG;
    check(ffmpeg().av_frame_get_buffer(frame_.get(), 0));
  }

  void add(const Picture420& picture, size_t number) {
    DIO_CHECK(picture.size_px == stream_.size_px);
    check(ffmpeg().av_frame_make_writable(frame_.get()));
    copy_plane(picture.luma, picture.size_px, 0);
    copy_plane(picture.cb, picture.chroma_size_px(), 1);
    copy_plane(picture.cr, picture.chroma_size_px(), 2);
    frame_->pts = static_cast<int64_t>(number);
    encode(frame_.get());
  }

  EncodedGroup finish() {
    encode(nullptr);
    check(ffmpeg().av_write_frame(format_.get(), nullptr));  // ends the fragment
    check(ffmpeg().av_write_trailer(format_.get()));
    return split(output_.flushed());
  }

 private:
  void open_codec() {
    const bool hevc = stream_.codec == VideoCodec::kHevc;
    const char* const name = hevc ? "libx265" : "libx264";
    const AVCodec* const encoder = ffmpeg().avcodec_find_encoder_by_name(name);
    if (encoder == nullptr) fail(ErrorCode::kUnsupported, "this FFmpeg has no {} to code splat video with", name);
    codec_.reset(ffmpeg().avcodec_alloc_context3(encoder));
    DIO_CHECK(codec_ != nullptr);
    codec_->width = stream_.size_px.x;
    codec_->height = stream_.size_px.y;
    codec_->pix_fmt = AV_PIX_FMT_YUV420P;
    codec_->color_range = AVCOL_RANGE_JPEG;
    codec_->framerate = ffmpeg().av_d2q(stream_.frames_per_s, 1001000);
    codec_->time_base = av_inv_q(codec_->framerate);
    codec_->sample_aspect_ratio = {1, 1};
    codec_->max_b_frames = 0;
    codec_->thread_count = 1;  // x264's bits depend on it; groups are coded side by side instead
    codec_->flags |= AV_CODEC_FLAG_GLOBAL_HEADER | AV_CODEC_FLAG_BITEXACT;
    const std::string params = hevc ? hevc_params() : avc_params();
    check(ffmpeg().av_opt_set(codec_->priv_data, hevc ? "x265-params" : "x264-params", params.c_str(), 0));
    if (!hevc) check(ffmpeg().av_opt_set(codec_->priv_data, "profile", "main", 0));
    check(ffmpeg().avcodec_open2(codec_.get(), encoder, nullptr));
  }

  // No B pictures, no lookahead, nothing tuned to eyes and no smoothing across blocks: what is coded are numbers.
  // Nothing moves, so motion is not searched. What changes are single texels, which large transforms smear below the
  // quantiser: the smallest ones and none at all (tskip) are always tried. I and P pictures are equally fine.
  std::string hevc_params() const {
    std::string params =
        "log-level=none:info=0:bframes=0:scenecut=0:keyint=-1:open-gop=0:repeat-headers=0:pools=none:frame-threads=1:"
        "aq-mode=0:cutree=0:psy-rd=0:psy-rdoq=0:no-deblock=1:no-sao=1:weightp=0:ref=1:me=dia:merange=1:subme=0:"
        "ipratio=1:";
    if (stream_.qp == 0) return params + "lossless=1";
    return params + fmt::format("tskip=1:tu-inter-depth=4:tu-intra-depth=4:rskip=0:qp={}", stream_.qp);
  }
  std::string avc_params() const {
    return fmt::format(
        "bframes=0:scenecut=0:keyint=infinite:aq-mode=0:mbtree=0:psy=0:no-deblock=1:weightp=0:ref=1:me=dia:subme=6:"
        "ipratio=1:qp={}",
        stream_.qp);
  }

  // x265 signals level 8.5 for what is bit-exact, which no decoder takes.
  void open_filter() {
    if (stream_.codec != VideoCodec::kHevc) return;
    AVBSFContext* made = nullptr;
    check(ffmpeg().av_bsf_alloc(ffmpeg().av_bsf_get_by_name("hevc_metadata"), &made));
    filter_.reset(made);
    check(ffmpeg().avcodec_parameters_from_context(filter_->par_in, codec_.get()));
    filter_->time_base_in = codec_->time_base;
    const std::string level = fmt::format("{}", 3 * level_of(stream_).level);  // general_level_idc
    check(ffmpeg().av_opt_set(filter_->priv_data, "level", level.c_str(), 0));
    check(ffmpeg().av_bsf_init(filter_.get()));
  }

  void open_muxer() {
    AVFormatContext* made = nullptr;
    check(ffmpeg().avformat_alloc_output_context2(&made, nullptr, "mp4", nullptr));
    format_.reset(made);
    format_->pb = output_.context();
    format_->flags |= AVFMT_FLAG_BITEXACT | AVFMT_FLAG_CUSTOM_IO;
    track_ = ffmpeg().avformat_new_stream(format_.get(), nullptr);
    DIO_CHECK(track_ != nullptr);
    track_->time_base = codec_->time_base;
    track_->avg_frame_rate = codec_->framerate;
    if (filter_ != nullptr) {
      check(ffmpeg().avcodec_parameters_copy(track_->codecpar, filter_->par_out));
    } else {
      check(ffmpeg().avcodec_parameters_from_context(track_->codecpar, codec_.get()));
    }
    track_->codecpar->codec_tag =
        stream_.codec == VideoCodec::kHevc ? MKTAG('h', 'v', 'c', '1') : MKTAG('a', 'v', 'c', '1');
    AVDictionary* settings = nullptr;
    ffmpeg().av_dict_set(&settings, "movflags",
                         "cmaf+frag_custom+empty_moov+default_base_moof+frag_discont+skip_trailer", 0);
    const int result = ffmpeg().avformat_write_header(format_.get(), &settings);
    ffmpeg().av_dict_free(&settings);
    check(result);
  }

  void copy_plane(const std::vector<uint8_t>& plane, glm::ivec2 size, int index) {
    const auto width = static_cast<size_t>(size.x);
    DIO_CHECK(plane.size() == width * static_cast<size_t>(size.y));
    for (int y = 0; y < size.y; ++y) {
      std::memcpy(frame_->data[index] + static_cast<ptrdiff_t>(y) * frame_->linesize[index],
                  plane.data() + static_cast<size_t>(y) * width, width);
    }
  }

  void encode(const AVFrame* input) {
    check(ffmpeg().avcodec_send_frame(codec_.get(), input));
    while (true) {
      const int result = ffmpeg().avcodec_receive_packet(codec_.get(), packet_.get());
      if (result == AVERROR(EAGAIN) || result == AVERROR_EOF) return;
      check(result);
      if (filter_ != nullptr) {
        check(ffmpeg().av_bsf_send_packet(filter_.get(), packet_.get()));
        check(ffmpeg().av_bsf_receive_packet(filter_.get(), packet_.get()));
      }
      packet_->duration = 1;
      packet_->dts = packet_->pts;
      packet_->stream_index = track_->index;
      ffmpeg().av_packet_rescale_ts(packet_.get(), codec_->time_base, track_->time_base);
      check(ffmpeg().av_write_frame(format_.get(), packet_.get()));
      ffmpeg().av_packet_unref(packet_.get());
    }
  }

  // At the first box that is not of the header.
  static EncodedGroup split(std::span<const std::byte> bytes) {
    size_t at = 0;
    while (at + 8 <= bytes.size()) {
      const auto byte = [&](size_t i) { return std::to_integer<size_t>(bytes[at + i]); };
      const std::string_view type(reinterpret_cast<const char*>(bytes.data()) + at + 4, 4);
      if (type != "ftyp" && type != "moov") break;
      at += byte(0) << 24 | byte(1) << 16 | byte(2) << 8 | byte(3);
    }
    DIO_CHECK(at > 0 && at < bytes.size());
    const auto middle = bytes.begin() + static_cast<ptrdiff_t>(at);
    return {{bytes.begin(), middle}, {middle, bytes.end()}};
  }

  GroupStream stream_;
  MemoryOutput output_;
  FfmpegPtr<AVCodecContext> codec_;
  FfmpegPtr<AVBSFContext> filter_;
  std::unique_ptr<AVFormatContext, FormatDeleter> format_;
  FfmpegPtr<AVFrame> frame_;
  FfmpegPtr<AVPacket> packet_;
  AVStream* track_ = nullptr;
};

struct LevelLimits {
  int level;
  double luma_samples, luma_samples_per_s, bits_per_s;
};

constexpr LevelLimits kHevcLevels[] = {
    {31, 983040, 33177600, 10e6},   {40, 2228224, 66846720, 12e6},  {41, 2228224, 133693440, 20e6},
    {50, 8912896, 267386880, 25e6}, {51, 8912896, 534773760, 40e6},
};
// In luma samples, of macroblocks of 16x16.
constexpr LevelLimits kAvcLevels[] = {
    {31, 3600 * 256.0, 108000 * 256.0, 14e6},
    {40, 8192 * 256.0, 245760 * 256.0, 20e6},
    {42, 8704 * 256.0, 522240 * 256.0, 50e6},
    {51, 36864 * 256.0, 983040 * 256.0, 240e6},
};

}  // namespace

VideoLevel level_of(const GroupStream& stream) {
  const bool hevc = stream.codec == VideoCodec::kHevc;
  const int unit = hevc ? 8 : 16;
  const glm::ivec2 size = (stream.size_px + unit - 1) / unit * unit;
  const double samples = static_cast<double>(size.x) * size.y;
  const std::span<const LevelLimits> levels =
      hevc ? std::span<const LevelLimits>(kHevcLevels) : std::span<const LevelLimits>(kAvcLevels);
  for (const LevelLimits& limits : levels) {
    const double longest = std::sqrt(8 * limits.luma_samples);
    if (samples <= limits.luma_samples && std::max(size.x, size.y) <= longest &&
        samples * stream.frames_per_s <= limits.luma_samples_per_s) {
      return {limits.level, limits.bits_per_s};
    }
  }
  fail(ErrorCode::kUnsupported, "pictures of {}x{} at {} frames a second are beyond level 5.1: fewer splats or frames",
       stream.size_px.x, stream.size_px.y, stream.frames_per_s);
}

EncodedGroup encode_group(std::span<const Picture420> pictures, const GroupStream& stream, size_t first_frame) {
  check_stream(stream);
  if (pictures.empty()) fail(ErrorCode::kInvalidInput, "a group of pictures is empty, expected at least one");
  GroupEncoder encoder(stream);
  for (size_t i = 0; i < pictures.size(); ++i) encoder.add(pictures[i], first_frame + i);
  return encoder.finish();
}

}  // namespace diorama
