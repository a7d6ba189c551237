#include "capture/synth/textures.h"

#include "capture/synth/noise.h"
#include "capture/synth/pictures.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace diorama {
namespace {

constexpr float kPi = std::numbers::pi_v<float>;

float smooth(float low, float high, float x) {
  const float t = std::clamp((x - low) / (high - low), 0.0f, 1.0f);
  return t * t * (3 - 2 * t);
}

int cell_of(float x) {
  return static_cast<int>(std::floor(x));
}
float fraction(float x) {
  return x - std::floor(x);
}

// Rolled paint: faint blotches and a fine grain.
glm::vec3 plaster(const SynthMaterial& m, glm::vec3 t) {
  const glm::vec2 p(t);
  const float blotch = fractal_noise(glm::vec3(p * 1.7f, t.z), 3), grain = value_noise(glm::vec3(p * 70.0f, t.z));
  return m.color_a * (0.93f + 0.08f * blotch + 0.05f * grain);
}

// Rows of a stem with leaves and a flower between pale stripes.
glm::vec3 wallpaper(const SynthMaterial& m, glm::vec3 t) {
  constexpr float kColumn = 0.30f, kRow = 0.42f;
  const int column = cell_of(t.x / kColumn);
  const float x = (fraction(t.x / kColumn) - 0.5f) * kColumn;
  const float shifted = t.y / kRow + ((column & 1) != 0 ? 0.5f : 0.0f);
  const float y = (fraction(shifted) - 0.5f) * kRow;
  float ink = 0;
  const float stem = 0.028f * std::sin(2 * kPi * y / kRow);
  ink = std::max(ink, 1 - smooth(0.003f, 0.007f, std::abs(x - stem)));
  for (int leaf = -2; leaf <= 2; ++leaf) {
    const float side = (leaf & 1) != 0 ? 1.0f : -1.0f, at = 0.075f * static_cast<float>(leaf);
    const glm::vec2 d((x - side * 0.045f) * 0.83f + side * (y - at) * 0.55f,
                      (y - at) * 0.83f - side * (x - side * 0.045f) * 0.55f);
    ink = std::max(ink, 0.8f * (1 - smooth(0.9f, 1.1f, glm::length(d / glm::vec2(0.036f, 0.014f)))));
  }
  const glm::vec2 flower(x, std::abs(y) - 0.5f * kRow);
  const float petals = 0.034f + 0.010f * std::cos(6 * std::atan2(flower.y, flower.x));
  ink = std::max(ink, 1 - smooth(petals - 0.004f, petals + 0.002f, glm::length(flower)));
  ink *= smooth(0.009f, 0.013f, glm::length(flower));
  const float paper = 0.97f + 0.05f * value_noise(glm::vec2(t) * 90.0f);
  const float stripe = smooth(0.006f, 0.010f, std::abs(std::abs(x) - 0.5f * kColumn));
  return glm::mix(m.color_a, m.color_b, 0.85f * ink) * paper * (0.88f + 0.12f * stripe);
}

// Grain that runs along x, of a board with a number of its own.
float wood_grain(glm::vec2 p, float number) {
  const float bend = fractal_noise(glm::vec3(p.x * 1.3f, p.y * 6.0f, number), 3);
  const float rings = 0.5f + 0.5f * std::sin(2 * kPi * (p.y * 22.0f + 5.0f * bend));
  const float fibre = value_noise(glm::vec3(p.x * 9.0f, p.y * 130.0f, number));
  return 0.6f * rings * bend + 0.4f * fibre;
}

glm::vec3 wood(const SynthMaterial& m, glm::vec3 t) {
  return glm::mix(m.color_a, m.color_b, wood_grain(glm::vec2(t), t.z * 1.37f));
}

// Oak boards of 14 cm, laid in thirds.
glm::vec3 planks(const SynthMaterial& m, glm::vec3 t) {
  constexpr float kWidth = 0.14f, kLength = 1.2f;
  const int row = cell_of(t.y / kWidth);
  const float offset = t.x / kLength + 0.37f * static_cast<float>(row) + 0.2f * synth_cell(row, 3);
  const int column = cell_of(offset);
  const float number = synth_cell(row, column, 7);
  const glm::vec2 inside(fraction(offset) * kLength, fraction(t.y / kWidth) * kWidth);
  const float tone = 0.72f + 0.5f * synth_cell(row, column, 1);
  const glm::vec3 board = glm::mix(m.color_a, m.color_b, wood_grain(inside, 31.0f * number)) * tone;
  const float edge = std::min(std::min(inside.x, kLength - inside.x), std::min(inside.y, kWidth - inside.y));
  return board * (0.25f + 0.75f * smooth(0.0008f, 0.0035f, edge));
}

// Knotted rug: borders, a field of diamonds, a medallion; yarn shows as small cells.
glm::vec3 rug(const SynthMaterial& m, glm::vec3 t, glm::vec2 size) {
  const glm::vec3 cream = glm::vec3(0.72f, 0.62f, 0.45f), gold(0.62f, 0.36f, 0.08f);
  constexpr float kKnot = 0.012f;
  const glm::ivec2 knot(cell_of(t.x / kKnot), cell_of(t.y / kKnot));
  const glm::vec2 p = (glm::vec2(knot) + 0.5f) * kKnot;
  const glm::vec2 from_middle = p - 0.5f * size;
  const float border = std::min(std::min(p.x, size.x - p.x), std::min(p.y, size.y - p.y));
  glm::vec3 color = m.color_a;
  if (border < 0.03f) {
    color = m.color_b * 0.6f;
  } else if (border < 0.055f || (border > 0.20f && border < 0.225f)) {
    color = cream;
  } else if (border <= 0.20f) {
    const float along = (p.x + p.y) / 0.11f, saw = std::abs(fraction(along) - 0.5f);
    color = saw < 0.14f ? gold : (saw < 0.26f ? cream : m.color_b);
  } else {
    const glm::vec2 tile = glm::abs(glm::fract(from_middle / 0.16f) - 0.5f);
    const float diamond = tile.x + tile.y;
    color = diamond < 0.13f ? gold
                            : (diamond < 0.22f ? m.color_b : (diamond > 0.47f && diamond < 0.53f ? cream : m.color_a));
    const float medallion = std::abs(from_middle.x) / 0.42f + std::abs(from_middle.y) / 0.30f;
    const float petal = 0.9f + 0.16f * std::cos(8 * std::atan2(from_middle.y / 0.30f, from_middle.x / 0.42f));
    if (medallion < petal) color = medallion > petal - 0.13f ? cream : (medallion < 0.35f ? gold : m.color_b);
  }
  return color * (0.72f + 0.5f * synth_cell(knot.x, knot.y, 5));
}

// Cloth of threads over and under, with a slow change of dye.
glm::vec3 weave(const SynthMaterial& m, glm::vec3 t) {
  constexpr float kThread = 0.009f;
  const glm::ivec2 cell(cell_of(t.x / kThread), cell_of(t.y / kThread));
  const bool over = ((cell.x + cell.y) & 1) != 0;
  const float dye = 0.85f + 0.3f * fractal_noise(glm::vec3(glm::vec2(t) * 5.0f, t.z), 2);
  return (over ? m.color_a : m.color_b) * dye * (0.85f + 0.3f * synth_cell(cell.x, cell.y, static_cast<int>(t.z)));
}

glm::vec3 stripes(const SynthMaterial& m, glm::vec3 t) {
  constexpr float kPeriod = 0.12f;
  const float x = fraction(t.x / kPeriod);
  const bool wide = x<0.45f, narrow = x> 0.62f && x < 0.70f;
  const float cloth = 0.88f + 0.24f * value_noise(glm::vec2(t) * glm::vec2(120.0f, 60.0f));
  return (wide ? m.color_a : (narrow ? 0.5f * (m.color_a + m.color_b) : m.color_b)) * cloth;
}

glm::vec3 book_spine(const SynthMaterial& m, glm::vec3 t, glm::vec2 size) {
  const int number = static_cast<int>(t.z);
  const float v = t.y / size.y, u = t.x / size.x;
  const float band = 0.08f + 0.06f * synth_cell(number, 1);
  glm::vec3 color = m.color_a * (0.85f + 0.3f * value_noise(glm::vec3(glm::vec2(t) * 60.0f, t.z)));
  if (std::abs(v - band) < 0.012f || std::abs(v - 0.9f) < 0.012f) color = m.color_b;
  // The title: letters as blocks along the spine.
  if (v > 0.28f && v < 0.80f && std::abs(u - 0.5f) < 0.22f) {
    const int letter = cell_of(t.y / 0.011f), part = cell_of(u * 12);
    if (synth_cell(letter, number, 2) > 0.18f && synth_cell(letter, part, number) > 0.45f) color = m.color_b;
  }
  return color;
}

glm::vec3 leaf(const SynthMaterial& m, glm::vec3 t, glm::vec2 size) {
  const glm::vec2 p = glm::vec2(t) / size;
  const float side = std::abs(p.y - 0.5f);
  const float vein = 1 - smooth(0.02f, 0.06f, side);
  const float ribs = 1 - smooth(0.0f, 0.2f, std::abs(fraction((p.x - 0.9f * side) * 9.0f) - 0.5f));
  const float spots = fractal_noise(glm::vec3(p * 6.0f, t.z), 3);
  return glm::mix(m.color_a * (0.7f + 0.6f * spots), m.color_b, std::clamp(0.8f * vein + 0.35f * ribs, 0.0f, 1.0f));
}

// A band of waves around a fired pot.
glm::vec3 terracotta(const SynthMaterial& m, glm::vec3 t, glm::vec2 size) {
  const float v = t.y / size.y, u = t.x / size.x;
  const float speckle = 0.8f + 0.4f * fractal_noise(glm::vec3(glm::vec2(t) * 40.0f, t.z), 3);
  const float wave = std::abs(v - 0.55f - 0.08f * std::sin(2 * kPi * 9 * u));
  const bool line = wave < 0.05f || std::abs(v - 0.36f) < 0.02f || std::abs(v - 0.74f) < 0.02f;
  return (line ? m.color_b : m.color_a) * speckle;
}

glm::vec3 ball(const SynthMaterial& m, glm::vec3 t, glm::vec2 size) {
  const float v = t.y / size.y, u = t.x / size.x;
  const int panel = cell_of(u * 6);
  const glm::vec3 cream(0.80f, 0.74f, 0.62f);
  if (v < 0.09f || v > 0.91f || std::abs(v - 0.5f) < 0.035f) return cream;
  const glm::vec3 color = panel % 3 == 0 ? m.color_a : (panel % 3 == 1 ? m.color_b : cream);
  return color * (0.9f + 0.2f * value_noise(glm::vec2(t) * 80.0f));
}

glm::vec3 brushed_metal(const SynthMaterial& m, glm::vec3 t) {
  return m.color_a * (0.75f + 0.5f * value_noise(glm::vec3(t.x * 8.0f, t.y * 140.0f, t.z)));
}

// Painted boards with a compass of rings and rays, so that every part of the stage looks different.
glm::vec3 stage(const SynthMaterial& m, glm::vec3 t, glm::vec2 size) {
  const float around = t.x / size.x, out = t.y;
  const float grain =
      0.75f + 0.5f * fractal_noise(
                         glm::vec3(24 * std::cos(2 * kPi * around) * out, 24 * std::sin(2 * kPi * around) * out, 3), 4);
  const int ray = cell_of(around * 24), ring = cell_of(out / 0.17f);
  const bool dark = ((ray + ring) & 1) != 0;
  const bool line = std::abs(fraction(out / 0.17f) - 0.5f) > 0.47f;
  const glm::vec3 accent =
      glm::mix(glm::vec3(0.55f, 0.10f, 0.06f), glm::vec3(0.10f, 0.26f, 0.42f), synth_cell(ray, ring, 9));
  if (line) return glm::vec3(0.75f, 0.70f, 0.58f) * grain;
  return (dark ? glm::mix(m.color_a, accent, ring % 3 == 1 ? 0.8f : 0.1f) : m.color_b) * grain;
}

}  // namespace

