#include "tools/cli/fit_splat_video.h"

#include "assets/splat_sequence.h"
#include "engine/base/error.h"
#include "engine/base/measure.h"
#include "reconstruction/splat_video/fit_splat_video.h"
#include "tools/cli/option_flags.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace diorama {
namespace {

constexpr std::array kShared = {"preset", "max-splats", "scale", "sh-degree", "ssim-weight", "depth-weight", "seed"};

bool is_shared(const std::string& name) {
  return std::ranges::find(kShared, name) != kShared.end();
}

// "K/N" with 1 <= K <= N.
SplatVideoRun run_of(const std::string& part) {
  SplatVideoRun run;
  if (part.empty()) return run;
  int number = 0, parts = 0;
  const char* const end = part.data() + part.size();
  const auto first = std::from_chars(part.data(), end, number);
  const bool slash = first.ec == std::errc() && first.ptr != end && *first.ptr == '/';
  const auto second = slash ? std::from_chars(first.ptr + 1, end, parts) : first;
  if (!slash || second.ec != std::errc() || second.ptr != end || number < 1 || parts < number || parts > 10000) {
    fail(ErrorCode::kInvalidInput, "--part is '{}', expected K/N with K from 1 to N, as 2/4", part);
  }
  return {.part = number - 1, .parts = parts};
}

}  // namespace

bool serves_splat_video(const std::string& flag) {
  return flag.starts_with("--") && is_shared(flag.substr(2));
}

void add_splat_video_options(CLI::App& app, SplatVideoArguments& args) {
  std::vector<OptionField> fields = option_fields(args.options);
  std::erase_if(fields, [](const OptionField& field) { return is_shared(field.name); });
  add_options(app, std::as_const(fields), kSplatVideoGroup);
  app.add_option("--part", args.part,
                 "K/N: fit only every N-th segment, beside other processes; run once more with --resume and without "
                 "--part when all are done")
      ->group(kSplatVideoGroup);
  app.add_option("--frame-stats", args.stats, "write each fitted frame's figures to this file (JSON)")
      ->group(kSplatVideoGroup);
}

bool run_fit_splat_video(const CLI::App& app, const SplatVideoArguments& args, const Capture& capture,
                         const std::string& output, TerminalJob& terminal) {
  if (!output.ends_with(".glb")) {
    fail(ErrorCode::kInvalidInput, "{}: a splat video is written as .glb, with its groups in a folder beside it",
         output);
  }
  SplatVideoOptions options = args.options;
  for (const OptionField& field : option_fields(options)) {
    if (!is_shared(field.name)) continue;
    const CLI::Option* const given = app.get_option("--" + field.name);
    if (given->count() > 0) set_option(field, given->results().back());
  }
  const Stopwatch watch;
  const double cpu_start_s = process_cpu_seconds();
  const SplatVideoStats stats = fit_splat_video(capture, options, output, terminal.context(), run_of(args.part));
  terminal.finish_line();
  if (!args.stats.empty()) write_output(args.stats, to_json(stats));
  const size_t fitted = stats.frames.size();
  double psnr = 0;
  for (const VideoFrameStats& frame : stats.frames) psnr += frame.psnr / static_cast<double>(fitted);
  const std::string speed =
      fitted == 0
          ? std::string("nothing left to fit")
          : fmt::format(
                "{} frames fitted in {:.0f} s ({:.1f} s a frame, {:.1f} s of CPU time), training PSNR {:.2f} dB",
                fitted, watch.seconds(), watch.seconds() / static_cast<double>(fitted),
                (process_cpu_seconds() - cpu_start_s) / static_cast<double>(fitted), psnr);
  fmt::print("{}: {} groups ({} kept), at most {} splats; {}\n",
             stats.finished ? output : splat_groups_folder(output).string(), stats.groups, stats.groups_kept,
             stats.most_splats, speed);
  return stats.finished;
}

}  // namespace diorama
