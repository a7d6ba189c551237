#pragma once

#include "engine/base/thread_pool.h"
#include "engine/raster/splat_planes.h"
#include "engine/raster/splat_records.h"
#include "engine/scene/camera.h"

#include <cstdint>
#include <memory>
#include <span>

namespace diorama {

struct SplatRasterOptions {
  SplatChannels channels;
  glm::vec3 background{0.0f};  // sRGB [0, 1], as the splats' colours
  float near_m = 0.2f;         // centres nearer than this (planar z) are not drawn
  int sh_degree = 3;           // coefficients of higher degrees are taken for 0
  bool antialiased = false;    // opacity * sqrt(det of the projected covariance without / with the 0.3 px^2), >= 0.005
  bool sort_by_z = false;      // else by distance from the camera, as KHR_gaussian_splatting orders
};

// What a loss's derivatives say about the camera: a rotation vector (radians) and a translation (metres) that move the
// world in the camera's frame, p_in_camera' = exp(rotation) * p_in_camera + translation, at 0.
struct SplatCameraGradient {
  glm::dvec3 rotation{0.0}, translation{0.0};
  glm::dvec2 focal_px{0.0}, center_px{0.0};
  SplatCameraGradient& operator+=(const SplatCameraGradient& other);
};

// Where a splat was drawn.
struct SplatFootprint {
  glm::vec2 mean_px{0.0f};
  glm::vec2 half_extent_px{0.0f};  // of the box around all that is drawn (alpha >= 1/255)
  float z_m = 0;
  uint32_t tiles = 0;  // 0: no pixel's centre is inside
};

// A splat's share of the picture and of the loss, for densification and pruning.
struct SplatScreenGradient {
  glm::vec2 mean_px{0.0f};           // dL / d mean_px
  glm::vec2 absolute_mean_px{0.0f};  // sum over pixels of the absolute values (Ye et al. 2024, AbsGS); by statistics
  float max_weight = 0;              // largest weight in any pixel, [0, 0.99]; by statistics
  float weight_sum = 0;              // sum of the weights over pixels; by statistics
};

// Seconds of the last calls, for benchmarks.
struct SplatTimings {
  double project_s = 0, sort_s = 0, bin_s = 0, blend_s = 0, backward_s = 0;
};

// Draws 3D Gaussians by EWA projection (Zwicker et al. 2002; Kerbl et al. 2023) on the CPU, and takes a loss's
// derivatives from the picture back to the splats and the camera. A step:
//
//   rasterizer.forward(records, layout, camera, options, image, pool);
//   ... loss: gradient planes = dL / d image ...
//   rasterizer.backward(image, gradient, statistics, pool);
//   for each block of visible(): rasterizer.splat_gradients(first, count, records of gradients, {}, nullptr);
//
// The same bits for any thread count. Allocates only where a scene needs more than any before it: about 90 bytes a
// visible splat and 65 a pair of splat and tile (8x32 pixels) that it touches. Records with values that are not finite
// are never drawn; their gradients are 0. One object serves one call at a time, splat_gradients apart.
class SplatRasterizer {
 public:
  SplatRasterizer();
  ~SplatRasterizer();
  SplatRasterizer(SplatRasterizer&&) noexcept;
  SplatRasterizer& operator=(SplatRasterizer&&) noexcept;

  // Draws `records` (layout.stride() floats each) into `image`, which gets the camera's size and the options' channels.
  // Error kInvalidInput: what check_camera refuses; more than 2^24 splats.
  void forward(std::span<const float> records, SplatLayout layout, const Camera& camera,
               const SplatRasterOptions& options, SplatPlanes& image, ThreadPool& pool);

  // Of the last forward(): records near enough to the picture to be drawn, ascending. Some touch no pixel.
  std::span<const uint32_t> visible() const;
  // Between forward() and backward().
  SplatFootprint footprint(size_t visible_index) const;

  // `image` as forward() left it; `gradient` holds dL / d image in planes of the same size and channels. With
  // `statistics` the last three fields of SplatScreenGradient are filled (about 15 % more time).
  void backward(const SplatPlanes& image, const SplatPlanes& gradient, bool statistics, ThreadPool& pool);

  // After backward(): derivatives with respect to the records of visible()[first, first + count), one record of the
  // layout after another, overwritten. Reads the records given to forward() of these splats alone, so the caller may
  // change them block after block, from several threads at once. Where `screen` is not empty it gets `count` entries;
  // where `camera` is given it gets these splats' share: add the shares up in order of blocks of one fixed size.
  void splat_gradients(size_t first, size_t count, std::span<float> gradients, std::span<SplatScreenGradient> screen,
                       SplatCameraGradient* camera) const;

  const SplatTimings& timings() const;

  // Of the lists that grow with the splats and their pairs.
  size_t memory_bytes() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace diorama
