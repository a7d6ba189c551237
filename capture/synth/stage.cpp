#include "capture/synth/stage.h"

#include <glm/gtc/matrix_transform.hpp>

#include <cmath>
#include <numbers>

namespace diorama {
namespace {

constexpr float kStageRadius = 1.35f, kStageHeight = 0.14f, kStudioRadius = 5.0f, kStudioHeight = 4.0f;

void add_ball(SynthBuilder& b, double time_s) {
  const auto t = static_cast<float>(time_s);
  const float hop = std::abs(std::sin(std::numbers::pi_v<float> * 1.25f * t)), turn = 0.6f + 0.9f * t;
  b.thing("ball");
  const glm::vec3 at(0.82f * std::cos(turn), 0.11f + 0.55f * hop, 0.82f * std::sin(turn));
  b.place(glm::rotate(glm::translate(glm::mat4(1.0f), at), 4.0f * t, glm::normalize(glm::vec3(0.4f, 0.2f, 1.0f))));
  b.material({SynthTexture::kBall, {0.58f, 0.07f, 0.04f}, {0.06f, 0.16f, 0.40f}, {}, glm::vec3(0.04f), 0.1f});
  b.sphere(glm::vec3(0.0f), 0.11f);
}

void add_studio(SynthBuilder& b) {
  b.place(glm::mat4(1.0f));
  b.light_texel(0.04f);
  b.thing("stage");
  b.material({SynthTexture::kStage, {0.24f, 0.13f, 0.07f}, {0.44f, 0.29f, 0.16f}, {}, glm::vec3(0.03f), 0.08f});
  b.lathe({0, 0, 0}, {{kStageRadius, 0}, {0, 0}}, 64);
  b.material({SynthTexture::kWood, {0.16f, 0.09f, 0.05f}, {0.10f, 0.05f, 0.03f}});
  b.lathe({0, 0, 0}, {{kStageRadius, -kStageHeight}, {kStageRadius, 0}}, 64);
  b.light_texel(0.12f);
  b.thing("floor");
  b.material({SynthTexture::kPlaster, glm::vec3(0.20f, 0.19f, 0.19f)});
  b.lathe({0, 0, 0}, {{kStudioRadius, -kStageHeight}, {0, -kStageHeight}}, 48);
  b.light_texel(0.3f);
  b.thing("backdrop");
  b.material({SynthTexture::kStripes, {0.17f, 0.19f, 0.22f}, {0.22f, 0.24f, 0.27f}});
  b.lathe({0, 0, 0}, {{kStudioRadius, kStudioHeight}, {kStudioRadius, -kStageHeight}}, 48);
  b.thing("ceiling");
  b.material({SynthTexture::kPlaster, glm::vec3(0.10f)});
  b.lathe({0, 0, 0}, {{0, kStudioHeight}, {kStudioRadius, kStudioHeight}}, 48);
}

// A softbox at `at` that looks at the figure.
SynthPanelLight softbox(glm::vec3 at, float half_m, glm::vec3 radiance) {
  const glm::vec3 forward = glm::normalize(glm::vec3(0, 1, 0) - at);
  const glm::vec3 side = glm::normalize(glm::cross(forward, glm::vec3(0, 1, 0)));
  return {at, half_m * side, half_m * glm::cross(forward, side), radiance};
}

}  // namespace

SynthGeometry make_performance(const SynthFigure& figure, double time_s, bool cutout) {
  SynthGeometry geometry;
  geometry.bounce_rays = {40};  // anew for every moment
  SynthBuilder b(geometry);
  figure.add_to(geometry, time_s);
  add_ball(b, time_s);
  if (!cutout) add_studio(b);
  geometry.panels.push_back(softbox({2.6f, 3.2f, 2.2f}, 0.7f, glm::vec3(30.0f, 27.0f, 23.0f)));
  geometry.panels.push_back(softbox({-3.0f, 2.4f, 1.2f}, 0.6f, glm::vec3(11.0f, 12.5f, 15.0f)));
  geometry.panels.push_back(softbox({0.4f, 3.4f, -3.0f}, 0.6f, glm::vec3(17.0f, 16.0f, 14.5f)));
  return geometry;
}

}  // namespace diorama
