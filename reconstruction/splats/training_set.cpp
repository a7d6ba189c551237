#include "reconstruction/splats/training_set.h"

#include "capture/rig.h"
#include "engine/base/error.h"

#include <algorithm>
#include <cmath>

namespace diorama {
namespace {

constexpr int kSharpnessWindow = 5;  // frames on both sides that sharpness is compared with

glm::ivec2 scaled(glm::ivec2 size_px, float scale) {
  const auto side = [&](int pixels) { return std::max(1, static_cast<int>(std::lround(pixels * scale))); };
  return {side(size_px.x), side(size_px.y)};
}

float luma(glm::u8vec4 color) {
  return 0.299f * static_cast<float>(color.r) + 0.587f * static_cast<float>(color.g) +
         0.114f * static_cast<float>(color.b);
}

// Mean squared difference of neighbours over the variance: free of contrast and exposure.
float edge_energy(const ImageRgba8& image) {
  double edges = 0, sum = 0, squares = 0;
  for (int y = 0; y + 1 < image.height(); ++y) {
    for (int x = 0; x + 1 < image.width(); ++x) {
      const float here = luma(image.at(x, y));
      const float dx = luma(image.at(x + 1, y)) - here, dy = luma(image.at(x, y + 1)) - here;
      edges += dx * dx + dy * dy;
      sum += here;
      squares += here * here;
    }
  }
  const double count = std::max(1.0, (image.width() - 1.0) * (image.height() - 1.0));
  const double variance = squares / count - (sum / count) * (sum / count);
  return static_cast<float>(edges / count / std::max(variance, 1.0));
}

// A frame is blurred if it has less edges than the median of those around it.
void rate_sharpness(std::vector<TrainingView>& views) {
  std::vector<float> energies;
  for (const TrainingView& view : views) energies.push_back(edge_energy(view.color));
  for (size_t i = 0; i < views.size(); ++i) {
    const size_t first = i > kSharpnessWindow ? i - kSharpnessWindow : 0;
    std::vector<float> around(
        energies.begin() + static_cast<ptrdiff_t>(first),
        energies.begin() + static_cast<ptrdiff_t>(std::min(i + kSharpnessWindow + 1, energies.size())));
    const auto middle = around.begin() + static_cast<ptrdiff_t>(around.size() / 2);
    std::nth_element(around.begin(), middle, around.end());
    views[i].sharpness = *middle > 0 ? std::clamp(std::sqrt(energies[i] / *middle), 0.2f, 1.0f) : 1.0f;
  }
}

bool is_useful(const TrainingView& view) {
  const auto pixels = view.mask.pixels();
  return pixels.empty() || std::any_of(pixels.begin(), pixels.end(), [](uint8_t value) { return value != 0; });
}

bool is_black(const TrainingView& view) {
  const auto pixels = view.color.pixels();
  return std::all_of(pixels.begin(), pixels.end(), [](glm::u8vec4 c) { return std::max({c.r, c.g, c.b}) < 4; });
}

TrainingView load_view(const Capture& capture, size_t index, float scale) {
  const Frame& frame = capture.frames()[index];
  const FrameImages images = capture.load(index, {.color = true, .depth = true, .confidence = false, .mask = true});
  TrainingView view;
  view.frame = index;
  const Camera full = color_camera(frame, capture.calibration());
  view.camera = resized(full, scaled(full.size_px, scale));
  view.color = frame.has_alpha ? shrink_by_area(composited(*images.color, glm::u8vec3(255)), view.camera.size_px)
                               : shrink_by_area(*images.color, view.camera.size_px);
  if (images.mask) view.mask = shrink_mask(*images.mask, view.camera.size_px);
  if (images.depth_m) view.depth_m = depth_seen_from(view.camera, *frame.depth, *images.depth_m);
  return view;
}

}  // namespace

ImageF32 depth_seen_from(const Camera& camera, const Camera& depth_camera, const ImageF32& depth_m) {
  ImageF32 result(camera.size_px);
  const Rigid camera_from_depth = inverse(camera.world_from_camera) * depth_camera.world_from_camera;
  for (int y = 0; y < depth_m.height(); ++y) {
    for (int x = 0; x < depth_m.width(); ++x) {
      const float z = depth_m.at(x, y);
      if (!(z > 0)) continue;
      const glm::vec3 p = camera_from_depth * unproject_in_camera(depth_camera, glm::vec2(x, y) + 0.5f, z);
      if (!(p.z > 0)) continue;
      const glm::vec2 pixel = glm::floor(project_in_camera(camera, p));
      if (!(pixel.x >= 0 && pixel.y >= 0 && pixel.x < static_cast<float>(camera.size_px.x) &&
            pixel.y < static_cast<float>(camera.size_px.y))) {
        continue;
      }
      float& nearest = result.at(static_cast<int>(pixel.x), static_cast<int>(pixel.y));
      if (nearest == 0 || p.z < nearest) nearest = p.z;
    }
  }
  return result;
}

TrainingSet load_training_set(const Capture& capture, float scale, JobContext& job) {
  std::vector<size_t> frames = capture.frames_of(Split::kTrain);
  std::erase_if(frames, [&](size_t frame) { return !capture.frames()[frame].has_color; });
  std::vector<TrainingView> views(frames.size());
  job.begin_stage("load", frames.size());
  job.pool().parallel_for(frames.size(), 1, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      views[i] = load_view(capture, frames[i], scale);
      job.advance();
    }
  });
  TrainingSet set;
  bool all_black = true;
  for (TrainingView& view : views) {
    if (!is_useful(view)) continue;
    all_black = all_black && is_black(view);
    set.has_depth = set.has_depth || !view.depth_m.empty();
    set.white_background = set.white_background || capture.frames()[view.frame].has_alpha;
    set.views.push_back(std::move(view));
  }
  if (set.views.empty()) {
    fail(ErrorCode::kInvalidInput, "{}: no training frame has colour that is not masked out; a fit needs at least one",
         capture.name());
  }
  if (all_black) {
    fail(ErrorCode::kInvalidInput, "{}: all {} training frames are black; expected pictures of a scene", capture.name(),
         set.views.size());
  }
  rate_sharpness(set.views);
  return set;
}

TrainingView shrunk(const TrainingView& view, glm::ivec2 size_px) {
  TrainingView result;
  result.frame = view.frame;
  result.camera = resized(view.camera, size_px);
  result.color = shrink_by_area(view.color, size_px);
  result.sharpness = view.sharpness;
  if (!view.mask.empty()) result.mask = shrink_mask(view.mask, size_px);
  if (!view.depth_m.empty()) result.depth_m = depth_seen_from(result.camera, view.camera, view.depth_m);
  return result;
}

}  // namespace diorama
