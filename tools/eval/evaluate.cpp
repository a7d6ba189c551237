#include "tools/eval/evaluate.h"

#include "capture/rig.h"
#include "engine/base/error.h"
#include "engine/raster/metrics.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

namespace diorama {
namespace {

using Json = nlohmann::ordered_json;

std::vector<size_t> chosen_frames(const Capture& capture, int split) {
  if (split == 0) return capture.frames_of(Split::kTest);
  if (split == 1) return capture.frames_of(Split::kTrain);
  if (split == 3) return capture.frames_of(Split::kValidation);
  std::vector<size_t> all(capture.frames().size());
  for (size_t i = 0; i < all.size(); ++i) all[i] = i;
  return all;
}

Rigid asset_from_capture(const Asset& asset) {
  return asset.record ? asset.record->asset_from_capture : Rigid{};
}

glm::ivec2 scaled_size(glm::ivec2 size_px, float scale) {
  return glm::max(glm::ivec2(1), glm::ivec2(glm::round(glm::vec2(size_px) * scale)));
}

constexpr FrameParts kScoredParts{.confidence = false, .mask = false};
constexpr int kMinSidePx = 11;  // the window of SSIM

// What the scoring of every frame shares.
struct Scorer {
  const Asset& asset;
  const Capture& capture;
  AssetView& view;
  float scale;
  ThreadPool& pool;

  FrameScore score(size_t index, const std::function<void(const ScoredPictures&)>& show) const {
    const Frame& frame = capture.frames()[index];
    const FrameImages images = capture.load(index, kScoredParts);
    if (!images.color) fail(ErrorCode::kInvalidInput, "frame {} has no colour image to score against", frame.id);
    const Camera full = scored_color_camera(asset, capture, frame);
    const Camera camera = resized(full, scaled_size(full.size_px, scale));
    if (std::min(camera.size_px.x, camera.size_px.y) < kMinSidePx) {
      fail(ErrorCode::kInvalidInput,
           "frame {} would be scored at {}x{} pixels, at least {} a side are needed; raise --scale", frame.id,
           camera.size_px.x, camera.size_px.y, kMinSidePx);
    }
    const glm::u8vec3 background = frame.has_alpha ? glm::u8vec3(255) : glm::u8vec3(0);
    // Composited before it is shrunk: the mean of what a viewer would see.
    const ImageRgba8 truth = shrink_by_area(composited(*images.color, background), camera.size_px);
    const RasterOptions options{.background = glm::vec3(background) / 255.0f};
    const RasterResult picture = view.draw(camera, options, false);
    const ImageF32 flip = flip_map(truth, picture.color, pool);

    FrameScore result;
    result.id = frame.id;
    result.psnr = std::min(kMaxPsnr, psnr(truth, picture.color));
    result.ssim = ssim(truth, picture.color, pool);
    result.flip = mean_of(flip);
    result.coverage = mean_of(picture.coverage);
    ImageF32 depth_m;
    if (images.depth_m && frame.depth) {
      depth_m = rendered_depth(*frame.depth);
      result.depth_mae_m = depth_mae(depth_m, *images.depth_m);
    }
    const bool with_depth = !depth_m.empty();
    show({result, truth, picture.color, flip, with_depth ? images.depth_m.get() : nullptr,
          with_depth ? &depth_m : nullptr});
    return result;
  }

