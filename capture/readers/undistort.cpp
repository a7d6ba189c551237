#include "capture/readers/undistort.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <vector>

namespace diorama {
namespace {

// Where the distorted image holds what row `y` of the ideal image sees: pixel coordinates, centres at +0.5. The
// Brown-Conrady model maps ideal to distorted, so no inversion is needed; a row at a time stays in the cache, where a
// map of the whole image would cost 8 bytes a pixel and a read from memory.
void distorted_row(const Camera& camera, const LensDistortion& lens, int y, std::vector<glm::vec2>& source) {
  const glm::dvec2 focal_px(camera.focal_px), center_px(camera.center_px);
  const double inverse_fx = 1.0 / focal_px.x, v = (y + 0.5 - center_px.y) / focal_px.y;
  for (int x = 0; x < camera.size_px.x; ++x) {
    const glm::dvec2 ray((x + 0.5 - center_px.x) * inverse_fx, v);
    source[static_cast<size_t>(x)] =
        is_within_lens(lens, ray) ? glm::vec2(distorted(lens, ray) * focal_px + center_px) : glm::vec2(-1.0f);
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

// Four bytes to four 16-bit lanes, and the high bytes of the lanes back.
uint64_t spread(glm::u8vec4 pixel) {
  uint64_t lanes = std::bit_cast<uint32_t>(pixel);
  lanes = (lanes | lanes << 16) & 0x0000ffff0000ffff;
  return (lanes | lanes << 8) & 0x00ff00ff00ff00ff;
}

glm::u8vec4 high_bytes(uint64_t lanes) {
  lanes = lanes >> 8 & 0x00ff00ff00ff00ff;
  lanes = (lanes | lanes >> 8) & 0x0000ffff0000ffff;
  return std::bit_cast<glm::u8vec4>(static_cast<uint32_t>(lanes | lanes >> 16));
}

// Weights of a sum of 256 each. Straight alpha: what is cut away must not tint what stays.
glm::u8vec4 weighted_by_alpha(const glm::u8vec4 (&pixels)[4], const uint32_t (&weights)[4]) {
  glm::uvec3 sum(0);
  uint32_t alpha = 0;
  for (int i = 0; i < 4; ++i) {
    const uint32_t weight = weights[i] * pixels[i].a;  // at most 65280
    sum += weight * glm::uvec3(pixels[i]);
    alpha += weight;
  }
  if (alpha == 0) return glm::u8vec4(0);
  return glm::u8vec4(glm::u8vec3((sum + alpha / 2) / alpha), static_cast<uint8_t>((alpha + 128) >> 8));
}

// In steps of 1/256 pixel.
glm::u8vec4 bilinear(const ImageRgba8& image, glm::vec2 source) {
  const glm::vec2 last = glm::vec2(image.size_px() - 1);
  // Phrased so that NaN (a lens that runs away far off its centre) becomes 0.
  const float px = source.x > 0.5f ? std::min(source.x - 0.5f, last.x) : 0.0f;
  const float py = source.y > 0.5f ? std::min(source.y - 0.5f, last.y) : 0.0f;
  const int x0 = static_cast<int>(px), y0 = static_cast<int>(py);
  const int x1 = std::min(x0 + 1, image.width() - 1), y1 = std::min(y0 + 1, image.height() - 1);
  const auto fx = static_cast<uint32_t>((px - static_cast<float>(x0)) * 256.0f + 0.5f);
  const auto fy = static_cast<uint32_t>((py - static_cast<float>(y0)) * 256.0f + 0.5f);
  const uint32_t corner = (fx * fy + 128) >> 8;
  const uint32_t weights[4] = {256 - fx - fy + corner, fx - corner, fy - corner, corner};
  const glm::u8vec4 pixels[4] = {image.at(x0, y0), image.at(x1, y0), image.at(x0, y1), image.at(x1, y1)};
  if ((pixels[0].a & pixels[1].a & pixels[2].a & pixels[3].a) != 255) return weighted_by_alpha(pixels, weights);
  uint64_t lanes = 0x0080008000800080;  // rounds; no lane exceeds 255 * 256 + 128
  for (int i = 0; i < 4; ++i) lanes += spread(pixels[i]) * weights[i];
  return high_bytes(lanes);
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
