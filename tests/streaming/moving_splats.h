#pragma once

#include "engine/base/random.h"
#include "engine/scene/splat_sequence.h"

#include <glm/gtc/quaternion.hpp>

#include <cmath>

namespace diorama {

// A sheet of flat splats of 1 m that sways like a flag: a known motion, smooth, not rigid. Colours waver a little.
inline SplatGroup swaying_sheet(size_t splats, size_t frames, int sh_degree = 0, size_t first_frame = 0) {
  SplatGroup group;
  group.first_frame = first_frame;
  for (size_t t = 0; t < frames; ++t) {
    Random random(11, 0);
    SplatCloud cloud;
    cloud.sh_degree = sh_degree;
    cloud.resize(splats);
    const float phase = 0.15f * static_cast<float>(t);
    for (size_t i = 0; i < splats; ++i) {
      const float x = random.uniform(), y = random.uniform();
      const float sway = 0.3f * x * std::sin(3 * x + phase),
                  slope = 0.3f * std::sin(3 * x + phase) + 0.9f * x * std::cos(3 * x + phase);
      cloud.positions[i] = {x, y + 0.1f * phase, sway};
      const glm::quat bend = glm::angleAxis(-std::atan(slope), glm::vec3(0, 1, 0));
      const glm::quat own = glm::angleAxis(6 * random.uniform(), glm::vec3(0, 0, 1));
      const glm::quat q = bend * own;
      cloud.rotations_xyzw[i] = {q.x, q.y, q.z, q.w};
      cloud.scales[i] = {0.02f + 0.01f * random.uniform(), 0.01f, 0.001f};
      cloud.opacities[i] = 0.5f + 0.5f * random.uniform();
      for (int k = 0; k < sh_count(sh_degree); ++k) {
        cloud.sh[i * static_cast<size_t>(sh_count(sh_degree)) + static_cast<size_t>(k)] =
            glm::vec3(x - 0.5f, y - 0.5f, 0.02f * std::sin(phase)) * (k == 0 ? 2.0f : 0.3f);
      }
    }
    group.frames.push_back(std::move(cloud));
  }
  return group;
}

}  // namespace diorama
