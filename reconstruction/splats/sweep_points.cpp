#include "reconstruction/splats/sweep_points.h"

#include "engine/base/random.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace diorama {
namespace {

constexpr int kWidth = 320;              // of the compared pictures, at most
constexpr size_t kTries = 3;             // pixels looked at for each point asked for
constexpr size_t kNeighbours = 4;        // views that a pixel is compared with
constexpr size_t kAgreeing = 2;          // of them, the best: others may be occluded
constexpr float kLeastAlignment = 0.8f;  // cosine between the optical axes of neighbours
constexpr float kMostShift = 0.35f;      // parallax to the nearest neighbour, as a share of the width
constexpr int kMostDepths = 256;
constexpr int kReach = 2;         // patches are 5x5 samples
constexpr float kSpacing = 1.5f;  // pixels between them
constexpr int kPatch = (2 * kReach + 1) * (2 * kReach + 1);
constexpr float kLeastContrast = 3.0f;  // standard deviation of a patch, codes
constexpr float kAgreement = 0.8f;      // correlation of a point, at least
constexpr float kDistinction = 0.04f;   // and so much above all depths that are no neighbours of its own
constexpr int kPeak = 3;                // depths on both sides that belong to one peak

struct SweptView {
  Camera camera;
  ImageF32 luma;
  std::vector<size_t> neighbours;
  float most_parallax_px = 0;  // of the farthest neighbour, times depth
  float least_parallax_px = 0;
};

ImageF32 luma_of(const ImageRgba8& color) {
  ImageF32 luma(color.size_px());
  for (int y = 0; y < color.height(); ++y) {
    for (int x = 0; x < color.width(); ++x) {
      const glm::u8vec4 c = color.at(x, y);
      luma.at(x, y) =
          0.299f * static_cast<float>(c.r) + 0.587f * static_cast<float>(c.g) + 0.114f * static_cast<float>(c.b);
    }
  }
  return luma;
}

// The nearest views that look the same way.
void find_neighbours(std::vector<SweptView>& views, size_t index) {
  SweptView& view = views[index];
  const Rigid& own = view.camera.world_from_camera;
  std::vector<std::pair<float, size_t>> by_distance;
  for (size_t other = 0; other < views.size(); ++other) {
    const Rigid& pose = views[other].camera.world_from_camera;
    const float distance = glm::distance(own.translation, pose.translation);
    if (other == index || !(distance > 0) || glm::dot(own.rotation[2], pose.rotation[2]) < kLeastAlignment) continue;
    by_distance.emplace_back(distance, other);
  }
  std::sort(by_distance.begin(), by_distance.end());
  by_distance.resize(std::min(by_distance.size(), kNeighbours));
  if (by_distance.size() < kAgreeing) return;
  for (const auto& [distance, other] : by_distance) view.neighbours.push_back(other);
  view.least_parallax_px = view.camera.focal_px.x * by_distance.front().first;
  view.most_parallax_px = view.camera.focal_px.x * by_distance.back().first;
}

std::vector<SweptView> views_to_sweep(const TrainingSet& set, ThreadPool& pool) {
  std::vector<SweptView> views(set.views.size());
  pool.parallel_for(views.size(), 1, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      const glm::ivec2 full = set.views[i].camera.size_px;
      const int width = std::min(kWidth, full.x);
      const glm::ivec2 size(width, std::max(1, full.y * width / full.x));
      views[i].camera = resized(set.views[i].camera, size);
      views[i].luma = luma_of(shrink_by_area(set.views[i].color, size));
    }
  });
  for (size_t i = 0; i < views.size(); ++i) find_neighbours(views, i);
  return views;
}

using Patch = std::array<float, kPatch>;

// Takes off the mean and scales to unit length; returns the standard deviation that it had.
float normalize(Patch& patch) {
  float sum = 0, squares = 0;
  for (const float value : patch) sum += value;
  const float mean = sum / kPatch;
  for (float& value : patch) {
    value -= mean;
    squares += value * value;
  }
  const float scale = 1 / std::sqrt(std::max(squares, 1e-6f));
  for (float& value : patch) value *= scale;
  return std::sqrt(squares / kPatch);
}

// The patch around `center` with the given steps between its columns and rows; false if it leaves the picture.
bool sample_patch(const ImageF32& luma, glm::vec2 center, glm::vec2 column, glm::vec2 row, Patch& patch) {
  const glm::vec2 reach = kReach * kSpacing * (glm::abs(column) + glm::abs(row)) + 1.0f;
  const glm::vec2 size(luma.size_px());
  if (!(center.x > reach.x && center.y > reach.y && center.x < size.x - reach.x && center.y < size.y - reach.y)) {
    return false;
  }
  size_t at = 0;
  for (int y = -kReach; y <= kReach; ++y) {
    for (int x = -kReach; x <= kReach; ++x) {
      const glm::vec2 p = center + kSpacing * (static_cast<float>(x) * column + static_cast<float>(y) * row) - 0.5f;
      const glm::vec2 whole = glm::floor(p), part = p - whole;
      const int left = static_cast<int>(whole.x), top = static_cast<int>(whole.y);
      const float* const upper = luma.row(top).data() + left;
      const float* const lower = luma.row(top + 1).data() + left;
      const float above = upper[0] + part.x * (upper[1] - upper[0]);
      const float below = lower[0] + part.x * (lower[1] - lower[0]);
      patch[at++] = above + part.y * (below - above);
    }
  }
  return true;
}

