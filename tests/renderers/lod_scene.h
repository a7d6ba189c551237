#pragma once

#include "engine/base/error.h"
#include "engine/base/random.h"
#include "engine/scene/splat_decimate.h"
#include "engine/scene/splat_lod.h"

#include <atomic>
#include <cmath>

namespace diorama {

// A scene in memory: coloured, patterned panels side by side across the view, each a node with levels made by merging.
class PanelSource : public SplatLodSource {
 public:
  explicit PanelSource(size_t panels, size_t splats_a_panel = 1600, int levels = 3) {
    ThreadPool pool(1);
    for (size_t panel = 0; panel < panels; ++panel) {
      clouds_.push_back({panel_of(panel, splats_a_panel)});
      SplatLodNode node{{glm::vec3(1e30f), glm::vec3(-1e30f)}, {}};
      for (const glm::vec3& p : clouds_.back()[0].positions) node.bounds.extend(p);
      for (int level = 0; level < levels; ++level) {
        if (level > 0)
          clouds_.back().push_back(decimate(clouds_.back().back(), clouds_.back().back().size() / 4, pool));
        node.levels.push_back({clouds_.back().back().size(), level});
      }
      nodes_.push_back(std::move(node));
    }
  }

  const std::vector<SplatLodNode>& nodes() const override { return nodes_; }
  SplatCloud read(size_t node, size_t level) override {
    ++reads;
    if (node == broken_node && level == broken_level) fail(ErrorCode::kIo, "panel {} is broken", node);
    return clouds_.at(node).at(level);
  }

  std::atomic<int> reads = 0;
  size_t broken_node = 99, broken_level = 99;  // which read() refuses

 private:
  // 1 m wide and 2 m high, at z = 0, turned to and fro about +y.
  static SplatCloud panel_of(size_t panel, size_t splats) {
    Random random(panel + 1);
    SplatCloud cloud;
    cloud.sh_degree = 1;
    cloud.resize(splats);
    const glm::vec3 tint(random.uniform(), random.uniform(), random.uniform());
    for (size_t i = 0; i < splats; ++i) {
      const float x = random.uniform(), y = random.uniform(-1, 1);
      cloud.positions[i] = {static_cast<float>(panel) + x, y, 0.2f * x};
      cloud.scales[i] = {0.04f, 0.04f, 0.004f};
      cloud.rotations_xyzw[i] = {0, 0, 0, 1};
      cloud.opacities[i] = 0.9f;
      const float wave = 0.25f * std::sin(14 * x) * std::cos(9 * y);
      cloud.sh[4 * i] = (0.35f + 0.3f * tint + wave - 0.5f) / kShC0;
      cloud.sh[4 * i + 1] = cloud.sh[4 * i + 3] = glm::vec3(0.05f * random.normal());
    }
    return cloud;
  }

  std::vector<SplatLodNode> nodes_;
  std::vector<std::vector<SplatCloud>> clouds_;
};

// From in front of the row, `away_m` before it, at x.
inline Camera panel_camera(float x, float away_m, glm::ivec2 size_px) {
  Camera camera{size_px, glm::vec2(0.8f * static_cast<float>(size_px.x)), 0.5f * glm::vec2(size_px), {}};
  camera.world_from_camera = look_at({x, 0.1f, -away_m}, {x, 0, 1}, {0, 1, 0});
  return camera;
}

}  // namespace diorama
