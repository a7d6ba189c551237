#pragma once

#include "engine/scene/image.h"
#include "tools/eval/scores.h"

#include <cstdint>
#include <map>
#include <optional>

namespace diorama {

// A recorded difference at or below this is noise, in counts of 255, of the mean over 5x5 pixels; what moves is grown
// by this many pixels.
inline constexpr int kStaticCounts = 4;
inline constexpr int kStaticWindowRadiusPx = 2, kMovingMarginPx = 4;

// 255 where two pictures of a fixed camera show something that moved or changed, with a margin; else 0.
ImageU8 moving_pixels(const ImageRgba8& before, const ImageRgba8& now);

// A frame as it was scored, as far as flicker is concerned.
struct FlickerPicture {
  ImageRgba8 truth, render;
  ImageU8 filled;  // not 0 where the recorded picture has something, or the asset
};

// Compares each frame of a camera with the one given before it.
class FlickerMeter {
 public:
  // `follows`: the picture that this camera gave last is of the frame before, from the same place. Returns the PSNR
  // where something moved since then, if anything did.
  std::optional<double> add(int camera, bool follows, FlickerPicture picture);

  std::optional<Flicker> of_camera(int camera) const;

 private:
  struct CameraState {
    FlickerPicture last;
    uint64_t render_sum = 0, truth_sum = 0;  // of |difference| over channels, counts of 255
    uint64_t static_pixels = 0, filled_pixels = 0;
  };
  static void compare(const FlickerPicture& now, const ImageU8& moving, CameraState& state);

  std::map<int, CameraState> cameras_;
};

}  // namespace diorama
