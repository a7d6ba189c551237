#pragma once

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavcodec/bsf.h>
#include <libavformat/avformat.h>
#include <libavutil/hwcontext.h>
#include <libavutil/opt.h>
}

namespace diorama {

// FFmpeg's functions that this folder calls, by library.
#define DIO_AVUTIL_FUNCTIONS(USE)    \
  USE(av_buffer_ref)                 \
  USE(av_buffer_unref)               \
  USE(av_d2q)                        \
  USE(av_dict_free)                  \
  USE(av_dict_set)                   \
  USE(av_frame_alloc)                \
  USE(av_frame_free)                 \
  USE(av_frame_get_buffer)           \
  USE(av_frame_make_writable)        \
  USE(av_frame_unref)                \
  USE(av_freep)                      \
  USE(av_hwdevice_ctx_create)        \
  USE(av_hwdevice_find_type_by_name) \
  USE(av_hwframe_transfer_data)      \
  USE(av_log_set_level)              \
  USE(av_malloc)                     \
  USE(av_opt_set)                    \
  USE(av_opt_set_double)             \
  USE(av_strerror)
#define DIO_AVCODEC_FUNCTIONS(USE)     \
  USE(av_bsf_alloc)                    \
  USE(av_bsf_free)                     \
  USE(av_bsf_get_by_name)              \
  USE(av_bsf_init)                     \
  USE(av_bsf_receive_packet)           \
  USE(av_bsf_send_packet)              \
  USE(av_packet_alloc)                 \
  USE(av_packet_free)                  \
  USE(av_packet_rescale_ts)            \
  USE(av_packet_unref)                 \
  USE(avcodec_alloc_context3)          \
  USE(avcodec_default_get_format)      \
  USE(avcodec_find_decoder)            \
  USE(avcodec_find_encoder_by_name)    \
  USE(avcodec_flush_buffers)           \
  USE(avcodec_free_context)            \
  USE(avcodec_get_hw_config)           \
  USE(avcodec_open2)                   \
  USE(avcodec_parameters_copy)         \
  USE(avcodec_parameters_from_context) \
  USE(avcodec_parameters_to_context)   \
  USE(avcodec_profile_name)            \
  USE(avcodec_receive_frame)           \
  USE(avcodec_receive_packet)          \
  USE(avcodec_send_frame)              \
  USE(avcodec_send_packet)
#define DIO_AVFORMAT_FUNCTIONS(USE)   \
  USE(av_interleaved_write_frame)     \
  USE(av_read_frame)                  \
  USE(av_write_frame)                 \
  USE(av_write_trailer)               \
  USE(avformat_alloc_context)         \
  USE(avformat_alloc_output_context2) \
  USE(avformat_close_input)           \
  USE(avformat_free_context)          \
  USE(avformat_new_stream)            \
  USE(avformat_open_input)            \
  USE(avformat_write_header)          \
  USE(avio_alloc_context)             \
  USE(avio_closep)                    \
  USE(avio_context_free)              \
  USE(avio_flush)                     \
  USE(avio_open)

struct Ffmpeg {
#define DIO_MEMBER_OF_FFMPEG(name) decltype(&::name) name = nullptr;
  DIO_AVUTIL_FUNCTIONS(DIO_MEMBER_OF_FFMPEG)
  DIO_AVCODEC_FUNCTIONS(DIO_MEMBER_OF_FFMPEG)
  DIO_AVFORMAT_FUNCTIONS(DIO_MEMBER_OF_FFMPEG)
#undef DIO_MEMBER_OF_FFMPEG
};

// The libraries of the headers' versions, loaded at the first call: they bring a hundred others, which would cost each
// start of a program 50 ms. Error kNotFound names the one that is not installed.
const Ffmpeg& ffmpeg();

}  // namespace diorama
