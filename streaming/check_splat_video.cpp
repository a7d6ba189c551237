#include "streaming/check_splat_video.h"

#include "assets/gltf.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/video/group_decoder.h"
#include "streaming/cmaf.h"
#include "streaming/dash_manifest.h"
#include "streaming/pack_splat_video.h"
#include "streaming/rate_plan.h"
#include "streaming/splat_matching.h"
#include "streaming/splat_video_reader.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace diorama {
namespace {

namespace fs = std::filesystem;

// Errors are taken of splats that are alone in their place, the declared ones of all: the largest is at most as large
// but for rounding, the mean square may differ by the share of the others.
constexpr double kSameLargest = 1e-4, kSameMean = 0.1;

class Checker {
 public:
  Checker(const fs::path& glb, const SplatVideo& video, JobContext& job) : glb_(glb), video_(video), job_(job) {}

  void check_track(const VideoTrack& track, const std::vector<ByteRange>& segments) {
    const fs::path file = glb_.parent_path() / track.file;
    name_ = file.string();
    std::error_code error;
    const uintmax_t bytes = fs::file_size(file, error);
    if (error) return say("cannot be read: {}", error.message());
    const size_t end = end_of(track.file);
    if (bytes != end) say("has {} bytes, its last segment ends at {}", bytes, end);
    if (bytes < end) return;
    const std::vector<std::byte> init = read_file_part(file, track.init_offset, track.init_bytes);
    PictureBytes pictures;
    for (size_t group = 0; group < segments.size(); ++group) {
      const auto segment = read_file_part(file, segments[group].offset, segments[group].bytes);
      check_segment(track, init, segment, group, pictures);
      job_.advance();
    }
    const double most = std::ceil(most_bits_per_s(pictures, video_.frames_per_s));
    if (std::abs(most - track.most_bits_per_s) > 1) {
      say("has up to {:.0f} bits in a second, {:.0f} are declared", most, track.most_bits_per_s);
    }
  }

  void check_errors(const SplatSequenceReader& source, const Asset& asset, size_t representation) {
    const VideoRepresentation& one = video_.representations[representation];
    name_ = one.lossy.file;
    if (source.sequence().groups.size() != video_.groups.size()) {
      return say("has {} groups, the performance has {}", video_.groups.size(), source.sequence().groups.size());
    }
    const SplatVideoReader reader(asset, glb_, job_.pool(), {.representation = one.id});
    size_t first = 0;
    for (size_t group = 0; group < video_.groups.size(); ++group) {
      const SplatGroup truth = load_group(source, group);
      const GroupParameters& p = video_.groups[group];
      if (truth.frames.size() != p.frame_count || truth.splat_count() < p.splat_count) {
        say("group {} has {} frames of {} splats, the performance has {} of {}", group, p.frame_count, p.splat_count,
            truth.frames.size(), truth.splat_count());
        return;
      }
      std::vector<SplatCloud> decoded;
      for (size_t t = 0; t < p.frame_count; ++t) decoded.push_back(reader.decoded(first + t));
      const auto base = read_base(p, video_.exact.layout, reader.pictures().first_exact());
      const auto order = matched_splats(p, base, truth.frames.front());
      if (!order) return say("group {} has splats that the performance does not have", group);
      compare(coding_errors(p, *order, truth.frames, decoded), one.errors[group], group);
      first += p.frame_count;
      job_.advance();
    }
  }

  std::vector<std::string> problems;

 private:
  // Where the last segment of a file ends, of all tracks in it.
  size_t end_of(const std::string& file) const {
    size_t end = 0;
    const auto look = [&](const VideoTrack& track, const std::vector<ByteRange>& segments) {
      if (track.file == file) end = std::max(end, segments.back().offset + segments.back().bytes);
    };
    look(video_.exact, video_.exact_segments);
    for (const VideoRepresentation& one : video_.representations) look(one.lossy, one.segments);
    return end;
  }

  template <class... Args>
  void say(fmt::format_string<Args...> text, Args&&... args) {
    const std::string sentence = name_ + ": " + fmt::format(text, std::forward<Args>(args)...);
    if (said_.insert(sentence).second) problems.push_back(sentence);
  }

