#include "tools/eval/report_page.h"

#include "engine/raster/error_picture.h"
#include "tools/eval/page_text.h"
#include "tools/eval/report_page.css.h"
#include "tools/eval/report_page.js.h"
#include "tools/eval/report_sections.h"
#include "tools/eval/report_times.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <filesystem>

namespace diorama {
namespace {

using Json = nlohmann::ordered_json;

std::string css_color(glm::u8vec3 color) {
  return fmt::format("rgb({} {} {})", color.r, color.g, color.b);
}

// The bar that explains heat colours, as a CSS gradient.
std::string heat_gradient() {
  constexpr int kStops = 9;
  std::string stops;
  for (int i = 0; i < kStops; ++i) {
    stops += ", " + css_color(heat_color(static_cast<float>(i) / static_cast<float>(kStops - 1)));
  }
  return "linear-gradient(90deg" + stops + ")";
}

std::string caption(const FrameScore& score) {
  return fmt::format("PSNR {}, SSIM {:.4f}, FLIP {:.4f}, depth error {}", psnr_text(score.psnr), score.ssim, score.flip,
                     depth_error_text(score.depth_mae_m));
}

// What the page's script shows: a list of the pictured frames.
std::string pictures_json(const EvalReport& report, const ReportPictures& pictures) {
  Json list = Json::array();
  for (const FramePictures& frame : pictures.frames()) {
    const FrameScore& score = report.frames[frame.row];
    list.push_back({{"row", frame.row},
                    {"id", score.id},
                    {"psnr", psnr_text(score.psnr)},
                    {"caption", caption(score)},
                    {"size", {frame.size_px.x, frame.size_px.y}},
                    {"truth", frame.truth},
                    {"render", frame.render},
                    {"flip", frame.flip},
                    {"depth", frame.depth}});
  }
  return json_for_script(list.dump(-1, ' ', false, Json::error_handler_t::replace));
}

std::string heat_legend(const std::string& full_scale) {
  return fmt::format("<span class=\"legend\"><span>0</span><span class=\"heat\"></span><span>{}</span></span>",
                     full_scale);
}

std::string error_figure(const char* part, const char* title, const std::string& legend) {
  return fmt::format("<figure><img data-part=\"{}\" alt=\"{}\"><figcaption><b>{}</b>{}</figcaption></figure>\n", part,
                     title, title, legend);
}

std::string depth_figure(float full_scale_m) {
  const std::string legend =
      heat_legend(fmt::format("{:g} mm and more", full_scale_m * 1000)) +
      fmt::format(
          "<span class=\"legend\"><i style=\"background:{}\"></i>not measured <i style=\"background:{}\"></i>no "
          "surface</span>",
          css_color(kUnmeasuredColor), css_color(kMissingSurfaceColor));
  return error_figure("depth", "Depth error", legend);
}

constexpr std::string_view kComparison = R"(<figure class="comparison">
<div class="stage" id="stage"><img data-part="render" alt="Rendered picture" draggable="false">
<img class="over" data-part="truth" alt="Recorded picture" draggable="false">
<span class="tag left">recorded</span><span class="tag right">rendered</span>
<input id="split" type="range" min="0" max="100" value="50" step="1" aria-label="Share of the recorded picture">
<span class="divider" aria-hidden="true"></span></div>
<figcaption id="caption" aria-live="polite"></figcaption></figure>
)";

std::string viewer_section(const ReportPictures& pictures) {
  if (pictures.frames().empty()) return {};
  std::string html =
      "<section aria-labelledby=\"pictures\"><div class=\"bar\"><h2 id=\"pictures\">Recorded and rendered</h2>"
      "<div class=\"steps\"><button type=\"button\" id=\"previous\" aria-label=\"Previous frame\">←</button>"
      "<output id=\"shown\"></output><button type=\"button\" id=\"next\" aria-label=\"Next "
      "frame\">→</button></div></div>\n"
      "<noscript><p>The pictures need the page's script.</p></noscript>\n<div class=\"viewer\">\n";
  html += kComparison;
  html += "<div class=\"maps\">" + error_figure("flip", "FLIP error", heat_legend("1"));
  if (pictures.depth_full_scale_m() > 0) html += depth_figure(pictures.depth_full_scale_m());
  return html +
         "</div></div>\n<div class=\"film\" id=\"film\" role=\"group\" aria-label=\"Frames with "
         "pictures\"></div></section>\n";
}

std::string page_head(const std::string& title) {
  // The policy keeps the page from loading anything, whatever stands in it.
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; style-src "
      "'unsafe-inline'; script-src 'unsafe-inline'\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n<link rel=\"icon\" href=\"data:,\">\n"
      "<title>{}</title>\n<style>\n:root {{ --heat: {}; }}\n{}</style>\n</head>\n",
      html_escaped(title), heat_gradient(), kReportPageCss);
}

std::string footer(const EvalReport& report, const ReportPictures& pictures) {
  const size_t shown = pictures.frames().size(), all = report.frames.size();
  const std::string which = shown == all ? "All frames have pictures"
                                         : fmt::format("{} of {} frames, evenly spread, have pictures", shown, all);
  return fmt::format(
      "<footer><p>{}, at most {} pixels a side, JPEG of quality {}; the scores are those of the full pictures. This "
      "page "
      "is one file and loads nothing.</p></footer>\n",
      which, kMaxPictureSidePx, kPictureJpegQuality);
}

}  // namespace

std::string report_page(const EvalReport& report, const ReportPictures& pictures, const ReportContext& context) {
  DIO_CHECK(!report.frames.empty());
  const std::string asset = std::filesystem::path(report.asset).filename().string();
  std::string html = page_head(asset + " against " + context.capture.name());
  html += fmt::format(
      "<body>\n<header><p class=\"kicker\">Diorama report</p><h1>{}</h1><p>scored against <b>{}</b>, {} "
      "frame{}</p></header>\n<main>\n",
      html_escaped(asset), html_escaped(context.capture.name()), report.frames.size(),
      report.frames.size() == 1 ? "" : "s");
  html += summary_section(report) + viewer_section(pictures) + times_section(report) + table_section(report);
  html +=
      curves_section(context.curve) + calibration_section(context) + repeat_section(context) + facts_section(context);
  html += "</main>\n" + footer(report, pictures);
  html += "<script type=\"application/json\" id=\"frames-data\">" + pictures_json(report, pictures) + "</script>\n";
  html += "<script>\n";
  html += kReportPageJs;
  return html + "</script>\n</body>\n</html>\n";
}

}  // namespace diorama
