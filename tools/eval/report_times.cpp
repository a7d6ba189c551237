#include "tools/eval/report_times.h"

#include "tools/eval/chart_svg.h"
#include "tools/eval/page_text.h"
#include "tools/eval/report_curves.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace diorama {
namespace {

struct TimePoint {
  double time_s = 0, value = 0;
};
using Curves = std::map<std::string, std::vector<TimePoint>>;  // by camera

struct TimeChart {
  const char* title;
  std::optional<double> (*value)(const FrameScore&);
};

const TimeChart kCharts[] = {
    {"PSNR of the whole picture", [](const FrameScore& s) { return std::optional(s.psnr); }},
    {"PSNR in the mask", [](const FrameScore& s) { return s.psnr_mask; }},
    {"PSNR where something moves", [](const FrameScore& s) { return s.psnr_moving; }},
};

Curves curves_of(const EvalReport& report, const TimeChart& chart) {
  Curves curves;
  for (const FrameScore& frame : report.frames) {
    if (const auto value = chart.value(frame); value && frame.time_s) {
      curves[frame.camera].push_back({*frame.time_s, *value});
    }
  }
  for (auto& [camera, points] : curves) {
    std::stable_sort(points.begin(), points.end(),
                     [](const TimePoint& a, const TimePoint& b) { return a.time_s < b.time_s; });
  }
  return curves;
}

// Hues a golden angle apart differ however many there are.
std::string stroke_of(size_t index) {
  return fmt::format("hsl({:.0f} 65% 50%)", std::fmod(210 + 137.508 * static_cast<double>(index), 360.0));
}

std::string polyline(const std::string& camera, size_t index, const std::vector<TimePoint>& points, const ChartAxis& x,
                     const ChartAxis& y) {
  std::string svg = fmt::format("<polyline style=\"stroke: {}\" points=\"", stroke_of(index));
  for (const TimePoint& point : points) svg += fmt::format("{:.1f},{:.1f} ", x.at(point.time_s), y.at(point.value));
  return svg + fmt::format("\"><title>{}</title></polyline>", html_escaped(camera));
}

std::string figure_of(const Curves& curves, const char* title) {
  double first = 1e300, last = -1e300, low = 1e300, high = -1e300;
  for (const auto& [camera, points] : curves) {
    for (const TimePoint& point : points) {
      first = std::min(first, point.time_s);
      last = std::max(last, point.time_s);
      low = std::min(low, point.value);
      high = std::max(high, point.value);
    }
  }
  const ChartAxis x = horizontal_axis(first, last), y = vertical_axis(low, high);
  std::string svg = chart_start(fmt::format("{} over time", title)) + chart_grid(x, y, "seconds");
  size_t index = 0;
  for (const auto& [camera, points] : curves) svg += polyline(camera, index++, points, x, y);
  return fmt::format("<figure><h3>{} <small>dB</small></h3>{}</svg></figure>\n", title, svg);
}

std::string optional_cell(const std::optional<double>& value, int digits) {
  return value ? fmt::format("<td>{:.{}f}</td>", *value, digits) : std::string("<td>–</td>");
}

// The table is the legend of the curves.
std::string camera_rows(const EvalReport& report) {
  std::set<std::string> names;  // in the order of the curves
  for (const CameraSummary& camera : report.cameras) names.insert(camera.mean.camera);
  std::string html;
  for (const CameraSummary& camera : report.cameras) {
    const FrameScore& mean = camera.mean;
    const auto place = static_cast<size_t>(std::distance(names.begin(), names.find(mean.camera)));
    html += fmt::format("<tr><th scope=\"row\"><span class=\"key\" style=\"background: {}\"></span>{}</th><td>{}</td>",
                        stroke_of(place), html_escaped(mean.camera), camera.frames);
    html += optional_cell(mean.psnr, 2) + optional_cell(mean.psnr_mask, 2) + optional_cell(mean.psnr_moving, 2);
    const auto of_flicker = [&](double Flicker::*value) {
      return camera.flicker ? std::optional(*camera.flicker.*value) : std::nullopt;
    };
    html += optional_cell(of_flicker(&Flicker::render), 3) + optional_cell(of_flicker(&Flicker::truth), 3) + "</tr>\n";
  }
  return html;
}

std::string camera_table(const EvalReport& report) {
  return "<div class=\"scroll\"><table><thead><tr><th scope=\"col\">Camera</th><th scope=\"col\">Frames</th>"
         "<th scope=\"col\">PSNR <small>dB</small></th><th scope=\"col\">in the mask</th><th scope=\"col\">where "
         "something moves</th><th scope=\"col\">Flicker <small>/255</small></th><th scope=\"col\">recorded</th>"
         "</tr></thead><tbody>\n" +
         camera_rows(report) + "</tbody></table></div>\n";
}

std::string change_sentences(const EvalReport& report) {
  std::string html;
  if (report.flicker) {
    html += fmt::format(
        "<p>Where nothing moves, the picture changes by <b>{:.3f}</b> counts of 255 a frame, the recorded one by "
        "<b>{:.3f}</b>.</p>\n",
        report.flicker->render, report.flicker->truth);
  }
  if (report.motion) {
    html += fmt::format(
        "<p>Moving splats go <b>{:.2f} mm</b> a frame; from frame to frame this step changes by <b>{:.2f} "
        "mm</b>.</p>\n",
        report.motion->step_mm, report.motion->second_difference_mm);
  }
  return html;
}

}  // namespace

std::string times_section(const EvalReport& report) {
  std::set<double> times;
  for (const FrameScore& frame : report.frames) {
    if (frame.time_s) times.insert(*frame.time_s);
  }
  if (report.cameras.empty() || times.size() < 2) return {};
  std::string html = "<section aria-labelledby=\"times\"><h2 id=\"times\">Over time</h2>\n" + change_sentences(report);
  html += camera_table(report) + "<div class=\"charts\">\n";
  for (const TimeChart& chart : kCharts) {
    const Curves curves = curves_of(report, chart);
    if (!curves.empty()) html += figure_of(curves, chart.title);
  }
  return html + "</div></section>\n";
}

}  // namespace diorama
