#include "capture/rig.h"
#include "reconstruction/calibration/calibrate.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace diorama {

using Json = nlohmann::ordered_json;

std::string to_json(const CalibrationResult& result) {
  const CalibrationUncertainty& sigma = result.uncertainty;
  Json object = Json::parse(to_json(result.rig));
  object["uncertainty"] = {
      {"focal_px", {sigma.focal_px.x, sigma.focal_px.y}},
      {"center_px", {sigma.center_px.x, sigma.center_px.y}},
      {"rotation_deg", {sigma.rotation_deg.x, sigma.rotation_deg.y, sigma.rotation_deg.z}},
      {"offset_m", {sigma.offset_m.x, sigma.offset_m.y, sigma.offset_m.z}},
  };
  object["residual_before"] = result.residual_before;
  object["residual_after"] = result.residual_after;
  object["frames"] = result.frames;
  object["points"] = result.points;
  object["observations"] = result.observations;
  object["pays"] = result.pays;
  return object.dump(1) + "\n";
}

std::string to_text(const CalibrationResult& result) {
  const Camera& color = result.rig.color;
  const Rigid depth_from_color = inverse(result.rig.color_from_depth);
  const glm::vec3 place = depth_from_color.translation;
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
  text += fmt::format("colour deviation  {:.2f} -> {:.2f} counts RMS ({} frames, {} points, {} observations)\n",
                      result.residual_before, result.residual_after, result.frames, result.points, result.observations);
  text += result.pays ? "worth using: yes\n" : "worth using: no, the colours agree no better than as shipped\n";
  return text;
}

}  // namespace diorama
