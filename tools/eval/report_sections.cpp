#include "tools/eval/report_sections.h"

#include "assets/summary.h"
#include "tools/eval/page_text.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace diorama {
namespace {

using Json = nlohmann::ordered_json;

// A column of the table and a card of the summary.
struct ScoreColumn {
  const char *name, *unit, *meaning;
  std::optional<double> (*value)(const FrameScore&);
  int digits;
};

// Values are in the column's unit.
const ScoreColumn kColumns[] = {
    {"PSNR", "dB",
     "How far colours are off, pixel by pixel: the peak value against the root mean squared error, on a logarithmic "
     "scale. Higher is better; 6 dB more halves the error.",
     [](const FrameScore& s) { return std::optional(s.psnr); }, 2},
    {"SSIM", "", "Likeness of local structure, brightness and contrast. Higher is better; 1 is the same picture.",
     [](const FrameScore& s) { return std::optional(s.ssim); }, 4},
    {"FLIP", "",
     "The difference that somebody sees who flips between the two pictures. Lower is better; 0 is no difference.",
     [](const FrameScore& s) { return std::optional(s.flip); }, 4},
    {"Depth error", "mm",
     "Mean distance along the view between surface and measured depth, where both are there. Lower is better; read it "
     "with the coverage.",
     [](const FrameScore& s) { return s.depth_mae_m ? std::optional(*s.depth_mae_m * 1000) : std::nullopt; }, 1},
    {"Coverage", "%",
     "Share of the picture in which the asset has any surface. Not a score: the rest counts as background.",
     [](const FrameScore& s) { return std::optional(s.coverage * 100); }, 1},
};

const ScoreColumn kAlignedColumns[] = {
    {"PSNR, aligned", "dB", "",
     [](const FrameScore& s) { return s.aligned ? std::optional(s.aligned->psnr) : std::nullopt; }, 2},
    {"SSIM, aligned", "", "",
     [](const FrameScore& s) { return s.aligned ? std::optional(s.aligned->ssim) : std::nullopt; }, 4},
    {"FLIP, aligned", "", "",
     [](const FrameScore& s) { return s.aligned ? std::optional(s.aligned->flip) : std::nullopt; }, 4},
};

// Columns that only captures with alpha, or with fixed cameras over time, have.
const ScoreColumn kTimeColumns[] = {
    {"Time", "s", "", [](const FrameScore& s) { return s.time_s; }, 3},
    {"PSNR in the mask", "dB",
     "The same over the pixels where the recorded picture shows the subject. What lies beside it does not flatter it.",
     [](const FrameScore& s) { return s.psnr_mask; }, 2},
    {"PSNR where something moves", "dB",
     "The same over the pixels that changed since the camera's frame before, and a margin around them.",
     [](const FrameScore& s) { return s.psnr_moving; }, 2},
};

bool has_column(const EvalReport& report, const ScoreColumn& column) {
  return std::any_of(report.frames.begin(), report.frames.end(),
                     [&](const FrameScore& frame) { return column.value(frame).has_value(); });
}

// Of the table.
std::vector<ScoreColumn> columns_of(const EvalReport& report) {
  std::vector<ScoreColumn> columns(std::begin(kColumns), std::end(kColumns));
  std::copy_if(std::begin(kTimeColumns), std::end(kTimeColumns), std::back_inserter(columns),
               [&](const ScoreColumn& column) { return has_column(report, column); });
  if (report.mean.aligned) columns.insert(columns.end(), std::begin(kAlignedColumns), std::end(kAlignedColumns));
  return columns;
}

// Of the summary: what has a mean.
std::vector<ScoreColumn> cards_of(const EvalReport& report) {
  std::vector<ScoreColumn> cards(std::begin(kColumns), std::end(kColumns));
  std::copy_if(std::begin(kTimeColumns), std::end(kTimeColumns), std::back_inserter(cards),
               [&](const ScoreColumn& column) { return column.value(report.mean).has_value(); });
  return cards;
}

std::string number_text(const ScoreColumn& column, const FrameScore& score) {
  const std::optional<double> value = column.value(score);
  return value ? fmt::format("{:.{}f}", *value, column.digits) : "–";
}

std::string unit_html(const char* unit) {
  return *unit != '\0' ? fmt::format(" <small>{}</small>", unit) : std::string();
}

std::string header_cell(const char* name, const char* unit) {
  return fmt::format("<th scope=\"col\" aria-sort=\"none\"><button type=\"button\">{}{}</button></th>", name,
                     unit_html(unit));
}

std::string table_row(const std::vector<ScoreColumn>& columns, const FrameScore& score, size_t row) {
  std::string html = fmt::format("<tr data-row=\"{}\"><th scope=\"row\">{}</th>", row, html_escaped(score.id));
  for (const ScoreColumn& column : columns) {
    const std::optional<double> value = column.value(score);
    html += fmt::format("<td data-value=\"{}\">{}</td>", value ? fmt::format("{:.9g}", *value) : std::string(),
                        number_text(column, score));
  }
  return html + "</tr>\n";
}

std::string definition(std::string_view name, std::string_view value) {
  return fmt::format("<div><dt>{}</dt><dd>{}</dd></div>\n", html_escaped(name), html_escaped(value));
}

std::string size_text(glm::ivec2 size_px) {
  return fmt::format("{} × {}", size_px.x, size_px.y);
}

// One row of the calibration: shipped, used, and what changed.
std::string calibration_row(const char* name, const std::string& before, const std::string& after) {
  return fmt::format("<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td></tr>\n", name, before, after);
}

std::string pair_text(glm::vec2 value) {
  return fmt::format("{:.2f}, {:.2f}", value.x, value.y);
}

std::string calibration_table(const Camera& shipped, const RigCalibration& used) {
  const Rigid depth_from_color = inverse(used.color_from_depth);
  const glm::vec3 place_mm = 1000.0f * depth_from_color.translation;
  std::string html =
      "<div class=\"scroll\"><table><thead><tr><th scope=\"col\">Colour camera</th><th scope=\"col\">Before, as "
      "shipped</th><th scope=\"col\">After, as used</th></tr></thead><tbody>\n";
  html += calibration_row("Picture <small>px</small>", size_text(shipped.size_px), size_text(used.color.size_px));
  html +=
      calibration_row("Focal length <small>px</small>", pair_text(shipped.focal_px), pair_text(used.color.focal_px));
  html += calibration_row("Principal point <small>px</small>", pair_text(shipped.center_px),
                          pair_text(used.color.center_px));
  html += calibration_row("Place in the depth camera <small>mm</small>", "0, 0, 0",
                          fmt::format("{:.1f}, {:.1f}, {:.1f}", place_mm.x, place_mm.y, place_mm.z));
  html += calibration_row("Turned by <small>degrees</small>", "0",
                          fmt::format("{:.3f}", glm::degrees(rotation_angle(used.color_from_depth.rotation))));
  return html + "</tbody></table></div>\n";
}

bool has_calibration_record(const ReportContext& context) {
  return context.asset.record && context.asset.record->calibration_json.size() > 2;  // more than {}
}

// Training frames that the fit corrected.
size_t corrected_frames(const ReportContext& context) {
  if (!has_calibration_record(context)) return 0;
  const Json record = Json::parse(context.asset.record->calibration_json, nullptr, false);
  return record.is_object() && record.contains("frames") ? record["frames"].size() : 0;
}

// The options of the fit as a command line takes them.
std::string option_flags(const std::string& options_json) {
  const Json options = Json::parse(options_json, nullptr, false);
  std::string flags;
  if (!options.is_object()) return flags;
  for (const auto& [name, value] : options.items()) {
    if (value.is_boolean()) {
      flags += fmt::format(" --{}{}", value.get<bool>() ? "" : "no-", name);
    } else {
      const std::string text =
          value.is_string() ? value.get<std::string>() : value.dump(-1, ' ', false, Json::error_handler_t::replace);
      flags += " --" + name + " " + shell_word(text);
    }
  }
  return flags;
}

std::string frame_facts(const Capture& capture) {
  const std::vector<Frame>& frames = capture.frames();
  const auto count = [&](auto&& has) { return std::count_if(frames.begin(), frames.end(), has); };
  const Frame& first = frames.front();
  std::string html = definition(
      "Frames", fmt::format("{} ({} to fit, {} held out)", frames.size(), capture.frames_of(Split::kTrain).size(),
                            capture.frames_of(Split::kTest).size()));
  html += definition("Colour", size_text(first.color.size_px) + " px");
  const auto with_depth = count([](const Frame& frame) { return frame.depth.has_value(); });
  html += definition("Depth", first.depth ? fmt::format("{} px, {} frames", size_text(first.depth->size_px), with_depth)
                                          : fmt::format("{} frames", with_depth));
  return html;
}

std::string capture_facts(const Capture& capture) {
  const CaptureConventions& conventions = capture.conventions();
  std::string html = definition("Name", capture.name()) + definition("Layout", conventions.format);
  html += frame_facts(capture);
  if (!conventions.depth_unit.empty()) html += definition("Depth unit", conventions.depth_unit);
  html += definition("Lengths", conventions.metric ? "metres" : "the capture's own unit, taken as metres here");
  html += definition("Colour and depth", conventions.color_registered ? "one camera" : "two cameras, not registered");
  if (conventions.distortion != "none") html += definition("Distortion", conventions.distortion);
  return html;
}

}  // namespace

