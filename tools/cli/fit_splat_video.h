#pragma once

#include "capture/capture.h"
#include "reconstruction/splat_video/splat_video_options.h"
#include "tools/cli/command.h"

#include <string>

namespace diorama {

inline constexpr const char* kSplatVideoGroup = "Splat video (--as splat-video)";

struct SplatVideoArguments {
  SplatVideoOptions options;
  std::string part;   // "K/N"
  std::string stats;  // file for the frames' figures
};

// Adds the options that no other representation has; those of the same name serve both. To be called last.
void add_splat_video_options(CLI::App& app, SplatVideoArguments& args);

// Whether an option of another representation's group serves a splat video, too.
bool serves_splat_video(const std::string& flag);

// Fits and writes OUTPUT and its groups; prints what came out. `app`: as parsed, for the shared options. Returns
// whether OUTPUT was written: not where other processes still have parts to fit.
bool run_fit_splat_video(const CLI::App& app, const SplatVideoArguments& args, const Capture& capture,
                         const std::string& output, TerminalJob& terminal);

}  // namespace diorama
