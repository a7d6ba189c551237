#pragma once

#include "engine/scene/image.h"

#include <filesystem>
#include <memory>

namespace diorama {

struct VideoOptions {
  double frames_per_s = 30;
  int quality = 18;  // constant rate factor of the encoder, 0 (lossless) to 51
};

// H.264 in MP4, 4:2:0, BT.709, playable everywhere. An odd size is padded by one row or column by repetition. The file
// appears at its name on finish() only.
class VideoWriter {
 public:
  VideoWriter(std::filesystem::path path, glm::ivec2 size_px, VideoOptions options);
  ~VideoWriter();
  VideoWriter(VideoWriter&&) noexcept;

  void add(const ImageRgba8& frame);  // of the size given
  void finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace diorama