std::string psnr_text(double psnr) {
  return fmt::format("{:.2f} dB", psnr);
}

std::string depth_error_text(const std::optional<double>& depth_mae_m) {
  return depth_mae_m ? fmt::format("{:.1f} mm", *depth_mae_m * 1000) : "none";
}

std::string summary_section(const EvalReport& report) {
  std::string html = "<section aria-labelledby=\"summary\"><h2 id=\"summary\">Mean scores</h2><div class=\"cards\">\n";
  for (const ScoreColumn& column : cards_of(report)) {
    html += fmt::format("<div class=\"card\"><h3>{}</h3><p class=\"value\">{}{}</p><p>{}</p></div>\n", column.name,
                        number_text(column, report.mean), unit_html(column.unit), column.meaning);
  }
  const auto [worst, best] =
      std::minmax_element(report.frames.begin(), report.frames.end(),
                          [](const FrameScore& a, const FrameScore& b) { return a.psnr < b.psnr; });
  html += "</div>\n";
  if (report.frames.size() > 1) {
    html += fmt::format("<p>Best frame: <b>{}</b> with {}. Worst: <b>{}</b> with {}.</p>\n", html_escaped(best->id),
                        psnr_text(best->psnr), html_escaped(worst->id), psnr_text(worst->psnr));
  }
  if (const auto& aligned = report.mean.aligned) {
    html += fmt::format(
        "<p>With the exposure of each picture fitted to the recorded one (a gain and a bias a channel) the means would "
        "be <b>{}</b>, SSIM <b>{:.4f}</b>, FLIP <b>{:.4f}</b>. These are scores of their own, not to be set beside "
        "those above.</p>\n",
        psnr_text(aligned->psnr), aligned->ssim, aligned->flip);
  }
  return html + "</section>\n";
}

