#include "engine/raster/splat_rasterizer.h"

#include "tests/expect_error.h"
#include "tests/raster/splat_reference.h"
#include "tests/raster/splat_scenes.h"

#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

namespace diorama {
namespace {

constexpr SplatChannels kAllChannels{.depth = true, .normals = true};

struct Drawn {
  SplatPlanes image;
  std::vector<uint32_t> visible;
  std::vector<float> gradients;
  std::vector<SplatScreenGradient> screen;
  SplatCameraGradient camera;
};

SplatPlanes ramp_gradient(glm::ivec2 size_px, SplatChannels channels) {
  SplatPlanes gradient;
  gradient.resize(size_px, channels);
  for (int p = 0; p < channels.count(); ++p) {
    for (int y = 0; y < size_px.y; ++y) {
      const std::span<float> row = gradient.row(static_cast<SplatPlane>(p), y);
      for (size_t x = 0; x < row.size(); ++x)
        row[x] = std::sin(static_cast<float>(x + 3 * p) + 0.7f * static_cast<float>(y));
    }
  }
  return gradient;
}

Drawn draw(SplatRasterizer& rasterizer, std::span<const float> records, SplatLayout layout, const Camera& camera,
           const SplatRasterOptions& options, int threads = 2, bool statistics = false) {
  ThreadPool pool(threads);
  Drawn drawn;
  rasterizer.forward(records, layout, camera, options, drawn.image, pool);
  rasterizer.backward(drawn.image, ramp_gradient(camera.size_px, options.channels), statistics, pool);
  drawn.visible.assign(rasterizer.visible().begin(), rasterizer.visible().end());
  drawn.gradients.resize(drawn.visible.size() * layout.stride());
  drawn.screen.resize(drawn.visible.size());
  rasterizer.splat_gradients(0, drawn.visible.size(), drawn.gradients, drawn.screen, &drawn.camera);
  return drawn;
}

Drawn draw(std::span<const float> records, SplatLayout layout, const Camera& camera, const SplatRasterOptions& options,
           int threads = 2) {
  SplatRasterizer rasterizer;
  return draw(rasterizer, records, layout, camera, options, threads);
}

template <class T>
void expect_same_bits(std::span<const T> a, std::span<const T> b, const char* what) {
  ASSERT_EQ(a.size(), b.size()) << what;
  EXPECT_EQ(a.empty() ? 0 : std::memcmp(a.data(), b.data(), a.size_bytes()), 0) << what;
}

void expect_same_bits(const Drawn& a, const Drawn& b) {
  for (int p = 0; p < a.image.channels().count(); ++p) {
    for (int y = 0; y < a.image.size_px().y; ++y) {
      expect_same_bits(a.image.row(static_cast<SplatPlane>(p), y), b.image.row(static_cast<SplatPlane>(p), y), "image");
    }
  }
  expect_same_bits<uint32_t>(a.visible, b.visible, "visible");
  expect_same_bits<float>(a.gradients, b.gradients, "gradients");
  expect_same_bits<SplatCameraGradient>({&a.camera, 1}, {&b.camera, 1}, "camera");
}

void expect_finite(const Drawn& drawn) {
  for (int p = 0; p < drawn.image.channels().count(); ++p) {
    for (int y = 0; y < drawn.image.size_px().y; ++y) {
      for (const float value : drawn.image.row(static_cast<SplatPlane>(p), y)) ASSERT_TRUE(std::isfinite(value));
    }
  }
  for (const float value : drawn.gradients) ASSERT_TRUE(std::isfinite(value));
}

// A round splat in front of a camera at the origin that looks along +z.
std::vector<float> round_splat(glm::vec3 position, float scale, float opacity, glm::vec3 color) {
  const float logit = std::log(opacity / (1 - opacity)), size = std::log(scale);
  const glm::vec3 dc = (color - 0.5f) / kShC0;
  return {position.x, position.y, position.z, logit, size, size, size, 0, 0, 0, 0, 1, dc.x, dc.y, dc.z, 0};
}

Camera plain_camera(glm::ivec2 size_px) {
  Camera camera;
  camera.size_px = size_px;
  camera.focal_px = glm::vec2(50);
  camera.center_px = glm::vec2(size_px) * 0.5f;
  return camera;
}

TEST(SplatRasterizer, DrawsAsTheReferenceDoes) {
  const Camera camera = splat_camera({83, 75});
  const AlignedVector<float> records = random_splats(camera, {3}, 500, 21);
  const SplatRasterOptions options{.channels = kAllChannels, .background = {0.1f, 0.5f, 0.9f}};
  const Drawn drawn = draw(records, {3}, camera, options);
  ReferenceChoices choices;
  const ReferencePlanes reference =
      render_reference({records.begin(), records.end()}, {3}, ReferenceCamera(camera), options, choices);
  size_t beside = 0;
  for (size_t p = 0; p < reference.size(); ++p) {
    for (size_t i = 0; i < reference[p].size(); ++i) {
      const auto y = static_cast<int>(i / 83);
      const double error =
          std::abs(static_cast<double>(drawn.image.row(static_cast<SplatPlane>(p), y)[i % 83]) - reference[p][i]);
      // A splat that is just at alpha = 1/255 is drawn by one of the two: 1/255 of up to 5 m and of what it hides.
      EXPECT_LT(error, 6.0 / 255);
      beside += error > 1e-4 ? 1 : 0;
    }
  }
  // Expected of some 10^5 pairs with a relative error near 1e-6: below one.
  EXPECT_LE(beside, 8u * 3u);
}

TEST(SplatRasterizer, GivesTheSameBitsForAnyThreadCount) {
  const Camera camera = splat_camera({101, 75});
  for (const int degree : {0, 3}) {
    const AlignedVector<float> records = random_splats(camera, {degree}, 20000, 3);
    const SplatRasterOptions options{.channels = kAllChannels, .antialiased = degree == 0};
    const Drawn one = draw(records, {degree}, camera, options, 1);
    EXPECT_GT(one.visible.size(), 10000u);
    for (const int threads : {2, 3}) expect_same_bits(one, draw(records, {degree}, camera, options, threads));
  }
}

TEST(SplatRasterizer, GivesTheSameBitsAfterOtherScenes) {
  const Camera camera = splat_camera({64, 48});
  const AlignedVector<float> records = random_splats(camera, {2}, 1000, 3);
  SplatRasterizer rasterizer;
  const SplatRasterOptions options{.channels = {.depth = true}};
  const Drawn first = draw(rasterizer, records, {2}, camera, options);
  const AlignedVector<float> others = random_splats(camera, {3}, 5000, 4);
  draw(rasterizer, others, {3}, splat_camera({200, 100}), {.channels = kAllChannels}, 2, true);
  expect_same_bits(first, draw(rasterizer, records, {2}, camera, options));
}

TEST(SplatRasterizer, AllSimdTargetsAgree) {
  const Camera camera = splat_camera({45, 38});
  const AlignedVector<float> records = random_splats(camera, {3}, 100, 6);
  const SplatRasterOptions options{.channels = kAllChannels};
  const Drawn best = draw(records, {3}, camera, options);
  float largest = 0;
  for (const float value : best.gradients) largest = std::max(largest, std::abs(value));
  for (int64_t targets = hwy::SupportedTargets(); targets != 0; targets &= targets - 1) {
    hwy::SetSupportedTargetsForTest(targets & -targets);
    const Drawn other = draw(records, {3}, camera, options);
    ASSERT_EQ(other.visible, best.visible);
    for (int p = 0; p < options.channels.count(); ++p) {
      for (int y = 0; y < camera.size_px.y; ++y) {
        const auto a = best.image.row(static_cast<SplatPlane>(p), y),
                   b = other.image.row(static_cast<SplatPlane>(p), y);
        // Fused or not, in another order: some roundings of values up to 5 m.
        for (size_t x = 0; x < a.size(); ++x) ASSERT_NEAR(a[x], b[x], 3e-5f) << hwy::TargetName(targets & -targets);
      }
    }
    for (size_t i = 0; i < best.gradients.size(); ++i) {
      ASSERT_NEAR(best.gradients[i], other.gradients[i], 1e-4f * std::abs(best.gradients[i]) + 1e-5f * largest);
    }
  }
  hwy::SetSupportedTargetsForTest(0);
}

TEST(SplatRasterizer, AnEmptySceneIsTheBackground) {
  const Camera camera = plain_camera({20, 10});
  const Drawn drawn = draw({}, {3}, camera, {.channels = kAllChannels, .background = {0.25f, 0.5f, 0.75f}});
  EXPECT_TRUE(drawn.visible.empty());
  for (int y = 0; y < 10; ++y) {
    for (const float value : drawn.image.row(SplatPlane::kGreen, y)) EXPECT_EQ(value, 0.5f);
    for (const float value : drawn.image.row(SplatPlane::kAlpha, y)) EXPECT_EQ(value, 0.0f);
  }
  EXPECT_EQ(drawn.camera.translation, glm::dvec3(0.0));
}

TEST(SplatRasterizer, OneSplatIsAGaussianOfItsOpacity) {
  // Centre on the centre of pixel (10, 7); 2 px wide at 1 m, so 2^2 + 0.3 px^2 on the screen.
  const Camera camera = plain_camera({21, 15});
  const Drawn drawn = draw(round_splat({0, 0, 1}, 0.04f, 0.8f, {1, 0.5f, 0}), {0}, camera, {.channels = kAllChannels});
  const auto alpha = drawn.image.row(SplatPlane::kAlpha, 7);
  // Single precision.
  EXPECT_NEAR(alpha[10], 0.8f, 1e-6f);
  EXPECT_NEAR(alpha[13], 0.8f * std::exp(-0.5f * 9 / 4.3f), 1e-6f);
  EXPECT_NEAR(drawn.image.row(SplatPlane::kRed, 7)[10], 0.8f, 1e-6f);
  EXPECT_NEAR(drawn.image.row(SplatPlane::kGreen, 7)[10], 0.4f, 1e-6f);
  EXPECT_EQ(drawn.image.row(SplatPlane::kBlue, 7)[10], 0.0f);
  EXPECT_NEAR(drawn.image.row(SplatPlane::kDepth, 7)[10], 0.8f, 1e-6f);
  EXPECT_EQ(alpha[20], 0.0f);  // 10 px away: less than 1/255
}

TEST(SplatRasterizer, NormalsAreThoseOfTheShortestAxisTurnedToTheCamera) {
  const Camera camera = plain_camera({21, 15});
  std::vector<float> disc = round_splat({0, 0, 1}, 0.04f, 0.8f, {1, 1, 1});
  disc[SplatLayout::kLogScale + 2] -= 3;
  // Turned by 180 degrees about x, the short axis looks away.
  for (const glm::vec4 rotation : {glm::vec4(0, 0, 0, 2), glm::vec4(3, 0, 0, 0)}) {
    for (int k = 0; k < 4; ++k) disc[SplatLayout::kRotation + static_cast<size_t>(k)] = rotation[k];
    const Drawn drawn = draw(disc, {0}, camera, {.channels = kAllChannels});
    EXPECT_NEAR(drawn.image.row(SplatPlane::kNormalZ, 7)[10], -0.8f, 1e-6f);
  }
}

TEST(SplatRasterizer, TheNearerSplatHidesTheOtherByDistanceOrByZ) {
  // The red one has the smaller z, the green one is nearer.
  const Camera camera = plain_camera({40, 8});
  std::vector<float> records = round_splat({0.5f, 0, 1.0f}, 3, 0.9f, {1, 0, 0});
  const std::vector<float> green = round_splat({0, 0, 1.05f}, 3, 0.9f, {0, 1, 0});
  records.insert(records.end(), green.begin(), green.end());
  const auto greener = [&](bool by_z) {
    const Drawn drawn = draw(records, {0}, camera, {.sort_by_z = by_z});
    return drawn.image.row(SplatPlane::kGreen, 4)[20] > drawn.image.row(SplatPlane::kRed, 4)[20];
  };
  EXPECT_TRUE(greener(false));
  EXPECT_FALSE(greener(true));
}

TEST(SplatRasterizer, WhatIsNotFiniteIsNeverDrawn) {
  const Camera camera = splat_camera({50, 40});
  const SplatLayout layout{2};
  const AlignedVector<float> sound = random_splats(camera, layout, 60, 8);
  const SplatRasterOptions options{.channels = kAllChannels};
  const Drawn expected = draw(sound, layout, camera, options);
  const float bad_values[] = {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
                              -std::numeric_limits<float>::infinity()};
  AlignedVector<float> records = sound;
  size_t added = 0;
  for (size_t field = 0; field < layout.stride(); ++field) {
    if (field == 7 || field == 15) continue;  // pads
    for (const float bad : bad_values) {
      records.insert(records.end(), sound.begin(), sound.begin() + static_cast<std::ptrdiff_t>(layout.stride()));
      records[records.size() - layout.stride() + field] = bad;
      ++added;
    }
  }
  const Drawn drawn = draw(records, layout, camera, options);
  for (int y = 0; y < 40; ++y) {
    expect_same_bits(expected.image.row(SplatPlane::kRed, y), drawn.image.row(SplatPlane::kRed, y), "red");
  }
  EXPECT_EQ(added, 3u * 38u);
  for (size_t i = 0; i < drawn.visible.size(); ++i) {
    for (size_t k = 0; k < layout.stride(); ++k) {
      const float value = drawn.gradients[i * layout.stride() + k];
      ASSERT_TRUE(std::isfinite(value));
      ASSERT_TRUE(drawn.visible[i] < 60 || value == 0.0f);
    }
  }
  // In blocks with splats that are left out, rounding is the same: each lane is its own.
  expect_same_bits(std::span<const float>(expected.gradients),
                   std::span<const float>(drawn.gradients).first(expected.gradients.size()), "gradients");
  EXPECT_TRUE(std::isfinite(glm::dot(drawn.camera.rotation, drawn.camera.translation)));
}

TEST(SplatRasterizer, ScalesFromNothingToTheHugeStayFinite) {
  const Camera camera = splat_camera({40, 30});
  AlignedVector<float> records = random_splats(camera, {1}, 200, 9);
  for (size_t i = 0; i < 200; ++i) {
    const float extremes[] = {-120, -30, 8, 60};
    records[i * 32 + SplatLayout::kLogScale + i % 3] = extremes[i % 4];
  }
  for (const bool antialiased : {false, true}) {
    expect_finite(draw(records, {1}, camera, {.channels = kAllChannels, .antialiased = antialiased}));
  }
}

TEST(SplatRasterizer, APictureOfOnePixelIsDrawn) {
  const Camera camera = plain_camera({1, 1});
  const Drawn drawn = draw(round_splat({0, 0, 1}, 0.1f, 0.5f, {1, 1, 1}), {0}, camera, {});
  EXPECT_NEAR(drawn.image.row(SplatPlane::kRed, 0)[0], 0.5f, 1e-6f);
  EXPECT_EQ(drawn.visible.size(), 1u);
}

TEST(SplatRasterizer, TenThousandSplatsAtOnePlaceAreOpaque) {
  const Camera camera = plain_camera({24, 24});
  std::vector<float> records;
  for (int i = 0; i < 10000; ++i) {
    const std::vector<float> splat = round_splat({0, 0, 1}, 0.05f, 0.3f, {0.5f, 0.5f, 0.5f});
    records.insert(records.end(), splat.begin(), splat.end());
  }
  const Drawn drawn = draw(records, {0}, camera, {.channels = kAllChannels});
  expect_finite(drawn);
  // Pixels are done before their transmittance would fall below 1e-4; alpha 0.3 leaves at most 1e-4 / 0.7.
  EXPECT_NEAR(drawn.image.row(SplatPlane::kAlpha, 12)[12], 1.0f, 2e-4f);
  EXPECT_NEAR(drawn.image.row(SplatPlane::kRed, 12)[12], 0.5f, 2e-4f);
}

TEST(SplatRasterizer, NothingBehindTheNearPlaneIsDrawn) {
  const Camera camera = plain_camera({24, 24});
  std::vector<float> records = round_splat({0, 0, 0.19f}, 0.05f, 0.9f, {1, 1, 1});
  const std::vector<float> behind = round_splat({0, 0, -1}, 5.0f, 0.9f, {1, 1, 1});
  records.insert(records.end(), behind.begin(), behind.end());
  EXPECT_TRUE(draw(records, {0}, camera, {}).visible.empty());
  EXPECT_EQ(draw(records, {0}, camera, {.near_m = 0.1f}).visible.size(), 1u);
}

TEST(SplatRasterizer, StatisticsAddUpToThePicture) {
  const Camera camera = splat_camera({61, 50});
  const AlignedVector<float> records = random_splats(camera, {0}, 300, 12);
  SplatRasterizer rasterizer;
  const SplatRasterOptions options{.channels = {.depth = true}};
  const Drawn plain = draw(rasterizer, records, {0}, camera, options);
  const Drawn drawn = draw(rasterizer, records, {0}, camera, options, 2, true);
  expect_same_bits(plain, drawn);
  double alpha = 0, weights = 0;
  for (int y = 0; y < camera.size_px.y; ++y) {
    for (const float value : drawn.image.row(SplatPlane::kAlpha, y)) alpha += static_cast<double>(value);
  }
  for (size_t i = 0; i < drawn.screen.size(); ++i) {
    const SplatScreenGradient& screen = drawn.screen[i];
    weights += static_cast<double>(screen.weight_sum);
    EXPECT_EQ(screen.mean_px, plain.screen[i].mean_px);
    EXPECT_LE(screen.max_weight, 0.99f);
    EXPECT_LE(screen.max_weight, screen.weight_sum);
    // A sum of absolute values is no less than the sum's, but for rounding.
    EXPECT_GE(screen.absolute_mean_px.x * 1.0001f + 1e-6f, std::abs(screen.mean_px.x));
    EXPECT_GE(screen.absolute_mean_px.y * 1.0001f + 1e-6f, std::abs(screen.mean_px.y));
    EXPECT_EQ(plain.screen[i].weight_sum, 0.0f);
  }
  // The picture's last columns and rows lie in tiles whose padding some splats touch.
  EXPECT_NEAR(weights, alpha, 1e-4 * alpha);
}

TEST(SplatRasterizer, FootprintsHoldWhatIsDrawn) {
  const Camera camera = plain_camera({64, 64});
  SplatRasterizer rasterizer;
  ThreadPool pool(2);
  SplatPlanes image;
  rasterizer.forward(round_splat({0.1f, -0.1f, 2}, 0.08f, 0.9f, {1, 1, 1}), {0}, camera, {.channels = kAllChannels},
                     image, pool);
  const SplatFootprint footprint = rasterizer.footprint(0);
  EXPECT_NEAR(footprint.mean_px.x, 34.5f, 1e-4f);
  EXPECT_NEAR(footprint.mean_px.y, 29.5f, 1e-4f);
  EXPECT_EQ(footprint.z_m, 2.0f);
  EXPECT_GE(footprint.tiles, 1u);
  for (int y = 0; y < 64; ++y) {
    const auto row = std::as_const(image).row(SplatPlane::kAlpha, y);
    for (size_t x = 0; x < row.size(); ++x) {
      const glm::vec2 d = glm::abs(glm::vec2(x, y) + 0.5f - footprint.mean_px);
      if (row[x] > 0) {
        EXPECT_TRUE(d.x <= footprint.half_extent_px.x && d.y <= footprint.half_extent_px.y);
      } else {
        EXPECT_GT(glm::dot(d, d), 0.98f * footprint.half_extent_px.x * footprint.half_extent_px.x);
      }
    }
  }
}

TEST(SplatRasterizer, BlocksOfGradientsAddUpToAllOfThem) {
  const Camera camera = splat_camera({61, 50});
  const SplatLayout layout{1};
  const AlignedVector<float> records = random_splats(camera, layout, 500, 12);
  SplatRasterizer rasterizer;
  const Drawn all = draw(rasterizer, records, layout, camera, {});
  SplatCameraGradient camera_sum;
  std::vector<float> block(64 * layout.stride());
  for (size_t first = 0; first < all.visible.size(); first += 64) {
    const size_t count = std::min<size_t>(64, all.visible.size() - first);
    SplatCameraGradient share;
    rasterizer.splat_gradients(first, count, block, {}, &share);
    camera_sum += share;
    expect_same_bits(std::span<const float>(block).first(count * layout.stride()),
                     std::span<const float>(all.gradients).subspan(first * layout.stride(), count * layout.stride()),
                     "block");
  }
  EXPECT_EQ(camera_sum.rotation, all.camera.rotation);
  EXPECT_EQ(camera_sum.focal_px, all.camera.focal_px);
}

TEST(SplatRasterizer, SplatsThatCoverMoreThanFitsAreRefused) {
  const std::vector<float> wall = round_splat({0, 0, 1}, 1e3f, 0.5f, {1, 1, 1});
  std::vector<float> records;
  for (int i = 0; i < 10000; ++i) records.insert(records.end(), wall.begin(), wall.end());
  SplatRasterizer rasterizer;
  SplatPlanes image;
  ThreadPool pool(2);
  DIO_EXPECT_ERROR(rasterizer.forward(records, {0}, plain_camera({1920, 1080}), {}, image, pool),
                   ErrorCode::kInvalidInput, "too large for the scene");
  // The next picture is none the worse for it.
  rasterizer.forward(wall, {0}, plain_camera({24, 24}), {}, image, pool);
  EXPECT_NEAR(image.row(SplatPlane::kAlpha, 12)[12], 0.5f, 1e-5f);
}

TEST(SplatRasterizer, ACameraThatIsNoneIsRefused) {
  SplatRasterizer rasterizer;
  SplatPlanes image;
  ThreadPool pool(1);
  Camera camera = plain_camera({24, 24});
  camera.focal_px.x = std::numeric_limits<float>::quiet_NaN();
  DIO_EXPECT_ERROR(rasterizer.forward({}, {0}, camera, {}, image, pool), ErrorCode::kInvalidInput, "focal");
}

}  // namespace
}  // namespace diorama
