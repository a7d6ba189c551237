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

// The mask says which pixels tell the exposure; scores count all.
FrameParts scored_parts(const EvalOptions& options) {
  return {.confidence = false, .mask = options.align_exposure};
}

constexpr int kMinSidePx = 11;  // the window of SSIM

// What the scoring of every frame shares.
struct Scorer {
  const Asset& asset;
  const Capture& capture;
  AssetView& view;
  const EvalOptions& options;
  ThreadPool& pool;

  FrameScore score(size_t index, const std::function<void(const ScoredPictures&)>& show) const {
    const Frame& frame = capture.frames()[index];
    const FrameImages images = capture.load(index, scored_parts(options));
    if (!images.color) fail(ErrorCode::kInvalidInput, "frame {} has no colour image to score against", frame.id);
    const Camera full = scored_color_camera(asset, capture, frame);
    const Camera camera = resized(full, scaled_size(full.size_px, options.scale));
    if (std::min(camera.size_px.x, camera.size_px.y) < kMinSidePx) {
      fail(ErrorCode::kInvalidInput,
           "frame {} would be scored at {}x{} pixels, at least {} a side are needed; raise --scale", frame.id,
           camera.size_px.x, camera.size_px.y, kMinSidePx);
    }
    const glm::u8vec3 background = frame.has_alpha ? glm::u8vec3(255) : glm::u8vec3(0);
    // Composited before it is shrunk: the mean of what a viewer would see.
    const ImageRgba8 truth = shrink_by_area(composited(*images.color, background), camera.size_px);
    const RasterResult picture = view.draw(camera, {.background = glm::vec3(background) / 255.0f}, false);
    const ImageF32 flip = flip_map(truth, picture.color, pool);

    FrameScore result;
    result.id = frame.id;
    result.psnr = std::min(kMaxPsnr, psnr(truth, picture.color));
    result.ssim = ssim(truth, picture.color, pool);
    result.flip = mean_of(flip);
    result.coverage = mean_of(picture.coverage);
    if (options.align_exposure) {
      result.aligned =
          aligned_score(truth, picture, images.mask ? shrink_mask(*images.mask, camera.size_px) : ImageU8());
    }
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

  AlignedScore aligned_score(const ImageRgba8& truth, const RasterResult& picture, const ImageU8& mask) const {
    AlignedScore aligned;
    aligned.exposure = align_exposure(picture.color, picture.coverage, truth, mask);
    const ImageRgba8 color = exposed(picture.color, picture.coverage, aligned.exposure);
    aligned.psnr = std::min(kMaxPsnr, psnr(truth, color));
    aligned.ssim = ssim(truth, color, pool);
    aligned.flip = mean_of(flip_map(truth, color, pool));
    return aligned;
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
    if (frame.aligned) {
      if (!mean.aligned) mean.aligned.emplace();
      mean.aligned->psnr += frame.aligned->psnr;
      mean.aligned->ssim += frame.aligned->ssim;
      mean.aligned->flip += frame.aligned->flip;
    }
    if (frame.depth_mae_m) {
      depth_sum += *frame.depth_mae_m;
      depth_count += 1;
    }
  }
  const auto count = static_cast<double>(frames.size());
  for (double* value : {&mean.psnr, &mean.ssim, &mean.flip, &mean.coverage}) *value /= count;
  if (mean.aligned) {
    for (double* value : {&mean.aligned->psnr, &mean.aligned->ssim, &mean.aligned->flip}) *value /= count;
  }
  if (depth_count > 0) mean.depth_mae_m = depth_sum / depth_count;
  return mean;
}

double rounded(double value) {
  return std::round(value * 1e6) / 1e6;
}

Json scores_json(const FrameScore& score) {
  Json object{{"psnr", rounded(score.psnr)}, {"ssim", rounded(score.ssim)}, {"flip", rounded(score.flip)}};
  object["depth_mae_m"] = score.depth_mae_m ? Json(rounded(*score.depth_mae_m)) : Json(nullptr);
  object["coverage"] = rounded(score.coverage);
  if (score.aligned) {
    const AlignedScore& aligned = *score.aligned;
    object["exposure_aligned"] = {
        {"psnr", rounded(aligned.psnr)}, {"ssim", rounded(aligned.ssim)}, {"flip", rounded(aligned.flip)}};
  }
  return object;
}

Json frame_json(const FrameScore& frame) {
  Json entry{{"id", frame.id}};
  entry.update(scores_json(frame));
  if (frame.aligned) {
    const auto numbers = [](glm::dvec3 v) { return Json{rounded(v.x), rounded(v.y), rounded(v.z)}; };
    entry["exposure_aligned"]["gain"] = numbers(frame.aligned->exposure.gain);
    entry["exposure_aligned"]["bias"] = numbers(frame.aligned->exposure.bias);
  }
  return entry;
}

std::string table_row(const FrameScore& s, int id_width) {
  const std::string depth = s.depth_mae_m ? fmt::format("{:8.1f}", *s.depth_mae_m * 1000) : fmt::format("{:>8}", "-");
  const std::string aligned =
      s.aligned ? fmt::format("   {:7.2f} {:7.4f} {:7.4f}", s.aligned->psnr, s.aligned->ssim, s.aligned->flip) : "";
  return fmt::format("{:<{}} {:7.2f} {:7.4f} {:7.4f} {} {:8.1f}{}\n", s.id, id_width, s.psnr, s.ssim, s.flip, depth,
                     s.coverage * 100, aligned);
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
  const Scorer scorer{asset, capture, *view, options, job.pool()};
  EvalReport report{.asset = asset_name};
  job.begin_stage("scoring", frames.size());
  for (size_t i = 0; i < frames.size(); ++i) {
    if (i + 1 < frames.size()) capture.prefetch(job.pool(), frames[i + 1], scored_parts(options));
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
  for (const FrameScore& frame : report.frames) object["frames"].push_back(frame_json(frame));
  object["mean"] = scores_json(report.mean);
  return object.dump(1) + "\n";
}

std::string mean_to_json(const EvalReport& report) {
  return scores_json(report.mean).dump();
}

std::string to_text(const EvalReport& report) {
  int width = 8;
  for (const FrameScore& frame : report.frames) width = std::max(width, static_cast<int>(frame.id.size()));
  std::string text;
  if (report.mean.aligned) text += fmt::format("{:{}}   exposure aligned, a score of its own:\n", "", width + 42);
  text += fmt::format("{:<{}} {:>7} {:>7} {:>7} {:>8} {:>8}", "frame", width, "PSNR dB", "SSIM", "FLIP", "depth mm",
                      "cover %");
  text += report.mean.aligned ? fmt::format("   {:>7} {:>7} {:>7}\n", "PSNR dB", "SSIM", "FLIP") : "\n";
  for (const FrameScore& frame : report.frames) text += table_row(frame, width);
  return text + table_row(report.mean, width);
}

}  // namespace diorama
