#pragma once

#include "engine/scene/image.h"

#include <filesystem>
#include <memory>

namespace diorama {

struct VideoOptions {
  double frames_per_s = 30;  // above 0, at most 1000
  int quality = 18;          // constant rate factor of the encoder, 0 (lossless, which few phones play) to 51
};

// H.264 in MP4, 4:2:0, BT.709 in limited range, playable everywhere, with the index in front so that it plays while it
// loads. An odd size is padded by one row or column by repetition. The file appears at its name on finish() only, and
// an old one stays whole until then; a writer that is dropped before leaves nothing. The same frames make the same
// bytes.
//
// Error: kInvalidInput (size, options, finish() without a frame), kNotFound (no FFmpeg), kUnsupported (FFmpeg without
// libx264), kIo (writing; names the path and FFmpeg's reason). After an Error the writer can only be dropped.
class VideoWriter {
 public:
  VideoWriter(std::filesystem::path path, glm::ivec2 size_px, VideoOptions options);
  ~VideoWriter();
  VideoWriter(VideoWriter&&) noexcept;

  void add(const ImageRgba8& frame);  // of the size given; alpha is dropped
  void finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace diorama
