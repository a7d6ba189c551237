#include "streaming/pack_splat_video.h"

#include "assets/gltf.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/video/group_decoder.h"
#include "streaming/cmaf.h"
#include "streaming/group_dequantizer.h"
#include "streaming/rate_plan.h"
#include "streaming/splat_matching.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <map>
#include <optional>

namespace diorama {
namespace {

namespace fs = std::filesystem;

constexpr int kCoarsestQp = 51;

fs::path beside(const fs::path& glb, const std::string& ending) {
  return glb.parent_path() / (glb.stem().string() + ending);
}

// The rate at which frames follow each other. A picture's place in a stream is its time.
double rate_of(const std::vector<double>& times_s) {
  if (times_s.size() < 2) return 30;
  const double step = (times_s.back() - times_s.front()) / static_cast<double>(times_s.size() - 1);
  for (size_t i = 0; i < times_s.size(); ++i) {
    const double expected = times_s.front() + step * static_cast<double>(i);
    if (std::abs(times_s[i] - expected) > 0.5 * step) {
      fail(ErrorCode::kInvalidInput,
           "frame {} is at {:.3f} s, evenly spaced frames would have it at {:.3f} s: a splat video has one rate", i,
           times_s[i], expected);
    }
  }
  return 1 / step;
}

// A stream's file as it grows.
class TrackFile {
 public:
  TrackFile(fs::path path, VideoTrack& track, std::vector<ByteRange>& segments)
      : path_(std::move(path)), file_(std::in_place, path_), track_(track), segments_(segments) {
    track_.file = path_.filename().string();
  }
  // From the beginning again.
  void restart() {
    file_.emplace(path_);
    segments_.clear();
    pictures_.clear();
  }
  void add(const EncodedGroup& group) {
    if (segments_.empty()) {
      init_ = group.init;
      track_.init_bytes = init_.size();
      file_->write(init_);
      end_ = init_.size();
    }
    DIO_CHECK(group.init == init_);  // every group was coded with the same settings
    segments_.push_back({end_, group.segment.size()});
    file_->write(group.segment);
    end_ += group.segment.size();
    const std::vector<size_t> bytes = sample_bytes_of(group.segment);
    pictures_.insert(pictures_.end(), bytes.begin(), bytes.end());
  }
  void commit(double frames_per_s) {
    track_.most_bits_per_s = std::ceil(most_bits_per_s(pictures_, frames_per_s));
    file_->commit();
  }
  const PictureBytes& pictures() const { return pictures_; }

 private:
  fs::path path_;
  std::optional<AtomicFile> file_;
  VideoTrack& track_;
  std::vector<ByteRange>& segments_;
  std::vector<std::byte> init_;
  size_t end_ = 0;
  PictureBytes pictures_;
};

std::vector<Picture420> decoded(const EncodedGroup& group, const std::string& name) {
  GroupDecoder decoder(group.init, group.segment, name);
  std::vector<Picture420> pictures;
  for (Picture420 picture; decoder.next(picture);) pictures.push_back(picture);
  return pictures;
}

class Packer {
 public:
  Packer(const SplatSequenceReader& source, const fs::path& glb, const PackOptions& options, JobContext& job,
         const WeighSplats& weigh)
      : source_(source), glb_(glb), options_(options), job_(job), weigh_(weigh) {
    const SplatSequence& sequence = source.sequence();
    video_.frames_per_s = rate_of(sequence.times_s);
    video_.first_time_s = sequence.times_s.front();
    size_t splats = 0;
    int degree = 0;
    for (size_t group = 0; group < sequence.groups.size(); ++group) {
      splats = std::max(splats, kept_count(group));
      degree = std::max(degree, std::min(sequence.groups[group].sh_degree, options.coding.sh_degree));
    }
    layouts_ = choose_layouts(splats, node_count_of(splats, options.coding), degree,
                              {options.most_width_px, options.most_height_px});
    describe_tracks();
  }

