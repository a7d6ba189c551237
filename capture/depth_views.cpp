#include "capture/depth_views.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace diorama {
namespace {

constexpr int kMaxSide_px = 640;
constexpr size_t kMaxPoints = 600, kMaxDepths = 4000;
constexpr float kEdge = 0.04f;  // neighbours that differ by more, relative to depth, are of different surfaces
constexpr std::array<size_t, 4> kBurst{0, 3, 10, 30};

// `count` of 0 .. size-1, evenly spread, first and last included.
std::vector<size_t> spread(size_t size, size_t count) {
  std::vector<size_t> chosen;
  count = std::min(size, count);
  for (size_t i = 0; i < count; ++i) chosen.push_back(count == 1 ? size / 2 : i * (size - 1) / (count - 1));
  return chosen;
}

std::vector<size_t> choose_of_rig(std::span<const Frame> frames, std::span<const size_t> with_depth,
                                  size_t max_frames) {
  std::vector<std::vector<size_t>> moments;  // of frames, in order of time
  std::vector<size_t> sorted(with_depth.begin(), with_depth.end());
  std::stable_sort(sorted.begin(), sorted.end(),
                   [&](size_t a, size_t b) { return frames[a].time_s < frames[b].time_s; });
  for (const size_t frame : sorted) {
    if (moments.empty() || frames[moments.back().front()].time_s != frames[frame].time_s) moments.emplace_back();
    moments.back().push_back(frame);
  }
  size_t most = 1;
  for (const auto& moment : moments) most = std::max(most, moment.size());
  std::vector<size_t> chosen;
  for (const size_t i : spread(moments.size(), std::max<size_t>(1, max_frames / most))) {
    for (const size_t k : spread(moments[i].size(), max_frames)) chosen.push_back(moments[i][k]);
  }
  std::sort(chosen.begin(), chosen.end());
  return chosen;
}

// Every step-th pixel, with the camera that sees exactly these pixel centres.
void reduce(const Camera& camera, const ImageF32& depth_m, DepthView& view) {
  const int step = (std::max(depth_m.width(), depth_m.height()) + kMaxSide_px - 1) / kMaxSide_px;
  const glm::ivec2 size_px = (depth_m.size_px() + glm::ivec2(step - 1 - step / 2)) / step;
  const glm::vec2 first_px(static_cast<float>(step / 2) + 0.5f);
  const auto scale = static_cast<float>(step);
  view.camera = camera;
  view.camera.size_px = size_px;
  view.camera.focal_px = camera.focal_px / scale;
  view.camera.center_px = (camera.center_px - first_px) / scale + 0.5f;
  view.depth_m = ImageF32(size_px);
  for (int y = 0; y < size_px.y; ++y) {
    for (int x = 0; x < size_px.x; ++x) view.depth_m.at(x, y) = depth_m.at(x * step + step / 2, y * step + step / 2);
  }
}

bool inside_surface(const ImageF32& depth_m, int x, int y) {
  const float depth = depth_m.at(x, y);
  if (!(depth > 0)) return false;
  for (const float neighbour :
       {depth_m.at(x - 1, y), depth_m.at(x + 1, y), depth_m.at(x, y - 1), depth_m.at(x, y + 1)}) {
    if (!(std::abs(neighbour - depth) <= kEdge * depth)) return false;
  }
  return true;
}

template <class T>
std::vector<T> thinned(const std::vector<T>& all, size_t most) {
  if (all.size() <= most) return all;
  std::vector<T> chosen(most);
  for (size_t i = 0; i < most; ++i) chosen[i] = all[i * all.size() / most];
  return chosen;
}

void choose_points(DepthView& view) {
  std::vector<glm::vec3> points;
  for (int y = 1; y + 1 < view.depth_m.height(); ++y) {
    for (int x = 1; x + 1 < view.depth_m.width(); ++x) {
      if (!inside_surface(view.depth_m, x, y)) continue;
      const glm::vec2 pixel(static_cast<float>(x) + 0.5f, static_cast<float>(y) + 0.5f);
      points.push_back(unproject_in_camera(view.camera, pixel, view.depth_m.at(x, y)));
    }
  }
  view.points = thinned(points, kMaxPoints);
}

DepthView load_view(const Capture& capture, size_t frame) {
  DepthView view;
  view.frame = frame;
  view.time_s = capture.frames()[frame].time_s;
  const auto depth_m = capture.load(frame, {.color = false, .depth = true, .confidence = false, .mask = false}).depth_m;
  if (!depth_m) return view;
  std::vector<float> valid;
  for (const float depth : depth_m->pixels()) {
    if (depth > 0) valid.push_back(depth);
  }
  view.pixels = depth_m->pixels().size();
  view.valid_pixels = valid.size();
  view.depths_m = thinned(valid, kMaxDepths);
  reduce(*capture.frames()[frame].depth, *depth_m, view);
  choose_points(view);
  return view;
}

}  // namespace

