#include "capture/synth/room.h"

namespace diorama {
namespace {

const SynthMaterial kPaint{SynthTexture::kPlaster, {0.62f, 0.55f, 0.42f}};
const SynthMaterial kWhitePaint{SynthTexture::kPlaster, {0.72f, 0.70f, 0.66f}};
const SynthMaterial kOak{
    SynthTexture::kPlanks, {0.37f, 0.225f, 0.125f}, {0.19f, 0.105f, 0.055f}, {}, glm::vec3(0.03f), 0.05f};

constexpr glm::vec3 kLow = kRoomMin, kHigh = kRoomMax;
constexpr float kHeight = kRoomMax.y;

// Extent of the window's opening in the west wall.
constexpr float kSill = 0.95f, kLintel = 2.15f, kWindowHalf = 0.75f, kReveal = 0.14f;

void add_walls(SynthBuilder& b) {
  const glm::vec3 up(0, kHeight, 0), across_x(kHigh.x - kLow.x, 0, 0), across_z(0, 0, kHigh.z - kLow.z);
  b.thing("floor");
  b.material(kOak);
  b.quad({kLow.x, 0, kHigh.z}, across_x, -across_z);
  b.thing("ceiling");
  b.material(kWhitePaint);
  b.quad({kLow.x, kHeight, kLow.z}, across_x, across_z);
  b.thing("wall");
  b.material({SynthTexture::kWallpaper, {0.56f, 0.56f, 0.47f}, {0.12f, 0.26f, 0.27f}});
  b.quad(kLow, across_x, up);  // north
  b.material(kPaint);
  b.quad({kHigh.x, 0, kLow.z}, across_z, up);    // east
  b.quad({kHigh.x, 0, kHigh.z}, -across_x, up);  // south
  // West, around the window.
  const float x = kLow.x;
  b.quad({x, 0, kHigh.z}, -across_z, {0, kSill, 0});
  b.quad({x, kLintel, kHigh.z}, -across_z, {0, kHeight - kLintel, 0});
  b.quad({x, kSill, kHigh.z}, {0, 0, kWindowHalf - kHigh.z}, {0, kLintel - kSill, 0});
  b.quad({x, kSill, -kWindowHalf}, {0, 0, kLow.z + kWindowHalf}, {0, kLintel - kSill, 0});
}

void add_skirting(SynthBuilder& b) {
  constexpr float kBoard = 0.10f, kDeep = 0.018f;
  b.thing("skirting board");
  b.material({SynthTexture::kWood, {0.66f, 0.62f, 0.55f}, {0.58f, 0.54f, 0.47f}});
  b.box({kLow.x, 0, kLow.z}, {kHigh.x, kBoard, kLow.z + kDeep});
  b.box({kHigh.x - kDeep, 0, kLow.z}, {kHigh.x, kBoard, kHigh.z});
  b.box({kLow.x, 0, kLow.z}, {kLow.x + kDeep, kBoard, kHigh.z});
  b.box({kLow.x, 0, kHigh.z - kDeep}, {0.68f, kBoard, kHigh.z});
  b.box({1.68f, 0, kHigh.z - kDeep}, {kHigh.x, kBoard, kHigh.z});
  b.thing("cornice");
  b.material(kWhitePaint);
  for (const float step : {0.0f, 0.03f}) {
    const float y = kHeight - 0.07f + step, deep = 0.03f + step;
    b.box({kLow.x, y, kLow.z}, {kHigh.x, kHeight, kLow.z + deep});
    b.box({kLow.x, y, kHigh.z - deep}, {kHigh.x, kHeight, kHigh.z});
    b.box({kLow.x, y, kLow.z}, {kLow.x + deep, kHeight, kHigh.z});
    b.box({kHigh.x - deep, y, kLow.z}, {kHigh.x, kHeight, kHigh.z});
  }
}

void add_door(SynthBuilder& b) {
  const float back = kHigh.z;
  b.thing("door");
  b.material({SynthTexture::kWood, {0.30f, 0.36f, 0.34f}, {0.24f, 0.30f, 0.28f}, {}, glm::vec3(0.025f), 0.25f});
  b.box({0.76f, 0, back - 0.03f}, {1.60f, 2.02f, back});
  for (const float x : {0.84f, 1.22f}) {
    b.box({x, 0.16f, back - 0.045f}, {x + 0.30f, 0.86f, back - 0.03f});
    b.box({x, 1.08f, back - 0.045f}, {x + 0.30f, 1.90f, back - 0.03f});
    b.box({x + 0.05f, 0.21f, back - 0.055f}, {x + 0.25f, 0.81f, back - 0.045f});
    b.box({x + 0.05f, 1.13f, back - 0.055f}, {x + 0.25f, 1.85f, back - 0.045f});
  }
  b.thing("door frame");
  b.material({SynthTexture::kWood, {0.66f, 0.62f, 0.55f}, {0.58f, 0.54f, 0.47f}});
  b.box({0.68f, 0, back - 0.05f}, {0.76f, 2.10f, back});
  b.box({1.60f, 0, back - 0.05f}, {1.68f, 2.10f, back});
  b.box({0.68f, 2.02f, back - 0.05f}, {1.68f, 2.10f, back});
  b.thing("door handle");
  b.material({SynthTexture::kPlain, glm::vec3(0.05f), {}, {}, {0.75f, 0.58f, 0.30f}, 0.12f});
  b.bar({0.82f, 1.0f, back - 0.03f}, {0.82f, 1.0f, back - 0.09f}, 0.011f, 0.011f);
  b.bar({0.815f, 1.0f, back - 0.085f}, {0.94f, 1.0f, back - 0.085f}, 0.011f, 0.009f);
}

void add_radiator(SynthBuilder& b) {
  b.thing("radiator");
  b.material({SynthTexture::kPlaster, {0.70f, 0.68f, 0.62f}, {}, {}, glm::vec3(0.03f), 0.2f});
  for (int rib = 0; rib < 14; ++rib) {
    const float z = -0.60f + 0.09f * static_cast<float>(rib);
    b.rounded_box({kLow.x + 0.05f, 0.16f, z}, {kLow.x + 0.15f, 0.76f, z + 0.055f}, 0.024f);
  }
  b.bar({kLow.x + 0.10f, 0.22f, -0.66f}, {kLow.x + 0.10f, 0.22f, 0.72f}, 0.018f, 0.018f);
  b.bar({kLow.x + 0.10f, 0.70f, -0.60f}, {kLow.x + 0.10f, 0.70f, 0.62f}, 0.018f, 0.018f);
  b.tube({{kLow.x + 0.10f, 0.22f, 0.70f},
          {kLow.x + 0.10f, 0.20f, 0.78f},
          {kLow.x + 0.09f, 0.12f, 0.80f},
          {kLow.x + 0.09f, 0.0f, 0.80f}},
         0.012f, 14);
}

void add_curtain(SynthBuilder& b, float z_from, float z_to, float phase) {
  const SynthBuilder::Surface folds = [=](float u, float v) {
    const float wave = std::sin(6.2831853f * 4.0f * u + phase) + 0.3f * std::sin(6.2831853f * 9.0f * u + 2 * phase);
    const float gather = 0.10f + 0.06f * (1 - v);  // folds open towards the floor
    return glm::vec3(kLow.x + 0.09f + gather * 0.28f * wave, 0.06f + 2.19f * v,
                     glm::mix(z_from, z_to, u) + 0.02f * (1 - v) * std::sin(20 * u));
  };
  b.grid(40, 6, folds, true);
}

}  // namespace

void add_room_shell(SynthGeometry& geometry) {
  SynthBuilder b(geometry);
  add_walls(b);
  add_skirting(b);
  add_door(b);
  add_radiator(b);
}

void add_window(SynthGeometry& geometry) {
  SynthBuilder b(geometry);
  const float x = kLow.x, out = x - kReveal, height = kLintel - kSill;
  b.thing("window");
  b.material(kWhitePaint);
  b.quad({x, kSill, kWindowHalf}, {0, 0, -2 * kWindowHalf}, {-kReveal, 0, 0});
  b.quad({out, kLintel, kWindowHalf}, {0, 0, -2 * kWindowHalf}, {kReveal, 0, 0});
  b.quad({x, kSill, kWindowHalf}, {-kReveal, 0, 0}, {0, height, 0});
  b.quad({out, kSill, -kWindowHalf}, {kReveal, 0, 0}, {0, height, 0});
  b.material({SynthTexture::kWood, {0.66f, 0.62f, 0.55f}, {0.58f, 0.54f, 0.47f}});
  b.box({out, kSill, -kWindowHalf}, {out + 0.05f, kSill + 0.06f, kWindowHalf});
  b.box({out, kLintel - 0.06f, -kWindowHalf}, {out + 0.05f, kLintel, kWindowHalf});
  for (const float z : {-kWindowHalf, -0.03f, kWindowHalf - 0.06f}) {
    b.box({out, kSill, z}, {out + 0.05f, kLintel, z + 0.06f});
  }
  b.box({out, 1.72f, -kWindowHalf}, {out + 0.04f, 1.75f, kWindowHalf});
  b.box({x - 0.06f, kSill - 0.03f, -0.82f}, {x + 0.11f, kSill, 0.82f});  // the sill
  b.thing("view");
  // Seen darker than it shines: a camera's exposure for the room would burn it out.
  const glm::vec3 daylight(6.4f, 6.7f, 7.2f), seen(1.25f);
  b.material({SynthTexture::kOutside, glm::vec3(0.04f), {}, seen});
  b.quad({out + 0.01f, kSill, kWindowHalf}, {0, 0, -2 * kWindowHalf}, {0, height, 0});
  geometry.panels.push_back(
      {{out + 0.051f, kSill + 0.5f * height, 0}, {0, 0, -kWindowHalf}, {0, 0.5f * height, 0}, daylight});
  geometry.sun = {{out + 0.012f, kSill + 0.5f * height, 0},        {0, 0, -kWindowHalf}, {0, 0.5f * height, 0},
                  glm::normalize(glm::vec3(-0.80f, 0.62f, 0.24f)), {17.0f, 13.6f, 9.2f}, 0.012f};

  // What the sky and the houses outside add from everywhere.
  geometry.panels.push_back({{0, kHeight - 0.02f, 0}, {1.8f, 0, 0}, {0, 0, 1.5f}, glm::vec3(0.34f, 0.32f, 0.29f)});

  b.thing("curtain");
  b.material({SynthTexture::kStripes, {0.52f, 0.17f, 0.10f}, {0.66f, 0.52f, 0.36f}});
  add_curtain(b, 1.16f, 0.66f, 0.4f);
  add_curtain(b, -0.66f, -1.16f, 1.9f);
  b.thing("curtain rod");
  b.material({SynthTexture::kPlain, glm::vec3(0.04f), {}, {}, {0.70f, 0.52f, 0.28f}, 0.15f});
  b.bar({x + 0.09f, 2.27f, -1.28f}, {x + 0.09f, 2.27f, 1.28f}, 0.013f, 0.013f);
  b.sphere({x + 0.09f, 2.27f, -1.29f}, 0.03f);
  b.sphere({x + 0.09f, 2.27f, 1.29f}, 0.03f);
}

SynthGeometry make_room() {
  SynthGeometry geometry;
  add_room_shell(geometry);
  add_window(geometry);
  add_seats(geometry);
  add_tables(geometry);
  add_bookshelf(geometry);
  add_plant(geometry);
  add_lamps(geometry);
  add_small_things(geometry);
  return geometry;
}

}  // namespace diorama