  SplatVideo pack() {
    TrackFile exact(beside(glb_, "_exact.mp4"), video_.exact, video_.exact_segments);
    std::deque<TrackFile> lossy;
    for (VideoRepresentation& one : video_.representations) {
      lossy.emplace_back(beside(glb_, "_" + one.id + ".mp4"), one.lossy, one.segments);
    }
    const size_t groups = source_.sequence().groups.size();
    job_.begin_stage("coding groups", groups);
    for (size_t group = 0; group < groups; ++group) {
      code_group(group, exact, lossy);
      job_.advance();
    }
    exact.commit(video_.frames_per_s);
    for (size_t i = 0; i < lossy.size(); ++i) {
      keep_within_limits(i, exact.pictures(), lossy[i]);
      lossy[i].commit(video_.frames_per_s);
    }
    check_splat_video(video_);
    write_file(beside(glb_, ".mpd"), to_mpd(video_));
    write_asset();
    return video_;
  }

 private:
  // A group as it is coded: its codes and pictures. The last one is kept.
  struct Prepared {
    size_t index = 0;
    SplatGroup group;
    GroupCodes codes;
    std::vector<Picture420> exact, lossy;
  };

  std::optional<SplatWeights> weights_of(const SplatGroup& group) const {
    if (!weigh_ || !(options_.coding.prune > 0)) return std::nullopt;
    return weigh_(group, job_.pool());
  }

  size_t kept_count(size_t index) {
    const size_t all = source_.sequence().groups[index].splat_count;
    if (!(options_.coding.prune > 0)) return all;
    const SplatGroup group = load_group(source_, index);
    weights_.push_back(weights_of(group).value_or(covers_of(group)));
    return kept_splats(weights_.back(), options_.coding.prune).size();
  }

  const Prepared& prepared(size_t index) {
    if (prepared_ && prepared_->index == index) return *prepared_;
    prepared_ = Prepared{.index = index, .group = load_group(source_, index)};
    Prepared& p = *prepared_;
    p.codes = encode_codes(p.group, options_.coding, job_.pool(), weights_.empty() ? nullptr : &weights_[index]);
    p.exact = exact_pictures(p.codes, layouts_.exact);
    p.lossy = lossy_pictures(p.codes, layouts_.lossy);
    return p;
  }

  GroupStream stream_of(const VideoTrack& track, int qp) const {
    return {track.codec, track.layout.size_px, video_.frames_per_s, qp};
  }

  size_t first_picture_of(size_t group) const {
    const auto& groups = source_.sequence().groups;
    return groups[group].first_frame - groups.front().first_frame;
  }

  void describe_tracks() {
    video_.exact.layout = layouts_.exact;
    video_.exact.level = level_of(stream_of(video_.exact, 0)).level;
    for (int i = 0; i < options_.representations; ++i) {
      const int qp = options_.best_qp + i * options_.qp_step;
      if (qp > kCoarsestQp) break;
      VideoRepresentation one{.id = fmt::format("q{}", qp), .qp = qp};
      one.lossy.codec = options_.codec == 0 ? VideoCodec::kHevc : VideoCodec::kH264;
      one.lossy.layout = layouts_.lossy;
      one.lossy.level = level_of(stream_of(one.lossy, qp)).level;
      video_.representations.push_back(std::move(one));
    }
  }

  EncodedGroup encoded(const VideoRepresentation& one, const Prepared& p, int qp) const {
    return encode_group(p.lossy, stream_of(one.lossy, qp), first_picture_of(p.index));
  }

  void code_group(size_t index, TrackFile& exact, std::deque<TrackFile>& lossy) {
    const Prepared& p = prepared(index);
    std::vector<EncodedGroup> coded(1 + lossy.size());
    job_.pool().parallel_for(coded.size(), 1, [&](size_t begin, size_t end) {
      for (size_t i = begin; i < end; ++i) {
        coded[i] = i == 0 ? encode_group(p.exact, stream_of(video_.exact, 0), first_picture_of(index))
                          : encoded(video_.representations[i - 1], p, video_.representations[i - 1].qp);
      }
    });
    video_.groups.push_back(p.codes.parameters);
    exact.add(coded[0]);
    for (size_t i = 0; i < lossy.size(); ++i) add_lossy(i, p, coded[i + 1], lossy[i]);
  }

  void add_lossy(size_t representation, const Prepared& p, const EncodedGroup& coded, TrackFile& file) {
    file.add(coded);
    video_.representations[representation].errors.push_back(errors_of(p, coded));
  }

