#pragma once

#include "assets/animated_gltf.h"
#include "assets/asset.h"
#include "assets/asset_file.h"

#include <optional>
#include <string>
#include <vector>

namespace diorama {

struct PlaybackOptions {
  std::string animation;
  double time_s = 0;
  bool animate = false;
  template <class Visitor>
  void visit(Visitor&& option) {
    option("animation", animation, "animation of the asset, by its name or number; default: the first");
    option("time", time_s, {0, 1e6}, "seconds into the animation");
    option("animate", animate,
           "let the animation run at --fps: once through for one view, else on and on along the views");
  }
  bool moves() const { return animate || time_s > 0 || !animation.empty(); }
};

// An asset as it is at the pictures of a sequence.
class Playback {
 public:
  // Error: what reading refuses; kInvalidInput: the asset has no animation, or none of that name or number.
  Playback(const std::string& path, const PlaybackOptions& options, double frames_per_s,
           const AssetReadOptions& read = {});
  explicit Playback(Asset still) : frames_per_s_(1), asset_(std::move(still)) {}

  // More splats in the same scene, which stand still.
  void add_splats(std::vector<SplatPart> splats);

  const Asset& asset() const { return asset_; }  // at the first picture
  const Asset& swept() const {
    return swept_ ? *swept_ : asset_;
  }  // all that it goes through, for the choice of a view
  bool runs() const { return options_.animate; }
  size_t picture_count(size_t views) const;
  std::vector<MeshPart> meshes_at_picture(size_t picture) const;  // only if it runs

 private:
  size_t find_animation(const std::string& path) const;
  double time_of(size_t picture) const;

  PlaybackOptions options_;
  double frames_per_s_;
  std::optional<AnimatedGltf> file_;  // only what moves
  size_t animation_ = 0;
  Asset asset_;
  std::optional<Asset> swept_;
};

}  // namespace diorama
