#pragma once

#include "engine/video/group_encoder.h"
#include "streaming/group_coding.h"

#include <cstddef>
#include <string>
#include <vector>

namespace diorama {

// The extension DIORAMA_splat_video of a .glb, version 1: streams beside the file that hold how its splats move;
// docs/splat_video.md describes it. The file itself shows the first frame.

// A stream: its header (ftyp, moov) and a segment (styp, moof, mdat) for each group, in a file.
struct VideoTrack {
  std::string file;  // beside the .glb
  VideoCodec codec = VideoCodec::kHevc;
  int level = 0;                           // times 10
  size_t init_offset = 0, init_bytes = 0;  // of the header in the file
  double most_bits_per_s = 0;              // in any second
  AtlasLayout layout;
  bool operator==(const VideoTrack&) const = default;
};

struct ByteRange {
  size_t offset = 0, bytes = 0;
  bool operator==(const ByteRange&) const = default;
};

// What coding did to the splats of a group: root mean square and largest difference.
struct CodingError {
  double rms = 0, most = 0;
  bool operator==(const CodingError&) const = default;
};
struct GroupErrors {
  CodingError position_m, rotation, log_scale, opacity, color;
  bool operator==(const GroupErrors&) const = default;
};

// One choice of quality: a lossy stream of its own. Groups follow the video's.
struct VideoRepresentation {
  std::string id;
  int qp = 0;
  VideoTrack lossy;
  std::vector<ByteRange> segments;
  std::vector<GroupErrors> errors;
  bool operator==(const VideoRepresentation&) const = default;
};

struct SplatVideo {
  double frames_per_s = 30, first_time_s = 0;
  VideoTrack exact;  // shared by all representations
  std::vector<ByteRange> exact_segments;
  std::vector<GroupParameters> groups;
  std::vector<VideoRepresentation> representations;  // the best first

  size_t frame_count() const;
  size_t group_of(size_t frame) const;  // frames are counted from 0
  bool operator==(const SplatVideo&) const = default;
};

// Error kInvalidInput: no groups or representations, groups that do not follow each other, byte ranges that overlap the
// header or each other, layouts that no group fits.
void check_splat_video(const SplatVideo& video);

std::string to_json(const SplatVideo& video);

// Of the text of the extension; `name` is for errors. Error: kUnsupported (another version), kInvalidInput.
SplatVideo parse_splat_video(const std::string& json, const std::string& name);

// As RFC 6381 has it: "hvc1.1.6.L93.B0", "avc1.4D401F".
std::string codecs_of(const VideoTrack& track);

// A DASH manifest (ISO/IEC 23009-1, on demand) of the streams: byte ranges in the files.
std::string to_mpd(const SplatVideo& video);

// Bits a second over the whole, and in the worst second that starts with a group.
struct BitRate {
  double mean = 0, most = 0;
};
BitRate bit_rate_of(const SplatVideo& video, const std::vector<ByteRange>& segments);

// Streams whose pictures or bits a second are beyond their level, a sentence each that starts with the file's name.
std::vector<std::string> level_problems(const SplatVideo& video);

}  // namespace diorama
