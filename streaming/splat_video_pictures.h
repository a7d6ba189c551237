#pragma once

#include "engine/base/log.h"
#include "engine/video/decode_device.h"
#include "streaming/splat_video.h"

#include <filesystem>
#include <memory>
#include <string>

namespace diorama {

// A frame of a splat video as decoded, before it becomes splats.
struct VideoPictures {
  size_t group = 0;
  size_t in_group = 0;  // frame of the group
  const Picture420& exact;
  const Picture420& lossy;
};

// Decodes a representation from files beside the .glb, any frame, though those that follow each other are the
// quickest: else it starts at the group's first. For one thread at a time.
class SplatVideoPictures {
 public:
  // `representation`: index into the video's. What decodes is chosen by the first group when the first frame is asked
  // for, see choose_decoder(). Error kNotFound: a stream's file; kInvalidInput: no such representation.
  SplatVideoPictures(const SplatVideo& video, const std::filesystem::path& glb, size_t representation,
                     const DecoderOptions& options = {}, const LogSink& log = {});
  ~SplatVideoPictures();
  SplatVideoPictures(SplatVideoPictures&&) noexcept;

  const GroupLayouts& layouts() const;
  std::string decoder() const;  // "software", or the device that was chosen for the first frame

  // What is returned lives until the next call. Error kInvalidInput: no such frame, a segment that is damaged or of
  // another size than its group; names file and frame.
  VideoPictures at(size_t frame);

  // Of the group that at() gave last.
  const Picture420& first_exact() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace diorama