std::string table_section(const EvalReport& report) {
  const std::vector<ScoreColumn> columns = columns_of(report);
  std::string html = fmt::format(
      "<section aria-labelledby=\"frames\"><h2 id=\"frames\">All {} frames</h2><p>A click on a heading sorts; a second "
      "one turns the order round.</p>\n<div class=\"scroll tall\" tabindex=\"0\" role=\"region\" "
      "aria-labelledby=\"frames\"><table id=\"scores\"><thead><tr>",
      report.frames.size());
  html += header_cell("Frame", "");
  for (const ScoreColumn& column : columns) html += header_cell(column.name, column.unit);
  html += "</tr></thead>\n<tbody>\n";
  for (size_t i = 0; i < report.frames.size(); ++i) html += table_row(columns, report.frames[i], i);
  html += "</tbody>\n<tfoot><tr><th scope=\"row\">mean</th>";
  for (const ScoreColumn& column : columns) html += fmt::format("<td>{}</td>", number_text(column, report.mean));
  return html + "</tr></tfoot></table></div></section>\n";
}

std::string calibration_section(const ReportContext& context) {
  if (context.capture.conventions().color_registered && !has_calibration_record(context)) return {};
  const std::optional<RigCalibration> used = scored_calibration(context.asset, context.capture);
  std::string html = "<section aria-labelledby=\"calibration\"><h2 id=\"calibration\">Calibration</h2>\n";
  if (used) {
    html +=
        "<p>Colour and depth come from two cameras. The pictures above are placed by the calibration on the right.</p>";
    html += calibration_table(context.capture.frames().front().color, *used);
  } else if (!context.capture.conventions().color_registered) {
    html +=
        "<p>The capture's colour is not registered to its depth and was used as shipped, without a calibration.</p>";
  }
  if (const size_t corrected = corrected_frames(context); corrected > 0) {
    html += fmt::format(
        "<p>Exposure and pose of {} training frames were refined; held-out frames keep what was recorded.</p>\n",
        corrected);
  }
  if (has_calibration_record(context)) {
    html += fmt::format("<details><summary>The asset's record of it</summary><pre><code>{}</code></pre></details>\n",
                        html_escaped(context.asset.record->calibration_json));
  }
  return html + "</section>\n";
}

