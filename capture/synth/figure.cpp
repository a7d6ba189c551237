#include "capture/synth/figure.h"

#include "capture/synth/level_set.h"
#include "engine/scene/mesh.h"

#include <glm/gtc/matrix_transform.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace diorama {
namespace {

constexpr int kBones = 18;
constexpr float kCell = 0.017f;     // of the mesh
constexpr float kBlend = 0.035f;    // width over which neighbouring bones melt into each other
constexpr float kSoftness = 0.03f;  // distance over which a bone's hold on the skin fades

// A rounded cone; turns about `from`, carried by its parent.
struct Bone {
  int parent;
  glm::vec3 from, to;
  float radius_from, radius_to;
};

// Left is +x. The order is that of the dance below.
constexpr Bone kSkeleton[kBones] = {
    {-1, {0, 0.94f, 0}, {0, 1.04f, 0}, 0.135f, 0.115f},                           // 0 pelvis
    {0, {0, 1.04f, 0}, {0, 1.30f, 0.005f}, 0.118f, 0.135f},                       // 1 chest
    {1, {0, 1.38f, -0.005f}, {0, 1.48f, 0.0f}, 0.052f, 0.048f},                   // 2 neck
    {2, {0, 1.545f, 0.012f}, {0, 1.615f, -0.002f}, 0.088f, 0.104f},               // 3 head
    {1, {0.15f, 1.355f, 0}, {0.375f, 1.165f, 0}, 0.066f, 0.045f},                 // 4 left upper arm
    {4, {0.375f, 1.165f, 0}, {0.56f, 1.00f, 0.02f}, 0.044f, 0.031f},              // 5 left forearm
    {5, {0.56f, 1.00f, 0.02f}, {0.635f, 0.925f, 0.03f}, 0.034f, 0.028f},          // 6 left hand
    {1, {-0.15f, 1.355f, 0}, {-0.375f, 1.165f, 0}, 0.066f, 0.045f},               // 7 right upper arm
    {7, {-0.375f, 1.165f, 0}, {-0.56f, 1.00f, 0.02f}, 0.044f, 0.031f},            // 8 right forearm
    {8, {-0.56f, 1.00f, 0.02f}, {-0.635f, 0.925f, 0.03f}, 0.034f, 0.028f},        // 9 right hand
    {0, {0.090f, 0.90f, 0}, {0.115f, 0.50f, 0.012f}, 0.098f, 0.062f},             // 10 left thigh
    {10, {0.115f, 0.50f, 0.012f}, {0.130f, 0.11f, -0.01f}, 0.062f, 0.046f},       // 11 left shin
    {11, {0.130f, 0.052f, -0.025f}, {0.140f, 0.042f, 0.125f}, 0.052f, 0.042f},    // 12 left foot
    {0, {-0.090f, 0.90f, 0}, {-0.115f, 0.50f, 0.012f}, 0.098f, 0.062f},           // 13 right thigh
    {13, {-0.115f, 0.50f, 0.012f}, {-0.130f, 0.11f, -0.01f}, 0.062f, 0.046f},     // 14 right shin
    {14, {-0.130f, 0.052f, -0.025f}, {-0.140f, 0.042f, 0.125f}, 0.052f, 0.042f},  // 15 right foot
    {3, {0, 1.66f, -0.09f}, {0, 1.52f, -0.16f}, 0.040f, 0.030f},                  // 16 pony tail
    {3, {0, 1.565f, 0.105f}, {0, 1.552f, 0.117f}, 0.010f, 0.014f},                // 17 nose
};

// Distance to a cone between two spheres (its sides taken as straight between the radii).
float bone_distance(const Bone& bone, glm::vec3 p) {
  const glm::vec3 axis = bone.to - bone.from;
  const float s = std::clamp(glm::dot(p - bone.from, axis) / glm::dot(axis, axis), 0.0f, 1.0f);
  return glm::distance(p, bone.from + s * axis) - glm::mix(bone.radius_from, bone.radius_to, s);
}

// Polynomial smooth minimum over all bones (Quilez 2013); the soles are flat.
float body_distance(glm::vec3 p) {
  float distance = 1e3f;
  for (const Bone& bone : kSkeleton) {
    const float next = bone_distance(bone, p);
    const float h = std::max(kBlend - std::abs(distance - next), 0.0f) / kBlend;
    distance = std::min(distance, next) - h * h * kBlend * 0.25f;
  }
  return std::max(distance, 0.004f - p.y);
}

glm::mat4 turned_about(glm::vec3 pivot, glm::vec3 euler) {
  glm::mat4 m = glm::translate(glm::mat4(1.0f), pivot);
  m = glm::rotate(m, euler.y, glm::vec3(0, 1, 0));
  m = glm::rotate(m, euler.z, glm::vec3(0, 0, 1));
  m = glm::rotate(m, euler.x, glm::vec3(1, 0, 0));
  return glm::translate(m, -pivot);
}

// Turn of each bone against its parent, radians about x, y, z: a sway with waving arms, 2 s a bar.
std::array<glm::vec3, kBones> dance(double time_s) {
  const auto beat = static_cast<float>(std::numbers::pi * time_s);
  const float sway = std::sin(beat), bounce = std::cos(2 * beat), wave = std::sin(2 * beat + 0.4f);
  std::array<glm::vec3, kBones> turn{};
  turn[0] = {0.05f * bounce, 0.35f * std::sin(0.5f * beat), 0.10f * sway};
  turn[1] = {0.04f + 0.05f * bounce, 0.22f * sway, -0.16f * sway};
  turn[2] = {0, -0.10f * sway, 0.06f * sway};
  turn[3] = {-0.06f * bounce, -0.25f * std::sin(0.5f * beat + 0.5f), 0.10f * sway};
  turn[4] = {-0.25f * bounce, -0.2f, 1.25f + 0.35f * sway};  // the left arm goes up ...
  turn[5] = {-0.2f, -0.3f, 0.55f + 0.55f * wave};            // ... and waves
  turn[6] = {0, 0, 0.35f * std::sin(2 * beat - 0.4f)};
  turn[7] = {-0.3f + 0.35f * sway, 0.35f, -0.25f - 0.35f * std::sin(beat + 0.7f)};
  turn[8] = {-0.6f - 0.3f * bounce, 0.7f, -0.25f};
  turn[9] = {0, 0, -0.3f * wave};
  const float left = std::max(0.0f, sway), right = std::max(0.0f, -sway);
  turn[10] = {-0.20f - 0.55f * left, 0.10f, 0.04f - 0.10f * sway};
  turn[11] = {0.38f + 0.75f * left, 0, 0};
  turn[12] = {-0.18f - 0.15f * left, 0, 0.06f * sway};
  turn[13] = {-0.20f - 0.55f * right, -0.10f, -0.04f - 0.10f * sway};
  turn[14] = {0.38f + 0.75f * right, 0, 0};
  turn[15] = {-0.18f - 0.15f * right, 0, 0.06f * sway};
  turn[16] = {0.25f * bounce - 0.15f, 0, 0.45f * std::sin(beat - 0.9f)};
  return turn;
}

std::array<glm::mat4, kBones> world_from_rest(double time_s) {
  const std::array<glm::vec3, kBones> turn = dance(time_s);
  std::array<glm::mat4, kBones> bones;
  for (size_t i = 0; i < kBones; ++i) {
    const Bone& bone = kSkeleton[i];
    const glm::mat4 local = turned_about(bone.from, turn[i]);
    bones[i] = bone.parent < 0 ? local : bones[static_cast<size_t>(bone.parent)] * local;
  }
  return bones;
}

}  // namespace

