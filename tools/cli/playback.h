#pragma once

#include "assets/animated_gltf.h"
#include "assets/asset.h"
#include "assets/asset_file.h"
#include "assets/splat_performance.h"
#include "streaming/splat_video_reader.h"
#include "tools/eval/asset_view.h"

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
    option("time", time_s, {0, 1e6}, "seconds into the animation, or the splat video");
    option("animate", animate,
           "let the animation or splat video run at --fps: once through for one view, else on and on along the views");
  }
  bool moves() const { return animate || time_s > 0 || !animation.empty(); }
};

// An asset as it is at the pictures of a sequence: an animated glTF, a splat video, or one that stands still.
class Playback {
 public:
  // Error: what reading refuses; kInvalidInput: the asset has no animation, or none of that name or number.
  // `pool` must stay.
  Playback(const std::string& path, const PlaybackOptions& options, double frames_per_s, const AssetReadOptions& read,
           const VideoPlayOptions& video, ThreadPool& pool, const LogSink& log);
  explicit Playback(Asset still) : frames_per_s_(1), asset_(std::move(still)) {}

  // More splats in the same scene, which stand still.
  void add_splats(std::vector<SplatPart> splats);

  const Asset& asset() const { return asset_; }  // at the first picture
  const Asset& swept() const {
    return swept_ ? *swept_ : asset_;
  }  // all that it goes through, for the choice of a view
  size_t picture_count(size_t views) const;

  // Makes the view draw picture i. `taken_at_s`: when the view's own frame was taken, if it is one of a capture; a
  // splat video is shown as it was then, unless the options say another time.
  void show(size_t picture, std::optional<double> taken_at_s, AssetView& view);

 private:
  size_t find_animation(const std::string& path) const;
  void open_animation(const std::string& path);
  void start_performance(const std::string& path);
  double duration_s() const;
  double time_of(size_t picture) const;  // from the start
  size_t frame_of(size_t picture, std::optional<double> taken_at_s) const;

  PlaybackOptions options_;
  double frames_per_s_;
  std::optional<AnimatedGltf> file_;  // only what moves
  std::unique_ptr<SplatPerformance> performance_;
  std::optional<size_t> shown_frame_;  // of the performance
  size_t animation_ = 0;
  Asset asset_;
  std::vector<SplatPart> others_;
  std::optional<Asset> swept_;
};

}  // namespace diorama
