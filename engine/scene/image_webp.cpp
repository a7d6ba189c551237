#include "engine/scene/image_codecs.h"

#include <webp/decode.h>
#include <webp/encode.h>

#include <memory>

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

std::vector<std::byte> encode_webp(const ImageRgba8& image) {
  if (image.empty() || image.width() > WEBP_MAX_DIMENSION || image.height() > WEBP_MAX_DIMENSION) {
    fail(ErrorCode::kInvalidInput, "a WebP cannot have {}x{} pixels, expected 1 to {} each", image.width(),
         image.height(), WEBP_MAX_DIMENSION);
  }
  constexpr int kEffort = 6;  // of 0 to 9
  WebPConfig config;
  DIO_CHECK(WebPConfigInit(&config) != 0 && WebPConfigLosslessPreset(&config, kEffort) != 0);
  config.exact = 1;
  WebPPicture picture;
  WebPMemoryWriter writer;
  DIO_CHECK(WebPPictureInit(&picture) != 0);
  WebPMemoryWriterInit(&writer);
  const std::unique_ptr<WebPPicture, decltype(&WebPPictureFree)> free_picture(&picture, &WebPPictureFree);
  const std::unique_ptr<WebPMemoryWriter, decltype(&WebPMemoryWriterClear)> free_writer(&writer,
                                                                                        &WebPMemoryWriterClear);
  picture.use_argb = 1;
  picture.width = image.width();
  picture.height = image.height();
  picture.writer = WebPMemoryWrite;
  picture.custom_ptr = &writer;
  const auto* pixels = reinterpret_cast<const uint8_t*>(image.pixels().data());
  const int stride = static_cast<int>(sizeof(glm::u8vec4)) * image.width();
  if (WebPPictureImportRGBA(&picture, pixels, stride) == 0 || WebPEncode(&config, &picture) == 0) {
    fail(ErrorCode::kIo, "libwebp cannot pack {}x{} pixels (error {})", image.width(), image.height(),
         static_cast<int>(picture.error_code));
  }
  const auto* bytes = reinterpret_cast<const std::byte*>(writer.mem);
  return {bytes, bytes + writer.size};
}

}  // namespace diorama
