#pragma once

#include "capture/lens.h"
#include "capture/synth/synth.h"
#include "engine/base/thread_pool.h"
#include "engine/scene/camera.h"

#include <glm/glm.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace diorama {

struct SynthRay {
  glm::vec3 origin{0.0f}, direction{0, 0, 1};  // direction need not be unit; hits are at origin + t * direction
};

struct SynthHit {
  float t = 0;
  glm::vec3 position{0.0f};
  glm::vec3 normal{0.0f};  // of the exact surface (a triangle), unit, towards the ray's origin
  uint16_t thing = 0;      // as in the ids images and things.json
};

// One camera of the capture: where colour and depth are taken at one moment.
struct SynthView {
  Camera color, depth;
  double time_s = 0;
  int camera = 0;  // of the ring; 0 for the room
  LensDistortion color_lens{};
};

// The exact scene behind a synthetic capture at one moment, for comparing a reconstruction with the truth. World:
// metres, +Y up. Thread-safe for reading.
class SynthScene {
 public:
  static SynthScene room();
  static SynthScene performance(double time_s, bool cutout = false);
  ~SynthScene();
  SynthScene(SynthScene&&) noexcept;

  // First surface along the ray with t > 0.
  std::optional<SynthHit> trace(const SynthRay& ray) const;

  // Unsigned distance to the nearest surface point, exact to float precision (below 10 um inside the room).
  float distance_to_surface(glm::vec3 p_in_world) const;

  // Names of the ids; index 0 is "nothing".
  const std::vector<std::string>& things() const;

  size_t triangle_count() const;

  struct Impl;
  const Impl& impl() const { return *impl_; }

 private:
  explicit SynthScene(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// The cameras of a capture, in frame order (performance: camera by camera). Depth and colour are the same camera
// unless options.unregistered.
std::vector<SynthView> synth_room_views(const SynthOptions& options);
std::vector<SynthView> synth_performance_views(const SynthOptions& options);

}  // namespace diorama
