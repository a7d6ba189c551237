#include "tools/cli/playback.h"

#include "assets/asset_file.h"
#include "assets/splat_sequence.h"
#include "engine/base/error.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace diorama {
namespace {

constexpr size_t kSweptPoses = 8;

std::string listed(const std::vector<AnimationInfo>& animations) {
  std::string list;
  for (size_t i = 0; i < animations.size(); ++i) {
    list += fmt::format("{}{} '{}' ({:.3g} s)", i == 0 ? "" : ", ", i, animations[i].name, animations[i].duration_s);
  }
  return list;
}

}  // namespace

Playback::Playback(const std::string& path, const PlaybackOptions& options, double frames_per_s,
                   const AssetReadOptions& read, const VideoPlayOptions& video, ThreadPool& pool, const LogSink& log)
    : options_(options), frames_per_s_(frames_per_s) {
  if (options.moves()) {
    file_.emplace(std::filesystem::path(path));
    asset_ = file_->at_start();
  } else {
    asset_ = read_asset(path, read);
  }
  performance_ = open_performance(asset_, path, video, pool, log);
  if (performance_) {
    start_performance(path);
  } else if (file_) {
    open_animation(path);
  }
}

void Playback::open_animation(const std::string& path) {
  animation_ = find_animation(path);
  asset_.meshes = file_->meshes_at(animation_, time_of(0));
  swept_.emplace().record = asset_.record;
  for (size_t i = 0; i < kSweptPoses; ++i) {
    const double time = duration_s() * static_cast<double>(i) / static_cast<double>(kSweptPoses);
    for (MeshPart& part : file_->meshes_at(animation_, time)) swept_->meshes.push_back(std::move(part));
  }
}

void Playback::start_performance(const std::string& path) {
  file_.reset();
  if (!options_.animation.empty()) {
    fail(ErrorCode::kInvalidInput, "{}: is a splat video, which has no animations; leave --animation out", path);
  }
  const size_t frames = performance_->sequence().frame_count();
  swept_ = asset_;
  for (size_t i = 1; i < kSweptPoses; ++i) {
    for (SplatPart& part : performance_->frame(i * frames / kSweptPoses)) {
      if (part.name != kSplatBackgroundName) swept_->splats.push_back(std::move(part));
    }
  }
}

void Playback::add_splats(std::vector<SplatPart> splats) {
  for (SplatPart& part : splats) {
    asset_.splats.push_back(part);
    if (performance_) others_.push_back(std::move(part));
  }
}

size_t Playback::find_animation(const std::string& path) const {
  const std::vector<AnimationInfo>& animations = file_->animations();
  if (animations.empty()) {
    fail(ErrorCode::kInvalidInput, "{}: has no animations; leave --animation, --time and --animate out", path);
  }
  const std::string& wanted = options_.animation;
  if (wanted.empty()) return 0;
  for (size_t i = 0; i < animations.size(); ++i) {
    if (animations[i].name == wanted) return i;
  }
  size_t index = 0;
  const auto [end, error] = std::from_chars(wanted.data(), wanted.data() + wanted.size(), index);
  if (error == std::errc() && end == wanted.data() + wanted.size() && index < animations.size()) return index;
  fail(ErrorCode::kInvalidInput, "{}: has no animation '{}', choose one of: {}", path, wanted, listed(animations));
}

double Playback::duration_s() const {
  if (!performance_) return file_->animations()[animation_].duration_s;
  const std::vector<double>& times = performance_->sequence().times_s;
  if (times.size() < 2) return 0;
  const double steps = static_cast<double>(times.size()) / static_cast<double>(times.size() - 1);
  return (times.back() - times.front()) * steps;  // the last frame lasts as long as the others
}

size_t Playback::picture_count(size_t views) const {
  if (!options_.animate || views > 1) return views;
  const double pictures = duration_s() * frames_per_s_;
  return std::max<size_t>(1, static_cast<size_t>(std::llround(std::min(pictures, 1e6))));
}

double Playback::time_of(size_t picture) const {
  if (!options_.animate) return options_.time_s;
  const double time = options_.time_s + static_cast<double>(picture) / frames_per_s_;
  const double duration = duration_s();
  return duration > 0 ? std::fmod(time, duration) : 0.0;
}

size_t Playback::frame_of(size_t picture, std::optional<double> taken_at_s) const {
  const SplatSequence& sequence = performance_->sequence();
  if (!options_.moves() && taken_at_s) return nearest_frame(sequence, *taken_at_s);
  return nearest_frame(sequence, sequence.times_s.front() + time_of(picture));
}

void Playback::show(size_t picture, std::optional<double> taken_at_s, AssetView& view) {
  if (file_ && options_.animate) view.set_meshes(file_->meshes_at(animation_, time_of(picture)));
  if (!performance_) return;
  const size_t frame = frame_of(picture, taken_at_s);
  if (frame == shown_frame_) return;
  view.show_frame(*performance_, frame, others_);
  shown_frame_ = frame;
}

}  // namespace diorama
