#include "reconstruction/calibration/photometric.h"

#include "engine/base/error.h"

#include <glm/gtc/quaternion.hpp>

#include <cmath>

namespace diorama {
namespace {

constexpr size_t kPointsPerPiece = 256;
constexpr size_t kMaxViews = 256;  // of one point; more add nothing

struct View {
  float value;
  uint32_t frame;
  float jacobian[kRigParameters];
};

// Where the rig's colour camera sees a ray, lens included.
glm::vec2 place_of(const RigCalibration& rig, glm::vec2 ray) {
  return rig.lens.is_none() ? ray : glm::vec2(distorted(rig.lens, glm::dvec2(ray)));
}

// Transposed derivative of the lens's map by the ray, applied to a gradient.
glm::vec2 through_lens(const LensDistortion& lens, glm::vec2 ray, glm::vec2 gradient) {
  const double u = ray.x, v = ray.y, r2 = u * u + v * v;
  const double radial = 1 + r2 * (lens.k1 + r2 * (lens.k2 + r2 * lens.k3));
  const double slope = 2 * (lens.k1 + r2 * (2 * lens.k2 + r2 * 3 * lens.k3));
  const double uu = radial + slope * u * u + 2 * lens.p1 * v + 6 * lens.p2 * u;
  const double vv = radial + slope * v * v + 6 * lens.p1 * v + 2 * lens.p2 * u;
  const double uv = slope * u * v + 2 * lens.p1 * u + 2 * lens.p2 * v;
  return {uu * gradient.x + uv * gradient.y, uv * gradient.x + vv * gradient.y};
}

// d(grey) / d(parameters) of one view, by the chain rule through the projection.
void fill_jacobian(View& view, const Sampled& s, glm::vec3 p, const RigCalibration& rig, float gain, int parameters) {
  const glm::vec2 g = s.gradient * gain, by_place = g * rig.color.focal_px;
  const float inv_z = 1 / p.z;
  const glm::vec2 ray = glm::vec2(p) * inv_z, place = place_of(rig, ray);
  const glm::vec2 by_ray = rig.lens.is_none() ? by_place : through_lens(rig.lens, ray, by_place);
  const glm::vec3 by_point(by_ray * inv_z, -glm::dot(by_ray, ray) * inv_z);
  for (int axis = 0; axis < 2; ++axis) {
    view.jacobian[kFocal + static_cast<size_t>(axis)] = by_place[axis] * place[axis];
    view.jacobian[kCenter + static_cast<size_t>(axis)] = g[axis];
  }
  const glm::vec3 by_rotation = glm::cross(p, by_point);  // d(omega x p) . by_point
  for (int i = 0; i < 3; ++i) {
    view.jacobian[kRotation + static_cast<size_t>(i)] = by_rotation[i];
    view.jacobian[kTranslation + static_cast<size_t>(i)] = by_point[i];
  }
  if (parameters <= static_cast<int>(kLens)) return;
  const float r2 = glm::dot(ray, ray), radial = glm::dot(by_place, ray), cross = 2 * ray.x * ray.y;
  view.jacobian[kLens] = radial * r2;
  view.jacobian[kLens + 1] = radial * r2 * r2;
  view.jacobian[kLens + 2] = by_place.x * cross + by_place.y * (r2 + 2 * ray.y * ray.y);
  view.jacobian[kLens + 3] = by_place.x * (r2 + 2 * ray.x * ray.x) + by_place.y * cross;
}

// The views of one point under the present estimate, with derivatives by the first `parameters`. Returns their number.
size_t gather_views(const SurfaceSamples& samples, size_t point, std::span<const GreyFrame> frames,
                    const RigCalibration& rig, int parameters, std::span<View> views) {
  size_t count = 0;
  for (uint32_t i = samples.first[point]; i < samples.first[point + 1] && count < views.size(); ++i) {
    const Observation& observation = samples.observations[i];
    const GreyFrame& frame = frames[observation.frame];
    const glm::vec3 p = rig.color_from_depth * observation.p_in_depth;
    if (!(p.z > 0)) continue;
    const glm::vec2 place = place_of(rig, glm::vec2(p) / p.z);
    const auto s = sample(frame.grey, place * rig.color.focal_px + rig.color.center_px);
    if (!s) continue;
    View& view = views[count++];
    view.value = s->value * frame.gain;
    view.frame = observation.frame;
    if (parameters > 0) fill_jacobian(view, *s, p, rig, frame.gain, parameters);
  }
  return count;
}

float mean_value(std::span<const View> views) {
  float sum = 0;
  for (const View& view : views) sum += view.value;
  return sum / static_cast<float>(views.size());
}

// kCount parameters are free: known when compiled, for this is where the time goes.
template <int kCount>
void add_point(NormalEquations& sums, std::span<const View> views, const PhotometricOptions& options) {
  const auto huber = static_cast<float>(options.huber);
  const float mean = mean_value(views);
  float mean_jacobian[kRigParameters] = {};
  for (const View& view : views) {
    for (int k = 0; k < kCount; ++k) mean_jacobian[k] += view.jacobian[k] / static_cast<float>(views.size());
  }
  for (const View& view : views) {
    const float residual = view.value - mean;
    const float size = std::abs(residual);
    const float weight = size <= huber ? 1.0f : huber / size;
    const float cost = size <= huber ? 0.5f * residual * residual : huber * (size - 0.5f * huber);
    float j[kRigParameters];
    for (int k = 0; k < kCount; ++k) j[k] = view.jacobian[k] - mean_jacobian[k];
    for (int row = 0; row < kCount; ++row) {
      for (int column = 0; column < kCount; ++column) {
        sums.hessian[static_cast<size_t>(row * kRigParameters + column)] += weight * j[row] * j[column];
      }
      sums.gradient[static_cast<size_t>(row)] += weight * j[row] * residual;
    }
    sums.cost += cost;
    sums.square += 2 * cost;
    sums.weight += 1;
  }
}

template <int kCount>
NormalEquations linearize_free(const SurfaceSamples& samples, std::span<const GreyFrame> frames,
                               const RigCalibration& rig, const PhotometricOptions& options, ThreadPool& pool) {
  return sum_in_order(pool, samples.point_count(), kPointsPerPiece, NormalEquations{}, [&](size_t begin, size_t end) {
    NormalEquations sums;
    std::array<View, kMaxViews> views;
    for (size_t point = begin; point < end; ++point) {
      const size_t count = gather_views(samples, point, frames, rig, kCount, views);
      if (count >= 2) add_point<kCount>(sums, std::span(views).first(count), options);
    }
    return sums;
  });
}

}  // namespace

std::optional<Sampled> sample(const ImageF32& image, glm::vec2 pixel) {
  const glm::vec2 at = pixel - 0.5f;
  if (!(at.x >= 0 && at.y >= 0 && at.x < static_cast<float>(image.width() - 1) &&
        at.y < static_cast<float>(image.height() - 1))) {
    return std::nullopt;
  }
  const glm::ivec2 base(at);
  const glm::vec2 f = at - glm::vec2(base);
  const float a = image.at(base.x, base.y), b = image.at(base.x + 1, base.y);
  const float c = image.at(base.x, base.y + 1), d = image.at(base.x + 1, base.y + 1);
  const float top = a + (b - a) * f.x, bottom = c + (d - c) * f.x;
  return Sampled{top + (bottom - top) * f.y, {(b - a) * (1 - f.y) + (d - c) * f.y, bottom - top}};
}

NormalEquations operator+(NormalEquations a, const NormalEquations& b) {
  for (size_t i = 0; i < a.hessian.size(); ++i) a.hessian[i] += b.hessian[i];
  for (size_t i = 0; i < a.gradient.size(); ++i) a.gradient[i] += b.gradient[i];
  a.cost += b.cost;
  a.weight += b.weight;
  a.square += b.square;
  return a;
}

RigCalibration stepped(const RigCalibration& rig, const RigStep& step) {
  RigCalibration result = rig;
  result.color.focal_px *= glm::vec2(std::exp(step[kFocal]), std::exp(step[kFocal + 1]));
  result.color.center_px += glm::vec2(step[kCenter], step[kCenter + 1]);
  const glm::vec3 omega(step[kRotation], step[kRotation + 1], step[kRotation + 2]);
  const float angle = glm::length(omega);
  glm::mat3 turn(1.0f);
  if (angle > 0) turn = glm::mat3_cast(glm::angleAxis(angle, omega / angle));
  result.lens.k1 += step[kLens];
  result.lens.k2 += step[kLens + 1];
  result.lens.p1 += step[kLens + 2];
  result.lens.p2 += step[kLens + 3];
  result.color_from_depth.rotation = turn * rig.color_from_depth.rotation;
  result.color_from_depth.translation = turn * rig.color_from_depth.translation +
                                        glm::vec3(step[kTranslation], step[kTranslation + 1], step[kTranslation + 2]);
  return result;
}

NormalEquations linearize(const SurfaceSamples& samples, std::span<const GreyFrame> frames, const RigCalibration& rig,
                          const PhotometricOptions& options, ThreadPool& pool) {
  constexpr int kPinhole = static_cast<int>(kLens);
  DIO_CHECK(frames.size() == samples.frames.size());
  switch (options.parameters) {
    case kPinhole:
      return linearize_free<kPinhole>(samples, frames, rig, options, pool);
    case kPinhole + 2:
      return linearize_free<kPinhole + 2>(samples, frames, rig, options, pool);
    default:
      DIO_CHECK(options.parameters == kRigParameters);
      return linearize_free<kRigParameters>(samples, frames, rig, options, pool);
  }
}

std::vector<float> exposure_gains(const SurfaceSamples& samples, std::span<const GreyFrame> frames,
                                  const RigCalibration& rig, ThreadPool& pool) {
  // Least squares of gain * value = mean, a frame at a time, with the means held.
  struct Sums {
    std::vector<double> value_mean, value_value;
    Sums operator+(const Sums& other) const {
      if (value_mean.empty()) return other;
      Sums result = *this;
      for (size_t i = 0; i < value_mean.size(); ++i) {
        result.value_mean[i] += other.value_mean[i];
        result.value_value[i] += other.value_value[i];
      }
      return result;
    }
  };
  constexpr size_t kLargePiece = 4096;  // few pieces: each holds two numbers a frame
  const Sums sums = sum_in_order(pool, samples.point_count(), kLargePiece, Sums{}, [&](size_t begin, size_t end) {
    Sums piece{std::vector<double>(frames.size()), std::vector<double>(frames.size())};
    std::array<View, kMaxViews> views;
    for (size_t point = begin; point < end; ++point) {
      const size_t count = gather_views(samples, point, frames, rig, 0, views);
      if (count < 2) continue;
      const float mean = mean_value(std::span(views).first(count));
      for (const View& view : std::span(views).first(count)) {
        const float raw = view.value / frames[view.frame].gain;
        piece.value_mean[view.frame] += raw * mean;
        piece.value_value[view.frame] += raw * raw;
      }
    }
    return piece;
  });
  std::vector<float> gains(frames.size(), 1.0f);
  double log_sum = 0;
  for (size_t i = 0; i < frames.size(); ++i) {
    if (!sums.value_mean.empty() && sums.value_value[i] > 1e-6 && sums.value_mean[i] > 1e-6) {
      gains[i] = static_cast<float>(sums.value_mean[i] / sums.value_value[i]);
    }
    log_sum += std::log(gains[i]);
  }
  const auto level = static_cast<float>(std::exp(log_sum / static_cast<double>(std::max<size_t>(1, frames.size()))));
  for (float& gain : gains) gain /= level;
  return gains;
}

}  // namespace diorama
