#pragma once

#include "engine/nn/layer.h"

#include <array>
#include <span>

namespace diorama {

// A light field as one network pass over an image of rays, as MobileR2L publishes it (Cao et al. 2023): the points of
// a ray, encoded, go through residual 1 x 1 convolutions at low resolution; transposed convolutions enlarge the result.
struct RayNetworkOptions {
  int height = 63, width = 84;  // of the image of rays
  int points = 8, octaves = 6;  // of a ray's encoding
  int channels = 256, blocks = 28;
  std::array<int, 3> tail_channels{64, 64, 16};
  bool twelve_times = true;  // the last enlargement is by 3 (k3 s3 p0), not 2 (k4 s2 p1)
  bool batch_norm = true;    // as it is trained; players fold it
};

// Channels of a ray's encoding: each coordinate of each point as it is, and its sines and cosines.
constexpr int ray_encoding_size(int points, int octaves) {
  return points * 3 * (1 + 2 * octaves);
}

// The layers, sRGB in [0, 1] at the end. Error of Network: options that do not chain.
NetworkOptions ray_network(const RayNetworkOptions& options);

// The encoding of points at depths evenly from near to far along the direction (its z is the depth's unit).
void encode_ray(const RayNetworkOptions& options, std::span<const float, 3> origin, std::span<const float, 3> direction,
                float near, float far, std::span<float> encoding);

}  // namespace diorama