  std::vector<RateLimit> limits_of(size_t representation, const PictureBytes& exact) const {
    const VideoRepresentation& one = video_.representations[representation];
    std::vector<RateLimit> limits = {{level_of(stream_of(one.lossy, one.qp)).most_bits_per_s, {}}};
    if (options_.most_mbps > 0) {
      const double share = std::pow(static_cast<double>(options_.rate_share), static_cast<double>(representation));
      limits.push_back({1e6 * static_cast<double>(options_.most_mbps) * share, exact});
    }
    return limits;
  }

  // Codes a representation again where it has more bits than it may.
  void keep_within_limits(size_t representation, const PictureBytes& exact, TrackFile& file) {
    VideoRepresentation& one = video_.representations[representation];
    std::map<std::pair<size_t, int>, PictureBytes> known;
    for (size_t group = 0; group < video_.groups.size(); ++group) {
      const auto first = file.pictures().begin() + static_cast<ptrdiff_t>(first_picture_of(group));
      known[{group, one.qp}] = {first, first + static_cast<ptrdiff_t>(video_.groups[group].frame_count)};
    }
    const auto pictures_of = [&](size_t group, int qp) {
      PictureBytes& bytes = known[{group, qp}];
      if (bytes.empty()) bytes = sample_bytes_of(encoded(one, prepared(group), qp).segment);
      return bytes;
    };
    const RatePlan plan = plan_rate(video_.groups.size(), one.qp, kCoarsestQp, video_.frames_per_s,
                                    limits_of(representation, exact), pictures_of);
    if (std::all_of(plan.qps.begin(), plan.qps.end(), [&](int qp) { return qp == one.qp; })) return;
    one.errors.clear();
    file.restart();
    job_.begin_stage("coding " + one.id + " with fewer bits", plan.qps.size());
    for (size_t group = 0; group < plan.qps.size(); ++group) {
      const Prepared& p = prepared(group);
      add_lossy(representation, p, encoded(one, p, plan.qps[group]), file);
      job_.advance();
    }
  }

  GroupErrors errors_of(const Prepared& p, const EncodedGroup& coded) const {
    const std::vector<Picture420> lossy = decoded(coded, glb_.string());
    if (lossy.size() != p.exact.size()) {
      fail(ErrorCode::kIo, "{}: {} pictures went into the codec, {} came out", glb_.string(), p.exact.size(),
           lossy.size());
    }
    GroupDequantizer dequantizer(p.codes.parameters, layouts_, p.exact.front(), job_.pool());
    std::vector<SplatCloud> clouds(p.exact.size());
    for (size_t t = 0; t < clouds.size(); ++t) dequantizer.decode(p.exact[t], lossy[t], clouds[t]);
    return coding_errors(p.codes.parameters, p.codes.order, p.group.frames, clouds);
  }

  void write_asset() const {
    const SplatSequence& sequence = source_.sequence();
    Asset asset;
    for (size_t frame = 0; frame < sequence.frame_count() && asset.splats.empty(); ++frame) {
      asset.splats = source_.frame(frame);
    }
    if (asset.splats.empty()) fail(ErrorCode::kInvalidInput, "{}: no frame has splats", glb_.string());
    asset.record = source_.record();
    asset.record->splat_groups.clear();
    asset.splat_video_json = to_json(video_);
    write_glb(asset, glb_);
  }

  const SplatSequenceReader& source_;
  fs::path glb_;
  PackOptions options_;
  JobContext& job_;
  const WeighSplats& weigh_;
  std::vector<SplatWeights> weights_;  // of all groups, where splats are left out
  GroupLayouts layouts_;
  SplatVideo video_;
  std::optional<Prepared> prepared_;
};

}  // namespace

SplatGroup load_group(const SplatSequenceReader& source, size_t group) {
  const SplatGroupInfo& info = source.sequence().groups[group];
  const size_t first = info.first_frame - source.sequence().groups.front().first_frame;
  SplatGroup loaded{.first_frame = info.first_frame};
  for (size_t t = 0; t < info.frame_count; ++t) loaded.frames.push_back(source.moving(first + t));
  return loaded;
}

SplatVideo pack_splat_video(const SplatSequenceReader& source, const fs::path& glb, const PackOptions& options,
                            JobContext& job, const WeighSplats& weigh) {
  return Packer(source, glb, options, job, weigh).pack();
}

}  // namespace diorama
