#include "reconstruction/splat_video/moment_views.h"

#include "capture/rig.h"
#include "engine/base/error.h"
#include "reconstruction/splats/training_set.h"

#include <algorithm>
#include <cmath>

namespace diorama {
namespace {

constexpr int kMargin_px = 12;        // around what moves: where nothing is must be seen, too
constexpr uint8_t kBlack = 4;         // codes; darker is no picture
constexpr float kMovedDepth = 0.01f;  // share of the depth
constexpr int kMovedColor = 24;       // codes, largest of the channels
constexpr int kSpread_px = 2;         // that a moving pixel's neighbours count as moving, too
constexpr double kBlindShare = 0.5;   // of the others' points that fall into a picture which shows none of them

struct Box {
  glm::ivec2 low{1 << 30}, high{-1};  // the last pixel is inside
  void extend(int x, int y) {
    low = glm::min(low, glm::ivec2(x, y));
    high = glm::max(high, glm::ivec2(x, y));
  }
  bool empty() const { return high.x < low.x; }
  glm::ivec2 size_px() const { return high - low + 1; }
};

template <class T>
Image<T> cut(const Image<T>& image, const Box& box) {
  Image<T> result(box.size_px());
  for (int y = 0; y < result.height(); ++y) {
    const auto source = image.row(box.low.y + y).subspan(static_cast<size_t>(box.low.x));
    std::copy_n(source.begin(), result.width(), result.row(y).begin());
  }
  return result;
}

bool is_black(const ImageRgba8& color) {
  return std::ranges::all_of(color.pixels(), [](glm::u8vec4 c) { return std::max({c.r, c.g, c.b}) < kBlack; });
}

// 1 where the frame differs from what stands still.
ImageU8 moved_pixels(const MomentView& view, const StillPicture& still) {
  ImageU8 moved(view.color.size_px());
  for (int y = 0; y < moved.height(); ++y) {
    for (int x = 0; x < moved.width(); ++x) {
      const float z = view.depth_m.empty() ? 0.0f : view.depth_m.at(x, y), still_z = still.depth_m.at(x, y);
      const bool nearer = z > 0 && still_z > 0 && z < (1 - kMovedDepth) * still_z;
      const glm::ivec3 change = glm::abs(glm::ivec3(view.color.at(x, y)) - glm::ivec3(still.color.at(x, y)));
      const bool measured = z > 0 && still_z > 0;
      moved.at(x, y) = measured ? nearer : std::max({change.r, change.g, change.b}) > kMovedColor;
    }
  }
  return moved;
}

// Single pixels are noise: what stays has at least half of its 3x3 neighbourhood. Then it spreads.
ImageU8 cleaned(const ImageU8& moved) {
  const auto count_around = [](const ImageU8& image, int x, int y, int reach) {
    int count = 0;
    for (int v = std::max(0, y - reach); v <= std::min(image.height() - 1, y + reach); ++v) {
      for (int u = std::max(0, x - reach); u <= std::min(image.width() - 1, x + reach); ++u) count += image.at(u, v);
    }
    return count;
  };
  ImageU8 solid(moved.size_px()), spread(moved.size_px());
  for (int y = 0; y < moved.height(); ++y) {
    for (int x = 0; x < moved.width(); ++x) solid.at(x, y) = moved.at(x, y) && count_around(moved, x, y, 1) >= 5;
  }
  for (int y = 0; y < moved.height(); ++y) {
    for (int x = 0; x < moved.width(); ++x) spread.at(x, y) = count_around(solid, x, y, kSpread_px) > 0;
  }
  return spread;
}

MomentView load_whole(const Capture& capture, size_t index, float scale) {
  const Frame& frame = capture.frames()[index];
  const FrameImages images = capture.load(index, {.color = true, .depth = true, .confidence = false, .mask = true});
  MomentView view;
  view.frame = index;
  const Camera full = color_camera(frame, capture.calibration());
  const auto side = [&](int pixels) {
    return std::max(1, static_cast<int>(std::lround(static_cast<float>(pixels) * scale)));
  };
  view.camera = resized(full, {side(full.size_px.x), side(full.size_px.y)});
  view.color = shrink_by_area(*images.color, view.camera.size_px);
  if (!frame.has_alpha) {
    for (glm::u8vec4& pixel : view.color.pixels()) pixel.a = 255;
  }
  if (images.mask) view.counts = shrink_mask(*images.mask, view.camera.size_px);
  if (images.depth_m) view.depth_m = depth_seen_from(view.camera, *frame.depth, *images.depth_m);
  return view;
}

// What of the picture moves, as `inside`; depth of the rest is dropped, also of what is but near to what moves.
void find_inside(MomentView& view, bool has_alpha, const StillPicture* still) {
  view.inside = ImageU8(view.color.size_px(), 1);
  ImageU8 measured;
  if (has_alpha) {
    for (size_t i = 0; i < view.inside.pixels().size(); ++i) view.inside.pixels()[i] = view.color.pixels()[i].a > 0;
  } else if (still != nullptr) {
    measured = moved_pixels(view, *still);
    view.inside = cleaned(measured);
  }
  for (size_t i = 0; i < view.counts.pixels().size(); ++i) view.inside.pixels()[i] &= view.counts.pixels()[i] != 0;
  if (view.depth_m.empty()) return;
  for (size_t i = 0; i < view.inside.pixels().size(); ++i) {
    const bool moves = view.inside.pixels()[i] && (measured.empty() || measured.pixels()[i]);
    if (!moves) view.depth_m.pixels()[i] = 0;
  }
}

Box box_of(const MomentView& view) {
  Box box;
  for (int y = 0; y < view.inside.height(); ++y) {
    for (int x = 0; x < view.inside.width(); ++x) {
      if (view.inside.at(x, y)) box.extend(x, y);
    }
  }
  if (box.empty()) return box;
  box.low = glm::max(box.low - kMargin_px, glm::ivec2(0));
  box.high = glm::min(box.high + kMargin_px, view.camera.size_px - 1);
  return box;
}

MomentView cropped(const MomentView& view, const Box& box) {
  MomentView result{.frame = view.frame, .camera = view.camera};
  result.camera.size_px = box.size_px();
  result.camera.center_px -= glm::vec2(box.low);
  result.color = cut(view.color, box);
  result.inside = cut(view.inside, box);
  if (!view.counts.empty()) result.counts = cut(view.counts, box);
  if (!view.depth_m.empty()) result.depth_m = cut(view.depth_m, box);
  return result;
}

// Share of points that `others` measured which fall into the camera's picture.
double share_in_picture(const Camera& camera, const std::vector<MomentView>& others) {
  constexpr int kEvery = 7;  // pixels, of rows and columns
  const Rigid camera_from_world = inverse(camera.world_from_camera);
  double all = 0, in_picture = 0;
  for (const MomentView& other : others) {
    for (int y = 0; y < other.depth_m.height(); y += kEvery) {
      for (int x = 0; x < other.depth_m.width(); x += kEvery) {
        const float z = other.depth_m.at(x, y);
        if (!(z > 0)) continue;
        const glm::vec3 p = camera_from_world * (other.camera.world_from_camera *
                                                 unproject_in_camera(other.camera, glm::vec2(x, y) + 0.5f, z));
        ++all;
        if (!(p.z > 0)) continue;
        const glm::vec2 pixel = project_in_camera(camera, p), size(camera.size_px);
        in_picture += pixel.x >= 0 && pixel.y >= 0 && pixel.x < size.x && pixel.y < size.y;
      }
    }
  }
  return all > 0 ? in_picture / all : 0;
}

}  // namespace

MomentViews load_moment(const Capture& capture, const Moment& moment, float scale, const StaticScene* still,
                        const RigExposure& exposure, ThreadPool& pool) {
  std::vector<MomentView> whole(moment.frames.size());
  pool.parallel_for(whole.size(), 1, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      const Frame& frame = capture.frames()[moment.frames[i]];
      MomentView view = load_whole(capture, moment.frames[i], scale);
      if (const auto own = exposure.find(frame.camera); own != exposure.end()) take_out(own->second, view.color);
      const bool has_still = still != nullptr && still->pictures.contains(frame.camera);
      find_inside(view, frame.has_alpha, has_still ? &still->pictures.at(frame.camera) : nullptr);
      whole[i] = std::move(view);
    }
  });
  MomentViews result;
  std::vector<size_t> blind;  // cameras that see nothing
  const auto leave_out = [&](size_t i, const char* why) {
    const Frame& frame = capture.frames()[whole[i].frame];
    result.warnings.push_back(
        fmt::format("{}: frame {} of camera {} is left out: {}", capture.name(), frame.id, frame.camera, why));
  };
  size_t black = 0;
  for (size_t i = 0; i < whole.size(); ++i) {
    const Frame& frame = capture.frames()[whole[i].frame];
    result.has_alpha = result.has_alpha || frame.has_alpha;
    const bool opaque = std::ranges::any_of(whole[i].color.pixels(), [](glm::u8vec4 c) { return c.a > 0; });
    if (opaque && is_black(whole[i].color)) {
      ++black;
      leave_out(i, "its picture is black");
      continue;
    }
    const Box box = box_of(whole[i]);
    if (box.empty()) {
      blind.push_back(i);
    } else {
      result.views.push_back(cropped(whole[i], box));
    }
  }
  if (black == whole.size()) {
    const Frame& frame = capture.frames()[whole.front().frame];
    fail(ErrorCode::kInvalidInput, "{}: every camera is black at {:.3f} s, the first is frame {} of camera {}",
         capture.name(), moment.time_s, frame.id, frame.camera);
  }
  for (const size_t i : blind) {
    if (share_in_picture(whole[i].camera, result.views) > kBlindShare) {
      leave_out(i, "it is empty where other cameras measured something in front of it");
    }
  }
  return result;
}

}  // namespace diorama
