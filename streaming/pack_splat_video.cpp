#include "streaming/pack_splat_video.h"

#include "assets/gltf.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/video/group_decoder.h"
#include "streaming/axis_naming.h"
#include "streaming/group_dequantizer.h"

#include <algorithm>
#include <cmath>
#include <deque>

namespace diorama {
namespace {

namespace fs = std::filesystem;

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
  TrackFile(const fs::path& path, VideoTrack& track, std::vector<ByteRange>& segments)
      : file_(path), track_(track), segments_(segments) {
    track_.file = path.filename().string();
  }
  void add(const EncodedGroup& group) {
    if (segments_.empty()) {
      init_ = group.init;
      track_.init_bytes = init_.size();
      file_.write(init_);
      end_ = init_.size();
    }
    DIO_CHECK(group.init == init_);  // every group was coded with the same settings
    segments_.push_back({end_, group.segment.size()});
    file_.write(group.segment);
    end_ += group.segment.size();
  }
  void commit() { file_.commit(); }

 private:
  AtomicFile file_;
  VideoTrack& track_;
  std::vector<ByteRange>& segments_;
  std::vector<std::byte> init_;
  size_t end_ = 0;
};

struct ErrorSum {
  double squares = 0, most = 0;
  size_t count = 0;
  void add(double error) {
    squares += error * error;
    most = std::max(most, error);
    ++count;
  }
  CodingError result() const { return {count > 0 ? std::sqrt(squares / static_cast<double>(count)) : 0, most}; }
};

std::vector<Picture420> decoded(const EncodedGroup& group, const std::string& name) {
  GroupDecoder decoder(group.init, group.segment, name);
  std::vector<Picture420> pictures;
  for (Picture420 picture; decoder.next(picture);) pictures.push_back(picture);
  return pictures;
}

class Packer {
 public:
  Packer(const SplatSequenceReader& source, const fs::path& glb, const PackOptions& options, JobContext& job)
      : source_(source), glb_(glb), options_(options), job_(job) {
    const SplatSequence& sequence = source.sequence();
    video_.frames_per_s = rate_of(sequence.times_s);
    video_.first_time_s = sequence.times_s.front();
    size_t splats = 0;
    int degree = 0;
    for (const SplatGroupInfo& group : sequence.groups) {
      splats = std::max(splats, group.splat_count);
      degree = std::max(degree, std::min(group.sh_degree, options.coding.sh_degree));
    }
    layouts_ = choose_layouts(splats, node_count_of(splats, options.coding), degree,
                              {options.most_width_px, options.most_height_px});
    describe_tracks();
  }

  SplatVideo pack() {
    std::deque<TrackFile> files;
    files.emplace_back(beside(glb_, "_exact.mp4"), video_.exact, video_.exact_segments);
    for (VideoRepresentation& one : video_.representations) {
      files.emplace_back(beside(glb_, "_" + one.id + ".mp4"), one.lossy, one.segments);
    }
    const auto& groups = source_.sequence().groups;
    job_.begin_stage("coding groups", groups.size());
    for (size_t group = 0; group < groups.size(); ++group) {
      pack_group(group, files);
      job_.advance();
    }
    check_splat_video(video_);
    for (TrackFile& file : files) file.commit();
    write_file(beside(glb_, ".mpd"), to_mpd(video_));
    write_asset();
    return video_;
  }

 private:
  GroupStream stream_of(const VideoTrack& track, int qp) const {
    return {track.codec, track.layout.size_px, video_.frames_per_s, qp};
  }

  void describe_tracks() {
    video_.exact.layout = layouts_.exact;
    video_.exact.level = level_of(stream_of(video_.exact, 0)).level;
    for (int i = 0; i < options_.representations; ++i) {
      const int qp = options_.best_qp + i * options_.qp_step;
      if (qp > 51) break;
      VideoRepresentation one{.id = fmt::format("q{}", qp), .qp = qp};
      one.lossy.codec = options_.codec == 0 ? VideoCodec::kHevc : VideoCodec::kH264;
      one.lossy.layout = layouts_.lossy;
      one.lossy.level = level_of(stream_of(one.lossy, qp)).level;
      video_.representations.push_back(std::move(one));
    }
  }

