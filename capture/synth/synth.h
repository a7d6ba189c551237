#pragma once

#include "engine/base/job.h"

#include <filesystem>

namespace diorama {

// What the synthetic captures are like. Everything that makes a sensor real is off by default.
struct SynthOptions {
  int frames = 0;  // 0: 60 for the room, 30 a camera for the performance
  int width = 320, height = 240;
  int seed = 1;              // of all noise; the scenes themselves are always the same
  int samples = 4;           // colour rays a pixel (antialiasing, blur, glossy reflections)
  float light_detail = 1;    // of the stored light: texels per length against the usual ones
  float depth_noise = 0;     // 0 exact; 1 like a consumer depth sensor
  float image_noise = 0;     // 0 none; 1 like a phone indoors
  float motion_blur = 0;     // 0 none; 1 a shutter that is open for 1/60 s
  float exposure_drift = 0;  // 0 none; 1 gain and white balance wander by some 10 %
  bool unregistered = false;
  bool hide_calibration = false;
  float lens_distortion = 0;  // of the unregistered colour; 0 none; 1 a webcam's barrel
  float pose_noise = 0;       // 0 exact; 1: 5 mm and 0.25 degrees on each axis, of frames that are not held out
  int cameras = 8;            // of the performance's ring
  bool cutout = false;        // performance: nothing but the figure, on alpha 0

  template <class Visitor>
  void visit(Visitor&& option) {
    option("frames", frames, {0, 100000}, "frames of the room, or of each camera of the performance; 0: 60 and 30");
    option("width", width, {16, 4096}, "image width, pixels");
    option("height", height, {16, 4096}, "image height, pixels");
    option("seed", seed, {0, 2147483647}, "seed of all noise");
    option("samples", samples, {1, 256}, "colour rays a pixel");
    option("light-detail", light_detail, {0.05, 4}, "sharpness of shadows; less is quicker");
    option("depth-noise", depth_noise, {0, 10}, "depth sensor noise; 0 exact, 1 like a consumer sensor");
    option("image-noise", image_noise, {0, 10}, "colour noise; 0 none, 1 like a phone indoors");
    option("motion-blur", motion_blur, {0, 2}, "0 none, 1 a shutter that is open for 1/60 s");
    option("exposure-drift", exposure_drift, {0, 5}, "wander of gain and white balance; 0 none, 1 some 10 %");
    option("unregistered", unregistered, "colour from a camera of its own, about 2 cm beside the depth camera");
    option("hide-calibration", hide_calibration, "with --unregistered: leave the colour camera's calibration out");
    option("lens-distortion", lens_distortion, {0, 2}, "with --unregistered: the colour lens; 1 like a webcam's");
    option("pose-noise", pose_noise, {0, 20},
           "error of the poses of frames that are not held out; 1: 5 mm and 0.25 degrees on each axis (1 sigma)");
    option("cameras", cameras, {2, 64}, "cameras of the performance");
    option("cutout", cutout, "performance: nothing but the figure, on a transparent background");
  }
};

struct SynthStats {
  int frames = 0;            // images written, over all cameras
  double light_s = 0;        // baking the light
  double render_s = 0;       // rays, sensor and files
  size_t triangles = 0;      // of the scene (of its last moment)
  float depth_coverage = 0;  // share of depth pixels with a measurement
};

// A furnished room on a hand-held path, and a rig of cameras around a dancing figure; written as docs/captures.md
// describes, with ids and their names (things.json). The same bits for any thread count. The folder appears whole at
// the end; a cancelled or failed run leaves what was there before. Errors: kInvalidInput (an option; a folder that is
// not empty and is no synthetic capture; a plain file), kIo, kCancelled.
SynthStats write_synth_room(const std::filesystem::path& folder, const SynthOptions& options, JobContext& job);
SynthStats write_synth_performance(const std::filesystem::path& folder, const SynthOptions& options, JobContext& job);

}  // namespace diorama
