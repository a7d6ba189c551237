#pragma once

#include "engine/base/thread_pool.h"
#include "engine/raster/splat_planes.h"

#include <glm/glm.hpp>

#include <cstddef>
#include <vector>

namespace diorama {

// The first three planes of a picture, sRGB [0, 1]: row y of plane c starts at data + c * plane_stride + y * stride.
struct RgbPlanes {
  const float* data = nullptr;
  glm::ivec2 size_px{0};
  size_t stride = 0, plane_stride = 0;

  size_t offset(int channel, int y) const {
    return static_cast<size_t>(channel) * plane_stride + static_cast<size_t>(y) * stride;
  }
  const float* row(int channel, int y) const { return data + offset(channel, y); }
};

inline RgbPlanes rgb_planes(const SplatPlanes& planes) {
  return {planes.data(), planes.size_px(), planes.stride(), planes.plane_stride()};
}

// (1 - ssim_weight) * mean |x - y| + ssim_weight * (1 - mean SSIM), means over pixels and channels (Kerbl et al. 2023,
// equation 7). SSIM as in Wang et al. 2004 (11x11 Gaussian window, sigma 1.5) with zeros beyond the border. Owns its
// scratch: nothing is allocated once a size was seen. The same bits for any thread count.
class ImageLoss {
 public:
  // Writes dL/dx to `gradient`, laid out as `x`, up to the stride: entries beyond the width are zero. Both pictures
  // have the same layout. `weights`, if given (one plane of that layout), multiplies the gradient of each pixel; it
  // does not change the value.
  double evaluate(const RgbPlanes& x, const RgbPlanes& y, float ssim_weight, const float* weights, float* gradient,
                  ThreadPool& pool);

 private:
  void resize(const RgbPlanes& x);

  glm::ivec2 size_px_{0};
  size_t stride_ = 0;
  std::vector<float> partials_;       // dSSIM / d(mean of x, mean of x^2, mean of xy): 3 maps of 3 planes
  std::vector<float> rows_;           // filtered rows of one piece of work each
  std::vector<glm::dvec2> row_sums_;  // sums of |x - y| and of SSIM for each row
};

}  // namespace diorama