  void check_segment(const VideoTrack& track, const std::vector<std::byte>& init, const std::vector<std::byte>& segment,
                     size_t group, PictureBytes& picture_bytes) {
    const auto* const text = reinterpret_cast<const char*>(segment.data());
    const std::string_view box = segment.size() < 8 ? "" : std::string_view(text + 4, 4);
    if (box != "styp" && box != "moof") say("segment {} does not start with a box of its own", group);
    try {
      const std::vector<size_t> samples = sample_bytes_of(segment);
      picture_bytes.insert(picture_bytes.end(), samples.begin(), samples.end());
      GroupDecoder decoder(init, segment, name_);
      const StreamFacts& facts = decoder.facts();
      if (facts.codec != track.codec) say("its codec is not the declared one");
      if (facts.profile != "Main") say("is of profile {}, expected Main", facts.profile);
      if (facts.level != track.level) {
        say("signals level {:.1f}, {:.1f} is declared", facts.level / 10.0, track.level / 10.0);
      }
      if (!facts.full_range) say("does not flag full range");
      if (facts.size_px != track.layout.size_px) say("has pictures of {}x{}", facts.size_px.x, facts.size_px.y);
      size_t pictures = 0;
      for (Picture420 picture; decoder.next(picture);) ++pictures;
      if (pictures != video_.groups[group].frame_count) {
        say("segment {} has {} pictures, expected {}", group, pictures, video_.groups[group].frame_count);
      }
    } catch (const Error& error) {
      const std::string sentence = error.what();
      if (said_.insert(sentence).second) problems.push_back(sentence);
    }
  }

  void compare(const GroupErrors& found, const GroupErrors& declared, size_t group) {
    const auto one = [&](const char* what, const CodingError& a, const CodingError& b) {
      if (a.most > b.most * (1 + kSameLargest) + 1e-9 || a.rms > b.rms * (1 + kSameMean) + 1e-9) {
        say("group {}: {} are off by {:.3g} (largest {:.3g}), declared are {:.3g} and {:.3g}", group, what, a.rms,
            a.most, b.rms, b.most);
      }
    };
    one("positions", found.position_m, declared.position_m);
    one("rotations", found.rotation, declared.rotation);
    one("logarithms of scales", found.log_scale, declared.log_scale);
    one("opacities", found.opacity, declared.opacity);
    one("colours", found.color, declared.color);
  }

  fs::path glb_;
  const SplatVideo& video_;
  JobContext& job_;
  std::string name_;
  std::set<std::string> said_;
};

// A decoder that Android's compatibility definition (5.3.4, 5.3.5) obliges phones to have, for HD.
struct MandatoryDecoder {
  const char* name;
  VideoCodec codec;
  int level;
  double bits_per_s;
};
constexpr MandatoryDecoder kMandatoryDecoders[] = {
    {"H.264 Main, level 3.1", VideoCodec::kH264, 31, 14e6},
    {"HEVC Main, level 3.1", VideoCodec::kHevc, 31, 10e6},
};

const MandatoryDecoder* decoder_of(const VideoTrack& track) {
  for (const MandatoryDecoder& decoder : kMandatoryDecoders) {
    if (decoder.codec == track.codec && track.level <= decoder.level && track.most_bits_per_s <= decoder.bits_per_s) {
      return &decoder;
    }
  }
  return nullptr;
}

void judge(const std::string& id, const VideoTrack& track, SplatVideoCheck& check) {
  const MandatoryDecoder* const decoder = decoder_of(track);
  check.android = check.android && decoder != nullptr;
  check.decoders.push_back(
      decoder != nullptr ? fmt::format("{}: Android's mandatory decoder of {} takes it", id, decoder->name)
                         : fmt::format("{}: level {:.1f} with {:.1f} Mbit/s is beyond Android's mandatory decoders", id,
                                       track.level / 10.0, track.most_bits_per_s / 1e6));
}

}  // namespace

SplatVideoCheck check_streams(const fs::path& glb, const SplatSequenceReader* source, JobContext& job) {
  const Asset asset = read_gltf(glb);
  const SplatVideo video = splat_video_of(asset, glb);
  const size_t groups = video.groups.size(), representations = video.representations.size();
  job.begin_stage("checking segments", groups * (1 + representations * (source != nullptr ? 2 : 1)));
  Checker checker(glb, video, job);
  checker.problems = level_problems(video);
  checker.check_track(video.exact, video.exact_segments);
  for (const VideoRepresentation& one : video.representations) checker.check_track(one.lossy, one.segments);
  if (source != nullptr && checker.problems.empty()) {
    for (size_t i = 0; i < representations; ++i) checker.check_errors(*source, asset, i);
  }
  SplatVideoCheck result;
  result.problems = std::move(checker.problems);
  const fs::path manifest = fs::path(glb).replace_extension(".mpd");
  if (fs::exists(manifest)) {
    for (std::string& problem : manifest_problems(read_text_file(manifest), video, manifest.string())) {
      result.problems.push_back(std::move(problem));
    }
  }
  result.android = true;
  judge("exact", video.exact, result);
  for (const VideoRepresentation& one : video.representations) judge(one.id, one.lossy, result);
  return result;
}

}  // namespace diorama