// A pixel's sweep through depths.
class PixelSweep {
 public:
  PixelSweep(const std::vector<SweptView>& views, size_t view, glm::vec2 pixel)
      : views_(views), view_(views[view]), pixel_(pixel) {
    for (const size_t other : view_.neighbours) {
      other_from_view_.push_back(inverse(views[other].camera.world_from_camera) * view_.camera.world_from_camera);
    }
  }

  // Planar depth of the pixel; 0 where none is sure.
  float depth() {
    if (!sample_patch(view_.luma, pixel_, {1, 0}, {0, 1}, own_) || normalize(own_) < kLeastContrast) return 0;
    const float unit = 1 / view_.most_parallax_px;  // of inverse depth: a pixel of parallax
    const float most = kMostShift * static_cast<float>(view_.luma.width()) / view_.least_parallax_px;
    const int count = std::min(kMostDepths, static_cast<int>(most / unit));
    if (count < 2 * kPeak) return 0;
    std::array<float, kMostDepths> agreement{};
    for (int i = 0; i < count; ++i)
      agreement[static_cast<size_t>(i)] = agreement_at((static_cast<float>(i) + 0.5f) * unit);
    const auto best = std::max_element(agreement.begin(), agreement.begin() + count);
    const auto index = static_cast<int>(best - agreement.begin());
    if (*best < kAgreement || index == 0 || index == count - 1) return 0;
    for (int i = 0; i < count; ++i) {
      if (std::abs(i - index) > kPeak && agreement[static_cast<size_t>(i)] > *best - kDistinction) return 0;
    }
    // The top of the parabola through the best and its neighbours.
    const float before = best[-1], after = best[1], bend = before - 2 * *best + after;
    const float offset = bend < 0 ? std::clamp(0.5f * (before - after) / bend, -0.5f, 0.5f) : 0.0f;
    return 1 / ((static_cast<float>(index) + 0.5f + offset) * unit);
  }

 private:
  float agreement_at(float inverse_depth) {
    std::array<float, kNeighbours> found{};
    const float z = 1 / inverse_depth;
    const glm::vec3 p = unproject_in_camera(view_.camera, pixel_, z);
    const glm::vec2 pixel_size = z / view_.camera.focal_px;
    for (size_t i = 0; i < other_from_view_.size(); ++i) {
      const SweptView& other = views_[view_.neighbours[i]];
      const glm::vec3 here = other_from_view_[i] * p;
      const glm::vec3 right = here + other_from_view_[i].rotation[0] * pixel_size.x;
      const glm::vec3 down = here + other_from_view_[i].rotation[1] * pixel_size.y;
      if (!(std::min({here.z, right.z, down.z}) > 0)) continue;
      const glm::vec2 center = project_in_camera(other.camera, here);
      Patch patch;
      if (!sample_patch(other.luma, center, project_in_camera(other.camera, right) - center,
                        project_in_camera(other.camera, down) - center, patch)) {
        continue;
      }
      normalize(patch);
      float product = 0;
      for (size_t k = 0; k < patch.size(); ++k) product += own_[k] * patch[k];
      found[i] = product;
    }
    std::partial_sort(found.begin(), found.begin() + kAgreeing, found.end(), std::greater<>());
    float sum = 0;
    for (size_t i = 0; i < kAgreeing; ++i) sum += found[i];
    return sum / static_cast<float>(kAgreeing);
  }

  const std::vector<SweptView>& views_;
  const SweptView& view_;
  glm::vec2 pixel_;
  std::vector<Rigid> other_from_view_;
  Patch own_{};
};

void sweep_view(const std::vector<SweptView>& views, size_t index, const TrainingView& full, size_t tries,
                uint64_t seed, std::vector<StartPoint>& points) {
  const SweptView& view = views[index];
  if (view.neighbours.empty()) return;
  Random random(seed, 16 + index);
  const glm::vec2 size(view.luma.size_px());
  const glm::vec2 full_per_swept = glm::vec2(full.camera.size_px) / size;
  for (size_t i = 0; i < tries; ++i) {
    const glm::vec2 pixel(random.uniform(0, size.x), random.uniform(0, size.y));
    const glm::ivec2 source =
        glm::clamp(glm::ivec2(pixel * full_per_swept), glm::ivec2(0), full.camera.size_px - glm::ivec2(1));
    if (!full.mask.empty() && full.mask.at(source.x, source.y) == 0) continue;
    const float z = PixelSweep(views, index, pixel).depth();
    if (!(z > 0)) continue;
    points.push_back({.position = view.camera.world_from_camera * unproject_in_camera(view.camera, pixel, z),
                      .color = glm::vec3(full.color.at(source.x, source.y)) / 255.0f,
                      .pixel_m = z / full.camera.focal_px.x});
  }
}

}  // namespace

std::vector<StartPoint> swept_points(const TrainingSet& set, const StartOptions& options, JobContext& job) {
  const std::vector<SweptView> views = views_to_sweep(set, job.pool());
  const size_t tries = (options.count * kTries + views.size() - 1) / views.size();
  std::vector<std::vector<StartPoint>> found(views.size());
  job.begin_stage("sweep", views.size());
  job.pool().parallel_for(views.size(), 1, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      sweep_view(views, i, set.views[i], tries, options.seed, found[i]);
      job.advance();
    }
  });
  std::vector<StartPoint> points;
  for (const auto& part : found) points.insert(points.end(), part.begin(), part.end());
  Random random(options.seed, 3);
  shuffle(points, random);  // so that thinning does not favour the first views
  return thinned(points, options.count);
}

}  // namespace diorama
