#include "tools/eval/frame_scorer.h"

#include "engine/base/error.h"
#include "engine/raster/metrics.h"

#include <algorithm>

namespace diorama {
namespace {

constexpr int kMinSidePx = 11;  // the window of SSIM

// An asset whose coverage is below a count of 255 leaves the picture as it is.
constexpr float kFilledCoverage = 1.0f / 255;

Rigid asset_from_capture(const Asset& asset) {
  return asset.record ? asset.record->asset_from_capture : Rigid{};
}

glm::ivec2 scaled_size(glm::ivec2 size_px, float scale) {
  return glm::max(glm::ivec2(1), glm::ivec2(glm::round(glm::vec2(size_px) * scale)));
}

double capped(double psnr_db) {
  return std::min(kMaxPsnr, psnr_db);
}

std::optional<double> capped(const std::optional<double>& psnr_db) {
  return psnr_db ? std::optional(capped(*psnr_db)) : std::nullopt;
}

}  // namespace

Camera FrameScorer::camera_of(const Frame& frame) const {
  const Camera full = scored_color_camera(scored_.asset, capture_, frame);
  const Camera camera = resized(full, scaled_size(full.size_px, options_.scale));
  if (std::min(camera.size_px.x, camera.size_px.y) < kMinSidePx) {
    fail(ErrorCode::kInvalidInput,
         "frame {} would be scored at {}x{} pixels, at least {} a side are needed; raise --scale", frame.id,
         camera.size_px.x, camera.size_px.y, kMinSidePx);
  }
  return camera;
}

void FrameScorer::show_time_of(const Frame& frame) {
  if (scored_.performance == nullptr) return;
  const std::optional<size_t> wanted = frame_taken_at(scored_.performance->sequence(), frame.time_s.value());
  DIO_CHECK(wanted.has_value());
  if (wanted == shown_) return;
  view_.show_frame(*scored_.performance, *wanted, {});
  shown_ = wanted;
}

FrameScorer::Recorded FrameScorer::recorded(const ImageRgba8& image, bool has_alpha, glm::u8vec3 background,
                                            glm::ivec2 size_px) {
  // Composited before it is shrunk: the mean of what a viewer would see.
  Recorded result{.color = shrink_by_area(composited(image, background), size_px), .filled = {}};
  if (!has_alpha) return result;
  const ImageRgba8 shrunk = shrink_by_area(image, size_px);
  result.filled = ImageU8(size_px);
  for (size_t i = 0; i < shrunk.pixels().size(); ++i) result.filled.pixels()[i] = shrunk.pixels()[i].a > 0 ? 255 : 0;
  return result;
}

ImageF32 FrameScorer::rendered_depth(const Camera& depth_camera) const {
  Camera camera = depth_camera;
  camera.world_from_camera = asset_from_capture(scored_.asset) * camera.world_from_camera;
  return view_.draw(camera, {.samples = 1}, true).depth_m;
}

AlignedScore FrameScorer::aligned_score(const ImageRgba8& truth, const RasterResult& picture,
                                        const ImageU8& mask) const {
  AlignedScore aligned;
  aligned.exposure = align_exposure(picture.color, picture.coverage, truth, mask);
  const ImageRgba8 color = exposed(picture.color, picture.coverage, aligned.exposure);
  aligned.psnr = capped(psnr(truth, color));
  aligned.ssim = ssim(truth, color, pool_);
  aligned.flip = mean_of(flip_map(truth, color, pool_));
  return aligned;
}

void FrameScorer::score_change(const Frame& frame, bool follows, const Recorded& truth, const RasterResult& picture,
                               FrameScore& result) {
  FlickerPicture shown{.truth = truth.color, .render = picture.color, .filled = truth.filled};
  if (shown.filled.empty()) {
    shown.filled = ImageU8(truth.color.size_px(), 255);
  } else {
    for (size_t i = 0; i < shown.filled.pixels().size(); ++i) {
      if (picture.coverage.pixels()[i] >= kFilledCoverage) shown.filled.pixels()[i] = 255;
    }
  }
  result.psnr_moving = capped(flicker_.add(frame.camera, follows, std::move(shown)));
}

FrameScore FrameScorer::score(size_t index, bool follows, const std::function<void(const ScoredPictures&)>& show) {
  const Frame& frame = capture_.frames()[index];
  const FrameImages images = capture_.load(index, scored_parts(options_));
  if (!images.color) fail(ErrorCode::kInvalidInput, "frame {} has no colour image to score against", frame.id);
  const Camera camera = camera_of(frame);
  const glm::u8vec3 background = frame.has_alpha ? glm::u8vec3(255) : glm::u8vec3(0);
  const Recorded truth = recorded(*images.color, frame.has_alpha, background, camera.size_px);
  show_time_of(frame);
  const RasterResult picture = view_.draw(camera, {.background = glm::vec3(background) / 255.0f}, false);
  const ImageF32 flip = flip_map(truth.color, picture.color, pool_);

  FrameScore result{.id = frame.id, .time_s = frame.time_s};
  result.psnr = capped(psnr(truth.color, picture.color));
  result.ssim = ssim(truth.color, picture.color, pool_);
  result.flip = mean_of(flip);
  result.coverage = mean_of(picture.coverage);
  if (!truth.filled.empty()) result.psnr_mask = capped(psnr_where(truth.color, picture.color, truth.filled));
  if (frame.time_s) score_change(frame, follows, truth, picture, result);
  if (options_.align_exposure) {
    result.aligned =
        aligned_score(truth.color, picture, images.mask ? shrink_mask(*images.mask, camera.size_px) : ImageU8());
  }
  ImageF32 depth_m;
  if (images.depth_m && frame.depth) {
    depth_m = rendered_depth(*frame.depth);
    result.depth_mae_m = depth_mae(depth_m, *images.depth_m);
  }
  const bool with_depth = !depth_m.empty();
  show({result, truth.color, picture.color, flip, with_depth ? images.depth_m.get() : nullptr,
        with_depth ? &depth_m : nullptr});
  return result;
}

}  // namespace diorama
