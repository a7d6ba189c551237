#include "engine/raster/texture.h"

#include "engine/scene/color.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace diorama {
namespace {

const std::array<float, 256>& linear_table() {
  static const std::array<float, 256> table = [] {
    std::array<float, 256> values{};
    for (size_t i = 0; i < values.size(); ++i) values[i] = linear_from_srgb(static_cast<float>(i) / 255.0f);
    return values;
  }();
  return table;
}

glm::vec4 linear_texel(glm::u8vec4 texel, TextureKind kind) {
  if (kind == TextureKind::kData) return glm::vec4(texel) * (1.0f / 255.0f);
  const std::array<float, 256>& table = linear_table();
  return {table[texel.r], table[texel.g], table[texel.b], static_cast<float>(texel.a) * (1.0f / 255.0f)};
}

// The two texels around a coordinate on one axis, and the second one's weight.
struct AxisTaps {
  int first = 0, second = 0;
  float weight = 0.0f;
};

struct AxisMode {
  bool repeat = true, mirror = false, nearest = false;
};

// A place on an axis as [0, 1] of the picture.
float wrapped(float coordinate, const AxisMode& mode) {
  if (!std::isfinite(coordinate)) coordinate = 0.0f;
  if (!mode.repeat) return std::clamp(coordinate, 0.0f, 1.0f);
  const float period = mode.mirror ? 2.0f : 1.0f;
  coordinate -= period * std::floor(coordinate / period);
  return std::clamp(coordinate > 1.0f ? 2.0f - coordinate : coordinate, 0.0f, 1.0f);
}

AxisTaps axis_taps(float coordinate, int size, const AxisMode& mode) {
  const float texel = wrapped(coordinate, mode) * static_cast<float>(size) - 0.5f;
  AxisTaps taps;
  if (mode.nearest) {
    taps.first = taps.second = std::clamp(static_cast<int>(std::floor(texel + 0.5f)), 0, size - 1);
    return taps;
  }
  const float base = std::floor(texel);
  const bool around = mode.repeat && !mode.mirror;
  taps.weight = texel - base;
  taps.first = static_cast<int>(base);
  taps.second = taps.first + 1;
  if (taps.first < 0) taps.first = around ? size - 1 : 0;
  if (taps.second >= size) taps.second = around ? 0 : size - 1;
  return taps;
}

glm::vec4 bilinear(const ImageRgba8& image, const TextureView& view, glm::vec2 uv) {
  const AxisTaps u = axis_taps(uv.x, image.width(), {view.repeat_u, view.mirror_u, view.nearest});
  const AxisTaps v = axis_taps(uv.y, image.height(), {view.repeat_v, view.mirror_v, view.nearest});
  const auto mix_row = [&](int y) {
    const glm::vec4 a = linear_texel(image.at(u.first, y), view.kind);
    return a + u.weight * (linear_texel(image.at(u.second, y), view.kind) - a);
  };
  const glm::vec4 top = mix_row(v.first), bottom = mix_row(v.second);
  return top + v.weight * (bottom - top);
}

// The source pixels under one target pixel: at most three on an axis of odd length.
struct Overlap {
  int first = 0, count = 0;
  float weight[3] = {};
};

Overlap overlap(int target, int target_size, int source_size) {
  const float ratio = static_cast<float>(source_size) / static_cast<float>(target_size);
  const float begin = static_cast<float>(target) * ratio, end = begin + ratio;
  Overlap result;
  result.first = std::min(static_cast<int>(begin), source_size - 1);
  for (int s = result.first; s < source_size && result.count < 3; ++s) {
    const float covered = std::min(end, static_cast<float>(s + 1)) - std::max(begin, static_cast<float>(s));
    if (covered <= 0) break;
    result.weight[result.count++] = covered / ratio;
  }
  return result;
}

glm::u8vec4 averaged(const ImageRgba8& source, const Overlap& columns, const Overlap& rows, TextureKind kind) {
  const bool premultiplied = kind == TextureKind::kColor;
  glm::vec3 color(0.0f);
  float alpha = 0.0f;
  for (int r = 0; r < rows.count; ++r) {
    for (int c = 0; c < columns.count; ++c) {
      const glm::vec4 texel = linear_texel(source.at(columns.first + c, rows.first + r), kind);
      const float weight = rows.weight[r] * columns.weight[c];
      color += weight * (premultiplied ? texel.a : 1.0f) * glm::vec3(texel);
      alpha += weight * texel.a;
    }
  }
  if (premultiplied) {
    if (!(alpha > 0)) return glm::u8vec4(0);
    color = srgb_from_linear(glm::min(color / alpha, glm::vec3(1.0f)));
  }
  return {unorm8(color.r), unorm8(color.g), unorm8(color.b), unorm8(alpha)};
}

ImageRgba8 half_size(const ImageRgba8& source, ThreadPool& pool, TextureKind kind) {
  ImageRgba8 result(glm::max(source.size_px() / 2, glm::ivec2(1)));
  pool.parallel_for(static_cast<size_t>(result.height()), 16, [&](size_t begin, size_t end) {
    for (int y = static_cast<int>(begin); y < static_cast<int>(end); ++y) {
      const Overlap rows = overlap(y, result.height(), source.height());
      for (int x = 0; x < result.width(); ++x) {
        result.at(x, y) = averaged(source, overlap(x, result.width(), source.width()), rows, kind);
      }
    }
  });
  return result;
}

}  // namespace

MipChain make_mips(const ImageRgba8& texture, ThreadPool& pool, TextureKind kind) {
  MipChain mips;
  if (texture.empty()) return mips;
  glm::ivec2 size = texture.size_px();
  while (size.x > 1 || size.y > 1) {
    mips.levels.push_back(half_size(mips.levels.empty() ? texture : mips.levels.back(), pool, kind));
    size = mips.levels.back().size_px();
  }
  return mips;
}

glm::vec4 sample_texture(const TextureView& texture, glm::vec2 uv, float texels_per_px) {
  const size_t smallest = texture.mips != nullptr ? texture.mips->levels.size() : 0;
  if (smallest == 0 || !(texels_per_px > 1.0f)) return bilinear(*texture.image, texture, uv);
  const float level = std::min(std::log2(texels_per_px), static_cast<float>(smallest));
  const size_t fine = std::min(static_cast<size_t>(level), smallest - 1);
  const auto image = [&](size_t index) -> const ImageRgba8& {
    return index == 0 ? *texture.image : texture.mips->levels[index - 1];
  };
  const glm::vec4 a = bilinear(image(fine), texture, uv), b = bilinear(image(fine + 1), texture, uv);
  return a + (level - static_cast<float>(fine)) * (b - a);
}

}  // namespace diorama