bool is_rig(std::span<const Frame> frames) {
  return std::any_of(frames.begin(), frames.end(), [&](const Frame& f) { return f.camera != frames.front().camera; });
}

std::vector<size_t> choose_depth_frames(std::span<const Frame> frames, size_t max_frames) {
  std::vector<size_t> with_depth;
  for (size_t i = 0; i < frames.size(); ++i) {
    if (frames[i].depth) with_depth.push_back(i);
  }
  if (with_depth.size() <= max_frames) return with_depth;
  if (is_rig(frames)) return choose_of_rig(frames, with_depth, max_frames);
  std::vector<size_t> chosen;
  const size_t last_start = with_depth.size() - std::min(with_depth.size(), kBurst.back() + 1);
  for (const size_t start : spread(last_start + 1, std::max<size_t>(1, max_frames / kBurst.size()))) {
    for (const size_t offset : kBurst) {
      if (start + offset < with_depth.size()) chosen.push_back(with_depth[start + offset]);
    }
  }
  std::sort(chosen.begin(), chosen.end());
  chosen.erase(std::unique(chosen.begin(), chosen.end()), chosen.end());
  return chosen;
}

std::vector<DepthView> load_depth_views(const Capture& capture, std::span<const size_t> frames, JobContext& job) {
  job.begin_stage("depth", frames.size());
  std::vector<DepthView> views(frames.size());
  job.pool().parallel_for(frames.size(), 1, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      views[i] = load_view(capture, frames[i]);
      job.advance();
    }
  });
  size_t order = 0, next = 0;
  for (size_t i = 0; i < capture.frames().size() && next < frames.size(); ++i) {
    if (i == frames[next]) views[next++].order = order;
    order += capture.frames()[i].depth ? 1 : 0;
  }
  return views;
}

std::optional<float> surface_depth(const ImageF32& depth_m, glm::vec2 pixel) {
  const glm::vec2 corner = glm::floor(pixel - 0.5f);
  const glm::vec2 limit(depth_m.size_px() - 1);
  if (!(corner.x >= 0 && corner.y >= 0 && corner.x < limit.x && corner.y < limit.y)) return std::nullopt;
  const glm::ivec2 p(corner);
  const std::array<float, 4> z{depth_m.at(p.x, p.y), depth_m.at(p.x + 1, p.y), depth_m.at(p.x, p.y + 1),
                               depth_m.at(p.x + 1, p.y + 1)};
  const auto [nearest, farthest] = std::minmax_element(z.begin(), z.end());
  if (!(*nearest > 0) || !(*farthest - *nearest <= kEdge * *nearest)) return std::nullopt;
  const glm::vec2 t = pixel - 0.5f - corner;
  const float above = (1 - t.x) / z[0] + t.x / z[1], below = (1 - t.x) / z[2] + t.x / z[3];
  return 1 / ((1 - t.y) * above + t.y * below);
}

}  // namespace diorama
