#include "tools/eval/chart_svg.h"

#include "engine/base/error.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace diorama {
namespace {

constexpr double kWidth = 340, kHeight = 210, kLeft = 46, kRight = 332, kTop = 10, kBottom = 176;

std::string tick_text(double value, const ChartAxis& axis) {
  return axis.ticks.back() >= 10000 ? fmt::format("{:g}k", value / 1000) : fmt::format("{:g}", value);
}

}  // namespace

std::vector<double> axis_ticks(double low, double high) {
  DIO_CHECK(low <= high);
  constexpr double kMostSteps = 5;
  if (!(high - low > 1e-9 * std::abs(high))) high = low + std::max(1e-9, 0.01 * std::abs(low));
  const double raw = (high - low) / kMostSteps;
  const double power = std::pow(10.0, std::floor(std::log10(raw)));
  const double digits = raw / power;
  const double step = power * (digits <= 1 ? 1 : digits <= 2 ? 2 : digits <= 5 ? 5 : 10);
  const double first = std::floor(low / step + 1e-9), last = std::ceil(high / step - 1e-9);
  std::vector<double> ticks;
  for (double tick = first; tick <= last; tick += 1) ticks.push_back(tick * step);
  return ticks;
}

ChartAxis horizontal_axis(double low, double high) {
  return {axis_ticks(low, high), kLeft, kRight};
}

ChartAxis vertical_axis(double low, double high) {
  return {axis_ticks(low, high), kBottom, kTop};
}

std::string chart_start(std::string_view label, std::string_view attributes) {
  return fmt::format("<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\"{}>", kWidth, kHeight, label,
                     attributes);
}

std::string chart_grid(const ChartAxis& x, const ChartAxis& y, std::string_view along_name) {
  std::string svg;
  for (const double tick : y.ticks) {
    svg +=
        fmt::format("<line x1=\"{}\" x2=\"{}\" y1=\"{:.1f}\" y2=\"{:.1f}\"/>", kLeft, kRight, y.at(tick), y.at(tick));
    svg += fmt::format("<text x=\"{}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>", kLeft - 6, y.at(tick) + 4,
                       tick_text(tick, y));
  }
  for (const double tick : x.ticks) {
    const char* const anchor = tick == x.ticks.back() ? "end" : "middle";
    svg += fmt::format("<text x=\"{:.1f}\" y=\"{}\" text-anchor=\"{}\">{}</text>", x.at(tick), kBottom + 16, anchor,
                       tick_text(tick, x));
  }
  return svg + fmt::format("<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>", kRight, kHeight - 2, along_name);
}

}  // namespace diorama