std::string repeat_section(const ReportContext& context) {
  std::string html = fmt::format(
      "<section aria-labelledby=\"repeat\"><h2 id=\"repeat\">Run it again</h2><p>This page was made by</p>"
      "<pre><code>{}</code></pre>\n",
      html_escaped(context.command_line));
  if (context.asset.record && !context.asset.record->tool_version.empty()) {
    const AssetRecord& record = *context.asset.record;
    const std::string fit = fmt::format("diorama fit {} --as {}{} -o OUTPUT.glb", shell_word(context.capture_path),
                                        shell_word(record.representation), option_flags(record.options_json));
    html += fmt::format(
        "<p>The asset records these options of its fit to “{}”, by version {}:</p><pre><code>{}</code></pre>\n",
        html_escaped(record.capture_name), html_escaped(record.tool_version), html_escaped(fit));
    if (has_calibration_record(context)) {
      html += "<p>and the calibration above: saved as a file, <code>--calibration FILE</code> takes it.</p>\n";
    }
  }
  return html + "</section>\n";
}

std::string facts_section(const ReportContext& context) {
  const AssetSummary summary = summarize(context.asset);
  const glm::vec3 size_m = summary.bounds.max - summary.bounds.min;
  std::string html = "<section class=\"facts\" aria-label=\"Facts\"><div><h2>The capture</h2><dl>\n";
  html += capture_facts(context.capture) + "</dl></div>\n<div><h2>The asset</h2><dl>\n";
  if (context.asset.record) html += definition("Kind", context.asset.record->representation);
  if (summary.meshes > 0) {
    html += definition("Triangles", std::to_string(summary.triangles));
    html += definition("Vertices", std::to_string(summary.vertices));
  }
  if (summary.splats) {
    html += definition("Splats", std::to_string(summary.splats->splats));
    html += definition("SH degree", std::to_string(summary.splats->sh_degree));
  }
  html += definition("Extent", fmt::format("{:.2f} × {:.2f} × {:.2f} m", size_m.x, size_m.y, size_m.z));
  for (const auto& [name, value] : context.facts) html += definition(name, value);
  html += "</dl></div></section>\n";
  const std::vector<std::string>& warnings = context.capture.warnings();
  if (warnings.empty()) return html;
  html += "<section><h2>Warnings of the capture</h2><ul>\n";
  for (const std::string& warning : warnings) html += "<li>" + html_escaped(warning) + "</li>\n";
  return html + "</ul></section>\n";
}

}  // namespace diorama
