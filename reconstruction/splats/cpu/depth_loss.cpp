#include "reconstruction/splats/cpu/depth_loss.h"

#include <cmath>

namespace diorama {
namespace {

constexpr float kTau = 0.02f;
constexpr size_t kRowGrain = 16;

template <class Valid>
double count_pixels(glm::ivec2 size_px, ThreadPool& pool, Valid&& valid) {
  return sum_in_order(pool, static_cast<size_t>(size_px.y), kRowGrain, 0.0, [&](size_t begin, size_t end) {
    double count = 0;
    for (auto y = static_cast<int>(begin); y < static_cast<int>(end); ++y) {
      for (int x = 0; x < size_px.x; ++x) count += valid(x, y) ? 1 : 0;
    }
    return count;
  });
}

}  // namespace

double add_depth_loss(const SplatPlanes& image, const ImageF32& depth_m, float weight, SplatPlanes& gradient,
                      ThreadPool& pool) {
  DIO_CHECK(image.channels().depth && image.size_px() == depth_m.size_px());
  const double count = count_pixels(depth_m.size_px(), pool, [&](int x, int y) { return depth_m.at(x, y) > 0; });
  if (count == 0) return 0;
  const auto scale = static_cast<float>(weight / count);
  const auto rows = static_cast<size_t>(depth_m.height());
  const double sum = sum_in_order(pool, rows, kRowGrain, 0.0, [&](size_t begin, size_t end) {
    double total = 0;
    for (auto y = static_cast<int>(begin); y < static_cast<int>(end); ++y) {
      const auto measured = depth_m.row(y);
      const auto depth = image.row(SplatPlane::kDepth, y), alpha = image.row(SplatPlane::kAlpha, y);
      const auto by_depth = gradient.row(SplatPlane::kDepth, y), by_alpha = gradient.row(SplatPlane::kAlpha, y);
      for (size_t x = 0; x < measured.size(); ++x) {
        const float z = measured[x];
        if (!(z > 0)) continue;
        const float u = depth[x] / z - alpha[x];
        const float root = std::sqrt(u * u + kTau * kTau);
        total += root - kTau;
        by_depth[x] += scale * u / (root * z);
        by_alpha[x] -= scale * u / root;
      }
    }
    return total;
  });
  return scale * sum;
}

double add_normal_loss(const SplatPlanes& image, const ImageRgb& normals, float weight, SplatPlanes& gradient,
                       ThreadPool& pool) {
  DIO_CHECK(image.channels().normals && image.size_px() == normals.size_px());
  const double count =
      count_pixels(normals.size_px(), pool, [&](int x, int y) { return normals.at(x, y) != glm::vec3(0); });
  if (count == 0) return 0;
  const auto scale = static_cast<float>(weight / count);
  const auto rows = static_cast<size_t>(normals.height());
  const double sum = sum_in_order(pool, rows, kRowGrain, 0.0, [&](size_t begin, size_t end) {
    double total = 0;
    for (auto y = static_cast<int>(begin); y < static_cast<int>(end); ++y) {
      for (int x = 0; x < normals.width(); ++x) {
        const glm::vec3 n = normals.at(x, y);
        if (n == glm::vec3(0)) continue;
        const auto column = static_cast<size_t>(x);
        total += image.row(SplatPlane::kAlpha, y)[column];
        gradient.row(SplatPlane::kAlpha, y)[column] += scale;
        for (int axis = 0; axis < 3; ++axis) {
          const auto plane = static_cast<SplatPlane>(static_cast<int>(SplatPlane::kNormalX) + axis);
          total -= n[axis] * image.row(plane, y)[column];
          gradient.row(plane, y)[column] -= scale * n[axis];
        }
      }
    }
    return total;
  });
  return scale * sum;
}

}  // namespace diorama
