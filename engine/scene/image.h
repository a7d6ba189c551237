#pragma once

#include "engine/base/error.h"

#include <glm/glm.hpp>

#include <cstdint>
#include <span>
#include <vector>

namespace diorama {

// Row-major pixels, (0, 0) top left.
template <class T>
class Image {
 public:
  Image() = default;
  explicit Image(glm::ivec2 size_px, T fill = T{}) : size_px_(size_px) {
    DIO_CHECK(size_px.x >= 0 && size_px.y >= 0);
    pixels_.assign(static_cast<size_t>(size_px.x) * static_cast<size_t>(size_px.y), fill);
  }

  glm::ivec2 size_px() const { return size_px_; }
  int width() const { return size_px_.x; }
  int height() const { return size_px_.y; }
  bool empty() const { return pixels_.empty(); }
  bool contains(glm::ivec2 p) const { return p.x >= 0 && p.y >= 0 && p.x < size_px_.x && p.y < size_px_.y; }

  T& at(int x, int y) { return pixels_[index(x, y)]; }
  const T& at(int x, int y) const { return pixels_[index(x, y)]; }
  std::span<T> row(int y) { return std::span(pixels_).subspan(index(0, y), static_cast<size_t>(size_px_.x)); }
  std::span<const T> row(int y) const {
    return std::span(pixels_).subspan(index(0, y), static_cast<size_t>(size_px_.x));
  }
  std::span<T> pixels() & { return pixels_; }
  std::span<const T> pixels() const& { return pixels_; }
  std::span<const T> pixels() const&& = delete;  // of a temporary: a loop over it would read freed memory

 private:
  size_t index(int x, int y) const {
    return static_cast<size_t>(y) * static_cast<size_t>(size_px_.x) + static_cast<size_t>(x);
  }

  glm::ivec2 size_px_{0};
  std::vector<T> pixels_;
};

using ImageRgba8 = Image<glm::u8vec4>;  // sRGB, straight alpha
using ImageRgb = Image<glm::vec3>;
using ImageF32 = Image<float>;
using ImageU16 = Image<uint16_t>;
using ImageU8 = Image<uint8_t>;

// Area filter: each target pixel is the mean of the source area that it covers. RGBA is averaged premultiplied, in the
// values' own space. Sizes may only shrink.
ImageRgba8 shrink_by_area(const ImageRgba8& image, glm::ivec2 size_px);

// The source pixel under each target pixel's centre: a mask has no values between. Sizes may only shrink.
ImageU8 shrink_mask(const ImageU8& mask, glm::ivec2 size_px);

// RGBA over an opaque background (sRGB values, blended as they are); the result's alpha is 255.
ImageRgba8 composited(const ImageRgba8& image, glm::u8vec3 background);

}  // namespace diorama
