#pragma once

#include "engine/video/ffmpeg.h"

#include <memory>
#include <string>

namespace diorama {

struct FfmpegDeleter {
  void operator()(AVCodecContext* codec) const { ffmpeg().avcodec_free_context(&codec); }
  void operator()(AVFrame* frame) const { ffmpeg().av_frame_free(&frame); }
  void operator()(AVPacket* packet) const { ffmpeg().av_packet_free(&packet); }
  void operator()(AVBSFContext* filter) const { ffmpeg().av_bsf_free(&filter); }
};

template <class T>
using FfmpegPtr = std::unique_ptr<T, FfmpegDeleter>;

// FFmpeg's own words for what a call returned.
inline std::string ffmpeg_reason(int error) {
  char text[AV_ERROR_MAX_STRING_SIZE] = {};
  ffmpeg().av_strerror(error, text, sizeof(text));
  return text;
}

}  // namespace diorama
