#include "tests/raster/splat_reference.h"

#include <glm/gtc/matrix_transform.hpp>
#include <glm/gtc/quaternion.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace diorama {
namespace {

struct Gaussian {
  bool valid = false;
  glm::dvec2 mean{0.0};
  double a = 0, b = 0, c = 0, opacity = 0;  // conic
  std::array<double, 7> channels{};         // colour before the clamp, z, normal
  double key = 0;
};

double sh_sum(const double* record, SplatLayout layout, int channel, glm::dvec3 d, int degree) {
  const double x = d.x, y = d.y, z = d.z;
  const std::array<double, 15> basis = {
      -0.4886025119029199 * y,
      0.4886025119029199 * z,
      -0.4886025119029199 * x,
      1.0925484305920792 * x * y,
      -1.0925484305920792 * y * z,
      0.31539156525252005 * (2 * z * z - x * x - y * y),
      -1.0925484305920792 * x * z,
      0.5462742152960396 * (x * x - y * y),
      -0.5900435899266435 * y * (3 * x * x - y * y),
      2.890611442640554 * x * y * z,
      -0.4570457994644658 * y * (4 * z * z - x * x - y * y),
      0.3731763325901154 * z * (2 * z * z - 3 * x * x - 3 * y * y),
      -0.4570457994644658 * x * (4 * z * z - x * x - y * y),
      1.445305721320277 * z * (x * x - y * y),
      -0.5900435899266435 * x * (x * x - 3 * y * y),
  };
  double sum = 0.5 + 0.28209479177387814 * record[SplatLayout::kColor + static_cast<size_t>(channel)];
  for (int j = 1; j < sh_count(std::min(degree, layout.sh_degree)); ++j) {
    sum += basis[static_cast<size_t>(j - 1)] * record[layout.rest(channel, j)];
  }
  return sum;
}

Gaussian project(const double* record, SplatLayout layout, const ReferenceCamera& camera,
                 const SplatRasterOptions& options) {
  Gaussian g;
  for (size_t i = 0; i < layout.stride(); ++i) {
    if (!std::isfinite(record[i])) return g;
  }
  const glm::dvec3 position(record[0], record[1], record[2]);
  const glm::dvec3 t = camera.rotation * position + camera.translation;
  if (!(t.z >= static_cast<double>(options.near_m))) return g;
  const double* const q = record + SplatLayout::kRotation;
  const glm::dmat3 axes = glm::mat3_cast(glm::normalize(glm::dquat(q[3], q[0], q[1], q[2])));
  const glm::dvec3 scale(std::exp(record[4]), std::exp(record[5]), std::exp(record[6]));
  glm::dmat3 spread = axes;
  for (int k = 0; k < 3; ++k) spread[k] *= scale[k];
  const glm::dmat3 covariance = camera.rotation * spread * glm::transpose(spread) * glm::transpose(camera.rotation);
  const glm::dvec2 size(camera.size_px), f = camera.focal_px, c = camera.center_px;
  const glm::dvec2 slope = glm::clamp(glm::dvec2(t) / t.z, -(c + 0.15 * size) / f, (1.15 * size - c) / f);
  const glm::dvec3 jx(f.x / t.z, 0, -f.x * slope.x / t.z), jy(0, f.y / t.z, -f.y * slope.y / t.z);
  const double sharp_xx = glm::dot(jx, covariance * jx), xy = glm::dot(jx, covariance * jy);
  const double sharp_yy = glm::dot(jy, covariance * jy), xx = sharp_xx + 0.3, yy = sharp_yy + 0.3;
  const double det = xx * yy - xy * xy, sharp = sharp_xx * sharp_yy - xy * xy;
  g.mean = f * glm::dvec2(t) / t.z + c;
  g.a = yy / det;
  g.b = -xy / det;
  g.c = xx / det;
  g.opacity = 1 / (1 + std::exp(-record[3]));
  if (options.antialiased) g.opacity *= std::max(0.005, std::sqrt(std::max(sharp / det, 0.0)));
  const glm::dvec3 direction = glm::normalize(glm::transpose(camera.rotation) * t);
  for (int k = 0; k < 3; ++k) {
    g.channels[static_cast<size_t>(k)] = sh_sum(record, layout, k, direction, options.sh_degree);
  }
  g.channels[3] = t.z;
  const int shortest = scale.x <= scale.y ? (scale.x <= scale.z ? 0 : 2) : (scale.y <= scale.z ? 1 : 2);
  glm::dvec3 normal = camera.rotation * axes[shortest];
  if (glm::dot(normal, t) > 0) normal = -normal;
  for (int k = 0; k < 3; ++k) g.channels[static_cast<size_t>(k) + 4] = normal[k];
  g.key = options.sort_by_z ? t.z : glm::length(t);
  g.valid = true;
  return g;
}

void keep_away(ReferenceChoices& choices, double relative) {
  choices.margin = std::min(choices.margin, std::abs(relative));
}

class Renderer {
 public:
  Renderer(std::vector<Gaussian> gaussians, const ReferenceCamera& camera, const SplatRasterOptions& options,
           ReferenceChoices& choices)
      : gaussians_(std::move(gaussians)),
        camera_(camera),
        options_(options),
        choices_(choices),
        keep_(!choices.alpha.empty()) {}

