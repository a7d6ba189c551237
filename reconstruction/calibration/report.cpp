#include "reconstruction/calibration/report.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <map>

namespace diorama {
namespace {

using Json = nlohmann::ordered_json;

Json triple(glm::dvec3 v) {
  return {v.x, v.y, v.z};
}

// Beside the rig's own keys, at the top level.
void add_rig(const CalibrationResult& result, Json& object) {
  const CalibrationUncertainty& sigma = result.uncertainty;
  object["uncertainty"] = {{"focal_px", {sigma.focal_px.x, sigma.focal_px.y}},
                           {"center_px", {sigma.center_px.x, sigma.center_px.y}},
                           {"rotation_deg", triple(sigma.rotation_deg)},
                           {"offset_m", triple(sigma.offset_m)}};
  if (!result.rig.lens.is_none()) {
    object["uncertainty"]["distortion"] = {
        {"k1", sigma.lens.x}, {"k2", sigma.lens.y}, {"p1", sigma.lens.z}, {"p2", sigma.lens.w}};
  }
  object["residual_before"] = result.residual_before;
  object["residual_after"] = result.residual_after;
  object["frames_used"] = result.frames;
  object["points"] = result.points;
  object["observations"] = result.observations;
  object["pays"] = result.pays;
}

Json exposures_json(const ExposureResult& result) {
  return {{"frames", result.frames.size()},
          {"spread", result.spread},
          {"sigma", result.sigma},
          {"residual_before", result.residual_before},
          {"residual_after", result.residual_after},
          {"held_out_before", result.held_out_before},
          {"held_out_after", result.held_out_after},
          {"pays", result.pays}};
}

Json misfit_json(const Misfit& misfit) {
  return {{"depth_mm", misfit.depth_mm}, {"color_codes", misfit.color_codes}};
}

Json poses_json(const PoseResult& result) {
  return {{"frames", result.frames.size()},
          {"rounds", result.rounds},
          {"shift_mm", result.shift_mm},
          {"turn_deg", result.turn_deg},
          {"sigma_mm", result.sigma_mm},
          {"sigma_deg", result.sigma_deg},
          {"before", misfit_json(result.before)},
          {"after", misfit_json(result.after)},
          {"held_out_before", misfit_json(result.held_out_before)},
          {"held_out_after", misfit_json(result.held_out_after)},
          {"laid_before", misfit_json(result.laid_before)},
          {"laid_after", misfit_json(result.laid_after)},
          {"truer", result.truer},
          {"pays", result.pays}};
}

const char* yes_or(bool pays, const char* otherwise) {
  return pays ? "yes" : otherwise;
}

std::string rig_text(const CalibrationResult& result) {
  const Camera& color = result.rig.color;
  const glm::vec3 place = inverse(result.rig.color_from_depth).translation;
  const CalibrationUncertainty& sigma = result.uncertainty;
  std::string text = fmt::format("focal length      {:.2f} +- {:.2f}, {:.2f} +- {:.2f} px\n", color.focal_px.x,
                                 sigma.focal_px.x, color.focal_px.y, sigma.focal_px.y);
  text += fmt::format("principal point   {:.2f} +- {:.2f}, {:.2f} +- {:.2f} px\n", color.center_px.x, sigma.center_px.x,
                      color.center_px.y, sigma.center_px.y);
  text += fmt::format("colour camera at  {:.1f} +- {:.1f}, {:.1f} +- {:.1f}, {:.1f} +- {:.1f} mm in the depth camera\n",
                      1000 * place.x, 1000 * sigma.offset_m.x, 1000 * place.y, 1000 * sigma.offset_m.y, 1000 * place.z,
                      1000 * sigma.offset_m.z);
  text += fmt::format("turned by         {:.3f} degrees\n",
                      glm::degrees(rotation_angle(result.rig.color_from_depth.rotation)));
  if (const LensDistortion& lens = result.rig.lens; !lens.is_none()) {
    text += fmt::format("lens              k1 {:.4f} +- {:.4f}, k2 {:.4f} +- {:.4f}", lens.k1, sigma.lens.x, lens.k2,
                        sigma.lens.y);
    text += sigma.lens.z > 0 ? fmt::format(", p1 {:.5f} +- {:.5f}, p2 {:.5f} +- {:.5f}\n", lens.p1, sigma.lens.z,
                                           lens.p2, sigma.lens.w)
                             : "\n";
  }
  text += fmt::format("colour deviation  {:.2f} -> {:.2f} codes RMS ({} frames, {} points, {} observations)\n",
                      result.residual_before, result.residual_after, result.frames, result.points, result.observations);
  return text +
         fmt::format("worth using       {}\n", yes_or(result.pays, "no, the colours agree no better than as shipped"));
}

std::string exposures_text(const ExposureResult& result) {
  std::string text = fmt::format("exposures         of {} frames, {:.1f} % apart (RMS), +- {:.1f} %\n",
                                 result.frames.size(), 100 * result.spread, 100 * result.sigma);
  text += fmt::format("colour deviation  {:.2f} -> {:.2f} codes RMS between the frames\n", result.residual_before,
                      result.residual_after);
  text += fmt::format("  set aside       {:.2f} -> {:.2f} codes RMS, of frames that keep their exposure\n",
                      result.held_out_before, result.held_out_after);
  return text + fmt::format("worth using       {}\n",
                            yes_or(result.pays, "no, frames that keep their exposure are predicted no better"));
}

std::string poses_text(const PoseResult& result) {
  std::string text = fmt::format(
      "poses             of {} frames moved by {:.2f} mm and {:.3f} degrees (RMS), +- {:.2f} mm and {:.3f} "
      "degrees, {} rounds\n",
      result.frames.size(), result.shift_mm, result.turn_deg, result.sigma_mm, result.sigma_deg, result.rounds);
  const auto change = [](const char* name, const Misfit& before, const Misfit& after) {
    return fmt::format("{}{:.2f} -> {:.2f} mm, colour {:.2f} -> {:.2f} codes RMS\n", name, before.depth_mm,
                       after.depth_mm, before.color_codes, after.color_codes);
  };
  text += change("depth deviation   ", result.before, result.after);
  text += change("  set aside       ", result.held_out_before, result.held_out_after);
  text += change("  laid on it      ", result.laid_before, result.laid_after);
  text +=
      fmt::format("surface is truer  {}\n", yes_or(result.truer, "no, frames set aside and laid on it fit no better"));
  return text + fmt::format("worth using       {}\n",
                            yes_or(result.pays, "no, frames that keep their poses are fitted no better"));
}

}  // namespace

CaptureCalibration calibration_from(const CalibrationReport& report, const Capture& capture, bool only_what_pays) {
  const auto wanted = [&](const auto& part) { return part && (part->pays || !only_what_pays); };
  CaptureCalibration calibration;
  if (wanted(report.rig)) calibration.rig = report.rig->rig;
  std::map<size_t, FrameCorrection> frames;
  const auto of = [&](size_t frame) -> FrameCorrection& {
    FrameCorrection& correction = frames[frame];
    correction.frame = capture.frames()[frame].id;
    return correction;
  };
  if (wanted(report.exposures)) {
    for (size_t i = 0; i < report.exposures->frames.size(); ++i) {
      of(report.exposures->frames[i]).gain = report.exposures->gain[i];
    }
  }
  if (wanted(report.poses)) {
    for (size_t i = 0; i < report.poses->frames.size(); ++i) {
      of(report.poses->frames[i]).shipped_from_refined = report.poses->shipped_from_refined[i];
    }
  }
  for (const auto& [frame, correction] : frames) calibration.frames.push_back(correction);
  return calibration;
}

std::string to_json(const CalibrationReport& report, const CaptureCalibration& calibration) {
  const Json found = Json::parse(to_json(calibration));
  Json object;
  for (const auto& [key, value] : found.items()) {
    if (key != "frames") object[key] = value;
  }
  if (report.rig) add_rig(*report.rig, object);
  if (report.exposures) object["exposures"] = exposures_json(*report.exposures);
  if (report.poses) object["poses"] = poses_json(*report.poses);
  // A frame a line: the list is long.
  std::string text = object.dump(1);
  if (found.contains("frames")) {
    text.erase(text.rfind('\n'));
    text += ",\n \"frames\": [";
    const char* between = "\n  ";
    for (const Json& frame : found["frames"]) {
      text += between + frame.dump();
      between = ",\n  ";
    }
    text += "\n ]\n}";
  }
  return text + "\n";
}

std::string to_text(const CalibrationReport& report) {
  std::string text;
  if (report.rig) text += rig_text(*report.rig);
  if (report.exposures) text += exposures_text(*report.exposures);
  if (report.poses) text += poses_text(*report.poses);
  return text;
}

}  // namespace diorama
