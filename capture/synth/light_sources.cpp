#include "capture/synth/light_sources.h"

#include "capture/synth/sampling.h"

#include <cmath>
#include <numbers>

namespace diorama {
namespace {

constexpr int kPanelSide = 5, kBulbRays = 6, kSunRays = 8;

struct Receiver {
  const SynthBvh& bvh;
  glm::vec3 position, normal;
  glm::vec2 shift;
};

glm::vec3 from_panel(const Receiver& at, const SynthPanelLight& panel) {
  const glm::vec3 area = 4.0f * glm::cross(panel.half_u, panel.half_v);
  float sum = 0;
  for (int k = 0; k < kPanelSide * kPanelSide; ++k) {
    const glm::vec2 jitter = spread_sample(k, at.shift);
    const glm::vec2 cell(static_cast<float>(k % kPanelSide), static_cast<float>(k / kPanelSide));
    const glm::vec2 uv = 2.0f * (cell + jitter) / static_cast<float>(kPanelSide) - 1.0f;
    const glm::vec3 to_light = panel.center + uv.x * panel.half_u + uv.y * panel.half_v - at.position;
    const float squared = glm::dot(to_light, to_light);
    const float cosine = glm::dot(to_light, at.normal), facing = -glm::dot(to_light, area);
    if (!(cosine > 0 && facing > 0) || at.bvh.occluded(at.position, to_light, 1.0f - 1e-3f)) continue;
    sum += cosine * facing / (squared * squared);
  }
  return panel.radiance * (sum / (kPanelSide * kPanelSide));
}

glm::vec3 from_bulb(const Receiver& at, const SynthBulbLight& bulb) {
  const glm::vec3 to_center = bulb.center - at.position;
  const float distance = glm::length(to_center), cosine = glm::dot(to_center, at.normal) / distance;
  if (!(distance > 1.05f * bulb.radius_m && cosine > 0)) return glm::vec3(0.0f);
  glm::vec3 across, other;
  frame_across(to_center / distance, across, other);
  int seen = 0;
  for (int k = 0; k < kBulbRays; ++k) {
    const glm::vec2 disc = bulb.radius_m * disc_sample(spread_sample(k, at.shift));
    const glm::vec3 to_light = to_center + disc.x * across + disc.y * other;
    if (!at.bvh.occluded(at.position, to_light, 1.0f - 1.02f * bulb.radius_m / distance)) ++seen;
  }
  const float sine = bulb.radius_m / distance;  // pi * sine^2 * cosine: a sphere that is seen whole
  return bulb.radiance * (std::numbers::pi_v<float> * sine * sine * cosine * static_cast<float>(seen) / kBulbRays);
}

// Whether the ray leaves through the rectangle; t: where.
bool through_pane(const SynthSun& sun, glm::vec3 origin, glm::vec3 direction, float& t) {
  const glm::vec3 normal = glm::cross(sun.pane_half_u, sun.pane_half_v);
  t = glm::dot(sun.pane_center - origin, normal) / glm::dot(direction, normal);
  const glm::vec3 gap = origin + t * direction - sun.pane_center;
  return t > 0 && std::abs(glm::dot(gap, sun.pane_half_u)) < glm::dot(sun.pane_half_u, sun.pane_half_u) &&
         std::abs(glm::dot(gap, sun.pane_half_v)) < glm::dot(sun.pane_half_v, sun.pane_half_v);
}

glm::vec3 from_sun(const Receiver& at, const SynthSun& sun) {
  const float cosine = glm::dot(sun.towards_sun, at.normal);
  if (!(cosine > 0) || sun.irradiance == glm::vec3(0.0f)) return glm::vec3(0.0f);
  glm::vec3 across, other;
  frame_across(sun.towards_sun, across, other);
  int seen = 0;
  for (int k = 0; k < kSunRays; ++k) {
    const glm::vec2 disc = sun.spread * disc_sample(spread_sample(k, at.shift));
    const glm::vec3 direction = sun.towards_sun + disc.x * across + disc.y * other;
    float t = 0;
    if (through_pane(sun, at.position, direction, t) && !at.bvh.occluded(at.position, direction, t)) ++seen;
  }
  return sun.irradiance * (cosine * static_cast<float>(seen) / kSunRays);
}

}  // namespace

glm::vec3 direct_irradiance(const SynthGeometry& geometry, const SynthBvh& bvh, glm::vec3 position, glm::vec3 normal,
                            uint32_t key) {
  const Receiver at{bvh, position, normal, sample_shift(key)};
  glm::vec3 sum(0.0f);
  for (const SynthPanelLight& panel : geometry.panels) sum += from_panel(at, panel);
  for (const SynthBulbLight& bulb : geometry.bulbs) sum += from_bulb(at, bulb);
  return sum + from_sun(at, geometry.sun);
}

}  // namespace diorama
