#include "tools/eval/report_curves.h"

#include "engine/base/error.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace diorama {
namespace {

// A chart's own coordinates: about the pixels of a phone, so that its text is as large as the page's.
constexpr double kWidth = 340, kHeight = 210, kLeft = 46, kRight = 332, kTop = 10, kBottom = 176;

using Field = double CurvePoint::*;

struct Chart {
  const char *id, *title, *unit;
  Field value;
  bool from_zero;
};

constexpr Chart kCharts[] = {
    {"psnr", "PSNR of training views", "dB", &CurvePoint::psnr, false},
    {"loss", "Colour loss of training views", "", &CurvePoint::loss, true},
    {"splats", "Splats", "", &CurvePoint::splats, true},
};

struct Axis {
  std::vector<double> ticks;
  double from, to;  // where its ends stand in the chart

  double at(double value) const {
    return from + (value - ticks.front()) / (ticks.back() - ticks.front()) * (to - from);
  }
};

Axis axis_of(const std::vector<CurvePoint>& curve, Field field, bool from_zero, double from, double to) {
  const auto [low, high] = std::minmax_element(
      curve.begin(), curve.end(), [field](const CurvePoint& a, const CurvePoint& b) { return a.*field < b.*field; });
  return {axis_ticks(from_zero ? std::min(0.0, (*low).*field) : (*low).*field, (*high).*field), from, to};
}

std::string tick_text(double value, const Axis& axis) {
  return axis.ticks.back() >= 10000 ? fmt::format("{:g}k", value / 1000) : fmt::format("{:g}", value);
}

std::string grid(const Axis& x, const Axis& y) {
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
  return svg;
}

std::string chart_svg(const std::vector<CurvePoint>& curve, const Chart& chart, Field along, const char* along_name) {
  const Axis x = axis_of(curve, along, true, kLeft, kRight);
  const Axis y = axis_of(curve, chart.value, chart.from_zero, kBottom, kTop);
  std::string svg = fmt::format(
      "<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{} over {}\" data-along=\"{}\"{}>{}", kWidth, kHeight,
      chart.title, along_name, along_name, along == &CurvePoint::step ? "" : " hidden", grid(x, y));
  svg += fmt::format("<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text><polyline points=\"", kRight, kHeight - 2,
                     along_name);
  for (const CurvePoint& point : curve)
    svg += fmt::format("{:.1f},{:.1f} ", x.at(point.*along), y.at(point.*chart.value));
  return svg + "\"/><circle r=\"4\" cx=\"-9\" cy=\"-9\"/></svg>";
}

std::string point_text(const CurvePoint& point) {
  return fmt::format("step {:.0f}, {:.1f} s: {:.2f} dB, loss {:.4f}, {:.0f} splats", point.step, point.seconds,
                     point.psnr, point.loss, point.splats);
}

std::string figure_of(const std::vector<CurvePoint>& curve, const Chart& chart) {
  const std::string unit = *chart.unit != '\0' ? fmt::format(" <small>{}</small>", chart.unit) : "";
  return fmt::format("<figure data-chart=\"{}\"><h3>{}{}</h3>{}{}</figure>\n", chart.id, chart.title, unit,
                     chart_svg(curve, chart, &CurvePoint::step, "steps"),
                     chart_svg(curve, chart, &CurvePoint::seconds, "seconds"));
}

}  // namespace

std::vector<CurvePoint> thinned_curve(const std::vector<CurvePoint>& curve) {
  if (curve.size() <= kMaxCurvePoints) return curve;
  std::vector<CurvePoint> thinned(kMaxCurvePoints);
  for (size_t i = 0; i < thinned.size(); ++i) {
    const size_t begin = i * curve.size() / thinned.size(), end = (i + 1) * curve.size() / thinned.size();
    for (size_t k = begin; k < end; ++k) {
      const double share = 1.0 / static_cast<double>(end - begin);
      thinned[i].psnr += share * curve[k].psnr;
      thinned[i].loss += share * curve[k].loss;
    }
    thinned[i].step = curve[end - 1].step;
    thinned[i].seconds = curve[end - 1].seconds;
    thinned[i].splats = curve[end - 1].splats;
  }
  return thinned;
}

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

std::string curves_section(const std::vector<CurvePoint>& all) {
  if (all.size() < 2) return {};
  const std::vector<CurvePoint> curve = thinned_curve(all);
  std::string html =
      "<section aria-labelledby=\"curves-title\" id=\"curves\"><div class=\"bar\"><h2 id=\"curves-title\">The fit</h2>"
      "<div class=\"steps\" role=\"group\" aria-label=\"Axis\" hidden><button type=\"button\" data-axis=\"steps\" "
      "aria-pressed=\"true\">Steps</button><button type=\"button\" data-axis=\"seconds\" "
      "aria-pressed=\"false\">Seconds</button></div></div>\n"
      "<p>What the training views showed before each step, with their own exposure. Scores of held-out frames stand "
      "above."
      "</p>\n<div class=\"charts\">\n";
  for (const Chart& chart : kCharts) html += figure_of(curve, chart);
  html += fmt::format("</div>\n<p><output id=\"curve-point\">{}</output></p>\n", point_text(curve.back()));
  html += "<script type=\"application/json\" id=\"curves-data\">[";
  for (size_t i = 0; i < curve.size(); ++i) html += fmt::format("{}\"{}\"", i == 0 ? "" : ",\n", point_text(curve[i]));
  return html + "]</script></section>\n";
}

}  // namespace diorama
