#pragma once

#include "capture/lens.h"
#include "capture/sparse_points.h"
#include "engine/base/thread_pool.h"
#include "engine/scene/camera.h"
#include "engine/scene/image.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace diorama {

enum class Split { kTrain, kTest, kValidation };  // a fit sees the first alone

// Where a rig's colour camera is, seen from its depth camera, and how it projects.
struct RigCalibration {
  Camera color;            // size_px, focal_px, center_px; its pose is not used
  Rigid color_from_depth;  // p_in_color = color_from_depth * p_in_depth
  LensDistortion lens{};   // of the colour images that it was found on; `color` is the camera without it
};

// What was refined of one training frame. A test frame never has one.
struct FrameCorrection {
  std::string frame;  // its id
  // Right-multiplied: refined world_from_camera = shipped world_from_camera * this; of the depth camera where the frame
  // has depth (the colour camera moves with it), else of the colour camera.
  Rigid shipped_from_refined;
  glm::vec3 gain{1.0f};  // colour at the scene's exposure = gain * recorded colour, in linear light
};

// What is known of a frame without decoding its images. Cameras are pinhole: lens distortion is removed on loading.
struct Frame {
  std::string id;               // file stem without ".color", or "cam20/0007" for rigs
  Camera color;                 // of the colour image
  std::optional<Camera> depth;  // of the depth image, where there is one; its pose may differ from the colour camera's
  std::optional<double> time_s;
  int camera = 0;  // of a rig; 0 otherwise
  Split split = Split::kTrain;
  bool has_color = true, has_confidence = false, has_mask = false, has_alpha = false;
};

// A frame's pixels. Parts that were not asked for or do not exist are null.
struct FrameImages {
  std::shared_ptr<const ImageRgba8> color;     // of size Frame::color.size_px
  std::shared_ptr<const ImageF32> depth_m;     // planar z, 0 = no measurement; of size Frame::depth->size_px
  std::shared_ptr<const ImageF32> confidence;  // of the depth image, [0, 1]
  std::shared_ptr<const ImageU8> mask;         // of the colour image, 0 = ignore
};

struct FrameParts {
  bool color = true, depth = true, confidence = true, mask = true;
};

// What a reader found and took for granted; `diorama info` prints it.
struct CaptureConventions {
  std::string format;                  // "transforms", "7scenes", "tum", "llff", "light-field", "rig", "synth"
  std::string camera_axes = "OpenCV";  // as stored on disk
  std::string matrix = "world_from_camera";
  std::string depth_unit;                // "1 mm", "1/5000 m", ""
  std::string invalid_depth;             // "0, 65535"
  std::string intrinsics_of = "colour";  // which resolution K belongs to: "colour", "depth"
  std::string distortion = "none";
  bool metric = true;            // poses are in metres (false: structure-from-motion units)
  bool color_registered = true;  // depth and colour share camera and pose
  glm::vec3 up_in_world{0, 0, 1};
  std::string up_source;  // "format", "cameras"
};

struct CaptureOptions {
  int format = 0;         // index into capture_format_names(): 0 detects
  float cache_mb = 256;   // decoded images kept
  float depth_max_m = 0;  // measurements beyond are dropped; 0 keeps all
  template <class Visitor>
  void visit(Visitor&& option);
};

std::vector<std::string> capture_format_names();  // "auto", "transforms", ...

template <class Visitor>
void CaptureOptions::visit(Visitor&& option) {
  option("format", format, capture_format_names(), "layout of the capture on disk; auto tells it from the content");
  option("cache-mb", cache_mb, {1, 65536}, "memory for decoded frames, MiB");
  option("depth-max", depth_max_m, {0, 1000}, "depth beyond this is dropped, m; 0 keeps all");
}

// Decodes one frame's parts from disk; safe to call from several threads.
class FrameSource {
 public:
  virtual ~FrameSource() = default;
  virtual FrameImages load(size_t frame, FrameParts parts) const = 0;
};

// What a reader returns.
struct CaptureContent {
  std::string name;  // folder name
  std::vector<Frame> frames;
  CaptureConventions conventions;
  std::optional<RigCalibration> calibration;  // where the capture knows its unregistered colour camera
  std::vector<std::string> warnings;          // one sentence each: images that are missing, options that were guessed
  std::filesystem::path points_file{};        // PLY of the scene's points (SparsePoints); empty: there is none
  bool has_split = false;                     // the capture said which frames are for testing
  std::unique_ptr<FrameSource> source;
};

// An RGB-D capture on disk; images are decoded on demand and kept in a bounded cache. Thread-safe for reading.
class Capture {
 public:
  Capture(CaptureContent content, CaptureOptions options);
  ~Capture();
  Capture(Capture&&) noexcept;

  const std::string& name() const;
  const std::vector<Frame>& frames() const;
  const CaptureConventions& conventions() const;
  const std::optional<RigCalibration>& calibration() const;
  const std::vector<std::string>& warnings() const;

  // What to take for the rig from here on, in place of the capture's own; nothing: colour as shipped. Its lens is
  // removed from colour (and mask) on loading. Not while others read.
  void set_calibration(std::optional<RigCalibration> calibration);

  // Refined poses and exposures, in place of all that were set before: from here on frames() has the poses and load()
  // the colours at the scene's exposure. Frames that are not named, and test frames always, stay as shipped. Error
  // kInvalidInput names a frame that does not exist, is held out for testing, or is named twice. References into
  // frames() end here. Not while others read.
  void set_corrections(std::vector<FrameCorrection> corrections);
  const std::vector<FrameCorrection>& corrections() const;
  std::vector<size_t> frames_of(Split split) const;  // in capture order

  // Decodes, or takes from the cache. Error names the file and what is wrong with it.
  FrameImages load(size_t frame, FrameParts parts = {}) const;

  // Points of the scene that came with the capture. Error as read_sparse_points; kInvalidInput where it has none.
  bool has_points() const;
  SparsePoints load_points() const;

  // Starts decoding in the pool's background; errors show up in load(). The pool must outlive the capture.
  void prefetch(ThreadPool& pool, size_t frame, FrameParts parts = {}) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Opens a folder (or a transforms.json / capture.json file in it). Errors: kNotFound; kInvalidInput (a plain file, no
// frames, a bad pose: names the file), kUnsupported. A capture without a split holds out every frame with index % 8 ==
// 0 (of a rig: every camera with index % 8 == 0).
Capture open_capture(const std::filesystem::path& path, const CaptureOptions& options = {});

}  // namespace diorama
