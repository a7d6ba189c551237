#include "reconstruction/light_field/light_field_views.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace diorama {
namespace {

// How far a camera may be from its place in the grid, as a share of the way to the next.
constexpr float kGridTolerance = 0.05f;

void check_parallel(const Capture& capture) {
  const Camera& first = capture.frames().front().color;
  for (const Frame& frame : capture.frames()) {
    const Camera& camera = frame.color;
    const bool parallel =
        rotation_angle(glm::transpose(first.world_from_camera.rotation) * camera.world_from_camera.rotation) < 1e-3f;
    const bool same = camera.size_px == first.size_px && glm::length(camera.focal_px - first.focal_px) < 1e-2f;
    if (!parallel || !same) {
      fail(ErrorCode::kInvalidInput,
           "{}: {} is turned or has another size or focal length than {}; a light field is fitted directly from "
           "parallel cameras of one kind",
           capture.name(), frame.id, capture.frames().front().id);
    }
  }
}

// Positions along one axis, nearest grid lines numbered from 0.
class GridLines {
 public:
  GridLines(std::vector<float> positions, std::string_view axis, const std::string& capture) {
    std::sort(positions.begin(), positions.end());
    first_ = positions.front();
    const float width = positions.back() - first_;
    for (size_t i = 1; i < positions.size(); ++i) {
      const float gap = positions[i] - positions[i - 1];
      if (gap > 1e-3f * width && (step_ == 0 || gap < step_)) step_ = gap;
    }
    if (!(step_ > 0)) {
      fail(ErrorCode::kInvalidInput, "{}: all cameras have the same {}; expected a grid of at least 2 x 2 views",
           capture, axis);
    }
    for (const float position : positions) {
      const float place = (position - first_) / step_;
      if (std::abs(place - std::round(place)) > kGridTolerance) {
        fail(ErrorCode::kInvalidInput,
             "{}: a camera's {} is {} m from the first, no multiple of {} m; expected cameras on a regular grid",
             capture, axis, position - first_, step_);
      }
    }
  }
  int line_of(float position) const { return static_cast<int>(std::lround((position - first_) / step_)); }

 private:
  float first_ = 0, step_ = 0;
};

ImageRgb color_values(const ImageRgba8& image) {
  ImageRgb values(image.size_px());
  std::ranges::transform(image.pixels(), values.pixels().begin(),
                         [](glm::u8vec4 pixel) { return glm::vec3(pixel) / 255.0f; });
  return values;
}

LightFieldView load_view(const Capture& capture, LightFieldView view, float scale) {
  const Frame& frame = capture.frames()[view.frame];
  const glm::ivec2 size_px = glm::max(glm::ivec2(glm::round(glm::vec2(frame.color.size_px) * scale)), glm::ivec2(1));
  const FrameImages images = capture.load(view.frame, {.depth = false, .confidence = false, .mask = false});
  view.camera = resized(frame.color, size_px);
  view.color = color_values(shrink_by_area(*images.color, size_px));
  return view;
}

// Positions in the cameras' own axes: x to the right, y down, z forward.
std::vector<glm::vec3> camera_positions(const Capture& capture) {
  const glm::mat3 to_cameras = glm::transpose(capture.frames().front().color.world_from_camera.rotation);
  std::vector<glm::vec3> positions;
  for (const Frame& frame : capture.frames()) {
    positions.push_back(to_cameras * frame.color.world_from_camera.translation);
  }
  return positions;
}

// Rows and columns of all frames; not loaded yet.
std::vector<LightFieldView> place_on_grid(const Capture& capture) {
  const std::vector<glm::vec3> positions = camera_positions(capture);
  std::vector<float> x, y;
  for (const glm::vec3 p : positions) x.push_back(p.x), y.push_back(p.y);
  const GridLines columns(x, "position to the right", capture.name()), rows(y, "position downwards", capture.name());
  std::vector<LightFieldView> views;
  for (size_t i = 0; i < positions.size(); ++i) {
    views.push_back({i, rows.line_of(y[i]), columns.line_of(x[i]), {}, {}});
    if (std::abs(positions[i].z - positions.front().z) > 1e-3f) {
      fail(ErrorCode::kInvalidInput, "{}: {} is {} m before the plane of the first camera; expected all in one plane",
           capture.name(), capture.frames()[i].id, positions[i].z - positions.front().z);
    }
  }
  return views;
}

glm::vec3 bilinear(const ImageRgb& image, glm::vec2 px) {
  const glm::vec2 p = glm::clamp(px - 0.5f, glm::vec2(0.0f), glm::vec2(image.size_px() - 1));
  const glm::ivec2 low = glm::min(glm::ivec2(p), glm::max(image.size_px() - 2, glm::ivec2(0)));
  const glm::ivec2 high = glm::min(low + 1, image.size_px() - 1);
  const glm::vec2 f = p - glm::vec2(low);
  return glm::mix(glm::mix(image.at(low.x, low.y), image.at(high.x, low.y), f.x),
                  glm::mix(image.at(low.x, high.y), image.at(high.x, high.y), f.x), f.y);
}

}  // namespace

