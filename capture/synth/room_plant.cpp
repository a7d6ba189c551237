#include "capture/synth/noise.h"
#include "capture/synth/room.h"

#include <cmath>

namespace diorama {
namespace {

// A leaf that starts at `root`, runs along `out` and bends down; no thickness.
void add_leaf(SynthBuilder& b, glm::vec3 root, glm::vec3 out, float length, float width, float droop) {
  const glm::vec3 flat = glm::normalize(glm::vec3(out.x, 0, out.z)), side(-flat.z, 0, flat.x);
  const SynthBuilder::Surface blade = [=](float u, float v) {
    const float across = (v - 0.5f) * width * 4.2f * std::sqrt(std::max(u, 0.0f)) * (1 - u * u) * (1 - 0.35f * u);
    const float fold = 0.35f * std::abs(across);
    return root + out * (length * u) + side * across + glm::vec3(0, fold - droop * length * u * u, 0);
  };
  b.grid(9, 4, blade, true);
}

}  // namespace

void add_plant(SynthGeometry& geometry) {
  SynthBuilder b(geometry);
  b.place({-1.82f, 0, 1.42f});
  b.thing("pot");
  b.material({SynthTexture::kTerracotta, {0.50f, 0.20f, 0.10f}, {0.66f, 0.54f, 0.38f}});
  b.smooth_lathe({0, 0, 0}, {{0.14f, 0.0f}, {0.19f, 0.10f}, {0.21f, 0.24f}, {0.185f, 0.36f}, {0.195f, 0.40f}}, 36, 14);
  b.lathe({0, 0, 0}, {{0.195f, 0.40f}, {0.17f, 0.40f}, {0.16f, 0.34f}}, 36);
  b.material({SynthTexture::kSoil, {0.07f, 0.045f, 0.03f}});
  b.lathe({0, 0, 0}, {{0.165f, 0.35f}, {0, 0.36f}}, 36);

  b.thing("plant");
  constexpr int kStems = 9;
  for (int stem = 0; stem < kStems; ++stem) {
    const float angle = 2.399963f * static_cast<float>(stem) + 0.3f;  // the golden angle
    const float height = 0.55f + 0.50f * synth_cell(stem, 21), lean = 0.10f + 0.14f * synth_cell(stem, 22);
    const glm::vec3 flat(std::cos(angle), 0, std::sin(angle)), root = flat * 0.05f + glm::vec3(0, 0.35f, 0);
    const std::vector<glm::vec3> curve{root, root + glm::vec3(0, 0.45f * height, 0) + flat * (0.25f * lean),
                                       root + glm::vec3(0, 0.8f * height, 0) + flat * (0.65f * lean),
                                       root + glm::vec3(0, height, 0) + flat * lean};
    b.material({SynthTexture::kPlain, {0.16f, 0.22f, 0.06f}});
    b.tube(curve, 0.006f, 10, 7);
    for (int leaf = 0; leaf < 4; ++leaf) {
      const float shade = 0.8f + 0.5f * synth_cell(stem, leaf, 23);
      b.material({SynthTexture::kLeaf,
                  glm::vec3(0.07f, 0.22f, 0.05f) * shade,
                  glm::vec3(0.30f, 0.42f, 0.14f) * shade,
                  {},
                  glm::vec3(0.03f),
                  0.25f});
      const float around =
          angle + (leaf == 3 ? 0.0f : 2.2f * static_cast<float>(leaf) - 2.2f) + 0.5f * synth_cell(stem, leaf, 24);
      const float rise = leaf == 3 ? 0.75f : 0.25f + 0.3f * synth_cell(stem, leaf, 25);
      const glm::vec3 out = glm::normalize(glm::vec3(std::cos(around), rise, std::sin(around)));
      const float length = 0.20f + 0.13f * synth_cell(stem, leaf, 26);
      add_leaf(b, curve_point(curve, 0.45f + 0.18f * static_cast<float>(leaf)), out, length, 0.45f * length,
               0.55f + 0.5f * synth_cell(stem, leaf, 27));
    }
  }
}

}  // namespace diorama
