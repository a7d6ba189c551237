#include "capture/synth/noise.h"
#include "capture/synth/pictures.h"

#include <cmath>

namespace diorama {
namespace {

constexpr glm::vec3 kSkin{0.52f, 0.29f, 0.19f}, kHair{0.10f, 0.045f, 0.02f};

float ripple(float x) {
  return x - std::floor(x);
}

glm::vec3 head(glm::vec3 p) {
  const float strand = value_noise(glm::vec3(p.x * 130.0f, p.y * 18.0f, p.z * 60.0f));
  const float hairline = 1.625f - 0.9f * std::max(0.0f, 0.045f - p.z) + 0.012f * std::sin(90.0f * p.x);
  if (p.y > hairline && p.y > 1.47f) return kHair * (0.5f + 1.6f * strand);
  const float side = std::abs(p.x);
  if (p.z > 0.03f) {
    const glm::vec2 eye(side - 0.040f, p.y - 1.585f);
    if (glm::length(eye) < 0.007f) return glm::vec3(0.02f);
    if (glm::length(eye * glm::vec2(0.7f, 1.0f)) < 0.013f) return glm::vec3(0.78f, 0.75f, 0.70f);
    if (std::abs(eye.y - 0.026f + 6 * eye.x * eye.x) < 0.0045f && std::abs(eye.x) < 0.022f) return kHair;
    if (std::abs(p.y - 1.525f - 5 * p.x * p.x) < 0.006f && side < 0.032f) return {0.42f, 0.07f, 0.06f};
    const float cheek = glm::length(glm::vec2(side - 0.055f, p.y - 1.548f));
    if (cheek < 0.02f) return glm::mix(glm::vec3(0.60f, 0.22f, 0.16f), kSkin, cheek / 0.02f);
  }
  return kSkin * (0.94f + 0.12f * value_noise(p * 60.0f));
}

glm::vec3 shirt(glm::vec3 p) {
  const float knit = 0.85f + 0.3f * value_noise(glm::vec3(p.x * 90.0f, p.y * 160.0f, p.z * 90.0f));
  const bool sleeve = std::abs(p.x) > 0.19f;
  const float along = sleeve ? std::abs(p.x) + 1.36f - p.y : p.y;  // down the arm, which hangs aslant
  const bool dark = ripple(along / (sleeve ? 0.085f : 0.06f)) < 0.5f;
  if (!sleeve && p.z > 0.0f && glm::length(glm::vec2(p.x, p.y - 1.24f)) < 0.045f)
    return glm::vec3(0.62f, 0.30f, 0.04f) * knit;
  return (dark ? glm::vec3(0.04f, 0.10f, 0.24f) : glm::vec3(0.68f, 0.62f, 0.50f)) * knit;
}

glm::vec3 trousers(glm::vec3 p) {
  const float twill = 0.8f + 0.4f * value_noise(glm::vec3(p.x + p.y, p.y - p.x, p.z) * 140.0f);
  const bool line = ripple(p.y / 0.07f) < 0.12f || ripple(std::atan2(p.z, std::abs(p.x) - 0.11f) * 2.2f) < 0.10f;
  const bool cuff = p.y < 0.17f;
  return (line || cuff ? glm::vec3(0.46f, 0.26f, 0.07f) : glm::vec3(0.24f, 0.11f, 0.06f)) * twill;
}

}  // namespace

glm::vec3 figure_color(glm::vec3 p) {
  if (p.y < 0.125f && (p.y < 0.10f || p.z > 0.03f)) {
    return p.y < 0.022f ? glm::vec3(0.70f, 0.67f, 0.60f)
                        : glm::vec3(0.50f, 0.06f, 0.05f) * (0.8f + 0.4f * value_noise(p * 90.0f));
  }
  const float side = std::abs(p.x);
  if (p.y > 1.44f && side < 0.16f) return head(p);
  if (side > 0.335f)
    return side > 0.355f ? kSkin * (0.94f + 0.12f * value_noise(p * 60.0f)) : glm::vec3(0.60f, 0.54f, 0.42f);
  if (p.y < 0.925f && side < 0.25f) return trousers(p);
  if (p.y < 0.955f && side < 0.2f)
    return p.z > 0 && side < 0.022f ? glm::vec3(0.62f, 0.46f, 0.16f) : glm::vec3(0.09f, 0.05f, 0.03f);
  return shirt(p);
}

}  // namespace diorama