glm::vec3 texture_color(const SynthMaterial& m, glm::vec3 t, glm::vec2 size) {
  switch (m.texture) {
    case SynthTexture::kPlain:
      return m.color_a;
    case SynthTexture::kPlaster:
      return plaster(m, t);
    case SynthTexture::kWallpaper:
      return wallpaper(m, t);
    case SynthTexture::kPlanks:
      return planks(m, t);
    case SynthTexture::kRug:
      return rug(m, t, size);
    case SynthTexture::kWood:
      return wood(m, t);
    case SynthTexture::kWeave:
      return weave(m, t);
    case SynthTexture::kStripes:
      return stripes(m, t);
    case SynthTexture::kLandscape:
      return landscape_picture(glm::vec2(t) / size);
    case SynthTexture::kGeometric:
      return geometric_picture(glm::vec2(t) / size);
    case SynthTexture::kBookSpine:
      return book_spine(m, t, size);
    case SynthTexture::kPages:
      return m.color_a * (0.8f + 0.3f * value_noise(glm::vec3(t.x * 10, t.y * 400, t.z)));
    case SynthTexture::kLeaf:
      return leaf(m, t, size);
    case SynthTexture::kTerracotta:
      return terracotta(m, t, size);
    case SynthTexture::kSoil:
      return m.color_a * (0.3f + 1.4f * fractal_noise(glm::vec2(t) * 90.0f, 3));
    case SynthTexture::kBall:
      return ball(m, t, size);
    case SynthTexture::kOutside:
      return outside_view(glm::vec2(t) / size);
    case SynthTexture::kBrushedMetal:
      return brushed_metal(m, t);
    case SynthTexture::kStage:
      return stage(m, t, size);
    case SynthTexture::kFigure:
      return figure_color(t);
  }
  return figure_color(t);
}

}  // namespace diorama
