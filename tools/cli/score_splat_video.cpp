#include "tools/cli/score_splat_video.h"

#include "assets/asset_file.h"
#include "assets/splat_sequence.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "tools/eval/report_page.h"

#include <algorithm>

namespace diorama {
namespace {

bool has_held_out_frame(const Capture& capture, const SplatSequence& sequence) {
  const std::vector<size_t> held_out = capture.frames_of(Split::kTest);
  return std::any_of(held_out.begin(), held_out.end(), [&](size_t index) {
    const std::optional<double>& time_s = capture.frames()[index].time_s;
    return time_s && frame_taken_at(sequence, *time_s);
  });
}

std::string told(const EvalReport& report) {
  std::string text = fmt::format("held-out PSNR {:.2f} dB", report.mean.psnr);
  if (report.mean.psnr_mask) text += fmt::format(" ({:.2f} dB in the mask)", *report.mean.psnr_mask);
  text += fmt::format(", SSIM {:.4f}, FLIP {:.4f}", report.mean.ssim, report.mean.flip);
  if (report.flicker) text += fmt::format(", flicker {:.2f}/255", report.flicker->render);
  return text;
}

}  // namespace

std::string score_splat_video(const std::string& glb, const Capture& capture, const std::string& capture_path,
                              const std::string& html, const Settings& settings, JobContext& job) {
  const Asset asset = read_asset(glb);
  const std::optional<SplatSequenceReader> performance = open_splat_sequence(asset, glb);
  DIO_CHECK(performance.has_value());
  if (!has_held_out_frame(capture, performance->sequence())) {
    if (html.empty()) return {};
    fail(ErrorCode::kInvalidInput, "{}: is written, but no held-out frame was taken while it lasts; leave --html out",
         glb);
  }
  ReportPictures pictures;
  const EvalReport report = evaluate({.asset = asset, .name = glb, .performance = &*performance}, capture, {}, job,
                                     html.empty() ? ScoreObserver{} : pictures.observer());
  AssetRecord record = performance->record();
  record.held_out_json = mean_to_json(report);
  finish_splat_sequence(glb, std::move(record));
  if (!html.empty()) {
    write_file(html, report_page(report, pictures, {asset, capture, capture_path, settings.command_line, {}}));
  }
  return told(report);
}

}  // namespace diorama