  void pack_group(size_t index, std::deque<TrackFile>& files) {
    const SplatGroup group = load_group(source_, index);
    const GroupCodes codes = encode_codes(group, options_.coding, job_.pool());
    const std::vector<Picture420> exact = exact_pictures(codes, layouts_.exact);
    const std::vector<Picture420> lossy = lossy_pictures(codes, layouts_.lossy);
    const size_t first = group.first_frame - source_.sequence().groups.front().first_frame;
    std::vector<EncodedGroup> coded(files.size());
    job_.pool().parallel_for(coded.size(), 1, [&](size_t begin, size_t end) {
      for (size_t i = begin; i < end; ++i) {
        if (i == 0) {
          coded[0] = encode_group(exact, stream_of(video_.exact, 0), first);
        } else {
          const VideoRepresentation& one = video_.representations[i - 1];
          coded[i] = encode_group(lossy, stream_of(one.lossy, one.qp), first);
        }
      }
    });
    video_.groups.push_back(codes.parameters);
    for (size_t i = 0; i < files.size(); ++i) files[i].add(coded[i]);
    for (size_t i = 0; i < video_.representations.size(); ++i) {
      video_.representations[i].errors.push_back(errors_of(group, codes, exact, coded[i + 1]));
    }
  }

  GroupErrors errors_of(const SplatGroup& group, const GroupCodes& codes, const std::vector<Picture420>& exact,
                        const EncodedGroup& coded) const {
    const std::vector<Picture420> lossy = decoded(coded, glb_.string());
    if (lossy.size() != exact.size()) {
      fail(ErrorCode::kIo, "{}: {} pictures went into the codec, {} came out", glb_.string(), exact.size(),
           lossy.size());
    }
    GroupDequantizer dequantizer(codes.parameters, layouts_, exact.front(), job_.pool());
    std::vector<SplatCloud> clouds(exact.size());
    for (size_t t = 0; t < exact.size(); ++t) dequantizer.decode(exact[t], lossy[t], clouds[t]);
    return coding_errors(codes.order, group.frames, clouds);
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
  GroupLayouts layouts_;
  SplatVideo video_;
};

}  // namespace

GroupErrors coding_errors(std::span<const uint32_t> order, std::span<const SplatCloud> source,
                          std::span<const SplatCloud> decoded_clouds) {
  const std::vector<AxisNaming> namings = axis_namings();
  ErrorSum position, rotation, log_scale, opacity, color;
  for (size_t t = 0; t < source.size(); ++t) {
    const SplatCloud &a = source[t], &b = decoded_clouds[t];
    const auto a_stride = static_cast<size_t>(sh_count(a.sh_degree)),
               b_stride = static_cast<size_t>(sh_count(b.sh_degree));
    for (size_t i = 0; i < b.size(); ++i) {
      const size_t from = order[i];
      position.add(glm::distance(a.positions[from], b.positions[i]));
      opacity.add(std::abs(a.opacities[from] - b.opacities[i]));
      const glm::quat between =
          glm::conjugate(quat_from_xyzw(b.rotations_xyzw[i])) * quat_from_xyzw(a.rotations_xyzw[from]);
      const AxisNaming& naming = best_naming(namings, {&between, 1});
      const float w = std::abs((between * naming.old_from_new).w);
      rotation.add(2 * std::acos(std::min(w, 1.0f)));
      const glm::vec3 truth = glm::max(naming.renamed(a.scales[from]), glm::vec3(kLeastScale_m));
      for (int axis = 0; axis < 3; ++axis) {
        log_scale.add(std::abs(std::log(truth[axis]) - std::log(b.scales[i][axis])));
        color.add(kShC0 * std::abs(a.sh[from * a_stride][axis] - b.sh[i * b_stride][axis]));
      }
    }
  }
  return {position.result(), rotation.result(), log_scale.result(), opacity.result(), color.result()};
}

SplatGroup load_group(const SplatSequenceReader& source, size_t group) {
  const SplatGroupInfo& info = source.sequence().groups[group];
  const size_t first = info.first_frame - source.sequence().groups.front().first_frame;
  SplatGroup loaded{.first_frame = info.first_frame};
  for (size_t t = 0; t < info.frame_count; ++t) loaded.frames.push_back(source.moving(first + t));
  return loaded;
}

SplatVideo pack_splat_video(const SplatSequenceReader& source, const fs::path& glb, const PackOptions& options,
                            JobContext& job) {
  return Packer(source, glb, options, job).pack();
}

}  // namespace diorama
