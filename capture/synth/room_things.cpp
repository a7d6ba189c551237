#include "capture/synth/noise.h"
#include "capture/synth/room.h"

#include <glm/gtc/matrix_transform.hpp>

#include <cmath>

namespace diorama {
namespace {

const SynthMaterial kBlack{SynthTexture::kPlain, glm::vec3(0.03f), {}, {}, glm::vec3(0.03f), 0.15f};
const SynthMaterial kBrass{
    SynthTexture::kBrushedMetal, glm::vec3(0.08f, 0.06f, 0.03f), {}, {}, {0.85f, 0.62f, 0.30f}, 0.05f};
const SynthMaterial kCopper{SynthTexture::kPlain, glm::vec3(0.08f, 0.03f, 0.02f), {}, {}, {0.86f, 0.46f, 0.30f}, 0.03f};
const glm::vec3 kLampLight(26.0f, 16.5f, 8.0f);

void add_bulb(SynthGeometry& geometry, SynthBuilder& b, glm::vec3 center, float radius, glm::vec3 radiance) {
  b.place(glm::mat4(1.0f));
  b.material({SynthTexture::kPlain, glm::vec3(0.0f), {}, radiance});
  b.sphere(center, radius);
  geometry.bulbs.push_back({center, radius, radiance});
}

void add_desk_lamp(SynthGeometry& geometry, SynthBuilder& b) {
  b.thing("desk lamp");
  b.place(glm::mat4(1.0f));
  b.material(kBlack);
  const glm::vec3 foot(-1.72f, 0.745f, -1.62f), elbow = foot + glm::vec3(-0.06f, 0.26f, 0.0f),
                                                head = foot + glm::vec3(0.16f, 0.42f, 0.06f);
  b.lathe(foot, {{0.09f, 0.0f}, {0.09f, 0.012f}, {0.02f, 0.026f}, {0, 0.026f}});
  b.bar(foot + glm::vec3(0, 0.02f, 0), elbow, 0.007f, 0.007f, 10);
  b.bar(elbow, head, 0.007f, 0.007f, 10);
  b.sphere(elbow, 0.013f);
  glm::mat4 frame = glm::translate(glm::mat4(1.0f), head);
  b.place(glm::rotate(frame, glm::radians(-22.0f), glm::vec3(0, 0, 1)));
  b.material(kBrass);  // a dome of sheet metal, outside and inside
  b.smooth_lathe({0, 0, 0}, {{0.105f, -0.10f}, {0.085f, -0.035f}, {0.045f, 0.01f}, {0.0f, 0.03f}}, 32, 12);
  b.material({SynthTexture::kPlain, glm::vec3(0.70f, 0.66f, 0.58f)});
  b.smooth_lathe({0, 0, 0}, {{0.0f, 0.025f}, {0.042f, 0.006f}, {0.081f, -0.038f}, {0.101f, -0.10f}}, 32, 12);
  b.lathe({0, 0, 0}, {{0.101f, -0.10f}, {0.105f, -0.10f}}, 32);
  add_bulb(geometry, b, head + glm::vec3(-0.012f, -0.045f, 0), 0.028f, kLampLight);
}

void add_cable(SynthBuilder& b) {
  b.thing("cable");
  b.place(glm::mat4(1.0f));
  b.material(kBlack);
  b.tube({{-1.70f, 0.752f, -1.55f},
          {-1.40f, 0.752f, -1.42f},
          {-0.95f, 0.753f, -1.48f},
          {-0.56f, 0.756f, -1.38f},
          {-0.47f, 0.70f, -1.34f},
          {-0.46f, 0.40f, -1.33f},
          {-0.42f, 0.08f, -1.28f},
          {-0.30f, 0.008f, -1.10f},
          {-0.05f, 0.007f, -1.02f},
          {0.10f, 0.007f, -1.22f},
          {-0.06f, 0.007f, -1.38f},
          {-0.10f, 0.010f, -1.58f},
          {0.02f, 0.10f, -1.78f},
          {0.03f, 0.27f, -1.86f}},
         0.006f, 120, 8);
  b.thing("socket");
  b.material({SynthTexture::kPlain, glm::vec3(0.75f), {}, {}, glm::vec3(0.03f), 0.2f});
  b.rounded_box({-0.01f, 0.23f, -1.9f}, {0.07f, 0.31f, -1.886f}, 0.006f);
  b.material(kBlack);
  b.bar({0.03f, 0.27f, -1.888f}, {0.03f, 0.27f, -1.85f}, 0.017f, 0.012f);
}

void add_floor_lamp(SynthGeometry& geometry, SynthBuilder& b) {
  b.thing("floor lamp");
  b.place({1.96f, 0, 1.42f});
  b.material(kBlack);
  b.lathe({0, 0, 0}, {{0.15f, 0.0f}, {0.15f, 0.018f}, {0.03f, 0.035f}, {0, 0.035f}}, 36);
  b.tube({{0, 0.03f, 0},
          {0, 0.8f, 0},
          {0, 1.35f, 0},
          {-0.03f, 1.62f, -0.03f},
          {-0.14f, 1.74f, -0.14f},
          {-0.25f, 1.68f, -0.25f}},
         0.011f, 40, 10);
  b.place({1.71f, 1.52f, 1.17f});
  b.material(kCopper);
  b.smooth_lathe({0, 0, 0}, {{0.19f, -0.06f}, {0.165f, 0.05f}, {0.10f, 0.13f}, {0.0f, 0.165f}}, 44, 16);
  b.material({SynthTexture::kPlain, glm::vec3(0.72f, 0.66f, 0.56f)});
  b.smooth_lathe({0, 0, 0}, {{0.0f, 0.16f}, {0.096f, 0.126f}, {0.160f, 0.047f}, {0.185f, -0.06f}}, 44, 16);
  b.lathe({0, 0, 0}, {{0.185f, -0.06f}, {0.19f, -0.06f}}, 44);
  add_bulb(geometry, b, {1.71f, 1.54f, 1.17f}, 0.045f, kLampLight);
}

void add_pendant(SynthGeometry& geometry, SynthBuilder& b) {
  b.thing("pendant");
  b.place({0.32f, 0, 0});
  b.material(kBlack);
  b.lathe({0, 0, 0}, {{0, 2.46f}, {0.05f, 2.46f}, {0.05f, 2.5f}});
  b.bar({0, 2.47f, 0}, {0, 2.13f, 0}, 0.004f, 0.004f, 8);
  b.bar({0, 2.15f, 0}, {0, 2.09f, 0}, 0.022f, 0.028f);
  add_bulb(geometry, b, {0.32f, 2.01f, 0}, 0.095f, {15.0f, 11.6f, 8.0f});
}

// A picture with a wooden frame on a wall; `frame` has +z towards the room.
void add_picture(SynthBuilder& b, glm::vec3 at, float turn, glm::vec2 size, SynthTexture what, glm::vec3 wood) {
  b.thing("picture");
  b.place(at, turn);
  const glm::vec2 h = 0.5f * size;
  constexpr float kRail = 0.035f, kDeep = 0.03f;
  b.material({SynthTexture::kWood, wood, wood * 0.5f});
  b.box({-h.x - kRail, -h.y - kRail, 0}, {h.x + kRail, -h.y, kDeep});
  b.box({-h.x - kRail, h.y, 0}, {h.x + kRail, h.y + kRail, kDeep});
  b.box({-h.x - kRail, -h.y, 0}, {-h.x, h.y, kDeep});
  b.box({h.x, -h.y, 0}, {h.x + kRail, h.y, kDeep});
  b.material({SynthTexture::kPlaster, glm::vec3(0.72f, 0.69f, 0.62f)});
  b.quad({-h.x, -h.y, 0.010f}, {size.x, 0, 0}, {0, size.y, 0});
  b.material({what, glm::vec3(0.5f)});
  b.quad({-0.84f * h.x, -0.84f * h.y, 0.012f}, {0.84f * size.x, 0, 0}, {0, 0.84f * size.y, 0});
}

void add_mug(SynthBuilder& b, glm::vec3 at, float turn, glm::vec3 color) {
  b.place(at, turn);
  b.material({SynthTexture::kPlain, color, {}, {}, glm::vec3(0.05f), 0.06f});
  b.lathe({0, 0, 0}, {{0, 0}, {0.034f, 0}, {0.040f, 0.095f}, {0.036f, 0.095f}, {0.032f, 0.012f}, {0, 0.012f}}, 24);
  b.tube({{0.036f, 0.080f, 0}, {0.062f, 0.078f, 0}, {0.070f, 0.050f, 0}, {0.058f, 0.026f, 0}, {0.034f, 0.022f, 0}},
         0.006f, 18, 8);
}

void add_lying_books(SynthBuilder& b, glm::vec3 at, int count, int number) {
  constexpr glm::vec3 kCovers[4] = {
      {0.36f, 0.07f, 0.05f}, {0.08f, 0.17f, 0.30f}, {0.52f, 0.38f, 0.12f}, {0.09f, 0.24f, 0.16f}};
  float y = 0;
  for (int book = 0; book < count; ++book) {
    const float thick = 0.022f + 0.02f * synth_cell(number, book, 31),
                half = 0.10f + 0.02f * synth_cell(number, book, 32);
    b.place(at + glm::vec3(0, y, 0), 40 * synth_cell(number, book, 33) - 20);
    const glm::vec3 cover = kCovers[(book + number) % 4];
    b.material({SynthTexture::kPages, {0.68f, 0.62f, 0.48f}});
    b.box({-half + 0.003f, 0.003f, -0.075f}, {half - 0.003f, thick - 0.003f, 0.072f});
    b.material({SynthTexture::kBookSpine, cover, {0.70f, 0.62f, 0.42f}, {}, glm::vec3(0.02f), 0.25f});
    b.box({-half, 0, -0.078f}, {half, 0.003f, 0.075f});
    b.box({-half, thick - 0.003f, -0.078f}, {half, thick, 0.075f});
    b.box({-half, 0.003f, 0.072f}, {half, thick - 0.003f, 0.075f});
    y += thick;
  }
}

void add_on_desk(SynthBuilder& b) {
  b.thing("books");
  add_lying_books(b, {-1.02f, 0.745f, -1.66f}, 4, 2);
  b.thing("mug");
  add_mug(b, {-0.72f, 0.745f, -1.42f}, 30, {0.10f, 0.24f, 0.34f});
  b.thing("pencils");
  b.place({-0.66f, 0.745f, -1.70f});
  b.material({SynthTexture::kStripes, {0.62f, 0.58f, 0.48f}, {0.12f, 0.14f, 0.16f}});
  b.lathe({0, 0, 0}, {{0, 0}, {0.038f, 0}, {0.040f, 0.10f}, {0.036f, 0.10f}, {0.034f, 0.006f}, {0, 0.006f}}, 20);
  for (int pencil = 0; pencil < 6; ++pencil) {
    const float angle = 1.1f * static_cast<float>(pencil), lean = 0.02f + 0.015f * synth_cell(pencil, 41);
    const glm::vec3 side(std::cos(angle), 0, std::sin(angle));
    b.material({SynthTexture::kPlain,
                pencil % 3 == 0 ? glm::vec3(0.62f, 0.42f, 0.05f)
                                : (pencil % 3 == 1 ? glm::vec3(0.45f, 0.06f, 0.05f) : glm::vec3(0.06f, 0.22f, 0.14f))});
    b.bar(side * 0.012f + glm::vec3(0, 0.008f, 0),
          side * lean + glm::vec3(0, 0.16f + 0.04f * synth_cell(pencil, 42), 0), 0.004f, 0.004f, 6);
  }
  b.thing("note pad");
  b.place({-1.26f, 0.745f, -1.42f}, 12);
  b.material({SynthTexture::kPages, {0.76f, 0.74f, 0.66f}});
  b.box({-0.10f, 0, -0.14f}, {0.10f, 0.008f, 0.14f});
}

void add_on_tables(SynthBuilder& b) {
  b.thing("bowl");
  b.place({0.20f, 0.43f, 0.08f});
  b.material({SynthTexture::kPlain, {0.12f, 0.30f, 0.36f}, {}, {}, glm::vec3(0.06f), 0.05f});
  b.smooth_lathe({0, 0, 0}, {{0.045f, 0.0f}, {0.095f, 0.018f}, {0.125f, 0.06f}}, 36, 8);
  b.smooth_lathe({0, 0, 0}, {{0.120f, 0.06f}, {0.090f, 0.024f}, {0.0f, 0.010f}}, 36, 8);
  b.lathe({0, 0, 0}, {{0.125f, 0.06f}, {0.120f, 0.06f}}, 36);
  b.thing("fruit");
  const glm::vec3 fruits[4] = {
      {0.05f, 0.052f, 0.01f}, {-0.045f, 0.050f, 0.03f}, {-0.005f, 0.050f, -0.055f}, {0.0f, 0.100f, 0.0f}};
  for (int fruit = 0; fruit < 4; ++fruit) {
    const glm::vec3 skin = fruit == 1 ? glm::vec3(0.60f, 0.24f, 0.03f)
                                      : (fruit == 3 ? glm::vec3(0.30f, 0.36f, 0.05f) : glm::vec3(0.48f, 0.06f, 0.04f));
    b.material({SynthTexture::kPlaster, skin, {}, {}, glm::vec3(0.035f), 0.15f});
    b.sphere(fruits[fruit], 0.036f + 0.004f * static_cast<float>(fruit % 2));
  }
  b.thing("books");
  add_lying_books(b, {0.50f, 0.43f, -0.12f}, 2, 5);
  b.thing("mug");
  add_mug(b, {0.40f, 0.43f, 0.22f}, -60, {0.62f, 0.52f, 0.36f});

  b.thing("vase");
  b.place({-0.95f, 0.70f, 1.66f});
  b.material({SynthTexture::kPlain, {0.16f, 0.24f, 0.42f}, {}, {}, glm::vec3(0.07f), 0.03f});
  b.smooth_lathe({0, 0, 0}, {{0.05f, 0.0f}, {0.10f, 0.09f}, {0.085f, 0.19f}, {0.032f, 0.27f}, {0.042f, 0.33f}}, 36, 18);
  b.lathe({0, 0, 0}, {{0.042f, 0.33f}, {0.034f, 0.33f}, {0.026f, 0.27f}}, 36);
  b.thing("radio");
  b.place({-0.12f, 0.70f, 1.68f}, 172);
  b.material({SynthTexture::kWood, {0.34f, 0.18f, 0.08f}, {0.18f, 0.08f, 0.03f}, {}, glm::vec3(0.04f), 0.12f});
  b.rounded_box({-0.19f, 0, -0.08f}, {0.19f, 0.20f, 0.08f}, 0.02f);
  b.material({SynthTexture::kWeave, {0.62f, 0.54f, 0.36f}, {0.34f, 0.28f, 0.18f}});
  b.rounded_box({-0.17f, 0.025f, 0.07f}, {0.04f, 0.175f, 0.084f}, 0.006f);
  b.material(kBrass);
  b.bar({0.115f, 0.12f, 0.075f}, {0.115f, 0.12f, 0.105f}, 0.038f, 0.034f, 24);
  for (const float x : {0.085f, 0.145f}) b.bar({x, 0.045f, 0.075f}, {x, 0.045f, 0.10f}, 0.013f, 0.012f);
  b.bar({0.16f, 0.19f, -0.05f}, {0.26f, 0.46f, -0.06f}, 0.003f, 0.002f, 8);  // the aerial
}

}  // namespace

void add_lamps(SynthGeometry& geometry) {
  SynthBuilder b(geometry);
  add_desk_lamp(geometry, b);
  add_cable(b);
  add_floor_lamp(geometry, b);
  add_pendant(geometry, b);
}

void add_small_things(SynthGeometry& geometry) {
  SynthBuilder b(geometry);
  b.thing("rug");
  b.place(glm::mat4(1.0f));
  b.material({SynthTexture::kRug, {0.34f, 0.05f, 0.05f}, {0.05f, 0.09f, 0.20f}});
  b.box({-0.85f, 0, -0.75f}, {1.30f, 0.012f, 0.75f});
  add_picture(b, {2.3f, 1.50f, 0.0f}, -90, {1.15f, 0.72f}, SynthTexture::kLandscape, {0.36f, 0.22f, 0.10f});
  add_picture(b, {-1.55f, 1.62f, -1.9f}, 0, {0.44f, 0.56f}, SynthTexture::kGeometric, {0.10f, 0.09f, 0.08f});
  add_picture(b, {-0.88f, 1.56f, -1.9f}, 0, {0.50f, 0.38f}, SynthTexture::kLandscape, {0.56f, 0.40f, 0.20f});
  add_picture(b, {-0.42f, 1.50f, 1.9f}, 180, {0.62f, 0.78f}, SynthTexture::kGeometric, {0.46f, 0.30f, 0.14f});
  add_on_desk(b);
  add_on_tables(b);
  b.thing("ball");
  glm::mat4 frame = glm::translate(glm::mat4(1.0f), glm::vec3(-0.48f, 0.132f, 0.42f));
  b.place(glm::rotate(frame, 0.8f, glm::normalize(glm::vec3(1, 0.3f, 0.6f))));
  b.material({SynthTexture::kBall, {0.58f, 0.07f, 0.04f}, {0.06f, 0.16f, 0.40f}, {}, glm::vec3(0.04f), 0.1f});
  b.sphere({0, 0, 0}, 0.12f);
  b.thing("vase");
  b.place({0.62f, 0.802f, -1.72f});
  b.material({SynthTexture::kPlain, {0.55f, 0.30f, 0.10f}, {}, {}, glm::vec3(0.06f), 0.05f});
  b.smooth_lathe({-0.06f, 0, 0}, {{0.04f, 0.0f}, {0.085f, 0.08f}, {0.05f, 0.17f}, {0.028f, 0.21f}, {0.036f, 0.24f}}, 28,
                 14);
}

}  // namespace diorama
