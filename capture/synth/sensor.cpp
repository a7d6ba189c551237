#include "capture/synth/sensor.h"

#include "capture/synth/noise.h"
#include "engine/base/random.h"
#include "engine/scene/color.h"

#include <glm/gtc/quaternion.hpp>

#include <algorithm>
#include <cmath>

namespace diorama {
namespace {

constexpr float kExposure = 1.2f;

// Photons and electronics of a phone camera at an indoor gain, relative to white.
constexpr float kShotVariance = 0.0008f, kReadNoise = 0.006f;

constexpr float kPoseNoiseM = 0.005f, kPoseNoiseRad = 0.25f * 0.017453293f;  // of each axis, in the world

// Narkowicz 2016: a film-like curve, 0 to 0 and large values to 1.
glm::vec3 film_curve(glm::vec3 x) {
  return x * (2.51f * x + 0.03f) / (x * (2.43f * x + 0.59f) + 0.14f);
}

// Gain of each channel at a moment: brightness wanders by 10 %, colour by 4 %, over some seconds.
glm::vec3 exposure_gain(float drift, int seed, double time_s) {
  if (drift == 0) return glm::vec3(1.0f);
  const auto wander = [&](int channel, float period_s) {
    return 2 * fractal_noise(glm::vec3(static_cast<float>(time_s) / period_s, static_cast<float>(channel) + 0.5f,
                                       static_cast<float>(seed % 4096) + 0.5f),
                             2) -
           1;
  };
  const float brightness = 0.10f * wander(0, 1.7f), warmth = 0.04f * wander(1, 2.9f);
  return glm::exp(2.0f * drift * glm::vec3(brightness + warmth, brightness, brightness - warmth));
}

uint64_t pixel_seed(const SynthOptions& options, uint32_t key, int x, int y) {
  return uint64_t{synth_hash(static_cast<uint32_t>(options.seed), key)} << 32 |
         synth_hash(static_cast<uint32_t>(x), static_cast<uint32_t>(y), key);
}

// What the depth sensor may err by at a pixel: how far the depths around it differ.
float depth_step(const ImageF32& depth, int x, int y) {
  float low = depth.at(x, y), high = low;
  for (int v = std::max(y - 1, 0); v <= std::min(y + 1, depth.height() - 1); ++v) {
    for (int u = std::max(x - 1, 0); u <= std::min(x + 1, depth.width() - 1); ++u) {
      low = std::min(low, depth.at(u, v));
      high = std::max(high, depth.at(u, v));
    }
  }
  return high - low;
}

// Depth of one pixel as a structured-light sensor of the Kinect's class sees it; 0: nothing. Axial noise after Nguyen
// et al. 2012; disparity steps after Khoshelham and Elberink 2012; the edges' raggedness and the holes are ours.
float noisy_depth(const SynthSurfaceImage& surface, float strength, int x, int y, Random& random) {
  const ImageF32& depth = surface.depth_m;
  const float edge_chance = random.uniform(), drop_chance = random.uniform();
  const float jump = 0.6f * std::min(strength, 2.0f);
  const int from_x = std::clamp(x + static_cast<int>(std::lround(jump * random.normal())), 0, depth.width() - 1);
  const int from_y = std::clamp(y + static_cast<int>(std::lround(jump * random.normal())), 0, depth.height() - 1);
  const float axial = random.normal();
  const bool at_edge = depth_step(depth, x, y) > 0.02f + 0.05f * depth.at(x, y);
  const float z = at_edge ? depth.at(from_x, from_y) : depth.at(x, y);
  if (!(z > 0.25f) || (at_edge && edge_chance < 0.3f * strength)) return 0;
  const float grazing = std::clamp((0.26f - surface.cosine.at(x, y)) / 0.18f, 0.0f, 1.0f);
  const float dazzled = surface.reflective.at(x, y) != 0 ? 0.5f : 0.0f;
  if (drop_chance < std::min(1.0f, strength) * std::max(grazing, dazzled)) return 0;
  const float sigma = 0.0012f + 0.0019f * (z - 0.4f) * (z - 0.4f), step = 0.0028f * z * z * strength;
  const float noisy = z + strength * sigma * axial;
  return std::max(0.0f, std::round(noisy / step) * step);
}

}  // namespace

Rigid reported_pose(const Rigid& world_from_camera, const SynthOptions& options, uint32_t key) {
  if (!(options.pose_noise > 0)) return world_from_camera;
  Random random(synth_hash(static_cast<uint32_t>(options.seed), key), 3);
  const auto normals = [&](float sigma) {
    const float x = random.normal(), y = random.normal(), z = random.normal();
    return options.pose_noise * sigma * glm::vec3(x, y, z);
  };
  const glm::vec3 turn = normals(kPoseNoiseRad), shift = normals(kPoseNoiseM);
  const float angle = glm::length(turn);
  const glm::mat3 turned = angle > 0 ? glm::mat3_cast(glm::angleAxis(angle, turn / angle)) : glm::mat3(1.0f);
  return {turned * world_from_camera.rotation, world_from_camera.translation + shift};
}

ImageRgba8 develop(const SynthColorSum& sum, int samples, const SynthOptions& options, double time_s, uint32_t key) {
  ImageRgba8 image(sum.size_px());
  const glm::vec3 gain = kExposure * exposure_gain(options.exposure_drift, options.seed, time_s);
  for (int y = 0; y < sum.height(); ++y) {
    for (int x = 0; x < sum.width(); ++x) {
      const glm::vec4 pixel = sum.at(x, y);
      if (!(pixel.w > 0)) continue;  // black, alpha 0
      glm::vec3 linear = gain * glm::vec3(pixel) / pixel.w;
      if (options.image_noise > 0) {
        Random random(pixel_seed(options, key, x, y), 1);
        for (int c = 0; c < 3; ++c) {
          const float sigma = std::sqrt(kShotVariance * linear[c] + kReadNoise * kReadNoise);
          linear[c] += options.image_noise * sigma * random.normal();
        }
      }
      const glm::vec3 srgb = srgb_from_linear(glm::clamp(film_curve(glm::max(linear, glm::vec3(0.0f))), 0.0f, 1.0f));
      image.at(x, y) = {unorm8(srgb.x), unorm8(srgb.y), unorm8(srgb.z), unorm8(pixel.w / static_cast<float>(samples))};
    }
  }
  return image;
}

ImageU16 measure_depth(const SynthSurfaceImage& surface, const SynthOptions& options, uint32_t key) {
  ImageU16 counts(surface.depth_m.size_px());
  for (int y = 0; y < counts.height(); ++y) {
    for (int x = 0; x < counts.width(); ++x) {
      float z = surface.depth_m.at(x, y);
      if (options.depth_noise > 0) {
        Random random(pixel_seed(options, key, x, y), 2);
        z = noisy_depth(surface, options.depth_noise, x, y, random);
      }
      const float count = std::round(z / kSynthDepthUnitM);
      counts.at(x, y) = static_cast<uint16_t>(count < 65535.5f ? count : 0);
    }
  }
  return counts;
}

}  // namespace diorama
