#include "tests/video/decoded_video.h"

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/pixdesc.h>
}

#include <stdexcept>

namespace diorama {
namespace {

void require(bool ok, const char* what) {
  if (!ok) throw std::runtime_error(what);
}

ImageRgba8 rgba_from_frame(const AVFrame& frame) {
  ImageRgba8 image({frame.width, frame.height});
  for (int y = 0; y < frame.height; ++y) {
    for (int x = 0; x < frame.width; ++x) {
      const auto sample = [&](int plane, int shift) {
        return static_cast<float>(frame.data[plane][(y >> shift) * frame.linesize[plane] + (x >> shift)]);
      };
      const float luma = (sample(0, 0) - 16) / 219, cb = (sample(1, 1) - 128) / 224, cr = (sample(2, 1) - 128) / 224;
      const glm::vec3 rgb{luma + 1.5748f * cr, luma - 0.187324f * cb - 0.468124f * cr, luma + 1.8556f * cb};
      image.at(x, y) = glm::u8vec4(glm::u8vec3(glm::clamp(rgb, 0.0f, 1.0f) * 255.0f + 0.5f), 255);
    }
  }
  return image;
}

void decode(AVCodecContext* codec, const AVPacket* packet, double tick_s, DecodedVideo& result) {
  require(avcodec_send_packet(codec, packet) >= 0, "the decoder takes no packet");
  AVFrame* frame = av_frame_alloc();
  while (avcodec_receive_frame(codec, frame) >= 0) {
    result.pixel_format = av_get_pix_fmt_name(static_cast<AVPixelFormat>(frame->format));
    result.color_space = av_color_space_name(frame->colorspace);
    result.color_range = av_color_range_name(frame->color_range);
    result.times_s.push_back(static_cast<double>(frame->pts) * tick_s);
    result.frames.push_back(rgba_from_frame(*frame));
  }
  av_frame_free(&frame);
}

}  // namespace

DecodedVideo decode_video(const std::filesystem::path& path) {
  DecodedVideo result;
  AVFormatContext* format = nullptr;
  require(avformat_open_input(&format, path.c_str(), nullptr, nullptr) >= 0, "the file cannot be opened as a video");
  require(avformat_find_stream_info(format, nullptr) >= 0 && format->nb_streams == 1, "expected one stream");
  const AVStream* stream = format->streams[0];
  const AVCodec* decoder = avcodec_find_decoder(stream->codecpar->codec_id);
  result.codec = decoder->name;
  result.duration_s = static_cast<double>(format->duration) / AV_TIME_BASE;
  AVCodecContext* codec = avcodec_alloc_context3(decoder);
  avcodec_parameters_to_context(codec, stream->codecpar);
  require(avcodec_open2(codec, decoder, nullptr) >= 0, "the decoder does not open");
  AVPacket* packet = av_packet_alloc();
  while (av_read_frame(format, packet) >= 0) {
    decode(codec, packet, av_q2d(stream->time_base), result);
    av_packet_unref(packet);
  }
  decode(codec, nullptr, av_q2d(stream->time_base), result);
  av_packet_free(&packet);
  avcodec_free_context(&codec);
  avformat_close_input(&format);
  return result;
}

}  // namespace diorama
