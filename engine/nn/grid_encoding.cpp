#include "engine/nn/grid_encoding.h"

#include "engine/base/error.h"

#include <algorithm>
#include <cmath>

namespace diorama {
namespace {

using Level = GridEncoding::Level;

// Mueller et al. 2022, section 3; the fourth is the next of the same family.
constexpr std::array<uint32_t, 4> kPrimes = {1u, 2654435761u, 805459861u, 3674653429u};
constexpr size_t kMostFloats = size_t{1} << 30;

void check_grid(const GridOptions& options) {
  const auto outside = [](int value, int low, int high) { return value < low || value > high; };
  if (outside(options.axes, 1, 4) || outside(options.nearest_axes, 0, options.axes - 1)) {
    fail(ErrorCode::kInvalidInput,
         "a grid of {} axes, {} of them not interpolated; expected 1 to 4, and at least one interpolated", options.axes,
         options.nearest_axes);
  }
  const bool power = options.features == 1 || options.features == 2 || options.features == 4 || options.features == 8;
  if (outside(options.levels, 1, 32) || !power || outside(options.log2_table, 0, 26)) {
    fail(ErrorCode::kInvalidInput,
         "a grid of {} levels, {} features and 2^{} entries; expected 1 to 32 levels, 1, 2, 4 or 8 features and up to "
         "2^26",
         options.levels, options.features, options.log2_table);
  }
  for (int a = 0; a < options.axes; ++a) {
    const auto axis = static_cast<size_t>(a);
    const double finest = options.cells[axis] * std::pow(double{options.growth[axis]}, options.levels - 1);
    if (!(options.cells[axis] >= 1) || !(options.growth[axis] >= 1) || !(finest <= 65536)) {
      fail(ErrorCode::kInvalidInput, "a grid of {} cells that grow {} times a level on axis {}; expected 1 to 65536",
           options.cells[axis], options.growth[axis], a);
    }
  }
}

// A row's corners in one level: entries of the table and their weights.
template <size_t kInterpolated>
struct Corners {
  static constexpr size_t kCount = size_t{1} << kInterpolated;
  std::array<uint32_t, kCount> entry;
  std::array<float, kInterpolated> fraction;
  std::array<bool, kInterpolated> inside;

