#include "streaming/splat_video_reader.h"

#include "assets/splat_sequence.h"
#include "engine/base/error.h"
#include "engine/scene/splat_transform.h"
#include "streaming/group_dequantizer.h"

#include <optional>

namespace diorama {
namespace {

namespace fs = std::filesystem;

Rigid asset_from_capture_of(const Asset& asset) {
  return asset.record ? asset.record->asset_from_capture : Rigid{};
}

SplatSequence sequence_of(const SplatVideo& video, const Asset& asset) {
  SplatSequence sequence;
  for (const GroupParameters& group : video.groups) {
    sequence.groups.push_back({.first_frame = group.first_frame,
                               .frame_count = group.frame_count,
                               .splat_count = group.splat_count,
                               .sh_degree = group.sh_degree});
  }
  for (size_t i = 0; i < video.frame_count(); ++i) {
    sequence.times_s.push_back(video.first_time_s + static_cast<double>(i) / video.frames_per_s);
  }
  for (const SplatPart& part : asset.splats) {
    if (part.name != kSplatBackgroundName) continue;
    sequence.background = part.cloud;
    transform(sequence.background, inverse(asset_from_capture_of(asset)));
  }
  return sequence;
}

}  // namespace

SplatVideo splat_video_of(const Asset& asset, const fs::path& glb) {
  if (asset.splat_video_json.empty()) {
    fail(ErrorCode::kInvalidInput, "{}: is no coded splat video; `diorama stream pack` makes one of a performance",
         glb.string());
  }
  return parse_splat_video(asset.splat_video_json, glb.string());
}

struct SplatVideoReader::Impl {
  Asset asset;
  SplatVideo video;
  size_t representation;
  ThreadPool& pool;
  SplatSequence sequence;
  SplatVideoPictures pictures;
  std::optional<GroupDequantizer> dequantizer;
  size_t group = 0;  // of the dequantizer
  SplatCloud cloud;

  Impl(Asset given, const fs::path& glb, ThreadPool& threads, const VideoPlayOptions& options, const LogSink& log)
      : asset(std::move(given)),
        video(splat_video_of(asset, glb)),
        representation(find_representation(video, options.representation, glb)),
        pool(threads),
        sequence(sequence_of(video, asset)),
        pictures(video, glb, representation, options.decoder, log) {}

  const SplatCloud& decoded(size_t frame) {
    const VideoPictures now = pictures.at(frame);
    if (!dequantizer || group != now.group) {
      group = now.group;
      dequantizer.reset();
      dequantizer.emplace(video.groups[group], pictures.layouts(), pictures.first_exact(), pool);
    }
    dequantizer->decode(now.exact, now.lossy, cloud);
    return cloud;
  }
};

SplatVideoReader::SplatVideoReader(Asset asset, const fs::path& glb, ThreadPool& pool, const VideoPlayOptions& options,
                                   const LogSink& log)
    : impl_(std::make_unique<Impl>(std::move(asset), glb, pool, options, log)) {}

SplatVideoReader::~SplatVideoReader() = default;
SplatVideoReader::SplatVideoReader(SplatVideoReader&&) noexcept = default;

const SplatVideo& SplatVideoReader::video() const {
  return impl_->video;
}

const VideoRepresentation& SplatVideoReader::representation() const {
  return impl_->video.representations[impl_->representation];
}

const Asset& SplatVideoReader::first_frame() const {
  return impl_->asset;
}

SplatVideoPictures& SplatVideoReader::pictures() const {
  return impl_->pictures;
}

const SplatSequence& SplatVideoReader::sequence() const {
  return impl_->sequence;
}

const SplatCloud& SplatVideoReader::decoded(size_t frame) const {
  return impl_->decoded(frame);
}

std::vector<SplatPart> SplatVideoReader::frame(size_t index) const {
  std::vector<SplatPart> parts;
  for (const SplatPart& part : impl_->asset.splats) {
    if (part.name == kSplatBackgroundName) parts.push_back(part);
  }
  SplatCloud cloud = decoded(index);
  transform(cloud, asset_from_capture_of(impl_->asset));
  if (cloud.size() > 0) parts.push_back({kSplatMovingName, std::move(cloud)});
  return parts;
}

size_t find_representation(const SplatVideo& video, const std::string& id, const fs::path& glb) {
  if (id.empty()) return 0;
  std::string ids;
  for (size_t i = 0; i < video.representations.size(); ++i) {
    if (video.representations[i].id == id) return i;
    ids += (i > 0 ? ", " : "") + video.representations[i].id;
  }
  fail(ErrorCode::kInvalidInput, "{}: there is no representation \"{}\", it has {}", glb.string(), id, ids);
}

std::unique_ptr<SplatPerformance> open_performance(const Asset& asset, const fs::path& path,
                                                   const VideoPlayOptions& options, ThreadPool& pool,
                                                   const LogSink& log) {
  if (!asset.splat_video_json.empty()) return std::make_unique<SplatVideoReader>(asset, path, pool, options, log);
  std::optional<SplatSequenceReader> groups = open_splat_sequence(asset, path);
  return groups ? std::make_unique<SplatSequenceReader>(std::move(*groups)) : nullptr;
}

void unpack_splat_video(const SplatVideoReader& reader, const fs::path& glb, JobContext& job) {
  const SplatSequence& sequence = reader.sequence();
  const fs::path folder = splat_groups_folder(glb);
  remove_splat_groups(folder);
  constexpr uint64_t kFitKey = 0;  // it is of one fit by its making
  if (sequence.background.size() > 0) set_splat_background(folder, sequence.background, kFitKey);
  job.begin_stage("decoding groups", sequence.groups.size());
  size_t frame = 0;
  for (const SplatGroupInfo& info : sequence.groups) {
    SplatGroup group{.first_frame = info.first_frame};
    const std::span times_s = std::span(sequence.times_s).subspan(frame, info.frame_count);
    for (size_t t = 0; t < info.frame_count; ++t, ++frame) group.frames.push_back(reader.moving(frame));
    add_splat_group(folder, group, times_s, kFitKey);
    job.advance();
  }
  finish_splat_sequence(glb, reader.first_frame().record.value_or(AssetRecord{}));
}

}  // namespace diorama
