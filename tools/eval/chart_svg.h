#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace diorama {

// A line chart as inline SVG, in coordinates of its own: about the pixels of a phone, so that its text is as large as
// the page's.

struct ChartAxis {
  std::vector<double> ticks;
  double from = 0, to = 0;  // where its ends stand in the chart

  double at(double value) const {
    return from + (value - ticks.front()) / (ticks.back() - ticks.front()) * (to - from);
  }
};

// Marks of an axis from low to high, low <= high: 1, 2 or 5 times a power of ten apart, two to about six of them, the
// first not above low and the last not below high.
std::vector<double> axis_ticks(double low, double high);

ChartAxis horizontal_axis(double low, double high);
ChartAxis vertical_axis(double low, double high);

// The opening tag. `attributes` stand in it as they are.
std::string chart_start(std::string_view label, std::string_view attributes = {});

// Lines, marks, and the name of what runs to the right.
std::string chart_grid(const ChartAxis& x, const ChartAxis& y, std::string_view along_name);

}  // namespace diorama
