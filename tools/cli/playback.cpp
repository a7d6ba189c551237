#include "tools/cli/playback.h"

#include "assets/asset_file.h"
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
                   const AssetReadOptions& read)
    : options_(options), frames_per_s_(frames_per_s) {
  if (!options.moves()) {
    asset_ = read_asset(path, read);
    return;
  }
  file_.emplace(std::filesystem::path(path));
  animation_ = find_animation(path);
  asset_ = file_->at_start();
  asset_.meshes = file_->meshes_at(animation_, time_of(0));
  swept_.emplace().record = asset_.record;
  const double duration = file_->animations()[animation_].duration_s;
  for (size_t i = 0; i < kSweptPoses; ++i) {
    const double time = duration * static_cast<double>(i) / static_cast<double>(kSweptPoses);
    for (MeshPart& part : file_->meshes_at(animation_, time)) swept_->meshes.push_back(std::move(part));
  }
}

void Playback::add_splats(std::vector<SplatPart> splats) {
  for (SplatPart& part : splats) asset_.splats.push_back(std::move(part));
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

size_t Playback::picture_count(size_t views) const {
  if (!options_.animate || views > 1) return views;
  const double pictures = file_->animations()[animation_].duration_s * frames_per_s_;
  return std::max<size_t>(1, static_cast<size_t>(std::llround(std::min(pictures, 1e6))));
}

double Playback::time_of(size_t picture) const {
  if (!options_.animate) return options_.time_s;
  const double time = options_.time_s + static_cast<double>(picture) / frames_per_s_;
  const double duration = file_->animations()[animation_].duration_s;
  return duration > 0 ? std::fmod(time, duration) : 0.0;
}

std::vector<MeshPart> Playback::meshes_at_picture(size_t picture) const {
  DIO_CHECK(options_.animate);
  return file_->meshes_at(animation_, time_of(picture));
}

}  // namespace diorama
