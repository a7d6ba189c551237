#include "streaming/splat_video_reader.h"

#include "assets/splat_sequence.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/scene/splat_transform.h"
#include "engine/video/group_decoder.h"

#include <optional>

namespace diorama {
namespace {

namespace fs = std::filesystem;

SplatVideo video_of(const Asset& asset, const fs::path& glb) {
  if (asset.splat_video_json.empty()) {
    fail(ErrorCode::kInvalidInput, "{}: is no splat video: it has no extension DIORAMA_splat_video", glb.string());
  }
  return parse_splat_video(asset.splat_video_json, glb.string());
}

}  // namespace

struct SplatVideoReader::Impl {
  // A track's decoder inside the group that plays.
  struct Player {
    fs::path file;
    VideoTrack track;
    std::vector<ByteRange> segments;
    std::vector<std::byte> init;
    std::optional<GroupDecoder> decoder;
    Picture420 picture;

    void start(size_t group) {
      if (init.empty()) init = read_file_part(file, 0, track.init_bytes);
      const ByteRange range = segments[group];
      decoder.emplace(init, read_file_part(file, range.offset, range.bytes), file.string());
      if (decoder->facts().size_px != track.layout.size_px) {
        fail(ErrorCode::kInvalidInput, "{}: segment {} has pictures of {}x{}, the .glb says {}x{}", file.string(),
             group, decoder->facts().size_px.x, decoder->facts().size_px.y, track.layout.size_px.x,
             track.layout.size_px.y);
      }
    }
    void advance(size_t group, size_t in_group) {
      if (!decoder->next(picture)) {
        fail(ErrorCode::kInvalidInput, "{}: segment {} ends before its picture {}; pack the video again", file.string(),
             group, in_group);
      }
    }
  };

  Asset asset;
  SplatVideo video;
  ThreadPool& pool;
  Player exact, lossy;
  GroupLayouts layouts;
  std::optional<GroupDequantizer> dequantizer;
  SplatCloud cloud;
  size_t group = 0, first = 0, next = 0;  // the group that plays, its first frame, and the next of its pictures
  bool playing = false;

  Impl(Asset given, const fs::path& glb, size_t representation, ThreadPool& threads)
      : asset(std::move(given)), video(video_of(asset, glb)), pool(threads) {
    if (representation >= video.representations.size()) {
      fail(ErrorCode::kInvalidInput, "{}: has {} representations, there is no number {}", glb.string(),
           video.representations.size(), representation);
    }
    const VideoRepresentation& one = video.representations[representation];
    exact = {.file = glb.parent_path() / video.exact.file, .track = video.exact, .segments = video.exact_segments};
    lossy = {.file = glb.parent_path() / one.lossy.file, .track = one.lossy, .segments = one.segments};
    layouts = {video.exact.layout, one.lossy.layout};
  }

  void start(size_t wanted) {
    playing = false;
    group = wanted;
    first = 0;
    for (size_t i = 0; i < wanted; ++i) first += video.groups[i].frame_count;
    next = 0;
    exact.start(group);
    lossy.start(group);
    dequantizer.reset();
    playing = true;
  }

  const SplatCloud& moving(size_t frame) {
    const size_t wanted = video.group_of(frame);
    if (!playing || wanted != group || frame + 1 < first + next) start(wanted);
    while (first + next <= frame) {
      exact.advance(group, next);
      lossy.advance(group, next);
      if (next == 0) dequantizer.emplace(video.groups[group], layouts, exact.picture, pool);
      ++next;
    }
    dequantizer->decode(exact.picture, lossy.picture, cloud);
    return cloud;
  }
};

SplatVideoReader::SplatVideoReader(Asset asset, const fs::path& glb, size_t representation, ThreadPool& pool)
    : impl_(std::make_unique<Impl>(std::move(asset), glb, representation, pool)) {}

SplatVideoReader::~SplatVideoReader() = default;
SplatVideoReader::SplatVideoReader(SplatVideoReader&&) noexcept = default;

const SplatVideo& SplatVideoReader::video() const {
  return impl_->video;
}

const Asset& SplatVideoReader::first_frame() const {
  return impl_->asset;
}

const SplatCloud& SplatVideoReader::moving(size_t frame) {
  if (frame >= impl_->video.frame_count()) {
    fail(ErrorCode::kInvalidInput, "the splat video has {} frames, there is no frame {}", impl_->video.frame_count(),
         frame);
  }
  return impl_->moving(frame);
}

std::vector<SplatPart> SplatVideoReader::frame(size_t index) {
  std::vector<SplatPart> parts;
  for (const SplatPart& part : impl_->asset.splats) {
    if (part.name == kSplatBackgroundName) parts.push_back(part);
  }
  SplatCloud cloud = moving(index);
  if (impl_->asset.record) transform(cloud, impl_->asset.record->asset_from_capture);
  if (cloud.size() > 0) parts.push_back({kSplatMovingName, std::move(cloud)});
  return parts;
}

void unpack_splat_video(SplatVideoReader& reader, const fs::path& glb, JobContext& job) {
  const SplatVideo& video = reader.video();
  const fs::path folder = splat_groups_folder(glb);
  remove_splat_groups(folder);
  constexpr uint64_t kFitKey = 0;  // it is of one fit by its making
  for (const SplatPart& part : reader.first_frame().splats) {
    if (part.name != kSplatBackgroundName) continue;
    SplatCloud background = part.cloud;
    transform(background, inverse(reader.first_frame().record.value_or(AssetRecord{}).asset_from_capture));
    set_splat_background(folder, background, kFitKey);
  }
  job.begin_stage("decoding groups", video.groups.size());
  size_t frame = 0;
  for (const GroupParameters& parameters : video.groups) {
    SplatGroup group{.first_frame = parameters.first_frame};
    std::vector<double> times_s;
    for (size_t t = 0; t < parameters.frame_count; ++t, ++frame) {
      group.frames.push_back(reader.moving(frame));
      times_s.push_back(video.first_time_s + static_cast<double>(frame) / video.frames_per_s);
    }
    add_splat_group(folder, group, times_s, kFitKey);
    job.advance();
  }
  finish_splat_sequence(glb, reader.first_frame().record.value_or(AssetRecord{}));
}

}  // namespace diorama
