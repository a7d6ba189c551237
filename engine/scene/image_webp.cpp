#include "engine/scene/image_codecs.h"

#include <webp/decode.h>

namespace diorama {
namespace {

WebPBitstreamFeatures webp_features(std::span<const std::byte> bytes) {
  WebPBitstreamFeatures features;
  const auto* data = reinterpret_cast<const uint8_t*>(bytes.data());
  if (WebPGetFeatures(data, bytes.size(), &features) != VP8_STATUS_OK) fail_decode("WebP", "bad header");
  if (features.has_animation) fail(ErrorCode::kUnsupported, "is an animated WebP, expected a still image");
  return features;
}

glm::ivec2 webp_size(const WebPBitstreamFeatures& features) {
  return checked_image_size(static_cast<uint64_t>(features.width), static_cast<uint64_t>(features.height));
}

}  // namespace

ImageInfo probe_webp(std::span<const std::byte> bytes) {
  const WebPBitstreamFeatures features = webp_features(bytes);
  return {"webp", webp_size(features), features.has_alpha ? 4 : 3, 8};
}

ImageRgba8 decode_webp(std::span<const std::byte> bytes) {
  ImageRgba8 image(webp_size(webp_features(bytes)));
  const auto pixels = image.pixels();
  const uint8_t* done = WebPDecodeRGBAInto(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size(),
                                           reinterpret_cast<uint8_t*>(pixels.data()), pixels.size_bytes(),
                                           static_cast<int>(sizeof(glm::u8vec4)) * image.width());
  if (done == nullptr) fail_decode("WebP", "the data ends early");
  return image;
}

}  // namespace diorama
