#include "reconstruction/splat_video/rig_exposure.h"

#include "reconstruction/splat_video/moment_views.h"
#include "reconstruction/splat_video/surface.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace diorama {
namespace {

constexpr size_t kPoints = 4000;       // of the surface
constexpr size_t kLeastSights = 300;   // of points that two cameras see, a camera
constexpr int kMostRounds = 500;       // means and exposures in turn: what few cameras share spreads slowly
constexpr double kSettled = 1e-5;      // change of a gain in a round
constexpr double kOutlier = 0.06;      // sRGB; scale of the robust weights
constexpr double kPriorSpread = 0.03;  // sRGB; a camera whose points differ less in colour keeps its gain at 1
constexpr double kLeastShift = 0.01;   // sRGB; of mid-grey, in any channel of any camera: less is left alone
constexpr double kLeastGain = 0.9;     // of the disagreement that must go: more than a tenth

struct PointSight {
  size_t point = 0, camera = 0;
  glm::dvec3 color{0.0};
  double weight = 0;
};

// Gain and bias of each camera; means of the points' colours.
struct Solution {
  std::vector<glm::dvec3> gain, bias, mean;
};

struct Sights {
  std::vector<int> cameras;  // as the capture counts them
  std::vector<PointSight> list;
  size_t points = 0;
};

Sights sights_of(const Capture& capture, const MomentViews& moment, const std::vector<StartPoint>& surface) {
  Sights sights{.points = surface.size()};
  std::vector<Rigid> camera_from_world;
  for (const MomentView& view : moment.views) {
    sights.cameras.push_back(capture.frames()[view.frame].camera);
    camera_from_world.push_back(inverse(view.camera.world_from_camera));
  }
  for (size_t i = 0; i < surface.size(); ++i) {
    const size_t before = sights.list.size();
    for (size_t v = 0; v < moment.views.size(); ++v) {
      const auto sight = sight_of(moment.views[v], camera_from_world[v], surface[i]);
      // Clipped and half-covered pixels tell nothing of the exposure.
      if (!sight || sight->color.a < 255 || std::max({sight->color.r, sight->color.g, sight->color.b}) > 250) continue;
      sights.list.push_back({i, v, glm::dvec3(sight->color) / 255.0, static_cast<double>(sight->weight)});
    }
    if (sights.list.size() < before + 2) sights.list.resize(before);
  }
  return sights;
}

// The mean colour of each point's sights, exposures taken out; robust weights from the means before.
void find_means(const Sights& sights, Solution& solution, bool robust) {
  std::vector<glm::dvec3> sums(sights.points, glm::dvec3(0));
  std::vector<double> weights(sights.points, 0.0);
  for (const PointSight& sight : sights.list) {
    const glm::dvec3 color = (sight.color - solution.bias[sight.camera]) / solution.gain[sight.camera];
    const double apart = robust ? glm::length(color - solution.mean[sight.point]) / kOutlier : 0.0;
    const double weight = sight.weight / (1 + apart * apart);
    sums[sight.point] += weight * color;
    weights[sight.point] += weight;
  }
  solution.mean.resize(sights.points);
  for (size_t i = 0; i < sights.points; ++i) {
    if (weights[i] > 0) solution.mean[i] = sums[i] / weights[i];
  }
}

// A line from the means to each camera's colours, robustly; then the gauge.
void find_exposures(const Sights& sights, Solution& solution) {
  const size_t cameras = sights.cameras.size();
  struct Sums {
    double weight = 0;
    glm::dvec3 x{0.0}, y{0.0}, xx{0.0}, xy{0.0};
  };
  std::vector<Sums> sums(cameras);
  for (const PointSight& sight : sights.list) {
    const glm::dvec3 x = solution.mean[sight.point], y = sight.color;
    const glm::dvec3 drawn = solution.gain[sight.camera] * x + solution.bias[sight.camera];
    const double apart = glm::length(y - drawn) / kOutlier, weight = sight.weight / (1 + apart * apart);
    Sums& s = sums[sight.camera];
    s.weight += weight;
    s.x += weight * x;
    s.y += weight * y;
    s.xx += weight * x * x;
    s.xy += weight * x * y;
  }
  glm::dvec3 mean_gain(0), mean_bias(0);
  for (size_t c = 0; c < cameras; ++c) {
    const Sums& s = sums[c];
    if (!(s.weight > 0)) continue;
    const glm::dvec3 x = s.x / s.weight, y = s.y / s.weight;
    constexpr double kPrior = kPriorSpread * kPriorSpread;
    solution.gain[c] = (s.xy / s.weight - x * y + kPrior) / (s.xx / s.weight - x * x + kPrior);
    solution.gain[c] = glm::clamp(solution.gain[c], 0.2, 5.0);
    solution.bias[c] = y - solution.gain[c] * x;
  }
  for (size_t c = 0; c < cameras; ++c) {
    mean_gain += solution.gain[c] / static_cast<double>(cameras);
    mean_bias += solution.bias[c] / static_cast<double>(cameras);
  }
  // colour = g x + b = (g / G) (G x + B) + (b - g B / G), with means G and B: mean gain 1, mean bias 0.
  for (size_t c = 0; c < cameras; ++c) {
    solution.bias[c] -= solution.gain[c] * mean_bias / mean_gain;
    solution.gain[c] /= mean_gain;
  }
}

double disagreement(const Sights& sights, const Solution& solution) {
  double sum = 0, weights = 0;
  for (const PointSight& sight : sights.list) {
    const glm::dvec3 drawn = solution.gain[sight.camera] * solution.mean[sight.point] + solution.bias[sight.camera];
    sum += sight.weight * std::min(glm::length(sight.color - drawn), 2 * kOutlier);
    weights += sight.weight;
  }
  return weights > 0 ? sum / weights : 0;
}

}  // namespace

