#include "assets/animated_gltf.h"

#include "assets/gltf.h"
#include "engine/base/error.h"
#include "tests/assets/samples.h"

#include <gmock/gmock.h>

#include <cmath>
#include <functional>
#include <numbers>

namespace diorama {
namespace {

using Json = nlohmann::ordered_json;
using testing::HasSubstr;

AnimatedGltf opened(const SampleGltf& sample) {
  return {sample.glb(), "sample.glb"};
}

std::string error_of(const SampleGltf& sample) {
  try {
    opened(sample);
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("sample.glb"));
    return error.what();
  }
  return "no error";
}

void expect_near(glm::vec3 a, glm::vec3 b, float tolerance = 1e-5f) {
  EXPECT_LE(glm::length(a - b), tolerance) << a.x << " " << a.y << " " << a.z;
}

// An animation of node 0 by one sampler; the key times 1, 2 and 4 s.
size_t animate(SampleGltf& sample, const char* path, size_t values, const char* interpolation) {
  const size_t times = sample.add_floats({1, 2, 4}, "SCALAR", 3);
  sample.json()["animations"].push_back(
      {{"name", path},
       {"samplers", Json::array({{{"input", times}, {"output", values}, {"interpolation", interpolation}}})},
       {"channels", Json::array({{{"sampler", 0}, {"target", {{"node", 0}, {"path", path}}}}})}});
  return sample.json()["animations"].size() - 1;
}

glm::vec3 first_corner(const AnimatedGltf& file, double time_s, size_t animation = 0) {
  return file.meshes_at(animation, time_s).at(0).mesh.positions.at(0);
}

TEST(AnimatedGltf, LinearKeysAreJoinedByLinesAndHoldOutside) {
  SampleGltf sample;
  animate(sample, "translation", sample.add_floats({1, 0, 0, 3, 0, 0, 3, 8, 0}, "VEC3", 3), "LINEAR");
  const AnimatedGltf file = opened(sample);
  ASSERT_EQ(file.animations().size(), 1u);
  EXPECT_EQ(file.animations()[0].name, "translation");
  EXPECT_EQ(file.animations()[0].duration_s, 4);
  expect_near(first_corner(file, 0), {1, 0, 0});
  expect_near(first_corner(file, 1.25), {1.5f, 0, 0});
  expect_near(first_corner(file, 2), {3, 0, 0});
  expect_near(first_corner(file, 3), {3, 4, 0});
  expect_near(first_corner(file, 99), {3, 8, 0});
}

TEST(AnimatedGltf, StepsHoldUntilTheNextKey) {
  SampleGltf sample;
  animate(sample, "translation", sample.add_floats({1, 0, 0, 3, 0, 0, 3, 8, 0}, "VEC3", 3), "STEP");
  const AnimatedGltf file = opened(sample);
  expect_near(first_corner(file, 1.999), {1, 0, 0});
  expect_near(first_corner(file, 2), {3, 0, 0});
  expect_near(first_corner(file, 3.999), {3, 0, 0});
  expect_near(first_corner(file, 4), {3, 8, 0});
}

TEST(AnimatedGltf, CubicKeysMeetTheirValuesAndTangents) {
  SampleGltf sample;
  // In-tangent, value, out-tangent: a parabola x = t^2 through the keys 1, 2, 4, which Hermite's cubics reproduce.
  std::vector<float> keys;
  for (const float t : {1.0f, 2.0f, 4.0f}) {
    for (const float v : {2 * t, 0.0f, 0.0f, t * t, 0.0f, 0.0f, 2 * t, 0.0f, 0.0f}) keys.push_back(v);
  }
  animate(sample, "translation", sample.add_floats(keys, "VEC3", 9), "CUBICSPLINE");
  const AnimatedGltf file = opened(sample);
  for (const double t : {1.0, 1.3, 2.0, 2.5, 3.7, 4.0}) {
    expect_near(first_corner(file, t), {static_cast<float>(t * t), 0, 0});
  }
}

TEST(AnimatedGltf, RotationsTurnEvenlyAlongTheShorterArc) {
  SampleGltf sample;
  const float half = std::sqrt(0.5f);
  // About z: 0, 90 degrees (as its negative, which is the same rotation), 180 degrees.
  const size_t turns = sample.add_floats({0, 0, 0, 1, 0, 0, -half, -half, 0, 0, 1, 0}, "VEC4", 3);
  animate(sample, "rotation", turns, "LINEAR");
  const AnimatedGltf file = opened(sample);
  for (const double t : {1.0, 1.25, 1.5, 2.0, 3.0, 4.0}) {
    const double angle = std::numbers::pi / 2 * (t <= 2 ? t - 1 : 1 + (t - 2) / 2);
    const Mesh mesh = file.meshes_at(0, t).at(0).mesh;
    expect_near(mesh.positions[1], {static_cast<float>(std::cos(angle)), static_cast<float>(std::sin(angle)), 0});
  }
}

TEST(AnimatedGltf, MorphWeightsRunBetweenTheirKeys) {
  SampleGltf sample;
  const size_t up = sample.add_floats({0, 0, 1, 0, 0, 1, 0, 0, 1}, "VEC3", 3);
  const size_t aside = sample.add_floats({5, 0, 0, 5, 0, 0, 5, 0, 0}, "VEC3", 3);
  sample.primitive()["targets"] = Json::array({{{"POSITION", up}}, {{"POSITION", aside}}});
  animate(sample, "weights", sample.add_floats({0, 0, 1, 0.5f, 0, 1}, "SCALAR", 6), "LINEAR");
  const AnimatedGltf file = opened(sample);
  expect_near(first_corner(file, 1), {0, 0, 0});
  expect_near(first_corner(file, 1.5), {1.25f, 0, 0.5f});
  expect_near(first_corner(file, 4), {5, 0, 0});
}

TEST(AnimatedGltf, JointsCarryTheirVertices) {
  SampleGltf sample;
  sample.json()["nodes"] = Json::array({{{"translation", {0, 0, 0}}}, {{"mesh", 0}, {"skin", 0}}});
  sample.json()["scenes"][0]["nodes"] = {0, 1};
  sample.json()["skins"] = Json::array({{{"joints", {0}}}});
  sample.primitive()["attributes"]["JOINTS_0"] = sample.add<uint8_t>(std::vector<uint8_t>(12, 0), 5121, "VEC4", 3);
  sample.primitive()["attributes"]["WEIGHTS_0"] = sample.add_floats({1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0}, "VEC4", 3);
  animate(sample, "translation", sample.add_floats({0, 0, 0, 0, 2, 0, 0, 6, 0}, "VEC3", 3), "LINEAR");
  const AnimatedGltf file = opened(sample);
  expect_near(first_corner(file, 1.5), {0, 1, 0});
  expect_near(first_corner(file, 3), {0, 4, 0});
}

TEST(AnimatedGltf, EachAnimationStandsForItself) {
  SampleGltf sample;
  animate(sample, "translation", sample.add_floats({1, 0, 0, 3, 0, 0, 3, 8, 0}, "VEC3", 3), "LINEAR");
  const size_t second = animate(sample, "scale", sample.add_floats({1, 1, 1, 2, 2, 2, 4, 4, 4}, "VEC3", 3), "LINEAR");
  const AnimatedGltf file = opened(sample);
  expect_near(file.meshes_at(second, 3).at(0).mesh.positions.at(1), {3, 0, 0});
  expect_near(first_corner(file, 2), {3, 0, 0});
  EXPECT_EQ(first_corner(file, 0), file.at_start().meshes.at(0).mesh.positions.at(0));
}

TEST(AnimatedGltf, PosesMayBeTakenAgainAndAgain) {
  SampleGltf sample;
  animate(sample, "translation", sample.add_floats({1, 0, 0, 3, 0, 0, 3, 8, 0}, "VEC3", 3), "LINEAR");
  const AnimatedGltf file = opened(sample);
  const glm::vec3 once = first_corner(file, 1.7);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(first_corner(file, 1.7), once);
}

TEST(AnimatedGltf, AFileWithoutAnimationsHasNone) {
  EXPECT_TRUE(opened(SampleGltf()).animations().empty());
}

// A sample whose one animation `damage` spoils.
std::string damaged(const std::function<void(SampleGltf&, Json& sampler)>& damage) {
  SampleGltf sample;
  animate(sample, "translation", sample.add_floats({1, 0, 0, 3, 0, 0, 3, 8, 0}, "VEC3", 3), "LINEAR");
  damage(sample, sample.json()["animations"][0]["samplers"][0]);
  return error_of(sample);
}

TEST(AnimatedGltf, DamagedKeysAreOneClearError) {
  EXPECT_THAT(damaged([](SampleGltf& s, Json& j) {
                j["input"] = s.add_floats({1, 1, 4}, "SCALAR", 3);
              }),
              HasSubstr("has 1 as key 1, expected times of 0 or more that increase"));
  EXPECT_THAT(damaged([](SampleGltf& s, Json& j) {
                j["input"] = s.add_floats({-1, 1, 4}, "SCALAR", 3);
              }),
              HasSubstr("has -1 as key 0"));
  EXPECT_THAT(damaged([](SampleGltf& s, Json& j) {
                j["input"] = s.add_floats({1, NAN, 4}, "SCALAR", 3);
              }),
              HasSubstr("not finite"));
  EXPECT_THAT(damaged([](SampleGltf& s, Json& j) {
                j["input"] = s.add_floats({1, 2}, "SCALAR", 2);
              }),
              HasSubstr("has 3 values for 2 keys, expected 2"));
  EXPECT_THAT(damaged([](SampleGltf&, Json& j) { j["input"] = 0; }), HasSubstr("has 3 components, expected 1"));
  EXPECT_THAT(damaged([](SampleGltf&, Json& j) { j["interpolation"] = "SMOOTH"; }),
              HasSubstr("is \"SMOOTH\", expected STEP, LINEAR or CUBICSPLINE"));
  EXPECT_THAT(damaged([](SampleGltf&, Json& j) { j["output"] = 99; }), HasSubstr("only"));
}

}  // namespace
}  // namespace diorama
