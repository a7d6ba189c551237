#include "tools/eval/report_curves.h"

#include "tools/eval/chart_svg.h"

#include <fmt/format.h>

#include <algorithm>

namespace diorama {
namespace {

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

ChartAxis axis_of(const std::vector<CurvePoint>& curve, Field field, bool from_zero,
                  ChartAxis (*axis)(double low, double high)) {
  const auto [low, high] = std::minmax_element(
      curve.begin(), curve.end(), [field](const CurvePoint& a, const CurvePoint& b) { return a.*field < b.*field; });
  return axis(from_zero ? std::min(0.0, (*low).*field) : (*low).*field, (*high).*field);
}

std::string chart_svg(const std::vector<CurvePoint>& curve, const Chart& chart, Field along, const char* along_name) {
  const ChartAxis x = axis_of(curve, along, true, horizontal_axis);
  const ChartAxis y = axis_of(curve, chart.value, chart.from_zero, vertical_axis);
  std::string svg =
      chart_start(fmt::format("{} over {}", chart.title, along_name),
                  fmt::format(" data-along=\"{}\"{}", along_name, along == &CurvePoint::step ? "" : " hidden"));
  svg += chart_grid(x, y, along_name) + "<polyline points=\"";
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