  ImageF32 rendered_depth(const Camera& depth_camera) const {
    Camera camera = depth_camera;
    camera.world_from_camera = asset_from_capture(asset) * camera.world_from_camera;
    return view.draw(camera, {.samples = 1}, true).depth_m;
  }
};

FrameScore mean_of_frames(const std::vector<FrameScore>& frames) {
  FrameScore mean{.id = "mean"};
  double depth_sum = 0, depth_count = 0;
  for (const FrameScore& frame : frames) {
    mean.psnr += frame.psnr;
    mean.ssim += frame.ssim;
    mean.flip += frame.flip;
    mean.coverage += frame.coverage;
    if (frame.depth_mae_m) {
      depth_sum += *frame.depth_mae_m;
      depth_count += 1;
    }
  }
  const auto count = static_cast<double>(frames.size());
  for (double* value : {&mean.psnr, &mean.ssim, &mean.flip, &mean.coverage}) *value /= count;
  if (depth_count > 0) mean.depth_mae_m = depth_sum / depth_count;
  return mean;
}

Json scores_json(const FrameScore& score) {
  const auto rounded = [](double value) { return std::round(value * 1e6) / 1e6; };
  Json object{{"psnr", rounded(score.psnr)}, {"ssim", rounded(score.ssim)}, {"flip", rounded(score.flip)}};
  object["depth_mae_m"] = score.depth_mae_m ? Json(rounded(*score.depth_mae_m)) : Json(nullptr);
  object["coverage"] = rounded(score.coverage);
  return object;
}

std::string table_row(const FrameScore& s, int id_width) {
  const std::string depth = s.depth_mae_m ? fmt::format("{:8.1f}", *s.depth_mae_m * 1000) : fmt::format("{:>8}", "-");
  return fmt::format("{:<{}} {:7.2f} {:7.4f} {:7.4f} {} {:8.1f}\n", s.id, id_width, s.psnr, s.ssim, s.flip, depth,
                     s.coverage * 100);
}

}  // namespace

std::optional<RigCalibration> scored_calibration(const Asset& asset, const Capture& capture) {
  if (asset.record && asset.record->calibration_json.find("color_from_depth") != std::string::npos) {
    return rig_calibration_from_json(asset.record->calibration_json);
  }
  return capture.calibration();
}

Camera scored_color_camera(const Asset& asset, const Capture& capture, const Frame& frame) {
  Camera camera = color_camera(frame, scored_calibration(asset, capture));
  camera.world_from_camera = asset_from_capture(asset) * camera.world_from_camera;
  return camera;
}

EvalReport evaluate(const Asset& asset, const std::string& asset_name, const Capture& capture,
                    const EvalOptions& options, JobContext& job, const ScoreObserver& observer,
                    const BackendOptions& backend) {
  const std::vector<size_t> frames = chosen_frames(capture, options.split);
  if (frames.empty()) {
    fail(ErrorCode::kInvalidInput, "{}: has no {} frames; choose another --split", capture.name(),
         options.split == 0 ? "test" : "train");
  }
  const auto log = [&job](LogLevel level, std::string_view line) { job.log(level, line); };
  const std::unique_ptr<AssetView> view =
      with_context(asset_name, [&] { return make_asset_view(asset, backend, job.pool(), log); });
  const Scorer scorer{asset, capture, *view, options.scale, job.pool()};
  EvalReport report{.asset = asset_name};
  job.begin_stage("scoring", frames.size());
  for (size_t i = 0; i < frames.size(); ++i) {
    if (i + 1 < frames.size()) capture.prefetch(job.pool(), frames[i + 1], kScoredParts);
    report.frames.push_back(scorer.score(frames[i], [&](const ScoredPictures& pictures) {
      if (observer) observer(i, frames.size(), pictures);
    }));
    job.advance();
  }
  report.mean = mean_of_frames(report.frames);
  return report;
}

std::string to_json(const EvalReport& report) {
  Json object{{"asset", report.asset}, {"frames", Json::array()}};
  for (const FrameScore& frame : report.frames) {
    Json entry{{"id", frame.id}};
    entry.update(scores_json(frame));
    object["frames"].push_back(std::move(entry));
  }
  object["mean"] = scores_json(report.mean);
  return object.dump(1) + "\n";
}

std::string mean_to_json(const EvalReport& report) {
  return scores_json(report.mean).dump();
}

std::string to_text(const EvalReport& report) {
  int width = 8;
  for (const FrameScore& frame : report.frames) width = std::max(width, static_cast<int>(frame.id.size()));
  std::string text = fmt::format("{:<{}} {:>7} {:>7} {:>7} {:>8} {:>8}\n", "frame", width, "PSNR dB", "SSIM", "FLIP",
                                 "depth mm", "cover %");
  for (const FrameScore& frame : report.frames) text += table_row(frame, width);
  return text + table_row(report.mean, width);
}

}  // namespace diorama