  ReferencePlanes draw() {
    const size_t pixels = static_cast<size_t>(camera_.size_px.x) * static_cast<size_t>(camera_.size_px.y);
    ReferencePlanes planes(static_cast<size_t>(options_.channels.count()), std::vector<double>(pixels));
    if (!keep_) choose(pixels);
    bound_colors();
    for (size_t i = 0; i < pixels; ++i) draw_pixel(i, planes);
    return planes;
  }

 private:
  void choose(size_t pixels) {
    choices_.alpha.assign(gaussians_.size() * pixels, ReferenceChoices::Alpha::kSkipped);
    choices_.colors.resize(gaussians_.size());
    for (size_t i = 0; i < gaussians_.size(); ++i) {
      if (gaussians_[i].valid) choices_.order.push_back(static_cast<int>(i));
    }
    const auto key = [&](int i) { return gaussians_[static_cast<size_t>(i)].key; };
    std::stable_sort(choices_.order.begin(), choices_.order.end(), [&](int a, int b) { return key(a) < key(b); });
    for (size_t i = 0; i + 1 < choices_.order.size(); ++i) {
      keep_away(choices_, key(choices_.order[i + 1]) / key(choices_.order[i]) - 1);
    }
  }

  void bound_colors() {
    for (size_t i = 0; i < gaussians_.size(); ++i) {
      for (size_t k = 0; k < 3; ++k) {
        double& color = gaussians_[i].channels[k];
        if (!keep_) choices_.colors[i][k] = color > 0;
        if (!keep_ && gaussians_[i].valid) keep_away(choices_, color);
        if (!choices_.colors[i][k]) color = 0;
      }
    }
  }

  ReferenceChoices::Alpha choose_alpha(double alpha, double t, bool& done) {
    using Alpha = ReferenceChoices::Alpha;
    keep_away(choices_, alpha * 255 - 1);
    if (alpha < 1.0 / 255) return Alpha::kSkipped;
    const double bounded = std::min(alpha, 0.99);
    if (alpha < 2) keep_away(choices_, alpha / 0.99 - 1);
    keep_away(choices_, t * (1 - bounded) / 1e-4 - 1);
    done = t * (1 - bounded) < 1e-4;
    return done ? Alpha::kSkipped : alpha < 0.99 ? Alpha::kDrawn : Alpha::kBounded;
  }

  void draw_pixel(size_t pixel, ReferencePlanes& planes) {
    using Alpha = ReferenceChoices::Alpha;
    const size_t width = static_cast<size_t>(camera_.size_px.x), pixels = planes[0].size();
    const size_t x = pixel % width, y = pixel / width;
    const glm::dvec2 at = glm::dvec2(x, y) + 0.5;
    double t = 1;
    bool done = false;
    for (const int index : choices_.order) {
      const Gaussian& g = gaussians_[static_cast<size_t>(index)];
      const glm::dvec2 d = at - g.mean;
      double alpha = g.opacity * std::exp(-0.5 * (g.a * d.x * d.x + g.c * d.y * d.y) - g.b * d.x * d.y);
      Alpha& choice = choices_.alpha[static_cast<size_t>(index) * pixels + pixel];
      if (!keep_) choice = done ? Alpha::kSkipped : choose_alpha(alpha, t, done);
      if (choice == Alpha::kSkipped) continue;
      if (choice == Alpha::kBounded) alpha = 0.99;
      for (size_t k = 0; k < planes.size() - 1; ++k) planes[k < 3 ? k : k + 1][pixel] += t * alpha * g.channels[k];
      t *= 1 - alpha;
    }
    for (size_t k = 0; k < 3; ++k)
      planes[k][pixel] += t * static_cast<double>(options_.background[static_cast<int>(k)]);
    planes[3][pixel] = 1 - t;
  }

  std::vector<Gaussian> gaussians_;
  const ReferenceCamera& camera_;
  const SplatRasterOptions& options_;
  ReferenceChoices& choices_;
  bool keep_;
};

}  // namespace

ReferenceCamera::ReferenceCamera(const Camera& camera)
    : rotation(glm::transpose(glm::dmat3(camera.world_from_camera.rotation))),
      translation(-(rotation * glm::dvec3(camera.world_from_camera.translation))),
      focal_px(camera.focal_px),
      center_px(camera.center_px),
      size_px(camera.size_px) {}

void ReferenceCamera::move(glm::dvec3 rotation_vector, glm::dvec3 offset) {
  const double angle = glm::length(rotation_vector);
  if (angle > 0) {
    const glm::dmat3 turn(glm::rotate(glm::dmat4(1.0), angle, rotation_vector / angle));
    rotation = turn * rotation;
    translation = turn * translation;
  }
  translation += offset;
}

ReferencePlanes render_reference(const std::vector<double>& records, SplatLayout layout, const ReferenceCamera& camera,
                                 const SplatRasterOptions& options, ReferenceChoices& choices) {
  std::vector<Gaussian> gaussians;
  for (size_t i = 0; i < records.size(); i += layout.stride()) {
    gaussians.push_back(project(records.data() + i, layout, camera, options));
  }
  return Renderer(std::move(gaussians), camera, options, choices).draw();
}

}  // namespace diorama
