#include "assets/gltf/scene_graph.h"

#include "assets/gltf/accessor.h"
#include "assets/gltf/animation.h"
#include "engine/base/error.h"

#include <glm/gtc/matrix_transform.hpp>
#include <glm/gtc/quaternion.hpp>

#include <algorithm>
#include <array>
#include <cmath>

namespace diorama {
namespace {

struct Node {
  std::vector<size_t> children;
  std::optional<size_t> parent;
  std::optional<glm::dmat4> matrix;  // instead of the three below
  glm::dvec3 translation{0.0}, scale{1.0};
  glm::dquat rotation{1.0, 0.0, 0.0, 0.0};
  std::vector<double> morph_weights;
};

glm::dmat4 local_matrix(const Node& node) {
  if (node.matrix) return *node.matrix;
  const glm::dmat4 moved = glm::translate(glm::dmat4(1.0), node.translation) * glm::mat4_cast(node.rotation);
  return glm::scale(moved, node.scale);
}

Node node_from(const JsonNode& json, size_t node_count) {
  Node node;
  for (const JsonNode& child : json.elements("children")) node.children.push_back(child.index(node_count, "nodes"));
  if (const auto matrix = json.find("matrix")) {
    std::array<double, 16> columns{};
    matrix->numbers(columns);
    node.matrix.emplace();
    for (int i = 0; i < 16; ++i) (*node.matrix)[i / 4][i % 4] = columns[static_cast<size_t>(i)];
  }
  std::array<double, 3> vector{};
  if (const auto translation = json.find("translation")) {
    translation->numbers(vector);
    node.translation = {vector[0], vector[1], vector[2]};
  }
  if (const auto scale = json.find("scale")) {
    scale->numbers(vector);
    node.scale = {vector[0], vector[1], vector[2]};
  }
  if (const auto rotation = json.find("rotation")) {
    std::array<double, 4> xyzw{};
    rotation->numbers(xyzw);
    node.rotation = unit_quaternion(xyzw, rotation->where());
  }
  for (const JsonNode& weight : json.elements("weights")) node.morph_weights.push_back(weight.number());
  return node;
}

void link_parents(std::vector<Node>& nodes) {
  for (size_t i = 0; i < nodes.size(); ++i) {
    for (const size_t child : nodes[i].children) {
      if (nodes[child].parent) {
        fail(ErrorCode::kInvalidInput, "nodes[{}] has two parents, nodes[{}] and nodes[{}]", child,
             *nodes[child].parent, i);
      }
      nodes[child].parent = i;
    }
  }
}

// Parents before children. With one parent at most, a node that no root leads to is in a circle.
std::vector<size_t> tree_order(const std::vector<Node>& nodes, const std::vector<size_t>& roots) {
  std::vector<size_t> order, open(roots.rbegin(), roots.rend());
  while (!open.empty()) {
    const size_t node = open.back();
    open.pop_back();
    order.push_back(node);
    open.insert(open.end(), nodes[node].children.rbegin(), nodes[node].children.rend());
  }
  return order;
}

std::vector<size_t> all_roots(const std::vector<Node>& nodes) {
  std::vector<size_t> roots;
  for (size_t i = 0; i < nodes.size(); ++i) {
    if (!nodes[i].parent) roots.push_back(i);
  }
  return roots;
}

std::vector<glm::dmat4> world_matrices(const std::vector<Node>& nodes) {
  const std::vector<size_t> order = tree_order(nodes, all_roots(nodes));
  if (order.size() != nodes.size()) fail(ErrorCode::kInvalidInput, "the nodes form a circle, expected a tree");
  std::vector<glm::dmat4> world(nodes.size());
  for (const size_t i : order) {
    const glm::dmat4 local = local_matrix(nodes[i]);
    world[i] = nodes[i].parent ? world[*nodes[i].parent] * local : local;
  }
  return world;
}

size_t morph_target_count(const std::vector<JsonNode>& meshes, const JsonNode& node) {
  const std::optional<size_t> mesh = node.index("mesh", meshes.size(), "meshes");
  if (!mesh) return 0;
  const JsonNode primitives = meshes[*mesh].at("primitives");
  if (!primitives.value().is_array() || primitives.value().empty()) return 0;
  const JsonNode first(primitives.value().front(), primitives.where() + "[0]");
  const std::optional<JsonNode> targets = first.find("targets");
  return targets && targets->value().is_array() ? targets->value().size() : 0;
}

void apply_channel(const GltfDocument& document, const JsonNode& target, const JsonNode& sampler, size_t morph_targets,
                   double time_s, Node& node) {
  const std::string path = target.at("path").text();
  if (path == "translation" || path == "scale") {
    const std::vector<double> value = sample_track(document, sampler, {3, 1, false}, time_s);
    (path == "scale" ? node.scale : node.translation) = {value[0], value[1], value[2]};
  } else if (path == "rotation") {
    const std::vector<double> value = sample_track(document, sampler, {4, 1, true}, time_s);
    node.rotation = unit_quaternion({value[0], value[1], value[2], value[3]}, sampler.where());
  } else if (path == "weights" && morph_targets > 0) {
    node.morph_weights = sample_track(document, sampler, {1, morph_targets, false}, time_s);
  }
}

void apply_animation(const GltfDocument& document, const JsonNode& animation, double time_s,
                     const std::vector<JsonNode>& json_nodes, std::vector<Node>& nodes) {
  const std::vector<JsonNode> samplers = animation.elements("samplers");
  const std::vector<JsonNode> meshes = document.root().elements("meshes");
  for (const JsonNode& channel : animation.elements("channels")) {
    const JsonNode target = channel.at("target");
    const std::optional<size_t> node = target.index("node", nodes.size(), "nodes");
    if (!node) continue;  // an extension's target
    const JsonNode& sampler = samplers[channel.at("sampler").index(samplers.size(), "samplers in the animation")];
    apply_channel(document, target, sampler, morph_target_count(meshes, json_nodes[*node]), time_s, nodes[*node]);
  }
}

std::vector<size_t> scene_roots(const GltfDocument& document, const std::vector<Node>& nodes) {
  const JsonNode root = document.root();
  const std::vector<JsonNode> scenes = root.elements("scenes");
  if (scenes.empty()) return all_roots(nodes);
  const JsonNode& scene = scenes[root.index("scene", scenes.size(), "scenes").value_or(0)];
  std::vector<size_t> roots;
  for (const JsonNode& node : scene.elements("nodes")) {
    roots.push_back(node.index(nodes.size(), "nodes"));
    if (nodes[roots.back()].parent) fail(ErrorCode::kInvalidInput, "{} is not a root node", node.where());
  }
  std::vector<size_t> sorted = roots;
  std::sort(sorted.begin(), sorted.end());
  if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end()) {
    fail(ErrorCode::kInvalidInput, "{}.nodes names a node twice", scene.where());
  }
  return roots;
}

GltfSkin skin_from(const GltfDocument& document, const JsonNode& json, const std::vector<glm::dmat4>& world) {
  GltfSkin skin;
  for (const JsonNode& joint : json.elements("joints")) {
    skin.world_from_bind.push_back(world[joint.index(world.size(), "nodes")]);
  }
  if (skin.world_from_bind.empty()) fail(ErrorCode::kInvalidInput, "{} has no joints", json.where());
  const auto& accessors = document.accessors();
  const auto inverse_bind = json.index("inverseBindMatrices", accessors.size(), "accessors");
  if (!inverse_bind) return skin;
  const size_t joint_count = skin.world_from_bind.size();
  if (accessors[*inverse_bind].count < joint_count) {
    fail(ErrorCode::kInvalidInput, "{} has {} joints, but {} inverse bind matrices", json.where(), joint_count,
         accessors[*inverse_bind].count);
  }
  document.budget().spend(16 * joint_count);
  std::vector<uint32_t> ids(joint_count);
  for (size_t i = 0; i < joint_count; ++i) ids[i] = static_cast<uint32_t>(i);
  const std::vector<float> values = gather_floats(accessors[*inverse_bind], 16, ids);
  for (size_t joint = 0; joint < joint_count; ++joint) {
    glm::dmat4 joint_from_bind;
    for (int i = 0; i < 16; ++i) joint_from_bind[i / 4][i % 4] = values[16 * joint + static_cast<size_t>(i)];
    skin.world_from_bind[joint] = skin.world_from_bind[joint] * joint_from_bind;
  }
  return skin;
}

}  // namespace

