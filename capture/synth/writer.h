#pragma once

#include "capture/synth/scene.h"
#include "capture/synth/synth.h"
#include "engine/scene/image.h"

#include <filesystem>
#include <string>
#include <vector>

namespace diorama {

struct SynthFrameImages {
  ImageRgba8 color;
  ImageU16 depth, ids;
};

// Writes a capture in the layout of docs/captures.md. Everything goes to a folder beside the target, which takes its
// place in commit(); before that the target is untouched, and without commit() nothing is left.
class SynthWriter {
 public:
  // `name`: "room" or "performance". Error kInvalidInput: the target is a file, or holds anything but a synthetic
  // capture.
  SynthWriter(const std::filesystem::path& target, std::string name, const SynthOptions& options,
              std::vector<SynthView> views);
  ~SynthWriter();
  SynthWriter(const SynthWriter&) = delete;
  SynthWriter& operator=(const SynthWriter&) = delete;

  void write_frame(size_t view, const SynthFrameImages& images, ThreadPool& pool);
  void commit(const std::vector<std::string>& things);

 private:
  std::string frame_id(size_t view) const;
  Rigid pose_to_tell(size_t view) const;

  std::filesystem::path target_, temporary_;
  std::string name_;
  SynthOptions options_;
  std::vector<SynthView> views_;
  bool rig_ = false;
};

}  // namespace diorama
