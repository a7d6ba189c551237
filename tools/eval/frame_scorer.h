#pragma once

#include "tools/eval/evaluate.h"
#include "tools/eval/flicker.h"

#include <functional>
#include <optional>

namespace diorama {

// What evaluate() needs of a frame. Confidence is of no use; the mask says which pixels tell the exposure: scores count
// all.
inline FrameParts scored_parts(const EvalOptions& options) {
  return {.confidence = false, .mask = options.align_exposure};
}

// What the scoring of every frame shares.
class FrameScorer {
 public:
  FrameScorer(const ScoredAsset& scored, const Capture& capture, AssetView& view, const EvalOptions& options,
              ThreadPool& pool)
      : scored_(scored), capture_(capture), view_(view), options_(options), pool_(pool) {}

  // `follows`: the frame scored before of this camera is the one that the camera took before, from the same place.
  FrameScore score(size_t frame, bool follows, const std::function<void(const ScoredPictures&)>& show);

  const FlickerMeter& flicker() const { return flicker_; }

 private:
  // A recorded picture at the scored size.
  struct Recorded {
    ImageRgba8 color;  // over the background
    ImageU8 filled;    // 255 where its alpha is above 0; empty without alpha
  };

  Camera camera_of(const Frame& frame) const;
  void show_time_of(const Frame& frame);
  ImageF32 rendered_depth(const Camera& depth_camera) const;
  AlignedScore aligned_score(const ImageRgba8& truth, const RasterResult& picture, const ImageU8& mask) const;
  void score_change(const Frame& frame, bool follows, const Recorded& truth, const RasterResult& picture,
                    FrameScore& result);
  static Recorded recorded(const ImageRgba8& image, bool has_alpha, glm::u8vec3 background, glm::ivec2 size_px);

  const ScoredAsset& scored_;
  const Capture& capture_;
  AssetView& view_;
  const EvalOptions& options_;
  ThreadPool& pool_;
  FlickerMeter flicker_;
  std::optional<size_t> shown_;  // frame of the performance that the view draws
};

}  // namespace diorama
