#include "tools/cli/splat_visibility.h"

#include "engine/raster/splat_rasterizer.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <set>

namespace diorama {
namespace {

constexpr int kViews = 24;
constexpr int kSize_px = 320;

// Views spread evenly over the sphere (Fibonacci's lattice); the performance fills the picture.
std::vector<Camera> views_around(const Bounds& bounds) {
  const glm::vec3 center = 0.5f * (bounds.min + bounds.max);
  const float radius = std::max(0.5f * glm::distance(bounds.min, bounds.max), 0.05f);
  const float distance = 3 * radius;
  std::vector<Camera> views;
  for (int i = 0; i < kViews; ++i) {
    const float z = 1 - (2 * static_cast<float>(i) + 1) / kViews;
    const float angle = static_cast<float>(i) * std::numbers::pi_v<float> * (3 - std::sqrt(5.0f));
    const float around = std::sqrt(1 - z * z);
    Camera camera;
    camera.size_px = glm::ivec2(kSize_px);
    camera.focal_px = glm::vec2(0.5f * kSize_px * distance / radius);
    camera.center_px = glm::vec2(0.5f * kSize_px);
    camera.world_from_camera = look_at(
        center + distance * glm::vec3(around * std::cos(angle), around * std::sin(angle), z), center, {0, 0, 1});
    views.push_back(camera);
  }
  return views;
}

class WeightSum {
 public:
  WeightSum(size_t splats, ThreadPool& pool) : weights_(splats), pool_(pool) {}

  void add(std::span<const float> records, SplatLayout layout, const Camera& camera) {
    rasterizer_.forward(records, layout, camera, {.near_m = 0.01f}, picture_, pool_);
    gradient_.resize(camera.size_px, picture_.channels());
    gradient_.fill(0);
    rasterizer_.backward(picture_, gradient_, true, pool_);
    const std::span<const uint32_t> visible = rasterizer_.visible();
    std::vector<float> gradients(visible.size() * layout.stride());
    std::vector<SplatScreenGradient> screen(visible.size());
    rasterizer_.splat_gradients(0, visible.size(), gradients, screen, nullptr);
    for (size_t i = 0; i < visible.size(); ++i) weights_[visible[i]] += static_cast<double>(screen[i].weight_sum);
  }
  SplatWeights result() && { return std::move(weights_); }

 private:
  SplatWeights weights_;
  ThreadPool& pool_;
  SplatRasterizer rasterizer_;
  SplatPlanes picture_, gradient_;
};

}  // namespace

SplatWeights seen_weights(const SplatGroup& group, ThreadPool& pool) {
  WeightSum sum(group.splat_count(), pool);
  if (group.splat_count() == 0) return std::move(sum).result();
  for (const size_t frame : std::set<size_t>{0, group.frames.size() / 2, group.frames.size() - 1}) {
    const auto records = records_from_cloud(group.frames[frame]);
    for (const Camera& camera : views_around(bounds_of(group.frames[frame]))) {
      sum.add(records, {group.sh_degree()}, camera);
    }
  }
  return std::move(sum).result();
}

}  // namespace diorama
