#pragma once

#include "assets/splat_sequence.h"
#include "engine/base/job.h"
#include "streaming/splat_video.h"

#include <filesystem>
#include <string>
#include <vector>

namespace diorama {

// What a look at a splat video's streams found.
struct SplatVideoCheck {
  std::vector<std::string> problems;  // a sentence each; none: players can rely on what the .glb says
  std::vector<std::string> decoders;  // for each stream, which decoder that Android obliges phones to have takes it
  bool android = false;               // there is one for every stream
};

// Decodes every segment of every stream and compares with the .glb: profile, level and its bit rate in any second,
// 4:2:0 in full range, segments that start with a box of their own and decode alone, numbers of pictures, files that
// end with their last segment, a manifest beside the .glb that says the same. With the performance that it was made
// from, the declared errors too. Error: what SplatVideoReader and SplatSequenceReader refuse in the .glb itself.
SplatVideoCheck check_streams(const std::filesystem::path& glb, const SplatSequenceReader* source, JobContext& job);

}  // namespace diorama
