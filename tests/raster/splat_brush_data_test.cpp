#include "engine/base/file.h"
#include "engine/raster/splat_rasterizer.h"
#include "tests/test_data.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cstring>
#include <vector>

namespace diorama {
namespace {

// The tensors of a .safetensors file: 8 bytes of length, a JSON header, data.
class Tensors {
 public:
  explicit Tensors(const std::filesystem::path& path) : bytes_(read_file(path)) {
    uint64_t length = 0;
    std::memcpy(&length, bytes_.data(), sizeof(length));
    const auto* const text = reinterpret_cast<const char*>(bytes_.data()) + sizeof(length);
    header_ = nlohmann::json::parse(text, text + length);
    data_ = sizeof(length) + length;
  }

  std::vector<float> operator[](const char* name) const {
    const auto offsets = header_.at(name).at("data_offsets").get<std::array<size_t, 2>>();
    std::vector<float> values((offsets[1] - offsets[0]) / sizeof(float));
    std::memcpy(values.data(), bytes_.data() + data_ + offsets[0], offsets[1] - offsets[0]);
    return values;
  }

 private:
  std::vector<std::byte> bytes_;
  nlohmann::json header_;
  size_t data_ = 0;
};

// brush: log scales, logit opacities, quaternions wxyz, coefficients [splat][16][3].
AlignedVector<float> records_of(const Tensors& tensors) {
  const SplatLayout layout{3};
  const std::vector<float> means = tensors["means"], opacities = tensors["opacities"], scales = tensors["scales"];
  const std::vector<float> quaternions = tensors["quats"], coefficients = tensors["coeffs"];
  AlignedVector<float> records(opacities.size() * layout.stride(), 0.0f);
  for (size_t i = 0; i < opacities.size(); ++i) {
    float* const record = records.data() + i * layout.stride();
    record[SplatLayout::kOpacity] = opacities[i];
    for (size_t k = 0; k < 3; ++k) {
      record[SplatLayout::kPosition + k] = means[i * 3 + k];
      record[SplatLayout::kLogScale + k] = scales[i * 3 + k];
      record[SplatLayout::kRotation + k] = quaternions[i * 4 + k + 1];
      record[SplatLayout::kColor + k] = coefficients[i * 48 + k];
      for (int j = 1; j < 16; ++j) {
        record[layout.rest(static_cast<int>(k), j)] = coefficients[i * 48 + static_cast<size_t>(j) * 3 + k];
      }
    }
    record[SplatLayout::kRotation + 3] = quaternions[i * 4];
  }
  return records;
}

TEST(SplatsBesideBrush, EveryPixelIsThatOfItsReference) {
  DIO_REQUIRE_TEST_DATA(folder, "raster_conformance/brush");
  Camera camera;
  camera.size_px = {123, 82};
  camera.focal_px = glm::vec2(61.5f);
  camera.center_px = {61.5f, 41.0f};
  camera.world_from_camera.translation = {0.123f, 0.456f, -8.0f};
  ThreadPool pool(2);
  for (const char* name : {"tiny_case.safetensors", "basic_case.safetensors"}) {
    const Tensors tensors(folder / name);
    SplatRasterizer rasterizer;
    SplatPlanes image;
    // brush sorts by z.
    rasterizer.forward(records_of(tensors), {3}, camera, {.sort_by_z = true}, image, pool);
    const std::vector<float> expected = tensors["out_img"];  // RGBA, premultiplied
    ASSERT_EQ(expected.size(), size_t{123 * 82 * 4});
    float worst = 0;
    for (size_t i = 0; i < expected.size(); ++i) {
      const auto row = image.row(static_cast<SplatPlane>(i % 4), static_cast<int>(i / 4 / 123));
      worst = std::max(worst, std::abs(row[i / 4 % 123] - expected[i]));
    }
    // Both are single precision, with other roundings.
    EXPECT_LT(worst, 1e-4f) << name;
    RecordProperty(name, std::to_string(worst));
  }
}

}  // namespace
}  // namespace diorama
