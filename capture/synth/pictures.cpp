#include "capture/synth/pictures.h"

#include "capture/synth/noise.h"

#include <algorithm>
#include <cmath>

namespace diorama {
namespace {

float smooth(float low, float high, float x) {
  const float t = std::clamp((x - low) / (high - low), 0.0f, 1.0f);
  return t * t * (3 - 2 * t);
}

}  // namespace

glm::vec3 landscape_picture(glm::vec2 uv) {
  const glm::vec3 sky =
      glm::mix(glm::vec3(0.85f, 0.48f, 0.22f), glm::vec3(0.16f, 0.30f, 0.52f), smooth(0.45f, 1.0f, uv.y));
  const float cloud = smooth(0.55f, 0.75f, fractal_noise(glm::vec2(uv.x * 4.0f, uv.y * 11.0f), 4));
  glm::vec3 color = glm::mix(sky, glm::vec3(0.85f, 0.76f, 0.66f), 0.7f * cloud);
  if (glm::distance(uv * glm::vec2(1.4f, 1.0f), glm::vec2(0.98f, 0.66f)) < 0.07f)
    color = glm::vec3(0.95f, 0.72f, 0.28f);
  for (int ridge = 0; ridge < 4; ++ridge) {
    const auto k = static_cast<float>(ridge);
    const float height =
        0.56f - 0.12f * k + 0.20f * (fractal_noise(glm::vec2(uv.x * (3.0f + 1.5f * k) + 7 * k, k), 4) - 0.5f);
    if (uv.y < height) {
      const float brush = 0.7f + 0.6f * fractal_noise(glm::vec2(uv.x * 30.0f, uv.y * 60.0f + 9 * k), 2);
      color = glm::mix(glm::vec3(0.20f, 0.22f, 0.34f), glm::vec3(0.10f, 0.20f, 0.05f), k / 3.0f) * brush;
    }
  }
  return color;
}

glm::vec3 geometric_picture(glm::vec2 uv) {
  const glm::vec3 inks[5] = {{0.60f, 0.10f, 0.06f},
                             {0.06f, 0.16f, 0.32f},
                             {0.72f, 0.46f, 0.08f},
                             {0.08f, 0.26f, 0.20f},
                             {0.74f, 0.68f, 0.56f}};
  const glm::vec2 scaled = uv * glm::vec2(4, 5), cell = glm::floor(scaled), p = scaled - cell - 0.5f;
  const int x = static_cast<int>(cell.x), y = static_cast<int>(cell.y);
  const auto ink = [&](int salt) { return inks[std::min(4, static_cast<int>(5 * synth_cell(x, y, salt)))]; };
  const float kind = synth_cell(x, y, 11);
  bool front = false;
  if (kind < 0.3f) {
    front = glm::length(p) < 0.42f;
  } else if (kind < 0.6f) {  // a quarter disc in one of the corners
    const glm::vec2 corner(synth_cell(x, y, 12) < 0.5f ? -0.5f : 0.5f, synth_cell(x, y, 13) < 0.5f ? -0.5f : 0.5f);
    front = glm::distance(p, corner) < 1.0f;
  } else if (kind < 0.8f) {
    front = p.x + p.y > 0;
  } else {
    front = std::fmod(std::floor((p.x + 0.5f) * 8), 2.0f) > 0.5f;
  }
  const float paper = 0.85f + 0.3f * value_noise(uv * 90.0f);
  return (front ? ink(14) : ink(15) * 0.9f + 0.06f) * paper;
}

glm::vec3 outside_view(glm::vec2 uv) {
  glm::vec3 color = glm::mix(glm::vec3(1.25f, 1.22f, 1.15f), glm::vec3(0.85f, 1.10f, 1.55f), smooth(0.35f, 1.0f, uv.y));
  const float cloud = smooth(0.5f, 0.8f, fractal_noise(uv * glm::vec2(3.0f, 5.0f) + 3.0f, 4));
  color = glm::mix(color, glm::vec3(1.5f), cloud * smooth(0.35f, 0.6f, uv.y));
  const float hill = 0.34f + 0.12f * (fractal_noise(glm::vec2(uv.x * 3.0f, 2.0f), 3) - 0.5f);
  if (uv.y < hill) color = glm::vec3(0.34f, 0.50f, 0.26f) * (0.7f + 0.6f * fractal_noise(uv * 14.0f, 3));
  const float crown = glm::distance(uv, glm::vec2(0.74f, 0.48f)) + 0.16f * fractal_noise(uv * 16.0f, 3);
  if (crown < 0.27f) color = glm::vec3(0.16f, 0.32f, 0.10f) * (0.5f + fractal_noise(uv * 26.0f, 2));
  if (std::abs(uv.x - 0.745f) < 0.014f && uv.y < 0.34f) color = glm::vec3(0.16f, 0.11f, 0.08f);
  return color;
}

}  // namespace diorama
