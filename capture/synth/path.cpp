#include "capture/synth/path.h"

#include <cmath>
#include <numbers>

namespace diorama {

Rigid look_at(glm::vec3 position, glm::vec3 target, float roll) {
  const glm::vec3 forward = glm::normalize(target - position);
  const glm::vec3 level = glm::normalize(glm::cross(forward, glm::vec3(0, 1, 0)));
  const glm::vec3 down = glm::cross(forward, level);
  const glm::vec3 right = std::cos(roll) * level + std::sin(roll) * down;
  return {glm::mat3(right, glm::cross(forward, right), forward), position};
}

Rigid room_pose(double time_s) {
  const auto turn = static_cast<float>(2 * std::numbers::pi * time_s / kRoomLoopS);
  // A hand's tremble: fast waves without a common period over one loop, so that no two rounds are alike.
  const auto t = static_cast<float>(time_s);
  const auto tremble = [t](float a, float b) {
    return 0.6f * std::sin(a * t + b) + 0.4f * std::sin(2.37f * a * t + 1.7f * b);
  };
  const glm::vec3 position(1.18f * std::cos(turn), 1.42f + 0.14f * std::sin(2 * turn + 0.6f),
                           0.06f + 0.82f * std::sin(turn));
  const glm::vec3 shake(0.012f * tremble(7.1f, 0.3f), 0.014f * tremble(9.3f, 1.1f), 0.012f * tremble(6.3f, 2.0f));
  // Across the room, sweeping up and down as one does to get everything.
  const glm::vec3 target(-1.05f * std::cos(turn + 0.35f), 0.86f + 0.42f * std::sin(3 * turn + 1.0f),
                         -0.80f * std::sin(turn + 0.35f));
  const glm::vec3 sway(0.03f * tremble(5.2f, 0.9f), 0.03f * tremble(6.7f, 2.6f), 0.03f * tremble(4.9f, 1.9f));
  return look_at(position + shake, target + sway, 0.025f * tremble(3.7f, 0.5f));
}

Rigid ring_pose(int index, int count) {
  const auto turn = static_cast<float>(2 * std::numbers::pi * index / count);
  const float height = index % 2 == 0 ? 1.25f : 1.75f;
  return look_at({2.7f * std::sin(turn), height, 2.7f * std::cos(turn)}, {0, 0.98f, 0});
}

}  // namespace diorama
