#include "streaming/splat_video.h"

#include "engine/base/error.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

namespace diorama {
namespace {

using Json = nlohmann::ordered_json;
using Value = nlohmann::json;

constexpr size_t kVersion = 1;
constexpr size_t kMostGroups = 1 << 20;

Json pair_of(glm::ivec2 v) {
  return Json::array({v.x, v.y});
}

Json to_json(const VideoTrack& track) {
  return {{"file", track.file},
          {"codec", track.codec == VideoCodec::kHevc ? "hevc" : "h264"},
          {"level", track.level},
          {"initOffset", track.init_offset},
          {"initBytes", track.init_bytes},
          {"mostBitsPerSecond", std::ceil(track.most_bits_per_s)},
          {"size", pair_of(track.layout.size_px)},
          {"tile", pair_of(track.layout.tile_px)},
          {"tiles", {track.layout.luma_tiles, track.layout.cb_tiles, track.layout.cr_tiles}},
          {"extraRows", track.layout.extra_rows}};
}

Json to_json(const std::vector<ByteRange>& ranges) {
  Json json = Json::array();
  for (const ByteRange& range : ranges) json.push_back({range.offset, range.bytes});
  return json;
}

Json to_json(const GroupParameters& group) {
  Json scalars = Json::array();
  for (const ScalarRange& range : group.scalars) scalars.push_back({range.low, range.high, range.levels});
  return {{"firstFrame", group.first_frame}, {"frames", group.frame_count},
          {"splats", group.splat_count},     {"nodes", group.node_count},
          {"shDegree", group.sh_degree},     {"baseLow", {group.base_low.x, group.base_low.y, group.base_low.z}},
          {"baseStep", group.base_step_m},   {"baseLowBits", group.base_low_bits},
          {"nodeShift", group.node_shift_m}, {"scalars", std::move(scalars)}};
}

Json to_json(const CodingError& error) {
  return Json::array({error.rms, error.most});
}
Json to_json(const GroupErrors& errors) {
  return {{"position", to_json(errors.position_m)},
          {"rotation", to_json(errors.rotation)},
          {"logScale", to_json(errors.log_scale)},
          {"opacity", to_json(errors.opacity)},
          {"color", to_json(errors.color)}};
}

Json to_json(const VideoRepresentation& representation) {
  Json errors = Json::array();
  for (const GroupErrors& group : representation.errors) errors.push_back(to_json(group));
  return {{"id", representation.id},
          {"qp", representation.qp},
          {"lossy", to_json(representation.lossy)},
          {"segments", to_json(representation.segments)},
          {"errors", std::move(errors)}};
}

// Members and elements that are not there, or of another type, are exceptions of the JSON library with the place.
size_t whole(const Value& value) {
  if (!value.is_number_unsigned()) {
    fail(ErrorCode::kInvalidInput, "{} stands where a whole number is expected", value.dump());
  }
  return value.get<size_t>();
}

int small_int(const Value& value) {
  constexpr size_t kMost = 1 << 20;
  if (whole(value) > kMost)
    fail(ErrorCode::kInvalidInput, "{} stands where at most {} is expected", whole(value), kMost);
  return static_cast<int>(whole(value));
}

template <size_t kCount>
std::array<double, kCount> numbers(const Value& value) {
  if (!value.is_array() || value.size() != kCount) {
    fail(ErrorCode::kInvalidInput, "{} stands where {} numbers are expected", value.dump(), kCount);
  }
  std::array<double, kCount> result;
  for (size_t i = 0; i < kCount; ++i) result[i] = value.at(i).get<double>();
  return result;
}

const Value& array_at(const Value& parent, const char* key) {
  const Value& value = parent.at(key);
  if (!value.is_array()) fail(ErrorCode::kInvalidInput, "{} is no array", key);
  return value;
}

glm::ivec2 pair_from(const Value& value) {
  if (value.size() != 2) fail(ErrorCode::kInvalidInput, "{} stands where 2 numbers are expected", value.dump());
  return {small_int(value.at(0)), small_int(value.at(1))};
}

// A file beside the .glb: nothing that leads elsewhere.
std::string file_name(const Value& value) {
  const auto name = value.get<std::string>();
  if (name.empty() || name == "." || name == ".." || name.find_first_of(std::string_view("/\\\0", 3)) != name.npos) {
    fail(ErrorCode::kInvalidInput, "\"{}\" is no name of a file beside the .glb", name);
  }
  return name;
}

VideoTrack track_from(const Value& value) {
  VideoTrack track;
  track.file = file_name(value.at("file"));
  const auto codec = value.at("codec").get<std::string>();
  if (codec != "hevc" && codec != "h264") {
    fail(ErrorCode::kUnsupported, "a stream's codec is \"{}\", this build reads \"hevc\" and \"h264\"", codec);
  }
  track.codec = codec == "hevc" ? VideoCodec::kHevc : VideoCodec::kH264;
  track.level = small_int(value.at("level"));
  track.init_offset = whole(value.at("initOffset"));
  track.init_bytes = whole(value.at("initBytes"));
  track.most_bits_per_s = value.at("mostBitsPerSecond").get<double>();
  track.layout.size_px = pair_from(value.at("size"));
  track.layout.tile_px = pair_from(value.at("tile"));
  const Value& tiles = array_at(value, "tiles");
  track.layout.luma_tiles = small_int(tiles.at(0));
  track.layout.cb_tiles = small_int(tiles.at(1));
  track.layout.cr_tiles = small_int(tiles.at(2));
  track.layout.extra_rows = small_int(value.at("extraRows"));
  return track;
}

std::vector<ByteRange> ranges_from(const Value& parent, const char* key) {
  std::vector<ByteRange> ranges;
  for (const Value& value : array_at(parent, key)) ranges.push_back({whole(value.at(0)), whole(value.at(1))});
  return ranges;
}

GroupParameters group_from(const Value& value) {
  GroupParameters group;
  group.first_frame = whole(value.at("firstFrame"));
  group.frame_count = whole(value.at("frames"));
  group.splat_count = whole(value.at("splats"));
  group.node_count = whole(value.at("nodes"));
  group.sh_degree = small_int(value.at("shDegree"));
  const auto low = numbers<3>(value.at("baseLow"));
  group.base_low = glm::vec3(low[0], low[1], low[2]);
  group.base_step_m = value.at("baseStep").get<float>();
  group.base_low_bits = small_int(value.at("baseLowBits"));
  group.node_shift_m = value.at("nodeShift").get<float>();
  for (const Value& scalar : array_at(value, "scalars")) {
    if (scalar.size() != 3) fail(ErrorCode::kInvalidInput, "{} stands where 3 numbers are expected", scalar.dump());
    group.scalars.push_back({scalar.at(0).get<float>(), scalar.at(1).get<float>(), small_int(scalar.at(2))});
  }
  return group;
}

CodingError error_from(const Value& value) {
  const auto values = numbers<2>(value);
  return {values[0], values[1]};
}

VideoRepresentation representation_from(const Value& value) {
  VideoRepresentation representation;
  representation.id = value.at("id").get<std::string>();
  representation.qp = small_int(value.at("qp"));
  representation.lossy = track_from(value.at("lossy"));
  representation.segments = ranges_from(value, "segments");
  for (const Value& group : array_at(value, "errors")) {
    representation.errors.push_back({error_from(group.at("position")), error_from(group.at("rotation")),
                                     error_from(group.at("logScale")), error_from(group.at("opacity")),
                                     error_from(group.at("color"))});
  }
  return representation;
}

SplatVideo video_from(const Value& root) {
  const size_t version = whole(root.at("version"));
  if (version != kVersion) {
    fail(ErrorCode::kUnsupported, "the splat video has version {}, this build reads version {}; use a newer Diorama",
         version, kVersion);
  }
  SplatVideo video;
  video.frames_per_s = root.at("framesPerSecond").get<double>();
  video.first_time_s = root.at("firstTime").get<double>();
  video.exact = track_from(root.at("exact"));
  video.exact_segments = ranges_from(root, "exactSegments");
  for (const Value& group : array_at(root, "groups")) video.groups.push_back(group_from(group));
  for (const Value& one : array_at(root, "representations")) video.representations.push_back(representation_from(one));
  check_splat_video(video);
  return video;
}

void check_ranges(const VideoTrack& track, const std::vector<ByteRange>& ranges, size_t groups) {
  if (ranges.size() != groups) {
    fail(ErrorCode::kInvalidInput, "{} has {} segments for {} groups", track.file, ranges.size(), groups);
  }
  if (track.init_bytes == 0 || track.init_bytes > 1 << 20) {
    fail(ErrorCode::kInvalidInput, "{} has a header of {} bytes, expected 1 to 1,048,576", track.file,
         track.init_bytes);
  }
  constexpr size_t kMostOffset = size_t{1} << 50;
  if (track.init_offset > kMostOffset || !(track.most_bits_per_s >= 0 && track.most_bits_per_s < 1e12)) {
    fail(ErrorCode::kInvalidInput, "{} has its header at {} and {} bits in a second", track.file, track.init_offset,
         track.most_bits_per_s);
  }
  size_t end = track.init_offset + track.init_bytes;
  for (size_t i = 0; i < ranges.size(); ++i) {
    constexpr size_t kMost = size_t{1} << 30;
    if (ranges[i].offset < end || ranges[i].bytes == 0 || ranges[i].bytes > kMost || ranges[i].offset > kMostOffset) {
      fail(ErrorCode::kInvalidInput, "{}: segment {} is {} bytes at {}, expected 1 to {} bytes at {} or later",
           track.file, i, ranges[i].bytes, ranges[i].offset, kMost, end);
    }
    end = ranges[i].offset + ranges[i].bytes;
  }
}

std::string duration_text(double seconds) {
  return fmt::format("PT{:.3f}S", seconds);
}

std::string segment_list(const SplatVideo& video, const VideoTrack& track, const std::vector<ByteRange>& ranges) {
  constexpr double kTimescale = 90000;
  std::string text = fmt::format(
      "        <BaseURL>{}</BaseURL>\n        <SegmentList timescale=\"{:.0f}\">\n"
      "          <Initialization range=\"{}-{}\"/>\n          <SegmentTimeline>\n",
      track.file, kTimescale, track.init_offset, track.init_offset + track.init_bytes - 1);
  const auto ticks = [&](size_t frame) {
    return std::llround(static_cast<double>(frame) * kTimescale / video.frames_per_s);
  };
  size_t frame = 0;
  for (const GroupParameters& group : video.groups) {
    text += fmt::format("            <S t=\"{}\" d=\"{}\"/>\n", ticks(frame),
                        ticks(frame + group.frame_count) - ticks(frame));
    frame += group.frame_count;
  }
  text += "          </SegmentTimeline>\n";
  for (const ByteRange& range : ranges) {
    text += fmt::format("          <SegmentURL mediaRange=\"{}-{}\"/>\n", range.offset, range.offset + range.bytes - 1);
  }
  return text + "        </SegmentList>\n";
}

std::string representation_xml(const SplatVideo& video, const std::string& id, const VideoTrack& track,
                               const std::vector<ByteRange>& ranges) {
  return fmt::format(
             "      <Representation id=\"{}\" codecs=\"{}\" width=\"{}\" height=\"{}\" frameRate=\"{:.6g}\" "
             "bandwidth=\"{:.0f}\">\n",
             id, codecs_of(track), track.layout.size_px.x, track.layout.size_px.y, video.frames_per_s,
             bit_rate_of(video, ranges).most) +
         segment_list(video, track, ranges) + "      </Representation>\n";
}

}  // namespace

size_t SplatVideo::frame_count() const {
  size_t count = 0;
  for (const GroupParameters& group : groups) count += group.frame_count;
  return count;
}

size_t SplatVideo::group_of(size_t frame) const {
  DIO_CHECK(frame < frame_count());
  size_t group = 0;
  for (; frame >= groups[group].frame_count; ++group) frame -= groups[group].frame_count;
  return group;
}

void check_splat_video(const SplatVideo& video) {
  if (video.groups.empty() || video.groups.size() > kMostGroups || video.representations.empty() ||
      video.representations.size() > 64) {
    fail(ErrorCode::kInvalidInput, "a splat video has {} groups and {} representations, expected 1 to {} and 1 to 64",
         video.groups.size(), video.representations.size(), kMostGroups);
  }
  if (!(video.frames_per_s > 0 && video.frames_per_s <= 1000) || !(std::abs(video.first_time_s) < 1e9)) {
    fail(ErrorCode::kInvalidInput, "a splat video has {} frames a second from {} s on", video.frames_per_s,
         video.first_time_s);
  }
  size_t next = video.groups.front().first_frame;
  for (const GroupParameters& group : video.groups) {
    check_group_parameters(group);
    if (group.first_frame != next) {
      fail(ErrorCode::kInvalidInput, "a group starts at frame {}, expected {}", group.first_frame, next);
    }
    next += group.frame_count;
    if (next > size_t{1} << 32) fail(ErrorCode::kInvalidInput, "a splat video has more than 2^32 frames");
  }
  check_layout(video.exact.layout);
  check_ranges(video.exact, video.exact_segments, video.groups.size());
  for (const VideoRepresentation& representation : video.representations) {
    check_layout(representation.lossy.layout);
    check_ranges(representation.lossy, representation.segments, video.groups.size());
    if (representation.errors.size() != video.groups.size()) {
      fail(ErrorCode::kInvalidInput, "representation {} states errors of {} groups, there are {}", representation.id,
           representation.errors.size(), video.groups.size());
    }
  }
}

std::string to_json(const SplatVideo& video) {
  Json groups = Json::array(), representations = Json::array();
  for (const GroupParameters& group : video.groups) groups.push_back(to_json(group));
  for (const VideoRepresentation& one : video.representations) representations.push_back(to_json(one));
  const Json json = {{"version", kVersion},
                     {"framesPerSecond", video.frames_per_s},
                     {"firstTime", video.first_time_s},
                     {"exact", to_json(video.exact)},
                     {"exactSegments", to_json(video.exact_segments)},
                     {"groups", std::move(groups)},
                     {"representations", std::move(representations)}};
  return json.dump();
}

SplatVideo parse_splat_video(const std::string& json, const std::string& name) {
  return with_context(name, [&] {
    try {
      return video_from(Value::parse(json));
    } catch (const Value::exception& error) {
      // "[json.exception.out_of_range.403] key 'groups' not found": the part that says what was found.
      const std::string_view text = error.what();
      const size_t name_end = text.find("] ");
      fail(ErrorCode::kInvalidInput,
           "the extension DIORAMA_splat_video is damaged or of an older draft ({}); pack the video again",
           text.substr(name_end == std::string_view::npos ? 0 : name_end + 2));
    }
  });
}

std::string codecs_of(const VideoTrack& track) {
  if (track.codec == VideoCodec::kHevc) return fmt::format("hvc1.1.6.L{}.90", 3 * track.level);
  return fmt::format("avc1.4D40{:02X}", track.level);
}

BitRate bit_rate_of(const SplatVideo& video, const std::vector<ByteRange>& segments) {
  const double length_s = static_cast<double>(std::max<size_t>(video.frame_count(), 1)) / video.frames_per_s;
  BitRate rate;
  for (size_t first = 0; first < segments.size(); ++first) {
    double bits = 0, seconds = 0;
    for (size_t i = first; i < segments.size() && seconds < 1; ++i) {
      bits += 8.0 * static_cast<double>(segments[i].bytes);
      seconds += static_cast<double>(video.groups[i].frame_count) / video.frames_per_s;
    }
    rate.most = std::max(rate.most, bits / std::max(seconds, std::min(length_s, 1.0)));
    rate.mean += 8.0 * static_cast<double>(segments[first].bytes) / length_s;
  }
  return rate;
}

std::vector<std::string> level_problems(const SplatVideo& video) {
  std::vector<std::string> problems;
  const auto look = [&](const VideoTrack& track, int qp) {
    const VideoLevel level = level_of({track.codec, track.layout.size_px, video.frames_per_s, qp});
    if (level.level > track.level) {
      problems.push_back(fmt::format("{}: {}x{} at {:.4g} frames a second need level {:.1f}, {:.1f} is declared",
                                     track.file, track.layout.size_px.x, track.layout.size_px.y, video.frames_per_s,
                                     level.level / 10.0, track.level / 10.0));
    }
    if (track.most_bits_per_s > level.most_bits_per_s) {
      problems.push_back(fmt::format(
          "{}: up to {:.1f} Mbit/s in a second, level {:.1f} allows {:.1f}; fit fewer splats or longer groups",
          track.file, track.most_bits_per_s / 1e6, level.level / 10.0, level.most_bits_per_s / 1e6));
    }
  };
  look(video.exact, 0);
  for (const VideoRepresentation& one : video.representations) look(one.lossy, one.qp);
  return problems;
}

std::string to_mpd(const SplatVideo& video) {
  const double seconds = static_cast<double>(video.frame_count()) / video.frames_per_s;
  std::string text = fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" profiles=\"urn:mpeg:dash:profile:isoff-main:2011\" type=\"static\" "
      "minBufferTime=\"PT1S\" mediaPresentationDuration=\"{}\">\n  <Period>\n"
      "    <AdaptationSet id=\"1\" mimeType=\"video/mp4\" segmentAlignment=\"true\" startWithSAP=\"1\">\n",
      duration_text(seconds));
  text += representation_xml(video, "exact", video.exact, video.exact_segments);
  text +=
      "    </AdaptationSet>\n"
      "    <AdaptationSet id=\"2\" mimeType=\"video/mp4\" segmentAlignment=\"true\" startWithSAP=\"1\">\n";
  for (const VideoRepresentation& one : video.representations) {
    text += representation_xml(video, one.id, one.lossy, one.segments);
  }
  return text + "    </AdaptationSet>\n  </Period>\n</MPD>\n";
}

}  // namespace diorama
