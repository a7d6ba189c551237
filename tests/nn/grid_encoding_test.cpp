#include "engine/nn/grid_encoding.h"

#include "tests/expect_error.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>
#include <set>

namespace diorama {
namespace {

TEST(GridEncoding, CornersHaveTheirValuesAndTheMiddleTheirMean) {
  const GridEncoding grid({.axes = 2, .levels = 1, .features = 1, .cells = {2, 1}});
  ASSERT_EQ(grid.table_size(), 6u);
  const std::vector<float> table = {1, 2, 4, 8, 16, 32};  // x first
  const std::vector<float> positions = {0, 0, 0.5f, 0, 1, 1, 0.25f, 0.5f, -3, 0, 2, 9};
  std::vector<float> encoded(6);
  grid.encode(table.data(), positions.data(), 6, encoded.data());
  EXPECT_EQ(encoded, (std::vector<float>{1, 2, 32, (1 + 2 + 8 + 16) / 4.0f, 1, 32}));
}

TEST(GridEncoding, NearestAxesTakeTheCellTheyAreIn) {
  const GridEncoding grid({.axes = 2, .nearest_axes = 1, .levels = 1, .features = 1, .cells = {1, 3}});
  ASSERT_EQ(grid.table_size(), 6u);
  const std::vector<float> table = {1, 2, 10, 20, 100, 200};
  const std::vector<float> positions = {0, 0, 0, 0.32f, 0, 0.34f, 0.5f, 1, 1, 0.5f};
  std::vector<float> encoded(5);
  grid.encode(table.data(), positions.data(), 5, encoded.data());
  EXPECT_EQ(encoded, (std::vector<float>{1, 1, 10, 150, 20}));
}

TEST(GridEncoding, ALevelIsHashedOnlyWhenItsCornersOutnumberTheTable) {
  const GridEncoding grid(
      {.axes = 3, .levels = 2, .features = 2, .log2_table = 10, .cells = {8, 8, 8}, .growth = {2, 2, 2}});
  EXPECT_EQ(grid.table_size(), (9 * 9 * 9 + 1024) * 2u);
  EXPECT_EQ(grid.width(), 4u);
  EXPECT_EQ(grid.reads(), 16u);
}

TEST(GridEncoding, HashedCornersSpreadOverTheTable) {
  const GridEncoding grid({.axes = 2, .levels = 1, .features = 1, .log2_table = 8, .cells = {100, 100}});
  std::vector<float> table(grid.table_size());
  std::iota(table.begin(), table.end(), 0.0f);
  std::set<float> seen;
  for (int y = 0; y < 40; ++y) {
    for (int x = 0; x < 40; ++x) {
      const float position[2] = {static_cast<float>(x) / 100, static_cast<float>(y) / 100};
      float encoded = 0;
      grid.encode(table.data(), position, 1, &encoded);
      seen.insert(std::round(encoded));
    }
  }
  // 1600 corners in 256 entries: a fair hash leaves hardly one out.
  EXPECT_GT(seen.size(), 240u);
}

TEST(GridEncoding, NanCountsAsZero) {
  const GridEncoding grid({.axes = 1, .levels = 1, .features = 1, .cells = {2}});
  const std::vector<float> table = {5, 6, 7};
  const float position = std::numeric_limits<float>::quiet_NaN();
  float encoded = 0;
  grid.encode(table.data(), &position, 1, &encoded);
  EXPECT_EQ(encoded, 5);
}

TEST(GridEncoding, OptionsOutOfRangeAreErrors) {
  const auto make = [](const GridOptions& options) { return GridEncoding(options); };
  DIO_EXPECT_ERROR(make({.axes = 5}), ErrorCode::kInvalidInput, "5 axes");
  DIO_EXPECT_ERROR(make({.axes = 2, .nearest_axes = 2}), ErrorCode::kInvalidInput, "2 of them not interpolated");
  DIO_EXPECT_ERROR(make({.features = 3}), ErrorCode::kInvalidInput, "3 features");
  DIO_EXPECT_ERROR(make({.levels = 33}), ErrorCode::kInvalidInput, "33 levels");
  DIO_EXPECT_ERROR(make({.cells = {NAN, 1}}), ErrorCode::kInvalidInput, "axis 0");
  DIO_EXPECT_ERROR(make({.levels = 20, .growth = {2, 2}}), ErrorCode::kInvalidInput, "cells that grow");
  DIO_EXPECT_ERROR(make({.axes = 4, .cells = {999, 999, 999, 999}}), ErrorCode::kInvalidInput, "2^30");
}

}  // namespace
}  // namespace diorama
