#pragma once

#include "streaming/splat_video.h"

#include <cstddef>
#include <string>
#include <vector>

namespace diorama {

// What a DASH manifest (ISO/IEC 23009-1) says of one stream, as far as to_mpd() writes it.
struct ManifestTrack {
  std::string id, file, codecs;
  glm::ivec2 size_px{0};
  ByteRange init;
  std::vector<ByteRange> segments;
  std::vector<double> lengths_s;  // of the segments, where the timeline has so many
};

// The representations of a static manifest of one period. Error kInvalidInput: no XML, no such manifest, numbers or
// ranges that are none; at most a million segments.
std::vector<ManifestTrack> parse_mpd(const std::string& text, const std::string& name);

// What a manifest says otherwise than the extension, a sentence each that starts with `name`. Streams that the
// extension does not know are the manifest's own business.
std::vector<std::string> manifest_problems(const std::string& text, const SplatVideo& video, const std::string& name);

}  // namespace diorama
