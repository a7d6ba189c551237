#pragma once

#include "reconstruction/splats/fit_splats.h"
#include "tests/reconstruction/memory_capture.h"

#include <cmath>

namespace diorama::test {

// A fit that takes a second.
inline SplatFitOptions quick() {
  SplatFitOptions options;
  options.steps = 120;
  options.max_splats = 1500;
  options.start_splats = 1000;
  options.start_voxel_m = 0.03f;
  options.sh_degree = 1;
  return options;
}

inline glm::u8vec3 paint(glm::vec3 p) {
  const bool check = (static_cast<int>(std::floor(p.x * 6)) + static_cast<int>(std::floor(p.z * 6))) % 2 == 0;
  return check ? glm::u8vec3(220, 120, 30) : glm::u8vec3(30, 60, 220);
}

// A chequered ball seen from all around, with exact depth.
inline Capture ball(const std::function<void(CaptureContent&)>& change = {}, int cameras = 12,
                    ChangeImages change_images = {}) {
  return memory_capture(nearest_of({sphere({0, 0, 0}, 0.4f)}), paint, cameras_around({0, 0, 0}, 1.3f, cameras), change,
                        std::move(change_images));
}

inline SplatCloud cloud_of(const Capture& capture, const SplatFitOptions& options, int threads = 2,
                           const SplatFitRun& run = {}) {
  ThreadPool pool(threads);
  JobContext job(pool);
  return fit_splats(capture, options, job, run).asset.splats.at(0).cloud;
}

}  // namespace diorama::test
