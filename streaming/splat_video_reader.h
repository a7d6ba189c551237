#pragma once

#include "assets/asset.h"
#include "engine/base/job.h"
#include "streaming/splat_video.h"

#include <filesystem>
#include <memory>
#include <vector>

namespace diorama {

// Plays a splat video from files beside its .glb, on the CPU: any frame, though those that follow each other are the
// quickest. Not thread-safe.
class SplatVideoReader {
 public:
  // `representation`: index into the video's. Error kInvalidInput: an asset without the extension, one that is damaged,
  // no such representation; kNotFound: a stream's file.
  SplatVideoReader(Asset asset, const std::filesystem::path& glb, size_t representation, ThreadPool& pool);
  ~SplatVideoReader();
  SplatVideoReader(SplatVideoReader&&) noexcept;

  const SplatVideo& video() const;
  const Asset& first_frame() const;  // as the .glb shows it

  // What moves at a frame counted from 0, in the capture's frame and the order of the streams. Error kInvalidInput: a
  // segment that is damaged or of another size than its group; names file and frame.
  const SplatCloud& moving(size_t frame);

  // Clouds "background", if the asset has one, and "moving", in the asset's frame.
  std::vector<SplatPart> frame(size_t index);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Decodes a representation into a performance as groups in files: `glb` and its .groups folder
// (assets/splat_sequence.h).
void unpack_splat_video(SplatVideoReader& reader, const std::filesystem::path& glb, JobContext& job);

}  // namespace diorama