GltfScene scene_at(const GltfDocument& document, size_t animation, double time_s) {
  const JsonNode root = document.root();
  const std::vector<JsonNode> json_nodes = root.elements("nodes"), json_skins = root.elements("skins");
  std::vector<Node> nodes;
  for (const JsonNode& json : json_nodes) nodes.push_back(node_from(json, json_nodes.size()));
  link_parents(nodes);
  const std::vector<JsonNode> animations = root.elements("animations");
  if (animation < animations.size()) apply_animation(document, animations[animation], time_s, json_nodes, nodes);
  const std::vector<glm::dmat4> world = world_matrices(nodes);

  GltfScene scene;
  for (const JsonNode& json : json_skins) scene.skins.push_back(skin_from(document, json, world));
  const size_t mesh_count = root.elements("meshes").size();
  for (const size_t i : tree_order(nodes, scene_roots(document, nodes))) {
    const std::optional<size_t> mesh = json_nodes[i].index("mesh", mesh_count, "meshes");
    if (!mesh) continue;
    scene.instances.push_back({*mesh, json_nodes[i].index("skin", json_skins.size(), "skins"),
                               std::move(nodes[i].morph_weights), json_nodes[i].text("name", ""), world[i]});
  }
  return scene;
}

}  // namespace diorama
