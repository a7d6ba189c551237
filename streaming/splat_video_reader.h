#pragma once

#include "assets/splat_performance.h"
#include "engine/base/job.h"
#include "streaming/splat_video_pictures.h"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace diorama {

// What an asset says of its streams. Error kInvalidInput: it has no such extension, or a damaged one.
SplatVideo splat_video_of(const Asset& asset, const std::filesystem::path& glb);

// How a splat video is played from files.
struct VideoPlayOptions {
  std::string representation;
  DecoderOptions decoder;
  template <class Visitor>
  void visit(Visitor&& option) {
    option("representation", representation, "of a coded splat video, as `stream info` names it; default: the best");
    decoder.visit(option);
  }
};

// Plays a splat video from files beside its .glb.
class SplatVideoReader : public SplatPerformance {
 public:
  // `pool` must stay. Error kInvalidInput: an asset without the extension, one that is damaged, no such representation;
  // else what SplatVideoPictures refuses.
  SplatVideoReader(Asset asset, const std::filesystem::path& glb, ThreadPool& pool,
                   const VideoPlayOptions& options = {}, const LogSink& log = {});
  ~SplatVideoReader() override;
  SplatVideoReader(SplatVideoReader&&) noexcept;

  const SplatVideo& video() const;
  const VideoRepresentation& representation() const;
  const Asset& first_frame() const;  // as the .glb shows it

  // As decoded, for who turns pictures into splats elsewhere.
  SplatVideoPictures& pictures() const;

  const SplatSequence& sequence() const override;
  SplatCloud moving(size_t frame) const override { return decoded(frame); }
  std::vector<SplatPart> frame(size_t index) const override;

  // What moves, in the capture's frame and the order of the streams; lives until the next call. Error: what
  // SplatVideoPictures::at() refuses.
  const SplatCloud& decoded(size_t frame) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Index of the representation of this id, of an empty one the best. Error kInvalidInput names those that there are.
size_t find_representation(const SplatVideo& video, const std::string& id, const std::filesystem::path& glb);

// The performance that an asset, read from `path`, is the first frame of, as files of groups or coded; null: none.
// Error kNotFound: its files are not beside it; else what their readers refuse.
std::unique_ptr<SplatPerformance> open_performance(const Asset& asset, const std::filesystem::path& path,
                                                   const VideoPlayOptions& options, ThreadPool& pool,
                                                   const LogSink& log = {});

// Decodes a representation into a performance as groups in files: `glb` and its .groups folder
// (assets/splat_sequence.h).
void unpack_splat_video(const SplatVideoReader& reader, const std::filesystem::path& glb, JobContext& job);

}  // namespace diorama
