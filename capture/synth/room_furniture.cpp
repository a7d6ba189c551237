#include "capture/synth/noise.h"
#include "capture/synth/room.h"

#include <glm/gtc/matrix_transform.hpp>

#include <algorithm>

namespace diorama {
namespace {

const SynthMaterial kWalnut{
    SynthTexture::kWood, {0.30f, 0.16f, 0.08f}, {0.13f, 0.06f, 0.03f}, {}, glm::vec3(0.035f), 0.15f};
const SynthMaterial kBeech{
    SynthTexture::kWood, {0.56f, 0.36f, 0.18f}, {0.40f, 0.23f, 0.10f}, {}, glm::vec3(0.03f), 0.2f};
const SynthMaterial kBrass{
    SynthTexture::kBrushedMetal, glm::vec3(0.08f, 0.06f, 0.03f), {}, {}, {0.80f, 0.60f, 0.28f}, 0.10f};

void add_sofa(SynthBuilder& b) {
  b.thing("sofa");
  b.place({1.86f, 0, 0.02f}, -90);  // local +z looks into the room
  b.material({SynthTexture::kWeave, {0.10f, 0.22f, 0.24f}, {0.06f, 0.14f, 0.17f}});
  b.rounded_box({-0.88f, 0.10f, -0.40f}, {0.88f, 0.30f, 0.36f}, 0.04f);
  b.rounded_box({-0.88f, 0.12f, -0.42f}, {0.88f, 0.80f, -0.20f}, 0.07f, 0.01f);
  b.rounded_box({-0.98f, 0.10f, -0.42f}, {-0.82f, 0.56f, 0.38f}, 0.06f, 0.01f);
  b.rounded_box({0.82f, 0.10f, -0.42f}, {0.98f, 0.56f, 0.38f}, 0.06f, 0.01f);
  b.material({SynthTexture::kWeave, {0.13f, 0.28f, 0.29f}, {0.08f, 0.18f, 0.20f}});
  b.rounded_box({-0.81f, 0.29f, -0.22f}, {-0.005f, 0.43f, 0.39f}, 0.05f, 0.03f);
  b.rounded_box({0.005f, 0.29f, -0.22f}, {0.81f, 0.43f, 0.39f}, 0.05f, 0.03f);
  b.material(kBeech);
  for (const float x : {-0.85f, 0.85f}) {
    for (const float z : {-0.34f, 0.30f}) b.bar({x, 0, z}, {x, 0.11f, z}, 0.018f, 0.026f);
  }
}

void add_cushion(SynthBuilder& b, glm::vec3 at, float lean, float turn, const SynthMaterial& cloth) {
  glm::mat4 frame = glm::translate(glm::mat4(1.0f), at);
  frame = glm::rotate(frame, glm::radians(turn), glm::vec3(0, 1, 0));
  frame = glm::rotate(frame, glm::radians(lean), glm::vec3(1, 0, 0));
  b.place(frame);
  b.material(cloth);
  b.rounded_box({-0.21f, -0.21f, -0.035f}, {0.21f, 0.21f, 0.035f}, 0.03f, 0.05f);
}

void add_chair(SynthBuilder& b) {
  b.thing("chair");
  b.place({-1.02f, 0, -0.92f}, 158);
  b.material(kBeech);
  b.rounded_box({-0.21f, 0.43f, -0.20f}, {0.21f, 0.46f, 0.21f}, 0.012f);
  for (const float x : {-0.18f, 0.18f}) {
    b.bar({x * 1.10f, 0, 0.20f}, {x, 0.43f, 0.17f}, 0.014f, 0.019f);
    b.bar({x * 1.10f, 0, -0.24f}, {x, 0.45f, -0.18f}, 0.014f, 0.019f);
    b.bar({x, 0.45f, -0.18f}, {x * 1.02f, 0.94f, -0.27f}, 0.018f, 0.013f);
    b.bar({x * 1.07f, 0.16f, -0.215f}, {x * 1.07f, 0.16f, 0.19f}, 0.009f, 0.009f);
  }
  b.bar({-0.19f, 0.24f, 0.19f}, {0.19f, 0.24f, 0.19f}, 0.009f, 0.009f);
  b.rounded_box({-0.21f, 0.88f, -0.275f}, {0.21f, 0.95f, -0.25f}, 0.010f);
  for (int slat = 0; slat < 7; ++slat) {
    const float x = -0.135f + 0.045f * static_cast<float>(slat);
    b.bar({x, 0.455f, -0.185f}, {x, 0.89f, -0.263f}, 0.007f, 0.007f, 10);
  }
}

void add_desk(SynthBuilder& b) {
  b.thing("desk");
  b.place({-1.22f, 0, -1.54f});
  b.material(kWalnut);
  b.rounded_box({-0.72f, 0.71f, -0.33f}, {0.72f, 0.745f, 0.33f}, 0.008f);
  b.box({0.28f, 0.12f, -0.30f}, {0.66f, 0.71f, 0.29f});
  for (const glm::vec2 leg :
       {glm::vec2(-0.66f, -0.28f), {-0.66f, 0.28f}, {0.30f, -0.27f}, {0.30f, 0.27f}, {0.64f, -0.27f}, {0.64f, 0.27f}}) {
    b.bar({leg.x, 0, leg.y}, {leg.x, leg.x < 0 ? 0.71f : 0.12f, leg.y}, 0.015f, 0.024f);
  }
  for (int drawer = 0; drawer < 3; ++drawer) {
    const float y = 0.145f + 0.187f * static_cast<float>(drawer);
    b.material(kWalnut);
    b.rounded_box({0.30f, y, 0.28f}, {0.64f, y + 0.17f, 0.31f}, 0.008f);
    b.material(kBrass);
    b.bar({0.42f, y + 0.085f, 0.328f}, {0.52f, y + 0.085f, 0.328f}, 0.006f, 0.006f);
    for (const float x : {0.43f, 0.51f}) b.bar({x, y + 0.085f, 0.30f}, {x, y + 0.085f, 0.33f}, 0.004f, 0.004f, 8);
  }
}

void add_coffee_table(SynthBuilder& b) {
  b.thing("coffee table");
  b.place({0.32f, 0.012f, 0.0f});
  b.material(kBeech);
  b.lathe({0, 0, 0}, {{0, 0.385f}, {0.36f, 0.385f}, {0.40f, 0.40f}, {0.40f, 0.418f}, {0, 0.418f}}, 48);
  for (int leg = 0; leg < 3; ++leg) {
    const float angle = 0.5f + 2.0943951f * static_cast<float>(leg);
    const glm::vec3 side(std::cos(angle), 0, std::sin(angle));
    b.bar(side * 0.36f, side * 0.20f + glm::vec3(0, 0.39f, 0), 0.012f, 0.022f);
  }
  b.bar({0.25f, 0.19f, 0.137f}, {-0.27f, 0.19f, 0.09f}, 0.007f, 0.007f);
}

void add_sideboard(SynthBuilder& b) {
  b.thing("sideboard");
  b.place({-0.42f, 0, 1.66f}, 180);
  b.material(kBeech);
  b.rounded_box({-0.80f, 0.12f, -0.22f}, {0.80f, 0.70f, 0.20f}, 0.012f);
  for (const float x : {-0.72f, 0.72f}) {
    for (const float z : {-0.16f, 0.14f}) b.bar({x * 1.04f, 0, z}, {x, 0.13f, z}, 0.012f, 0.02f);
  }
  b.material({SynthTexture::kPlaster, {0.52f, 0.44f, 0.30f}});
  for (const float x : {-0.78f, -0.255f, 0.27f}) b.rounded_box({x, 0.15f, 0.195f}, {x + 0.51f, 0.67f, 0.215f}, 0.008f);
  b.material(kBrass);
  for (const float x : {-0.31f, 0.20f, 0.32f}) b.sphere({x, 0.43f, 0.225f}, 0.016f);
}

// One board's row of books from x_from to x_to; local +z is the front.
void add_books(SynthBuilder& b, int board, float x_from, float x_to, float y, float tallest) {
  constexpr glm::vec3 kCovers[8] = {{0.34f, 0.06f, 0.05f}, {0.06f, 0.12f, 0.26f}, {0.08f, 0.22f, 0.12f},
                                    {0.52f, 0.36f, 0.10f}, {0.18f, 0.08f, 0.18f}, {0.50f, 0.46f, 0.38f},
                                    {0.08f, 0.26f, 0.28f}, {0.07f, 0.06f, 0.06f}};
  float x = x_from;
  for (int number = 0;; ++number) {
    const float thick = 0.018f + 0.034f * synth_cell(board, number, 1);
    if (x + thick > x_to) break;
    const float height = tallest * (0.68f + 0.30f * synth_cell(board, number, 2)),
                deep = 0.15f + 0.05f * synth_cell(board, number, 3);
    const auto cover = static_cast<size_t>(8 * synth_cell(board, number, 4));
    const glm::vec3 color = kCovers[std::min<size_t>(cover, 7)] * (0.8f + 0.5f * synth_cell(board, number, 5));
    const glm::vec3 letters =
        glm::mix(glm::vec3(0.70f, 0.55f, 0.22f), glm::vec3(0.72f, 0.68f, 0.60f), synth_cell(board, number, 6));
    const glm::vec3 min(x, y, 0.10f - deep), max(x + thick, y + height, 0.10f);
    b.material({SynthTexture::kPages, {0.68f, 0.62f, 0.48f}});
    b.box(min + glm::vec3(0.002f, 0.004f, 0.0f), max - glm::vec3(0.002f, 0.004f, 0.004f));
    b.material({SynthTexture::kBookSpine, color, letters, {}, glm::vec3(0.02f), 0.25f});
    b.box({min.x, min.y, max.z - 0.004f}, max);
    b.box(min, {min.x + 0.002f, max.y, max.z - 0.004f});
    b.box({max.x - 0.002f, min.y, min.z}, {max.x, max.y, max.z - 0.004f});
    x += thick + 0.001f + (synth_cell(board, number, 7) > 0.86f ? 0.05f : 0.0f);
  }
}

}  // namespace

void add_seats(SynthGeometry& geometry) {
  SynthBuilder b(geometry);
  add_sofa(b);
  b.thing("cushion");
  add_cushion(b, {1.93f, 0.64f, -0.52f}, -18, -78,
              {SynthTexture::kStripes, {0.62f, 0.28f, 0.06f}, {0.70f, 0.62f, 0.48f}});
  add_cushion(b, {1.92f, 0.64f, 0.58f}, -20, -104, {SynthTexture::kRug, {0.40f, 0.07f, 0.06f}, {0.08f, 0.12f, 0.22f}});
  add_chair(b);
}

void add_tables(SynthGeometry& geometry) {
  SynthBuilder b(geometry);
  add_desk(b);
  add_coffee_table(b);
  add_sideboard(b);
}

void add_bookshelf(SynthGeometry& geometry) {
  SynthBuilder b(geometry);
  b.thing("bookshelf");
  b.place({0.95f, 0, -1.76f});
  b.material(kWalnut);
  b.box({-0.60f, 0, -0.13f}, {-0.575f, 1.86f, 0.15f});
  b.box({0.575f, 0, -0.13f}, {0.60f, 1.86f, 0.15f});
  b.box({-0.60f, 1.86f, -0.13f}, {0.60f, 1.885f, 0.15f});
  b.box({-0.575f, 0.05f, -0.135f}, {0.575f, 1.86f, -0.12f});
  for (int board = 0; board < 5; ++board) {
    const float y = 0.06f + 0.36f * static_cast<float>(board);
    b.box({-0.575f, y, -0.12f}, {0.575f, y + 0.022f, 0.145f});
  }
  b.thing("books");
  add_books(b, 0, -0.56f, 0.30f, 0.082f, 0.32f);
  add_books(b, 1, -0.57f, 0.56f, 0.442f, 0.31f);
  add_books(b, 2, -0.30f, 0.56f, 0.802f, 0.30f);
  add_books(b, 3, -0.57f, 0.22f, 1.162f, 0.29f);
  add_books(b, 4, -0.20f, 0.50f, 1.522f, 0.30f);
}

}  // namespace diorama
