#include "reconstruction/splats/camera_refinement.h"

#include "engine/scene/turn.h"

#include <algorithm>
#include <cmath>
#include <span>

namespace diorama {
namespace {

constexpr float kBeta1 = 0.9f, kBeta2 = 0.99f;          // views come by seldom: a short memory
constexpr double kGainPrior = 0.05, kBiasPrior = 0.02;  // shares of a picture's variance that hold identity

// Adam's direction for one entry, about +-1.
float adam_way(float gradient, float& first, float& second, int visits) {
  first = kBeta1 * first + (1 - kBeta1) * gradient;
  second = kBeta2 * second + (1 - kBeta2) * gradient * gradient;
  const float corrected_first = first / (1 - std::pow(kBeta1, static_cast<float>(visits)));
  const float corrected_second = second / (1 - std::pow(kBeta2, static_cast<float>(visits)));
  return corrected_first / (std::sqrt(corrected_second) + 1e-12f);
}

// Rounding would let a product of thousands of rotations drift from one.
glm::mat3 orthonormal(const glm::mat3& matrix) {
  const glm::vec3 x = glm::normalize(matrix[0]);
  const glm::vec3 y = glm::normalize(matrix[1] - glm::dot(matrix[1], x) * x);
  return glm::mat3(x, y, glm::cross(x, y));
}

Rigid moved(glm::vec3 rotation, glm::vec3 translation, const Rigid& motion) {
  const Rigid step{turn_from_vector(rotation), translation};
  Rigid result = step * motion;
  result.rotation = orthonormal(result.rotation);
  return result;
}

}  // namespace

ExposureSums operator+(const ExposureSums& a, const ExposureSums& b) {
  return {a.count + b.count, a.square_error + b.square_error, a.x + b.x, a.y + b.y, a.xx + b.xx, a.xy + b.xy};
}

CameraRefinement::CameraRefinement(const TrainingSet& set, RefinementChoice choice)
    : choice_(choice), views_(set.views.size()) {}

Camera CameraRefinement::camera(const TrainingSet& set, size_t view) const {
  Camera camera = set.views[view].camera;
  camera.world_from_camera = camera.world_from_camera * inverse(rig_.correction * views_[view].correction);
  camera.center_px += rig_.center_shift * camera.focal_px;
  camera.focal_px *= rig_.focal_scale;
  return camera;
}

void CameraRefinement::step(const TrainingSet& set, size_t view, SplatCameraGradient gradient, float shrink,
                            const StepRates& rates) {
  const glm::vec3 rotation(gradient.rotation), translation(gradient.translation);
  if (choice_.poses) {
    ViewState& state = views_[view];
    ++state.visits;
    // The view's motion stands behind the rig's: its derivatives are the rig's, seen through it.
    const glm::mat3 back = glm::transpose(rig_.correction.rotation);
    const glm::vec3 turned = back * (rotation + glm::cross(translation, rig_.correction.translation));
    const glm::vec3 shifted = back * translation;
    glm::vec3 turn(0), shift(0);
    for (int i = 0; i < 3; ++i) {
      const auto r = static_cast<size_t>(i), t = r + 3;
      turn[i] = -rates.pose_rotation * adam_way(turned[i], state.first[r], state.second[r], state.visits);
      shift[i] = -rates.pose_translation_m * adam_way(shifted[i], state.first[t], state.second[t], state.visits);
    }
    state.correction = moved(turn, shift, state.correction);
  }
  if (choice_.rig) {
    ++rig_.visits;
    const glm::vec2 focal = set.views[view].camera.focal_px / shrink;
    const float by[10] = {rotation.x,
                          rotation.y,
                          rotation.z,
                          translation.x,
                          translation.y,
                          translation.z,
                          static_cast<float>(gradient.focal_px.x) * focal.x,
                          static_cast<float>(gradient.focal_px.y) * focal.y,
                          static_cast<float>(gradient.center_px.x) * focal.x,
                          static_cast<float>(gradient.center_px.y) * focal.y};
    float way[10];
    for (size_t i = 0; i < 10; ++i) way[i] = adam_way(by[i], rig_.first[i], rig_.second[i], rig_.visits);
    // A tenth of a pose's rate: every step moves the rig, only one in as many as there are views a pose.
    const float turn = -0.1f * rates.pose_rotation, shift = -0.1f * rates.pose_translation_m;
    rig_.correction =
        moved(turn * glm::vec3(way[0], way[1], way[2]), shift * glm::vec3(way[3], way[4], way[5]), rig_.correction);
    rig_.focal_scale -= rates.focal * glm::vec2(way[6], way[7]);
    rig_.center_shift -= rates.focal * glm::vec2(way[8], way[9]);
  }
}

void CameraRefinement::step_exposure(size_t view, const ExposureSums& sums, float rate) {
  if (!choice_.exposure || !(sums.count > 0)) return;
  Exposure& exposure = views_[view].exposure;
  for (int c = 0; c < 3; ++c) {
    // Least squares of gain * x + bias - y, with (gain - 1) and bias held by the priors.
    const double mean_x = sums.x[c] / sums.count, mean_y = sums.y[c] / sums.count;
    const double xx = sums.xx[c] / sums.count, xy = sums.xy[c] / sums.count;
    const double variance = std::max(xx - mean_x * mean_x, 1e-4);
    const double a11 = xx + kGainPrior * variance, a12 = mean_x, a22 = 1 + kBiasPrior;
    const double b1 = xy + kGainPrior * variance, b2 = mean_y;
    const double determinant = a11 * a22 - a12 * a12;
    const double gain = (b1 * a22 - b2 * a12) / determinant, bias = (a11 * b2 - a12 * b1) / determinant;
    exposure.gain[c] += rate * (static_cast<float>(std::clamp(gain, 0.25, 4.0)) - exposure.gain[c]);
    exposure.bias[c] += rate * (static_cast<float>(std::clamp(bias, -0.5, 0.5)) - exposure.bias[c]);
  }
}

void CameraRefinement::recenter(const TrainingSet& set) {
  if (views_.empty()) return;
  const auto count = static_cast<float>(views_.size());
  glm::vec3 log_gain(0), bias(0), turn(0), shift(0), center(0);
  for (const TrainingView& view : set.views) center += view.camera.world_from_camera.translation / count;
  // Corrections as motions of the cameras in the world, about the cameras' middle.
  const auto world_motion = [&](size_t i) {
    const Rigid& given = set.views[i].camera.world_from_camera;
    const Rigid centered{given.rotation, given.translation - center};
    return centered * inverse(views_[i].correction) * inverse(centered);
  };
  for (size_t i = 0; i < views_.size(); ++i) {
    log_gain += glm::log(views_[i].exposure.gain) / count;
    bias += views_[i].exposure.bias / count;
    const Rigid motion = world_motion(i);
    turn += glm::vec3(turn_vector(motion.rotation)) / count;
    shift += motion.translation / count;
  }
  const Rigid mean{turn_from_vector(turn), shift};
  for (size_t i = 0; i < views_.size(); ++i) {
    if (choice_.exposure) {
      views_[i].exposure.gain /= glm::exp(log_gain);
      views_[i].exposure.bias -= bias;
    }
    if (!choice_.poses) continue;
    const Rigid& given = set.views[i].camera.world_from_camera;
    const Rigid centered{given.rotation, given.translation - center};
    const Rigid motion = inverse(mean) * world_motion(i);
    views_[i].correction = inverse(centered) * inverse(motion) * centered;
    views_[i].correction.rotation = orthonormal(views_[i].correction.rotation);
  }
}

RigCalibration CameraRefinement::refined(const RigCalibration& start) const {
  RigCalibration result = start;
  result.color_from_depth = rig_.correction * start.color_from_depth;
  result.color.center_px += rig_.center_shift * start.color.focal_px;
  result.color.focal_px *= rig_.focal_scale;
  return result;
}

}  // namespace diorama