void take_out(const Exposure& exposure, ImageRgba8& color) {
  for (int c = 0; c < 3; ++c) {
    uint8_t codes[256];
    for (int code = 0; code < 256; ++code) {
      const float value = (static_cast<float>(code) / 255.0f - exposure.bias[c]) / exposure.gain[c];
      codes[code] = static_cast<uint8_t>(std::lround(255.0f * std::clamp(value, 0.0f, 1.0f)));
    }
    for (glm::u8vec4& pixel : color.pixels()) pixel[c] = codes[pixel[c]];
  }
}

RigExposure exposure_of(const Capture& capture, const MomentViews& moment, const std::vector<StartPoint>& surface) {
  const Sights sights = sights_of(capture, moment, surface);
  std::vector<size_t> seen(sights.cameras.size());
  for (const PointSight& sight : sights.list) ++seen[sight.camera];
  if (seen.size() < 2 || *std::ranges::min_element(seen) < kLeastSights) return {};
  Solution solution{.gain = std::vector<glm::dvec3>(seen.size(), glm::dvec3(1)),
                    .bias = std::vector<glm::dvec3>(seen.size(), glm::dvec3(0)),
                    .mean = {}};
  find_means(sights, solution, false);
  find_means(sights, solution, true);
  const double before = disagreement(sights, solution);
  double change = 1;
  for (int round = 0; round < kMostRounds && change > kSettled; ++round) {
    const std::vector<glm::dvec3> gain = solution.gain;
    find_exposures(sights, solution);
    find_means(sights, solution, true);
    change = 0;
    for (size_t c = 0; c < gain.size(); ++c) {
      const glm::dvec3 by = glm::abs(solution.gain[c] - gain[c]);
      change = std::max({change, by.x, by.y, by.z});
    }
  }
  double shift = 0;
  RigExposure result;
  for (size_t c = 0; c < seen.size(); ++c) {
    const glm::dvec3 grey = glm::abs(0.5 * solution.gain[c] + solution.bias[c] - 0.5);
    shift = std::max({shift, grey.x, grey.y, grey.z});
    result[sights.cameras[c]] = {solution.gain[c], solution.bias[c]};
  }
  if (shift < kLeastShift || disagreement(sights, solution) > kLeastGain * before) return {};
  return result;
}

RigExposure find_rig_exposure(const Capture& capture, const Moments& moments, float scale, float voxel_m,
                              JobContext& job) {
  constexpr size_t kMostTries = 8;  // moments that are looked at
  const size_t tries = std::min(kMostTries, moments.list.size());
  for (size_t i = 0; i < tries; ++i) {
    const size_t at = i * moments.list.size() / tries;
    if (moments.list[at].frames.size() < 2) continue;
    const MomentViews views = load_moment(capture, moments.list[at], scale, nullptr, {}, job.pool());
    const auto surface = moment_surface(views, {.voxel_m = voxel_m, .count = kPoints, .seed = 1}, job.pool());
    if (surface.size() < kPoints / 8) continue;
    return exposure_of(capture, views, surface);
  }
  return {};
}

}  // namespace diorama
