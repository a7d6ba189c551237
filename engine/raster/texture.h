#pragma once

#include "engine/base/thread_pool.h"
#include "engine/scene/image.h"

#include <vector>

namespace diorama {

// What the channels of a texture are: sRGB colour with straight alpha, or plain numbers from 0 to 1.
enum class TextureKind { kColor, kData };

// A texture's smaller levels, each half the one before (at least 1 pixel a side), down to 1x1. levels[0] is half the
// texture. Colour is averaged in linear light, premultiplied, and stored as sRGB with straight alpha.
struct MipChain {
  std::vector<ImageRgba8> levels;
};

MipChain make_mips(const ImageRgba8& texture, ThreadPool& pool, TextureKind kind = TextureKind::kColor);

struct TextureView {
  const ImageRgba8* image = nullptr;
  const MipChain* mips = nullptr;  // absent: bilinear from the image alone
  bool repeat_u = true, repeat_v = true;
  bool mirror_u = false, mirror_v = false;  // where it repeats: every second copy is mirrored
  bool nearest = false;                     // no filter within a level
  TextureKind kind = TextureKind::kColor;
};

// Linear RGB (or numbers) and alpha at uv ((0, 0) is the top left corner of the top left texel). `texels_per_px` is the
// larger extent of a screen pixel in texels of the image; it chooses the levels where there are mips (trilinear). A uv
// that is not finite reads as 0.
glm::vec4 sample_texture(const TextureView& texture, glm::vec2 uv, float texels_per_px);

}  // namespace diorama
