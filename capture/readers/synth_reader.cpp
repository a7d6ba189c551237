#include "capture/readers/capture_json.h"
#include "capture/readers/frame_names.h"
#include "capture/readers/json_value.h"
#include "capture/readers/reader.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/scene/image_io.h"

#include <map>
#include <utility>

namespace diorama {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFileName = "capture.json";

bool matches_synth(const fs::path& folder) {
  std::error_code ignored;
  return fs::is_regular_file(folder / kFileName, ignored);
}

// Frames whose colour image exists; the others are counted in one warning.
void drop_missing(const fs::path& folder, CaptureJson& parsed) {
  std::vector<Frame> frames;
  std::vector<FrameFiles> files;
  size_t missing = 0;
  std::string first;
  for (size_t i = 0; i < parsed.files.size(); ++i) {
    FrameFiles& named = parsed.files[i];
    for (fs::path* path : {&named.color, &named.depth, &named.confidence, &named.mask}) {
      if (!path->empty()) *path = folder / *path;
    }
    std::error_code ignored;
    if (!fs::exists(named.color, ignored)) {
      if (missing++ == 0) first = named.color.string();
      continue;
    }
    frames.push_back(std::move(parsed.content.frames[i]));
    files.push_back(std::move(named));
  }
  if (missing > 0) parsed.content.warnings.push_back(missing_warning(missing, "image", first));
  if (frames.empty() && missing > 0) {
    fail(ErrorCode::kNotFound, "none of the {} images that {} lists exists, the first is {}", missing, kFileName,
         first);
  }
  parsed.content.frames = std::move(frames);
  parsed.files = std::move(files);
}

// Each camera's first image tells whether its images have alpha.
void find_alpha(CaptureJson& parsed) {
  std::map<int, bool> has_alpha;
  for (size_t i = 0; i < parsed.files.size(); ++i) {
    Frame& frame = parsed.content.frames[i];
    if (!has_alpha.contains(frame.camera)) {
      const int channels = probe_image(parsed.files[i].color).channels;
      has_alpha[frame.camera] = channels == 2 || channels == 4;
    }
    frame.has_alpha = has_alpha[frame.camera];
  }
}

CaptureContent read_synth(const fs::path& folder, const CaptureOptions& options) {
  const fs::path path = folder / kFileName;
  CaptureJson parsed = with_context(path, [&] { return parse_capture_json(read_text_file(path, kMaxJsonBytes)); });
  drop_missing(folder, parsed);
  find_alpha(parsed);
  parsed.content.source = make_file_source(std::move(parsed.files), parsed.content.frames, {parsed.depth_unit_m, {0}},
                                           {255.0f}, options.depth_max_m);
  return std::move(parsed.content);
}

}  // namespace

extern const CaptureReader kSynthReader{"synth", matches_synth, read_synth, kFileName};

}  // namespace diorama
