#include "streaming/check_splat_video.h"

#include "assets/gltf.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/video/group_decoder.h"
#include "streaming/pack_splat_video.h"
#include "streaming/splat_video_reader.h"

#include <algorithm>
#include <set>

namespace diorama {
namespace {

namespace fs = std::filesystem;

constexpr int kAndroidLevel = 31;
// Errors are sums of single precision in another order of threads' work: the same to this share.
constexpr double kSameError = 1e-4;

class Checker {
 public:
  Checker(const fs::path& glb, const SplatVideo& video, JobContext& job) : glb_(glb), video_(video), job_(job) {}

  void check_track(const VideoTrack& track, const std::vector<ByteRange>& segments) {
    const fs::path file = glb_.parent_path() / track.file;
    name_ = file.string();
    std::error_code error;
    const uintmax_t bytes = fs::file_size(file, error);
    if (error) return say("cannot be read: {}", error.message());
    const size_t end = segments.back().offset + segments.back().bytes;
    if (bytes != end) say("has {} bytes, its last segment ends at {}", bytes, end);
    if (bytes < end) return;
    const std::vector<std::byte> init = read_file_part(file, 0, track.init_bytes);
    for (size_t group = 0; group < segments.size(); ++group) {
      check_segment(track, init, read_file_part(file, segments[group].offset, segments[group].bytes), group);
      job_.advance();
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
      if (truth.frames.size() != p.frame_count || truth.splat_count() != p.splat_count) {
        say("group {} has {} frames of {} splats, the performance has {} of {}", group, p.frame_count, p.splat_count,
            truth.frames.size(), truth.splat_count());
        return;
      }
      std::vector<SplatCloud> decoded;
      for (size_t t = 0; t < p.frame_count; ++t) decoded.push_back(reader.decoded(first + t));
      compare(coding_errors(coding_order(truth.frames.front(), p.node_count), truth.frames, decoded), one.errors[group],
              group);
      first += p.frame_count;
      job_.advance();
    }
  }

  std::vector<std::string> problems;

 private:
  template <class... Args>
  void say(fmt::format_string<Args...> text, Args&&... args) {
    const std::string sentence = name_ + ": " + fmt::format(text, std::forward<Args>(args)...);
    if (said_.insert(sentence).second) problems.push_back(sentence);
  }

  void check_segment(const VideoTrack& track, const std::vector<std::byte>& init, const std::vector<std::byte>& segment,
                     size_t group) {
    const auto* const text = reinterpret_cast<const char*>(segment.data());
    const std::string_view box = segment.size() < 8 ? "" : std::string_view(text + 4, 4);
    if (box != "styp" && box != "moof") say("segment {} does not start with a box of its own", group);
    try {
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
      if (a.most > b.most * (1 + kSameError) + 1e-9 || a.rms > b.rms * (1 + kSameError) + 1e-9) {
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
  result.android = video.exact.level <= kAndroidLevel;
  for (const VideoRepresentation& one : video.representations) {
    result.android = result.android && one.lossy.level <= kAndroidLevel;
  }
  return result;
}

}  // namespace diorama
