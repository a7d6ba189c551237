#pragma once

#include "tools/eval/evaluate.h"

#include <string>
#include <vector>

namespace diorama {

// What bounds the size of a report: at most this many frames have pictures, evenly spread, of at most this size.
inline constexpr size_t kMaxPicturedFrames = 24;
inline constexpr int kMaxPictureSidePx = 640;
inline constexpr int kPictureJpegQuality = 85;

// Neither heat colour: where the capture measured no depth, and where it did but the asset has no surface.
inline constexpr glm::u8vec3 kUnmeasuredColor{58, 64, 72}, kMissingSurfaceColor{40, 150, 170};

// One frame's pictures as data URIs of JPEG.
struct FramePictures {
  size_t row = 0;  // among the scored frames
  glm::ivec2 size_px{0};
  std::string truth, render, flip, depth;  // depth: empty where the capture has none
};

// Collects the pictures of a report while evaluate() runs.
class ReportPictures {
 public:
  void add(size_t index, size_t count, const ScoredPictures& pictures);
  ScoreObserver observer() {
    return [this](size_t index, size_t count, const ScoredPictures& pictures) { add(index, count, pictures); };
  }

  const std::vector<FramePictures>& frames() const { return frames_; }
  // The error that is drawn brightest: 1, 2 or 5 times a power of ten, about 5 % of the first pictured frame's mean
  // depth. 0 before there was one with depth.
  float depth_full_scale_m() const { return depth_full_scale_m_; }

 private:
  std::string depth_picture(const ImageF32& truth_m, const ImageF32& render_m);

  std::vector<FramePictures> frames_;
  float depth_full_scale_m_ = 0;
};

// Whether frame `index` of `count` has pictures: kMaxPicturedFrames of them, or all, evenly spread from the first on.
bool is_pictured(size_t index, size_t count);

}  // namespace diorama
