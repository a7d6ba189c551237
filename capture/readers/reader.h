#pragma once

#include "capture/capture.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace diorama {

// One layout on disk. `matches` looks at names and the first bytes only; `read` parses everything but the images.
struct CaptureReader {
  const char* name;  // as in --format
  bool (*matches)(const std::filesystem::path& folder);
  CaptureContent (*read)(const std::filesystem::path& folder, const CaptureOptions& options);
  const char* files = "";  // what marks the layout, for "no capture here: looked for ..."
};

// In order of preference: where two match, the first wins.
std::span<const CaptureReader> capture_readers();

// The files of one frame; an empty path is a part that does not exist.
struct FrameFiles {
  std::filesystem::path color, depth, confidence, mask;
  LensDistortion distortion;  // of colour and mask (and of depth where registered); removed on loading, K stays
};

struct DepthEncoding {
  double unit_m = 0.001;  // metres a count
  std::vector<uint16_t> invalid{0};
};

struct ConfidenceEncoding {
  float highest = 2;  // the value that means 1.0
};

// Decodes frames whose parts are image files. Checks every image's size against the frame's cameras; errors name the
// file. `frames` gives the cameras (and sizes) that the images must have. Where a lens is undistorted, pixels that it
// never saw repeat the nearest colour, and are 0 in depth and mask: a distorted frame should say has_mask, and is given
// a mask even where no mask file exists.
std::unique_ptr<FrameSource> make_file_source(std::vector<FrameFiles> files, const std::vector<Frame>& frames,
                                              DepthEncoding depth, ConfidenceEncoding confidence, float depth_max_m);

// Ids are unique, poses finite, cameras sound, at least one frame; fills in the hold-out where has_split is false.
// Called once by open_capture on what a reader returned. Error kInvalidInput names the frame.
void finish_content(CaptureContent& content);

// Mean "up" of the cameras (their -y axes), the guess for layouts that do not declare it. Unit length.
glm::vec3 up_from_cameras(std::span<const Frame> frames);

// The readers, one a file.
extern const CaptureReader kSynthReader, kTransformsReader, kSevenScenesReader, kTumReader, kLlffReader,
    kLightFieldReader, kRigReader;

}  // namespace diorama
