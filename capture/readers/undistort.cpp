#include "capture/readers/undistort.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace diorama {
namespace {

// Where the distorted image holds what row `y` of the ideal image sees: pixel coordinates, centres at +0.5. The
// Brown-Conrady model maps ideal to distorted, so no inversion is needed; a row at a time stays in the cache, where a
// map of the whole image would cost 8 bytes a pixel and a read from memory.
void distorted_row(const Camera& camera, const LensDistortion& lens, int y, std::vector<glm::vec2>& source) {
  const double inverse_fx = 1.0 / camera.focal_px.x;
  const double fx = camera.focal_px.x, fy = camera.focal_px.y, cx = camera.center_px.x, cy = camera.center_px.y;
  const double v = (y + 0.5 - cy) / fy;
  for (int x = 0; x < camera.size_px.x; ++x) {
    const double u = (x + 0.5 - cx) * inverse_fx;
    const double r2 = u * u + v * v;
    // Beyond the radius where the polynomial turns back the model means nothing: no pixel is there.
    const double slope = 1 + r2 * (3 * lens.k1 + r2 * (5 * lens.k2 + r2 * 7 * lens.k3));
    const double radial = 1 + r2 * (lens.k1 + r2 * (lens.k2 + r2 * lens.k3));
    const double du = u * radial + 2 * lens.p1 * u * v + lens.p2 * (r2 + 2 * u * u);
    const double dv = v * radial + lens.p1 * (r2 + 2 * v * v) + 2 * lens.p2 * u * v;
    source[static_cast<size_t>(x)] =
        slope > 0 ? glm::vec2(static_cast<float>(du * fx + cx), static_cast<float>(dv * fy + cy)) : glm::vec2(-1.0f);
  }
}

// Visits the target's pixels with their place in the distorted image.
template <class Body>
void for_each_pixel(const Camera& camera, const LensDistortion& lens, Body&& body) {
  std::vector<glm::vec2> source(static_cast<size_t>(camera.size_px.x));
  for (int y = 0; y < camera.size_px.y; ++y) {
    distorted_row(camera, lens, y, source);
    for (int x = 0; x < camera.size_px.x; ++x) body(x, y, source[static_cast<size_t>(x)]);
  }
}

glm::u8vec4 rounded(glm::vec4 value) {
  return glm::u8vec4(glm::clamp(value + 0.5f, 0.0f, 255.0f));
}

glm::u8vec4 bilinear(const ImageRgba8& image, glm::vec2 source) {
  const glm::vec2 last = glm::vec2(image.size_px() - 1);
  // Phrased so that NaN (a lens that runs away far off its centre) becomes 0.
  const float px = source.x > 0.5f ? std::min(source.x - 0.5f, last.x) : 0.0f;
  const float py = source.y > 0.5f ? std::min(source.y - 0.5f, last.y) : 0.0f;
  const int x0 = static_cast<int>(px), y0 = static_cast<int>(py);
  const int x1 = std::min(x0 + 1, image.width() - 1), y1 = std::min(y0 + 1, image.height() - 1);
  const float fx = px - static_cast<float>(x0), fy = py - static_cast<float>(y0);
  const glm::u8vec4 stored[4] = {image.at(x0, y0), image.at(x1, y0), image.at(x0, y1), image.at(x1, y1)};
  const float weights[4] = {(1 - fx) * (1 - fy), fx * (1 - fy), (1 - fx) * fy, fx * fy};
  glm::vec4 sum(0.0f), weighted_by_alpha(0.0f);
  for (int i = 0; i < 4; ++i) {
    const glm::vec4 value(stored[i]);
    sum += weights[i] * value;
    weighted_by_alpha += weights[i] * value.a * value;
  }
  if (sum.a >= 254.99f || !(sum.a > 0)) return rounded(sum);
  // Straight alpha: what is cut away must not tint what stays.
  return rounded(glm::vec4(glm::vec3(weighted_by_alpha) / sum.a, sum.a));
}

template <class T>
Image<T> undistorted_nearest(const Image<T>& image, const Camera& camera, const LensDistortion& lens) {
  Image<T> result(camera.size_px);
  const glm::vec2 size(image.size_px());
  for_each_pixel(camera, lens, [&](int x, int y, glm::vec2 source) {
    const bool inside = source.x >= 0 && source.y >= 0 && source.x < size.x && source.y < size.y;
    if (inside) result.at(x, y) = image.at(static_cast<int>(source.x), static_cast<int>(source.y));
  });
  return result;
}

}  // namespace

ImageRgba8 undistorted_color(const ImageRgba8& image, const Camera& camera, const LensDistortion& lens) {
  DIO_CHECK(image.size_px() == camera.size_px && !image.empty());
  ImageRgba8 result(camera.size_px);
  for_each_pixel(camera, lens, [&](int x, int y, glm::vec2 source) { result.at(x, y) = bilinear(image, source); });
  return result;
}

ImageU16 undistorted_depth(const ImageU16& image, const Camera& camera, const LensDistortion& lens) {
  DIO_CHECK(image.size_px() == camera.size_px);
  return undistorted_nearest(image, camera, lens);
}

ImageU8 undistorted_mask(const ImageU8& image, const Camera& camera, const LensDistortion& lens) {
  DIO_CHECK(image.size_px() == camera.size_px);
  return undistorted_nearest(image, camera, lens);
}

}  // namespace diorama
