#pragma once

#include "engine/scene/image.h"

#include <filesystem>
#include <string>
#include <vector>

namespace diorama {

// What a player would make of a file, by FFmpeg's demuxer and decoder and BT.709's equations in this test's own words.
struct DecodedVideo {
  std::vector<ImageRgba8> frames;
  std::vector<double> times_s;
  double duration_s = 0;
  std::string codec, pixel_format, color_space, color_range;
};

DecodedVideo decode_video(const std::filesystem::path& path);

}  // namespace diorama