SynthFigure::SynthFigure() {
  mesh_level_set(body_distance, {-0.74f, -0.03f, -0.26f}, {0.74f, 1.80f, 0.24f}, kCell, positions_, triangles_);
  Mesh mesh;
  mesh.positions = positions_;
  mesh.triangles = triangles_;
  normals_ = vertex_normals(mesh);
  for (const glm::vec3 p : positions_) {
    std::array<std::pair<float, uint8_t>, kBones> hold;
    for (size_t i = 0; i < kBones; ++i) {
      const float gap = std::max(bone_distance(kSkeleton[i], p), 0.0f) / kSoftness;
      hold[i] = {std::exp(-gap * gap), static_cast<uint8_t>(i)};
    }
    std::partial_sort(hold.begin(), hold.begin() + kInfluences, hold.end(), [](const auto& a, const auto& b) {
      return a.first != b.first ? a.first > b.first : a.second < b.second;
    });
    float sum = 0;
    for (int k = 0; k < kInfluences; ++k) sum += hold[static_cast<size_t>(k)].first;
    Skin& skin = skin_.emplace_back();
    for (size_t k = 0; k < kInfluences; ++k) {
      skin.bone[k] = hold[k].second;
      skin.weight[k] = hold[k].first / sum;
    }
  }
}

void SynthFigure::add_to(SynthGeometry& geometry, double time_s) const {
  const std::array<glm::mat4, kBones> bones = world_from_rest(time_s);
  const auto first = static_cast<uint32_t>(geometry.vertices.size());
  float lowest = 1e3f;
  for (size_t i = 0; i < positions_.size(); ++i) {
    glm::mat4 blend(0.0f);
    for (size_t k = 0; k < kInfluences; ++k) blend += skin_[i].weight[k] * bones[skin_[i].bone[k]];
    const glm::vec3 position(blend * glm::vec4(positions_[i], 1.0f));
    geometry.vertices.push_back({position, glm::normalize(glm::mat3(blend) * normals_[i]), positions_[i]});
    lowest = std::min(lowest, position.y);
  }
  // It stands on whichever foot is lower.
  for (size_t i = first; i < geometry.vertices.size(); ++i) geometry.vertices[i].position.y -= lowest;
  SynthPatch patch;
  patch.material = geometry.add_material({SynthTexture::kFigure});
  patch.thing = geometry.add_thing("figure");
  patch.first_vertex = first;
  patch.vertex_count = static_cast<uint32_t>(positions_.size());
  geometry.patches.push_back(patch);
  const auto index = static_cast<uint32_t>(geometry.patches.size() - 1);
  for (const glm::uvec3 corners : triangles_) geometry.triangles.push_back({corners + first, index});
}

}  // namespace diorama
