#pragma once

#include "engine/base/file.h"
#include "engine/video/group_decoder.h"
#include "streaming/splat_video.h"
#include "tests/test_data.h"

#include <cstdint>
#include <string>
#include <vector>

namespace diorama {

// A small coded performance: a sheet that sways, as groups of 5, 3, 4, 6 and 2 frames at 25 a second, the colours of
// each frame its own, in two representations. Made once a program; show.glb and its streams.
struct CodedShow {
  TempDir folder;
  SplatVideo video;
  // [representation][frame]: what the decoders must give, as a number of all codes.
  std::vector<std::vector<uint64_t>> pattern;

  static const CodedShow& get();

  std::filesystem::path glb() const { return folder / "show.glb"; }
  std::filesystem::path stream(size_t representation) const {
    return folder / video.representations[representation].lossy.file;
  }
  std::filesystem::path exact() const { return folder / video.exact.file; }

 private:
  CodedShow();
};

// Of both pictures of a frame (FNV-1a).
uint64_t pattern_of(const Picture420& exact, const Picture420& lossy);

}  // namespace diorama
