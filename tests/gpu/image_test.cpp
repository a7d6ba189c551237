#include "engine/scene/image.h"

#include "engine/base/random.h"
#include "engine/gpu/barriers.h"
#include "engine/gpu/frame_ring.h"
#include "engine/gpu/gpu_image.h"
#include "engine/gpu/transfer.h"
#include "engine/scene/color.h"
#include "tests/gpu/gpu_fixture.h"

#include <gmock/gmock.h>

#include <cstring>

namespace diorama {
namespace {

ImageRgba8 noise(glm::ivec2 size_px) {
  ImageRgba8 image(size_px);
  Random random(3);
  for (glm::u8vec4& pixel : image.pixels()) {
    const uint32_t bits = random.next();
    std::memcpy(&pixel, &bits, sizeof bits);
  }
  return image;
}

GpuImage sampled_image(GpuDevice& device, glm::ivec2 size_px, uint32_t levels) {
  GpuImageOptions options;
  options.size_px = size_px;
  options.levels = levels;
  options.usage = VK_IMAGE_USAGE_SAMPLED_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT | VK_IMAGE_USAGE_TRANSFER_SRC_BIT;
  return GpuImage(device, options, "test image");
}

// One level of an image that is ready to be sampled.
ImageRgba8 read_level(GpuDevice& device, const GpuImage& image, uint32_t level) {
  ImageRgba8 result(image.level_size_px(level));
  ReadbackRing readback(device, result.pixels().size_bytes());
  const ReadbackRing::Region region = readback.reserve(result.pixels().size_bytes());
  FrameRing frames(device);
  const VkCommandBuffer commands = frames.begin();
  image_barrier(commands, image, VK_IMAGE_LAYOUT_SHADER_READ_ONLY_OPTIMAL,
                {VK_PIPELINE_STAGE_FRAGMENT_SHADER_BIT, VK_ACCESS_SHADER_READ_BIT},
                VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL, {VK_PIPELINE_STAGE_TRANSFER_BIT, VK_ACCESS_TRANSFER_READ_BIT},
                {level, 1});
  VkBufferImageCopy copy{};
  copy.bufferOffset = region.offset;
  copy.imageSubresource = {VK_IMAGE_ASPECT_COLOR_BIT, level, 0, 1};
  copy.imageExtent = {static_cast<uint32_t>(result.width()), static_cast<uint32_t>(result.height()), 1};
  vkCmdCopyImageToBuffer(commands, image.handle(), VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL, region.buffer, 1, &copy);
  frames.wait(frames.submit());
  std::memcpy(result.pixels().data(), readback.read(region).data(), region.bytes);
  return result;
}

TEST_F(GpuTest, AnImageComesBackAsItWent) {
  const ImageRgba8 image = noise({123, 77});
  UploadRing uploads(device(), 8192);  // smaller than the image: it goes in parts
  const GpuImage uploaded = sampled_image(device(), image.size_px(), 1);
  uploads.to_image(uploaded, std::as_bytes(image.pixels()));
  uploads.finish();
  const ImageRgba8 back = read_level(device(), uploaded, 0);
  EXPECT_EQ(std::memcmp(back.pixels().data(), image.pixels().data(), image.pixels().size_bytes()), 0);
}

TEST_F(GpuTest, LevelsOfAnSrgbImageAreHalvedInLinearLight) {
  ImageRgba8 checker({64, 32});
  for (int y = 0; y < 32; ++y) {
    for (int x = 0; x < 64; ++x) checker.at(x, y) = glm::u8vec4(glm::u8vec3((x + y) % 2 == 0 ? 255 : 0), 255);
  }
  UploadRing uploads(device());
  const GpuImage uploaded = sampled_image(device(), checker.size_px(), full_level_count(checker.size_px()));
  EXPECT_EQ(uploaded.options().levels, 7u);
  uploads.to_image(uploaded, std::as_bytes(checker.pixels()));
  uploads.finish();
  const int expected = unorm8(srgb_from_linear(0.5f));  // 188; the mean of the stored values would be 128
  const ImageRgba8 half = read_level(device(), uploaded, 1);
  for (const glm::u8vec4& pixel : half.pixels()) {
    EXPECT_NEAR(pixel.x, expected, 2);  // drivers filter with few bits
    EXPECT_EQ(pixel.w, 255);
  }
  const ImageRgba8 last = read_level(device(), uploaded, 6);
  EXPECT_EQ(last.size_px(), glm::ivec2(1, 1));
  EXPECT_NEAR(last.at(0, 0).y, expected, 4);
}

TEST_F(GpuTest, AnImageLargerThanTheDeviceAllowsIsRefused) {
  try {
    sampled_image(device(), {4097, 16}, 1);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUnsupported);
    EXPECT_THAT(error.what(), ::testing::HasSubstr("4097x16"));
  }
}

TEST_F(GpuTest, TheReadbackRingComesRoundWithoutOverlap) {
  ReadbackRing ring(device(), 1000);
  EXPECT_EQ(ring.bytes(), 1024u);
  const auto a = ring.reserve(300), b = ring.reserve(300);
  EXPECT_EQ(a.offset, 0u);
  EXPECT_EQ(b.offset, 512u);
  EXPECT_EQ(ring.reserve(300).offset, 0u);
  EXPECT_EQ(ring.reserve(1024).offset, 0u);
  EXPECT_THROW(ring.reserve(1025), Bug);
}

}  // namespace
}  // namespace diorama