LightFieldViews load_light_field(const Capture& capture, float scale, int keep_every, JobContext& job) {
  check_parallel(capture);
  std::vector<LightFieldView> all = place_on_grid(capture);
  const auto is_kept = [&](const LightFieldView& v) { return v.row % keep_every == 0 && v.column % keep_every == 0; };
  glm::ivec2 last_kept(0);
  for (const LightFieldView& v : all) {
    if (is_kept(v)) last_kept = glm::max(last_kept, glm::ivec2(v.column, v.row));
  }
  if (last_kept.x == 0 || last_kept.y == 0) {
    fail(ErrorCode::kInvalidInput, "{}: of its grid every {}th row and column leaves fewer than 2 x 2 views; keep more",
         capture.name(), keep_every);
  }
  std::erase_if(all, [&](const LightFieldView& v) { return v.row > last_kept.y || v.column > last_kept.x; });
  job.begin_stage("reading views", all.size());
  job.pool().parallel_for(all.size(), 1, [&](size_t i, size_t) {
    all[i] = load_view(capture, std::move(all[i]), scale);
    job.advance();
  });
  LightFieldViews views;
  views.keep_every = keep_every;
  for (LightFieldView& view : all) (is_kept(view) ? views.kept : views.held_out).push_back(std::move(view));
  return views;
}

ImageRgb blend_on_plane(const LightFieldViews& views, const LightFieldView& target, float depth_m) {
  const Camera& camera = target.camera;
  const glm::mat3 to_cameras = glm::transpose(camera.world_from_camera.rotation);
  ImageRgb blended(camera.size_px, glm::vec3(0.0f));
  float weights = 0;
  for (const LightFieldView& view : views.kept) {
    const glm::vec2 apart(std::abs(view.column - target.column), std::abs(view.row - target.row));
    const glm::vec2 near = glm::max(1.0f - apart / static_cast<float>(views.keep_every), 0.0f);
    const float weight = near.x * near.y;
    if (!(weight > 0)) continue;
    const glm::vec3 offset_m =
        to_cameras * (camera.world_from_camera.translation - view.camera.world_from_camera.translation);
    const glm::vec2 shift_px = camera.focal_px * glm::vec2(offset_m) / depth_m;
    for (int y = 0; y < camera.size_px.y; ++y) {
      for (int x = 0; x < camera.size_px.x; ++x) {
        blended.at(x, y) += weight * bilinear(view.color, glm::vec2(x, y) + 0.5f + shift_px);
      }
    }
    weights += weight;
  }
  DIO_CHECK(weights > 0);
  for (glm::vec3& pixel : blended.pixels()) pixel /= weights;
  return blended;
}

double psnr_of(const ImageRgb& image, const ImageRgb& reference) {
  DIO_CHECK(image.size_px() == reference.size_px() && !image.empty());
  double sum = 0;
  for (size_t i = 0; i < image.pixels().size(); ++i) {
    const glm::vec3 off = glm::clamp(image.pixels()[i], 0.0f, 1.0f) - reference.pixels()[i];
    sum += glm::dot(off, off);
  }
  return -10 * std::log10(sum / (3.0 * static_cast<double>(image.pixels().size())));
}

}  // namespace diorama
