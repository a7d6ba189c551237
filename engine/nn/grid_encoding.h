#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace diorama {

// Features on grids of several resolutions, interpolated linearly between the corners of a cell and put side by side,
// coarse levels first (multi-resolution encoding, Mueller et al. 2022). A level with more corners than its table has
// entries is hashed; with log2_table = 0 all levels are dense.
struct GridOptions {
  int axes = 2;                                // 1 to 4; positions are in [0, 1] and clamped to it
  int nearest_axes = 0;                        // the last axes are not interpolated: their cells have one entry each
  int levels = 1, features = 2;                // features of a level: 1, 2, 4 or 8
  int log2_table = 0;                          // entries of a level at most
  std::array<float, 4> cells{16, 16, 16, 16};  // of the first level, by axis
  std::array<float, 4> growth{1, 1, 1, 1};     // of the number of cells from level to level
};

class GridEncoding {
 public:
  // Error kInvalidInput where an option is out of its range or the tables would pass 2^30 floats.
  explicit GridEncoding(const GridOptions& options);

  const GridOptions& options() const { return options_; }
  size_t width() const { return levels_.size() * static_cast<size_t>(options_.features); }  // of the encoding
  size_t level_count() const { return levels_.size(); }
  size_t table_size() const { return table_size_; }  // floats, all levels
  // Corners that a position reads, of all levels.
  size_t reads() const { return levels_.size() << interpolated_; }

  // Positions: rows x axes; encoded: rows x width().
  void encode(const float* table, const float* positions, size_t rows, float* encoded) const;

  // One level's table_gradient += what these rows tell, row by row. Levels may go to different threads.
  void accumulate_table(size_t level, const float* positions, const float* encoded_gradient, size_t rows,
                        float* table_gradient) const;

  // dL/d(positions), set or added; of nearest axes, and where a position was clamped, zero.
  void differentiate_positions(const float* table, const float* positions, const float* encoded_gradient, size_t rows,
                               bool accumulate, float* position_gradient) const;

  struct Level {
    std::array<uint32_t, 4> cells{}, corners{};
    size_t offset = 0;  // of the table, in floats
    uint32_t mask = 0;  // entries - 1 of a hashed level; 0: dense
  };

 private:
  GridOptions options_;
  size_t interpolated_ = 0;
  std::vector<Level> levels_;
  size_t table_size_ = 0;
};

}  // namespace diorama
