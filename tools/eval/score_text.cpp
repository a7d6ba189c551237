#include "tools/eval/scores.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

namespace diorama {
namespace {

using Json = nlohmann::ordered_json;

double rounded(double value) {
  return std::round(value * 1e6) / 1e6;
}

void put_if(Json& object, const char* key, const std::optional<double>& value) {
  if (value) object[key] = rounded(*value);
}

Json scores_json(const FrameScore& score) {
  Json object{{"psnr", rounded(score.psnr)}, {"ssim", rounded(score.ssim)}, {"flip", rounded(score.flip)}};
  object["depth_mae_m"] = score.depth_mae_m ? Json(rounded(*score.depth_mae_m)) : Json(nullptr);
  object["coverage"] = rounded(score.coverage);
  put_if(object, "psnr_mask", score.psnr_mask);
  put_if(object, "psnr_moving", score.psnr_moving);
  if (score.aligned) {
    const AlignedScore& aligned = *score.aligned;
    object["exposure_aligned"] = {
        {"psnr", rounded(aligned.psnr)}, {"ssim", rounded(aligned.ssim)}, {"flip", rounded(aligned.flip)}};
  }
  return object;
}

Json frame_json(const FrameScore& frame) {
  Json entry{{"id", frame.id}};
  if (!frame.camera.empty()) entry["camera"] = frame.camera;
  put_if(entry, "time_s", frame.time_s);
  entry.update(scores_json(frame));
  if (frame.aligned) {
    const auto numbers = [](glm::dvec3 v) { return Json{rounded(v.x), rounded(v.y), rounded(v.z)}; };
    entry["exposure_aligned"]["gain"] = numbers(frame.aligned->exposure.gain);
    entry["exposure_aligned"]["bias"] = numbers(frame.aligned->exposure.bias);
  }
  return entry;
}

Json flicker_json(const Flicker& flicker) {
  return {{"render", rounded(flicker.render)},
          {"truth", rounded(flicker.truth)},
          {"static_share", rounded(flicker.static_share)}};
}

Json camera_json(const CameraSummary& camera) {
  Json entry{{"camera", camera.mean.camera}, {"frames", camera.frames}};
  entry.update(scores_json(camera.mean));
  if (camera.flicker) entry["flicker"] = flicker_json(*camera.flicker);
  return entry;
}

Json time_json(const TimeSummary& time) {
  Json entry{{"time_s", rounded(*time.mean.time_s)}, {"frames", time.frames}};
  entry.update(scores_json(time.mean));
  return entry;
}

// A column of the tables that only some reports have.
struct OptionalColumn {
  const char* title;
  std::optional<double> FrameScore::*value;
};
constexpr OptionalColumn kOptionalColumns[] = {{"mask dB", &FrameScore::psnr_mask},
                                               {"moving dB", &FrameScore::psnr_moving}};

std::vector<OptionalColumn> columns_of(const EvalReport& report) {
  std::vector<OptionalColumn> columns;
  for (const OptionalColumn& column : kOptionalColumns) {
    if (report.mean.*column.value) columns.push_back(column);
  }
  return columns;
}

std::string optional_text(const std::optional<double>& value, int width, int digits) {
  return value ? fmt::format(" {:{}.{}f}", *value, width, digits) : fmt::format(" {:>{}}", "-", width);
}

std::string header_of(const char* name, int width, const std::vector<OptionalColumn>& columns) {
  std::string text = fmt::format("{:<{}} {:>7} {:>7} {:>7} {:>8} {:>8}", name, width, "PSNR dB", "SSIM", "FLIP",
                                 "depth mm", "cover %");
  for (const OptionalColumn& column : columns) text += fmt::format(" {:>9}", column.title);
  return text;
}

std::string row_of(const std::string& name, const FrameScore& s, int width,
                   const std::vector<OptionalColumn>& columns) {
  const std::optional<double> depth_mm = s.depth_mae_m ? std::optional(*s.depth_mae_m * 1000) : std::nullopt;
  std::string text = fmt::format("{:<{}} {:7.2f} {:7.4f} {:7.4f}{} {:8.1f}", name, width, s.psnr, s.ssim, s.flip,
                                 optional_text(depth_mm, 8, 1), s.coverage * 100);
  for (const OptionalColumn& column : columns) text += optional_text(s.*column.value, 9, 2);
  return text;
}

std::string frame_row(const FrameScore& s, int width, const std::vector<OptionalColumn>& columns) {
  std::string text = row_of(s.id, s, width, columns);
  if (s.aligned) text += fmt::format("   {:7.2f} {:7.4f} {:7.4f}", s.aligned->psnr, s.aligned->ssim, s.aligned->flip);
  return text + "\n";
}

std::string camera_table(const EvalReport& report, const std::vector<OptionalColumn>& columns) {
  int width = 8;
  for (const CameraSummary& camera : report.cameras)
    width = std::max(width, static_cast<int>(camera.mean.camera.size()));
  std::string text = "\n" + header_of("camera", width, columns);
  if (report.flicker) text += fmt::format(" {:>8} {:>8} {:>8}", "flicker", "recorded", "static %");
  for (const CameraSummary& camera : report.cameras) {
    text += "\n" + row_of(camera.mean.camera, camera.mean, width, columns);
    if (const auto& flicker = camera.flicker) {
      text += fmt::format(" {:8.3f} {:8.3f} {:8.1f}", flicker->render, flicker->truth, flicker->static_share * 100);
    }
  }
  return text + "\n";
}

std::string time_table(const EvalReport& report, const std::vector<OptionalColumn>& columns) {
  std::string text = "\n" + header_of("time s", 8, columns) + "\n";
  for (const TimeSummary& time : report.times) {
    text += row_of(fmt::format("{:8.3f}", *time.mean.time_s), time.mean, 8, columns) + "\n";
  }
  return text;
}

}  // namespace

std::string to_json(const EvalReport& report) {
  Json object{{"asset", report.asset}, {"frames", Json::array()}};
  for (const FrameScore& frame : report.frames) object["frames"].push_back(frame_json(frame));
  object["mean"] = scores_json(report.mean);
  for (const CameraSummary& camera : report.cameras) object["cameras"].push_back(camera_json(camera));
  for (const TimeSummary& time : report.times) object["times"].push_back(time_json(time));
  if (report.flicker) object["flicker"] = flicker_json(*report.flicker);
  if (report.motion) {
    object["motion"] = {{"step_mm", rounded(report.motion->step_mm)},
                        {"second_difference_mm", rounded(report.motion->second_difference_mm)}};
  }
  return object.dump(1) + "\n";
}

std::string mean_to_json(const EvalReport& report) {
  return scores_json(report.mean).dump();
}

std::string to_text(const EvalReport& report) {
  int width = 8;
  for (const FrameScore& frame : report.frames) width = std::max(width, static_cast<int>(frame.id.size()));
  const std::vector<OptionalColumn> columns = columns_of(report);
  const std::string header = header_of("frame", width, columns);
  std::string text;
  if (report.mean.aligned) text += fmt::format("{:{}}   exposure aligned, a score of its own:\n", "", header.size());
  text += header;
  text += report.mean.aligned ? fmt::format("   {:>7} {:>7} {:>7}\n", "PSNR dB", "SSIM", "FLIP") : "\n";
  for (const FrameScore& frame : report.frames) text += frame_row(frame, width, columns);
  text += frame_row(report.mean, width, columns);
  if (!report.cameras.empty()) text += camera_table(report, columns);
  if (!report.times.empty()) text += time_table(report, columns);
  if (report.flicker) {
    text += fmt::format("\nflicker where nothing moves: {:.3f} counts of 255 a frame (recorded: {:.3f})\n",
                        report.flicker->render, report.flicker->truth);
  }
  if (report.motion) {
    text += fmt::format("moving splats: {:.2f} mm a frame, change of that {:.2f} mm a frame\n", report.motion->step_mm,
                        report.motion->second_difference_mm);
  }
  return text;
}

}  // namespace diorama
