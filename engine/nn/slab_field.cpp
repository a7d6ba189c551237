#include "engine/nn/slab_field.h"

#include "engine/base/error.h"

#include <algorithm>
#include <cmath>
#include <functional>

namespace diorama {
namespace {

constexpr size_t kRayGrain = 128;
// Opacities start at 12 %, so that every plane is seen at first.
constexpr float kFirstLogit = -2.0f;

void check_layout(const SlabLayout& layout) {
  const auto box = [](const std::array<float, 4>& b) { return b[0] < b[2] && b[1] < b[3]; };
  const bool finite = std::ranges::all_of(layout.window, [](float v) { return std::isfinite(v); }) &&
                      std::ranges::all_of(layout.eyes, [](float v) { return std::isfinite(v); });
  if (!(layout.planes >= 2 && layout.planes <= 256) || !(layout.near_m > 0) || !(layout.far_m > layout.near_m) ||
      !std::isfinite(layout.far_m) || !finite || !box(layout.window) || !box(layout.eyes)) {
    fail(ErrorCode::kInvalidInput,
         "a slab of {} planes from {} to {} m, window ({}, {}) to ({}, {}); expected 2 to 256 planes, depths that grow "
         "and boxes that are not empty",
         layout.planes, layout.near_m, layout.far_m, layout.window[0], layout.window[1], layout.window[2],
         layout.window[3]);
  }
  if (!(layout.hidden >= 1 && layout.hidden <= 256) || !(layout.shade_features >= 1 && layout.shade_features <= 32)) {
    fail(ErrorCode::kInvalidInput, "decoders of width {} with {} features; expected 1 to 256 and 1 to 32",
         layout.hidden, layout.shade_features);
  }
}

GridOptions sample_grid(const SlabLayout& layout) {
  check_layout(layout);
  GridOptions grid{.axes = 3,
                   .nearest_axes = 1,
                   .levels = layout.levels,
                   .features = layout.features,
                   .log2_table = layout.log2_table};
  for (size_t a = 0; a < 2; ++a) {
    grid.cells[a] = static_cast<float>(std::ldexp(layout.finest_cells[a], 1 - layout.levels));
    grid.growth[a] = 2;
  }
  grid.cells[2] = static_cast<float>(layout.planes);
  return grid;
}

NetworkOptions sample_network(const SlabLayout& layout) {
  return {{3},
          {grid_layer(sample_grid(layout)), linear_layer(layout.hidden), activation_layer(Activation::kRelu),
           linear_layer(4 + layout.shade_features)}};
}

NetworkOptions shade_network(const SlabLayout& layout) {
  return {{layout.shade_features + 2},
          {linear_layer(layout.hidden), activation_layer(Activation::kRelu), linear_layer(3)}};
}

}  // namespace

// The point at depth z is origin + (z - origin.z) / direction.z * direction.
std::array<float, 2> slab_point(const SlabLayout& layout, const SlabRay& ray, float inverse_depth) {
  const float along = (1 - ray.origin[2] * inverse_depth) / ray.direction[2];
  std::array<float, 2> point{};
  for (size_t a = 0; a < 2; ++a) {
    const float place = ray.origin[a] * inverse_depth + along * ray.direction[a];
    point[a] = (place - layout.window[a]) / (layout.window[a + 2] - layout.window[a]);
  }
  return point;
}

size_t slab_stored_bytes(const SlabLayout& layout) {
  const GridEncoding grid(sample_grid(layout));
  const auto hidden = static_cast<size_t>(layout.hidden), features = static_cast<size_t>(layout.shade_features);
  const size_t samples = grid.table_size() + (grid.width() + 1) * hidden + (hidden + 1) * (4 + features);
  const size_t shade = (features + 3) * hidden + (hidden + 1) * 3;
  const auto cells = static_cast<size_t>(SlabField::kOccupancyColumns * SlabField::kOccupancyRows * layout.planes);
  return 2 * (samples + shade) + (cells + 7) / 8;
}

SlabField::SlabField(const SlabLayout& layout, uint64_t seed)
    : layout_(layout),
      samples_(sample_network(layout), seed),
      shade_(shade_network(layout), seed + 1),
      occupancy_(static_cast<size_t>(kOccupancyColumns * kOccupancyRows * layout.planes), uint8_t{1}) {
  const auto last = samples_.layer_parameters(samples_.layer_count() - 1);
  last[last.size() - 4 - static_cast<size_t>(layout.shade_features)] = kFirstLogit;
  // The view-dependent colour starts at nothing.
  std::ranges::fill(shade_.layer_parameters(shade_.layer_count() - 1), 0.0f);
}

float SlabField::inverse_depth(int plane) const {
  const float share = static_cast<float>(plane) / static_cast<float>(layout_.planes - 1);
  return (1 - share) / layout_.near_m + share / layout_.far_m;
}

size_t SlabField::cell_of(float x, float y, int plane) const {
  const int column = std::min(static_cast<int>(x * kOccupancyColumns), kOccupancyColumns - 1);
  const int row = std::min(static_cast<int>(y * kOccupancyRows), kOccupancyRows - 1);
  return static_cast<size_t>((plane * kOccupancyRows + row) * kOccupancyColumns + column);
}

void SlabField::set_occupancy(std::span<const float> greatest_weights, float least) {
  DIO_CHECK(greatest_weights.size() == occupancy_.size());
  std::ranges::fill(occupancy_, uint8_t{0});
  for (int i = 0; i < static_cast<int>(occupancy_.size()); ++i) {
    if (!(greatest_weights[static_cast<size_t>(i)] >= least)) continue;
    const int column = i % kOccupancyColumns, row = i / kOccupancyColumns % kOccupancyRows;
    const int plane = i / (kOccupancyColumns * kOccupancyRows);
    for (int y = std::max(row - 1, 0); y <= std::min(row + 1, kOccupancyRows - 1); ++y) {
      for (int x = std::max(column - 1, 0); x <= std::min(column + 1, kOccupancyColumns - 1); ++x) {
        occupancy_[static_cast<size_t>((plane * kOccupancyRows + y) * kOccupancyColumns + x)] = 1;
      }
    }
  }
}

SlabRun::SlabRun(SlabField& field, const SlabRunOptions& options)
    : field_(field),
      options_(options),
      samples_(field.samples(), {.max_items = options.max_rays * static_cast<size_t>(field.layout().planes),
                                 .training = options.training}),
      shade_(field.shade(),
             {.max_items = options.max_rays, .training = options.training, .input_gradient = options.training}) {
  const size_t most = options.max_rays * static_cast<size_t>(field.layout().planes);
  ray_planes_.resize(most);
  first_sample_.resize(options.max_rays + 1);
  alphas_.resize(most), weights_.resize(most);
  sums_.resize(options.max_rays * outputs());
  colors_.resize(options.max_rays * 3);
  inverse_depths_.resize(options.max_rays);
}

void SlabRun::refresh() {
  samples_.refresh();
  shade_.refresh();
}

// A ray meets every plane; a sample is where the point is in the window and something may be there. The last plane's
// is always one.
void SlabRun::find_samples(std::span<const SlabRay> rays, ThreadPool& pool) {
  const SlabLayout& layout = field_.layout();
  const int planes = layout.planes;
  const auto choose = [&](size_t begin, size_t end) {
    for (size_t r = begin; r < end; ++r) {
      uint8_t* const chosen = ray_planes_.data() + r * static_cast<size_t>(planes);
      uint32_t count = 0;
      for (int plane = 0; plane < planes; ++plane) {
        const auto [x, y] = slab_point(layout, rays[r], field_.inverse_depth(plane));
        const bool inside = x >= 0 && x <= 1 && y >= 0 && y <= 1;
        const bool taken = plane == planes - 1 || (inside && field_.occupancy()[field_.cell_of(x, y, plane)] != 0);
        if (taken) chosen[count++] = static_cast<uint8_t>(plane);
      }
      first_sample_[r + 1] = count;
    }
  };
  pool.parallel_for(rays.size(), kRayGrain, std::ref(choose));
  first_sample_[0] = 0;
  for (size_t r = 0; r < rays.size(); ++r) first_sample_[r + 1] += first_sample_[r];
  float* const positions = samples_.input(first_sample_[rays.size()]).data();
  const auto place = [&](size_t begin, size_t end) {
    for (size_t r = begin; r < end; ++r) {
      const uint8_t* const chosen = ray_planes_.data() + r * static_cast<size_t>(planes);
      for (uint32_t i = first_sample_[r]; i < first_sample_[r + 1]; ++i) {
        const int plane = chosen[i - first_sample_[r]];
        const auto [x, y] = slab_point(layout, rays[r], field_.inverse_depth(plane));
        positions[3 * size_t{i}] = x, positions[3 * size_t{i} + 1] = y;
        positions[3 * size_t{i} + 2] = (static_cast<float>(plane) + 0.5f) / static_cast<float>(planes);
      }
    }
  };
  pool.parallel_for(rays.size(), kRayGrain, std::ref(place));
}

void SlabRun::blend(std::span<const SlabRay> rays, std::span<const float> decoded, ThreadPool& pool) {
  const SlabLayout& layout = field_.layout();
  const size_t width = outputs(), features = width - 4;
  const std::span<float> shade_in = shade_.input(rays.size());
  const auto blend_rays = [&](size_t begin, size_t end) {
    for (size_t r = begin; r < end; ++r) {
      float* const sums = sums_.data() + r * width;
      std::fill_n(sums, width, 0.0f);
      float through = 1, inverse_depth = 0;
      for (size_t i = first_sample_[r]; i < first_sample_[r + 1]; ++i) {
        const float* const sample = decoded.data() + i * width;
        const bool last = i + 1 == first_sample_[r + 1];
        alphas_[i] = last ? 1.0f : 1 / (1 + std::exp(-sample[0]));
        weights_[i] = through * alphas_[i];
        through *= 1 - alphas_[i];
        for (size_t k = 1; k < width; ++k) sums[k] += weights_[i] * sample[k];
        const size_t chosen = r * static_cast<size_t>(layout.planes) + i - first_sample_[r];
        inverse_depth += weights_[i] * field_.inverse_depth(ray_planes_[chosen]);
      }
      inverse_depths_[r] = inverse_depth;
      float* const shade = shade_in.data() + r * (features + 2);
      std::copy_n(sums + 4, features, shade);
      for (size_t a = 0; a < 2; ++a) {
        const float eye = rays[r].origin[a] - rays[r].origin[2] / rays[r].direction[2] * rays[r].direction[a];
        shade[features + a] = 2 * (eye - layout.eyes[a]) / (layout.eyes[a + 2] - layout.eyes[a]) - 1;
      }
    }
  };
  pool.parallel_for(rays.size(), kRayGrain, std::ref(blend_rays));
}

std::span<const float> SlabRun::forward(std::span<const SlabRay> rays, ThreadPool& pool) {
  DIO_CHECK(rays.size() <= options_.max_rays);
  rays_ = rays.size();
  find_samples(rays, pool);
  decoded_ = samples_.forward(sample_count(), pool);
  blend(rays, decoded_, pool);
  const std::span<const float> shade = shade_.forward(rays.size(), pool);
  for (size_t r = 0; r < rays.size(); ++r) {
    for (size_t c = 0; c < 3; ++c) colors_[3 * r + c] = 0.5f + sums_[r * outputs() + 1 + c] + shade[3 * r + c];
  }
  return std::span(colors_).first(3 * rays.size());
}

void SlabRun::add_weights(std::span<float> greatest) {
  const auto planes = static_cast<size_t>(field_.layout().planes);
  const float* const positions = samples_.input(sample_count()).data();
  for (size_t r = 0; r < rays_; ++r) {
    for (size_t i = first_sample_[r]; i < first_sample_[r + 1]; ++i) {
      const float x = positions[3 * i], y = positions[3 * i + 1];
      if (!(x >= 0 && x <= 1 && y >= 0 && y <= 1)) continue;
      float& most = greatest[field_.cell_of(x, y, ray_planes_[r * planes + i - first_sample_[r]])];
      most = std::max(most, weights_[i]);
    }
  }
}

// With weights w_i = a_i prod_(j < i) (1 - a_j): dL/da_i = T_i g_i - sum_(j > i) w_j g_j / (1 - a_i), where g_i is
// dL/dw_i and T_i what reaches point i.
void SlabRun::blend_backward(size_t ray, std::span<const float> color_gradient,
                             std::span<const float> feature_gradient) {
  const size_t width = outputs(), features = width - 4;
  float* const to = samples_.output_gradient().data();
  float behind = 0;
  for (size_t i = first_sample_[ray + 1]; i-- > first_sample_[ray];) {
    const float* const sample = decoded_.data() + i * width;
    float* const gradient = to + i * width;
    float by_weight = 0;
    for (size_t k = 1; k < width; ++k) {
      const float of_sum = k < 4 ? color_gradient[3 * ray + k - 1] : feature_gradient[ray * (features + 2) + k - 4];
      gradient[k] = weights_[i] * of_sum;
      by_weight += sample[k] * of_sum;
    }
    const bool last = i + 1 == first_sample_[ray + 1];
    // a (1 - a) of the sigmoid cancels both divisions.
    gradient[0] = last ? 0.0f : (1 - alphas_[i]) * weights_[i] * by_weight - alphas_[i] * behind;
    behind += weights_[i] * by_weight;
  }
}

void SlabRun::backward(std::span<const float> color_gradient, ThreadPool& pool) {
  DIO_CHECK(options_.training && color_gradient.size() == 3 * rays_);
  std::ranges::copy(color_gradient, shade_.output_gradient().begin());
  shade_.backward(pool);
  const std::span<const float> feature_gradient = shade_.input_gradient();
  const auto blend_rays = [&](size_t begin, size_t end) {
    for (size_t r = begin; r < end; ++r) blend_backward(r, color_gradient, feature_gradient);
  };
  pool.parallel_for(rays_, kRayGrain, std::ref(blend_rays));
  samples_.backward(pool);
}

}  // namespace diorama