  float weight(size_t corner) const {
    float weight = 1;
    for (size_t a = 0; a < kInterpolated; ++a) weight *= (corner >> a & 1) != 0 ? fraction[a] : 1 - fraction[a];
    return weight;
  }
};

// `entry` of corner 0 along one axis and how far the next is, combined by sum (dense) or exclusive or (hashed).
template <size_t kInterpolated>
Corners<kInterpolated> corners_of(const Level& level, const float* position, size_t axes) {
  Corners<kInterpolated> corners;
  const bool hashed = level.mask != 0;
  std::array<std::array<uint32_t, 2>, kInterpolated> terms{};
  uint32_t rest = 0, stride = 1;
  for (size_t a = 0; a < axes; ++a) {
    // In this order NaN becomes 0.
    const float bounded = std::min(std::max(0.0f, position[a]), 1.0f);
    const float scaled = bounded * static_cast<float>(level.cells[a]);
    const uint32_t cell = std::min(static_cast<uint32_t>(scaled), level.cells[a] - 1);
    const uint32_t factor = hashed ? kPrimes[a] : stride;
    if (a < kInterpolated) {
      corners.fraction[a] = scaled - static_cast<float>(cell);
      corners.inside[a] = position[a] > 0 && position[a] < 1;
      terms[a] = {cell * factor, (cell + 1) * factor};
    } else {
      rest = hashed ? rest ^ (cell * factor) : rest + cell * factor;
    }
    stride *= level.corners[a];
  }
  for (size_t corner = 0; corner < corners.entry.size(); ++corner) {
    uint32_t entry = rest;
    for (size_t a = 0; a < kInterpolated; ++a) {
      const uint32_t term = terms[a][corner >> a & 1];
      entry = hashed ? entry ^ term : entry + term;
    }
    corners.entry[corner] = hashed ? entry & level.mask : entry;
  }
  return corners;
}

// What a call works on, so that it can be passed through the choice of templates.
struct GridCall {
  size_t axes, width;  // floats of a row of positions and of the encoding
  const float* positions;
  size_t rows;
};

template <size_t kInterpolated, size_t kFeatures>
void encode_level(const Level& level, const GridCall& call, const float* table, float* encoded) {
  const float* const entries = table + level.offset;
  for (size_t r = 0; r < call.rows; ++r) {
    const auto corners = corners_of<kInterpolated>(level, call.positions + r * call.axes, call.axes);
    float sums[kFeatures] = {};
    for (size_t c = 0; c < corners.entry.size(); ++c) {
      const float weight = corners.weight(c);
      const float* const entry = entries + size_t{corners.entry[c]} * kFeatures;
      for (size_t f = 0; f < kFeatures; ++f) sums[f] += weight * entry[f];
    }
    std::copy_n(sums, kFeatures, encoded + r * call.width);
  }
}

template <size_t kInterpolated, size_t kFeatures>
void scatter_level(const Level& level, const GridCall& call, const float* encoded_gradient, float* table_gradient) {
  float* const entries = table_gradient + level.offset;
  for (size_t r = 0; r < call.rows; ++r) {
    const float* const gradient = encoded_gradient + r * call.width;
    const auto corners = corners_of<kInterpolated>(level, call.positions + r * call.axes, call.axes);
    for (size_t c = 0; c < corners.entry.size(); ++c) {
      const float weight = corners.weight(c);
      float* const entry = entries + size_t{corners.entry[c]} * kFeatures;
      for (size_t f = 0; f < kFeatures; ++f) entry[f] += weight * gradient[f];
    }
  }
}

template <size_t kInterpolated, size_t kFeatures>
void differentiate_level(const Level& level, const GridCall& call, const float* table, const float* encoded_gradient,
                         float* position_gradient) {
  const float* const entries = table + level.offset;
  for (size_t r = 0; r < call.rows; ++r) {
    const float* const gradient = encoded_gradient + r * call.width;
    const auto corners = corners_of<kInterpolated>(level, call.positions + r * call.axes, call.axes);
    for (size_t c = 0; c < corners.entry.size(); ++c) {
      const float* const entry = entries + size_t{corners.entry[c]} * kFeatures;
      float value = 0;
      for (size_t f = 0; f < kFeatures; ++f) value += entry[f] * gradient[f];
      for (size_t a = 0; a < kInterpolated; ++a) {
        if (!corners.inside[a]) continue;
        float slope = static_cast<float>(level.cells[a]) * ((c >> a & 1) != 0 ? 1.0f : -1.0f);
        for (size_t b = 0; b < kInterpolated; ++b) {
          if (b != a) slope *= (c >> b & 1) != 0 ? corners.fraction[b] : 1 - corners.fraction[b];
        }
        position_gradient[r * call.axes + a] += slope * value;
      }
    }
  }
}

// Calls visit.operator()<interpolated axes, features>().
template <size_t kInterpolated, class Visit>
void with_features(int features, Visit&& visit) {
  if (features == 1) visit.template operator()<kInterpolated, 1>();
  if (features == 2) visit.template operator()<kInterpolated, 2>();
  if (features == 4) visit.template operator()<kInterpolated, 4>();
  if (features == 8) visit.template operator()<kInterpolated, 8>();
}

template <class Visit>
void with_grid(size_t interpolated, int features, Visit&& visit) {
  if (interpolated == 1) with_features<1>(features, visit);
  if (interpolated == 2) with_features<2>(features, visit);
  if (interpolated == 3) with_features<3>(features, visit);
  if (interpolated == 4) with_features<4>(features, visit);
}

}  // namespace

GridEncoding::GridEncoding(const GridOptions& options) : options_(options) {
  check_grid(options);
  interpolated_ = static_cast<size_t>(options.axes - options.nearest_axes);
  const auto most_entries = options.log2_table == 0 ? kMostFloats : size_t{1} << options.log2_table;
  for (int l = 0; l < options.levels; ++l) {
    Level level;
    level.offset = table_size_;
    double corners = 1;
    for (size_t a = 0; a < static_cast<size_t>(options.axes); ++a) {
      level.cells[a] = static_cast<uint32_t>(std::lround(options.cells[a] * std::pow(double{options.growth[a]}, l)));
      level.corners[a] = level.cells[a] + (a < interpolated_ ? 1 : 0);
      corners *= level.corners[a];
    }
    const bool hashed = options.log2_table > 0 && corners > static_cast<double>(most_entries);
    if (hashed) level.mask = static_cast<uint32_t>(most_entries - 1);
    const double floats = (hashed ? static_cast<double>(most_entries) : corners) * options.features;
    if (static_cast<double>(table_size_) + floats > static_cast<double>(kMostFloats)) {
      fail(ErrorCode::kInvalidInput,
           "level {} of a grid would need {:.0f} floats more; all levels may have 2^30: give them a table size or "
           "fewer cells",
           l, floats);
    }
    table_size_ += static_cast<size_t>(floats);
    levels_.push_back(level);
  }
}

void GridEncoding::encode(const float* table, const float* positions, size_t rows, float* encoded) const {
  const GridCall call{static_cast<size_t>(options_.axes), width(), positions, rows};
  with_grid(interpolated_, options_.features, [&]<size_t kInterpolated, size_t kFeatures>() {
    for (size_t l = 0; l < levels_.size(); ++l) {
      encode_level<kInterpolated, kFeatures>(levels_[l], call, table, encoded + l * kFeatures);
    }
  });
}

void GridEncoding::accumulate_table(size_t level, const float* positions, const float* encoded_gradient, size_t rows,
                                    float* table_gradient) const {
  const GridCall call{static_cast<size_t>(options_.axes), width(), positions, rows};
  with_grid(interpolated_, options_.features, [&]<size_t kInterpolated, size_t kFeatures>() {
    scatter_level<kInterpolated, kFeatures>(levels_[level], call, encoded_gradient + level * kFeatures, table_gradient);
  });
}

void GridEncoding::differentiate_positions(const float* table, const float* positions, const float* encoded_gradient,
                                           size_t rows, bool accumulate, float* position_gradient) const {
  const GridCall call{static_cast<size_t>(options_.axes), width(), positions, rows};
  if (!accumulate) std::fill_n(position_gradient, rows * call.axes, 0.0f);
  with_grid(interpolated_, options_.features, [&]<size_t kInterpolated, size_t kFeatures>() {
    for (size_t l = 0; l < levels_.size(); ++l) {
      differentiate_level<kInterpolated, kFeatures>(levels_[l], call, table, encoded_gradient + l * kFeatures,
                                                    position_gradient);
    }
  });
}

}  // namespace diorama
