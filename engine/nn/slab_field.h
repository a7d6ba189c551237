#pragma once

#include "engine/nn/network_run.h"

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace diorama {

// A ray in the slab's frame: +x right, +y down, +z forward, metres; the direction need not be normalised.
struct SlabRay {
  std::array<float, 3> origin{}, direction{0, 0, 1};
};

// How a slab field is laid out. A point at depth z has the slab coordinates (x / z, y / z): pixels of a camera at the
// frame's origin, in units of its focal length.
struct SlabLayout {
  int planes = 32;                            // evenly in 1 / z
  float near_m = 1, far_m = 10;               // depths of the first and the last plane
  std::array<float, 4> window{-1, -1, 1, 1};  // of slab coordinates: least x, y, greatest x, y
  std::array<float, 4> eyes{-1, -1, 1, 1};    // where rays cross z = 0, m: what the view-dependent colour is scaled to
  std::array<int, 2> finest_cells{480, 320};  // of the grid's last level
  int levels = 5, features = 4, log2_table = 18;
  int hidden = 16;         // width of the two decoders
  int shade_features = 4;  // of a surface, for its view-dependent colour
};

// Where a ray meets the plane of this inverse depth, as shares of the window.
std::array<float, 2> slab_point(const SlabLayout& layout, const SlabRay& ray, float inverse_depth);

// Of a field's parameters in half precision and its occupancy as bits. Error kInvalidInput: out of range.
size_t slab_stored_bytes(const SlabLayout& layout);

// A light field on a stack of planes. A ray meets each plane in one point; a multi-resolution grid and a small network
// make of it an opacity, a colour and features; these are blended front to back, and a second small network adds the
// view-dependent colour, once a ray. The last plane is opaque. Points where nothing was found to be are skipped.
class SlabField {
 public:
  // Error kInvalidInput: a layout that is out of range.
  SlabField(const SlabLayout& layout, uint64_t seed);

  const SlabLayout& layout() const { return layout_; }
  Network& samples() { return samples_; }  // slab x, y, plane -> logit of the opacity, colour - 0.5, features
  Network& shade() { return shade_; }      // features, scaled x, y of the eye -> what is added to the colour
  const Network& samples() const { return samples_; }
  const Network& shade() const { return shade_; }
  float inverse_depth(int plane) const;

  // Cells of 1 / kOccupancyColumns by 1 / kOccupancyRows of the window, plane after plane; not 0: something is there.
  static constexpr int kOccupancyColumns = 128, kOccupancyRows = 96;
  std::vector<uint8_t>& occupancy() { return occupancy_; }
  const std::vector<uint8_t>& occupancy() const { return occupancy_; }

  // The largest opacity by any ray, cell by cell, as occupancy: cells that reach `least`, and their neighbours.
  void set_occupancy(std::span<const float> greatest_weights, float least);
  size_t cell_of(float x, float y, int plane) const;  // x and y in [0, 1]: within the window

  size_t stored_bytes() const { return slab_stored_bytes(layout_); }

 private:
  SlabLayout layout_;
  Network samples_, shade_;
  std::vector<uint8_t> occupancy_;
};

struct SlabRunOptions {
  size_t max_rays = 4096;
  bool training = false;
};

// Memory to look along rays in; the field must outlive it.
class SlabRun {
 public:
  SlabRun(SlabField& field, const SlabRunOptions& options);

  // Colours of the rays, three values each, not clamped; sRGB display space as the images.
  std::span<const float> forward(std::span<const SlabRay> rays, ThreadPool& pool);

  // Of the last forward(), weighted by what each point adds to the colour.
  std::span<const float> inverse_depths() const { return std::span(inverse_depths_).first(rays_); }
  size_t sample_count() const { return first_sample_[rays_]; }

  // greatest[cell] = max(greatest[cell], a sample's weight), over the samples of the last forward().
  void add_weights(std::span<float> greatest);

  // Gradients of both networks from dL/d(colour) of the last forward(), three values a ray.
  void backward(std::span<const float> color_gradient, ThreadPool& pool);
  std::span<const float> samples_gradient() const { return samples_.gradient(); }
  std::span<const float> shade_gradient() const { return shade_.gradient(); }

  // After the field's parameters were changed; training does it by itself.
  void refresh();

 private:
  void find_samples(std::span<const SlabRay> rays, ThreadPool& pool);
  void blend(std::span<const SlabRay> rays, std::span<const float> decoded, ThreadPool& pool);
  void blend_backward(size_t ray, std::span<const float> color_gradient, std::span<const float> feature_gradient);
  size_t outputs() const { return 4 + static_cast<size_t>(field_.layout().shade_features); }

  SlabField& field_;
  SlabRunOptions options_;
  NetworkRun samples_, shade_;
  size_t rays_ = 0;
  std::vector<uint8_t> ray_planes_;     // planes of each ray's samples, max planes a ray
  std::vector<uint32_t> first_sample_;  // by ray, and the end
  std::vector<float> alphas_, weights_, sums_, colors_, inverse_depths_;
  std::span<const float> decoded_;
};

}  // namespace diorama
