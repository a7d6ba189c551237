#pragma once

#include "engine/raster/splat_rasterizer.h"
#include "reconstruction/splat_video/moment_views.h"
#include "reconstruction/splat_video/splat_video_options.h"
#include "reconstruction/splats/cpu/image_loss.h"

#include <span>

namespace diorama {

// How far a drawn view is from what the camera saw, in colour and depth, and the derivatives by the splats that move.
// They are drawn in front of splats that stay. The same bits for any thread count.
class ViewLoss {
 public:
  // `still`: what stays.
  ViewLoss(const SplatVideoOptions& options, const SplatCloud& still, ThreadPool& pool);

  SplatLayout layout() const { return layout_; }
  // The records of what moves; those given are copied.
  void set_moving(std::span<const float> records);
  std::span<float> moving() { return {records_.data(), moving_ * layout_.stride()}; }
  size_t moving_count() const { return moving_; }

  // The loss of a view over a background; then the derivatives can be asked for.
  double evaluate(const MomentView& view, int sh_degree, glm::vec3 background);
  // Of evaluate(): splats that move and may be in the picture, ascending.
  std::span<const uint32_t> visible_moving() const;
  // Derivatives by the records of visible_moving()[first, first + count).
  void gradients(size_t first, size_t count, std::span<float> of_records) const {
    rasterizer_.splat_gradients(first, count, of_records, {}, nullptr);
  }

  // Of the pixels of what moves: squared differences of all channels, and how many they are.
  struct Squares {
    double sum = 0, count = 0;
  };
  Squares squares(const MomentView& view, glm::vec3 background);

 private:
  void draw(const MomentView& view, int sh_degree, glm::vec3 background);
  void set_target(const MomentView& view, glm::vec3 background);

  const SplatVideoOptions& options_;
  SplatLayout layout_;
  AlignedVector<float> still_;
  ThreadPool& pool_;
  AlignedVector<float> records_;  // of what moves, then of what stays
  size_t moving_ = 0;             // splats
  SplatRasterizer rasterizer_;
  SplatPlanes image_, gradient_, target_;
  AlignedVector<float> weights_;
  ImageLoss image_loss_;
};

// Over white, of all pixels of what moves in all views, as the splats are now; dB.
double psnr(ViewLoss& loss, const MomentViews& moment);

}  // namespace diorama
