#include "streaming/dash_manifest.h"

#include "engine/base/error.h"

#include <pugixml.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string_view>

namespace diorama {
namespace {

constexpr size_t kMostSegments = 1 << 20;

size_t number_of(std::string_view text, const char* what) {
  size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    fail(ErrorCode::kInvalidInput, "{} is \"{}\", expected a whole number", what, text);
  }
  return value;
}

// "FIRST-LAST", as in a Range of HTTP.
ByteRange range_of(std::string_view text, const char* what) {
  const size_t dash = text.find('-');
  const size_t first = number_of(text.substr(0, dash), what);
  const size_t last = dash == text.npos ? first : number_of(text.substr(dash + 1), what);
  if (dash == text.npos || last < first || last - first >= size_t{1} << 62) {
    fail(ErrorCode::kInvalidInput, "{} is \"{}\", expected two numbers with a dash", what, text);
  }
  return {first, last - first + 1};
}

// Lengths of <S d= r=>, r times more.
std::vector<double> lengths_of(const pugi::xml_node& timeline, double timescale) {
  std::vector<double> lengths;
  for (const pugi::xml_node& entry : timeline.children("S")) {
    const double length_s =
        static_cast<double>(number_of(entry.attribute("d").value(), "a segment's length")) / timescale;
    const pugi::xml_attribute repeat = entry.attribute("r");
    const size_t more = repeat ? number_of(repeat.value(), "a segment's repetition") : 0;
    if (more >= kMostSegments - lengths.size())
      fail(ErrorCode::kInvalidInput, "there are more than a million segments");
    lengths.insert(lengths.end(), more + 1, length_s);
  }
  return lengths;
}

ManifestTrack track_of(const pugi::xml_node& node) {
  ManifestTrack track{.id = node.attribute("id").value(),
                      .file = node.child("BaseURL").text().get(),
                      .codecs = node.attribute("codecs").value()};
  const pugi::xml_node list = node.child("SegmentList");
  if (track.id.empty() || !list) fail(ErrorCode::kInvalidInput, "a Representation has no id or no SegmentList");
  constexpr size_t kMostSize = 1 << 16;
  track.size_px = {static_cast<int>(std::min(number_of(node.attribute("width").value(), "a width"), kMostSize)),
                   static_cast<int>(std::min(number_of(node.attribute("height").value(), "a height"), kMostSize))};
  track.init = range_of(list.child("Initialization").attribute("range").value(), "a header's range");
  for (const pugi::xml_node& segment : list.children("SegmentURL")) {
    if (track.segments.size() >= kMostSegments)
      fail(ErrorCode::kInvalidInput, "there are more than a million segments");
    track.segments.push_back(range_of(segment.attribute("mediaRange").value(), "a segment's range"));
  }
  const pugi::xml_attribute timescale = list.attribute("timescale");
  const size_t ticks = timescale ? number_of(timescale.value(), "a timescale") : 1;
  if (ticks == 0) fail(ErrorCode::kInvalidInput, "a timescale is 0");
  track.lengths_s = lengths_of(list.child("SegmentTimeline"), static_cast<double>(ticks));
  return track;
}

class Comparison {
 public:
  Comparison(const SplatVideo& video, const std::string& name) : video_(video), name_(name) {}

  void compare(const std::vector<ManifestTrack>& tracks, const std::string& id, const VideoTrack& track,
               const std::vector<ByteRange>& segments) {
    const auto found =
        std::find_if(tracks.begin(), tracks.end(), [&](const ManifestTrack& one) { return one.id == id; });
    if (found == tracks.end()) return say("{}: has no stream \"{}\"", name_, id);
    const auto differ = [&](const char* what, const auto& there, const auto& here) {
      if (there != here) say("{}: {} of \"{}\" is {}, the .glb says {}", name_, what, id, there, here);
    };
    differ("the file", found->file, track.file);
    differ("the codec", found->codecs, codecs_of(track));
    differ("the width", found->size_px.x, track.layout.size_px.x);
    differ("the height", found->size_px.y, track.layout.size_px.y);
    differ("the header's start", found->init.offset, track.init_offset);
    differ("the header's size", found->init.bytes, track.init_bytes);
    differ("the number of segments", found->segments.size(), segments.size());
    if (found->segments.size() == segments.size()) compare_segments(*found, segments);
  }

  std::vector<std::string> problems;

 private:
  template <class... Args>
  void say(fmt::format_string<Args...> text, Args&&... args) {
    problems.push_back(fmt::format(text, std::forward<Args>(args)...));
  }

  // The first that differs; where one does, the others do.
  void compare_segments(const ManifestTrack& there, const std::vector<ByteRange>& here) {
    for (size_t i = 0; i < here.size(); ++i) {
      if (there.segments[i] == here[i]) continue;
      say("{}: segment {} of \"{}\" is {} bytes at {}, the .glb says {} at {}", name_, i, there.id,
          there.segments[i].bytes, there.segments[i].offset, here[i].bytes, here[i].offset);
      break;
    }
    if (there.lengths_s.size() != here.size()) {
      return say("{}: the timeline of \"{}\" has {} entries for {} segments", name_, there.id, there.lengths_s.size(),
                 here.size());
    }
    for (size_t i = 0; i < here.size(); ++i) {
      const double length_s = static_cast<double>(video_.groups[i].frame_count) / video_.frames_per_s;
      constexpr double kTick_s = 1e-4;  // times are written in ticks of 1/90000 s
      if (std::abs(there.lengths_s[i] - length_s) <= kTick_s) continue;
      return say("{}: segment {} of \"{}\" lasts {:.6g} s, the .glb says {:.6g}", name_, i, there.id,
                 there.lengths_s[i], length_s);
    }
  }

  const SplatVideo& video_;
  const std::string& name_;
};

}  // namespace

std::vector<ManifestTrack> parse_mpd(const std::string& text, const std::string& name) {
  return with_context(name, [&] {
    pugi::xml_document document;
    const pugi::xml_parse_result result = document.load_buffer(text.data(), text.size(), pugi::parse_default);
    if (!result) fail(ErrorCode::kInvalidInput, "is no XML: {} at byte {}", result.description(), result.offset);
    const pugi::xml_node mpd = document.child("MPD"), period = mpd.child("Period");
    if (!period || period.next_sibling("Period") ||
        std::string_view(mpd.attribute("type").as_string("static")) != "static") {
      fail(ErrorCode::kInvalidInput, "is no static DASH manifest of one period");
    }
    std::vector<ManifestTrack> tracks;
    for (const pugi::xml_node& set : period.children("AdaptationSet")) {
      for (const pugi::xml_node& one : set.children("Representation")) tracks.push_back(track_of(one));
    }
    return tracks;
  });
}

std::vector<std::string> manifest_problems(const std::string& text, const SplatVideo& video, const std::string& name) {
  Comparison comparison(video, name);
  try {
    const std::vector<ManifestTrack> tracks = parse_mpd(text, name);
    comparison.compare(tracks, "exact", video.exact, video.exact_segments);
    for (const VideoRepresentation& one : video.representations) {
      comparison.compare(tracks, one.id, one.lossy, one.segments);
    }
  } catch (const Error& error) {
    comparison.problems.push_back(error.what());
  }
  return comparison.problems;
}

}  // namespace diorama
