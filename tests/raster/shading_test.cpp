#include "engine/raster/srgb_encoder.h"
#include "engine/scene/color.h"
#include "tests/raster/raster_scenes.h"

#include <gtest/gtest.h>

#include <limits>

namespace diorama {
namespace {

// A quad that fills the picture, one texture pixel to a picture pixel.
Mesh screen_quad(const Camera& camera, float z_m) {
  const glm::vec2 size(camera.size_px);
  Mesh mesh = mesh_on_screen(camera, {{0, 0}, {size.x, 0}, size, {0, size.y}}, {z_m}, {{0, 1, 2}, {0, 2, 3}});
  mesh.uvs = {{0, 0}, {1, 0}, {1, 1}, {0, 1}};
  return mesh;
}

ImageRgba8 random_texture(glm::ivec2 size, uint64_t seed) {
  Random random(seed);
  ImageRgba8 texture(size);
  for (glm::u8vec4& texel : texture.pixels()) {
    const auto channel = [&] { return static_cast<uint8_t>(random.below(256)); };
    const uint8_t r = channel(), g = channel();
    texel = {r, g, channel(), 255};
  }
  return texture;
}

TEST(Texture, TexelCentresReadTheTexel) {
  const ImageRgba8 texture = random_texture({5, 3}, 1);
  for (const bool repeat : {false, true}) {
    for (int y = 0; y < 3; ++y) {
      for (int x = 0; x < 5; ++x) {
        const glm::vec2 uv = (glm::vec2(x, y) + 0.5f) / glm::vec2(5, 3);
        const glm::vec4 color = sample_texture({&texture, nullptr, repeat, repeat}, uv, 1.0f);
        for (int c = 0; c < 3; ++c) {
          // The weight of the neighbour is a rounding error of the coordinate.
          EXPECT_NEAR(color[c], linear_from_srgb(static_cast<float>(texture.at(x, y)[c]) / 255.0f), 1e-5f);
        }
      }
    }
  }
}

TEST(Texture, HalfwayBetweenTexelsIsTheMeanOfTheirLight) {
  ImageRgba8 texture({2, 1});
  texture.at(0, 0) = {0, 0, 0, 0};
  texture.at(1, 0) = {255, 255, 255, 255};
  const glm::vec4 middle = sample_texture({&texture, nullptr, false, false}, {0.5f, 0.5f}, 1.0f);
  for (int c = 0; c < 4; ++c) EXPECT_NEAR(middle[c], 0.5f, 1e-6f);
}

TEST(Texture, EdgesClampOrWrap) {
  ImageRgba8 texture({2, 1});
  texture.at(0, 0) = {0, 0, 0, 255};
  texture.at(1, 0) = {255, 255, 255, 255};
  const auto red = [&](bool repeat, float u) {
    return sample_texture({&texture, nullptr, repeat, repeat}, {u, 0.5f}, 1.0f).r;
  };
  EXPECT_NEAR(red(false, -3.0f), 0.0f, 1e-6f);
  EXPECT_NEAR(red(false, 3.0f), 1.0f, 1e-6f);
  EXPECT_NEAR(red(true, 0.0f), 0.5f, 1e-6f);
  EXPECT_NEAR(red(true, 1.75f), 1.0f, 1e-6f);
  EXPECT_NEAR(red(true, -0.75f), 0.0f, 1e-6f);
  EXPECT_NEAR(red(true, std::numeric_limits<float>::quiet_NaN()), 0.5f, 1e-6f);
  EXPECT_NEAR(red(true, std::numeric_limits<float>::infinity()), 0.5f, 1e-6f);
  EXPECT_TRUE(std::isfinite(red(true, 1e30f)));
}

TEST(Texture, MipsKeepTheMeanLight) {
  ThreadPool pool(2);
  for (const glm::ivec2 size : {glm::ivec2(8, 8), glm::ivec2(7, 5), glm::ivec2(1, 6)}) {
    const ImageRgba8 texture = random_texture(size, 9);
    glm::dvec3 mean(0.0);
    for (const glm::u8vec4 texel : texture.pixels()) {
      mean += glm::dvec3(linear_from_srgb(glm::vec3(texel) / 255.0f)) / static_cast<double>(texture.pixels().size());
    }
    const MipChain mips = make_mips(texture, pool);
    const ImageRgba8& last = mips.levels.back();
    ASSERT_EQ(last.size_px(), glm::ivec2(1));
    for (int c = 0; c < 3; ++c) {
      // Each of up to three levels rounds to 8 bits, at most 0.004 of linear light.
      EXPECT_NEAR(static_cast<double>(linear_from_srgb(static_cast<float>(last.at(0, 0)[c]) / 255.0f)), mean[c], 0.012);
    }
  }
}

TEST(Texture, TransparentTexelsDoNotBleedIntoMips) {
  ThreadPool pool(1);
  ImageRgba8 texture({2, 2}, glm::u8vec4(255, 0, 255, 0));
  texture.at(0, 0) = {200, 100, 50, 255};
  EXPECT_EQ(make_mips(texture, pool).levels.back().at(0, 0), glm::u8vec4(200, 100, 50, 64));
}

TEST(Texture, LevelsBlendByFootprint) {
  ThreadPool pool(1);
  ImageRgba8 texture({4, 4});
  for (int i = 0; i < 16; ++i) {
    texture.pixels()[static_cast<size_t>(i)] = (i + i / 4) % 2 == 0 ? glm::u8vec4(255) : glm::u8vec4(0, 0, 0, 255);
  }
  const MipChain mips = make_mips(texture, pool);
  const TextureView view{&texture, &mips, true, true};
  const glm::vec2 uv(0.125f, 0.125f);  // the centre of a white texel
  EXPECT_NEAR(sample_texture(view, uv, 1.0f).r, 1.0f, 1e-5f);
  EXPECT_NEAR(sample_texture(view, uv, 2.0f).r, 0.5f, 0.003f);  // one level down: grey, rounded to 8 bits
  EXPECT_NEAR(sample_texture(view, uv, std::sqrt(2.0f)).r, 0.75f, 0.003f);
  EXPECT_NEAR(sample_texture(view, uv, 1e30f).r, 0.5f, 0.003f);
}

TEST(Shading, AScreenAlignedTextureComesOutPixelForPixel) {
  const Camera camera = test_camera(48, 40, 30);
  const ImageRgba8 texture = random_texture(camera.size_px, 2);
  RasterMaterial material;
  material.texture = &texture;
  RasterOptions options;
  options.samples = 1;  // four are shaded apart along the quad's diagonal
  const RasterResult result = draw(screen_quad(camera, 2.0f), camera, material, options);
  for (size_t i = 0; i < texture.pixels().size(); ++i) {
    for (int c = 0; c < 3; ++c) {
      // Coordinates are right to 1e-5 texel: at most the last code.
      ASSERT_NEAR(result.color.pixels()[i][c], texture.pixels()[i][c], 1) << i;
    }
  }
}

TEST(Shading, ColoursMultiplyInLinearLight) {
  const Camera camera = test_camera(8, 8, 8);
  Mesh mesh = screen_quad(camera, 1.0f);
  mesh.colors_linear.assign(4, glm::vec4(0.5f, 0.25f, 1.0f, 1.0f));
  ImageRgba8 texture({1, 1}, glm::u8vec4(188, 188, 188, 255));
  RasterMaterial material;
  material.texture = &texture;
  material.base_color_linear = {0.5f, 1.0f, 0.1f, 1.0f};
  const glm::u8vec4 color = draw(mesh, camera, material).color.at(4, 4);
  const float light = linear_from_srgb(188.0f / 255.0f);
  EXPECT_EQ(color, glm::u8vec4(unorm8(srgb_from_linear(0.25f * light)), unorm8(srgb_from_linear(0.25f * light)),
                               unorm8(srgb_from_linear(0.1f * light)), 255));
}

TEST(Shading, AlphaBelowTheCutoffLeavesAHole) {
  const Camera camera = test_camera(32, 32, 32);
  Mesh mesh = screen_quad(camera, 1.0f);
  for (size_t i = 0; i < 4; ++i) mesh.colors_linear.emplace_back(1, 1, 1, mesh.uvs[i].x);  // alpha = u
  RasterMaterial material;
  material.alpha_cutoff = 0.5f;
  const RasterResult result = draw(mesh, camera, material);
  for (int y = 0; y < 32; ++y) {
    EXPECT_EQ(result.coverage.at(14, y), 0.0f);
    EXPECT_EQ(result.depth_m.at(14, y), 0.0f);
    EXPECT_EQ(result.coverage.at(17, y), 1.0f);
    EXPECT_NEAR(result.depth_m.at(17, y), 1.0f, 1e-6f);
    EXPECT_EQ(result.color.at(17, y), glm::u8vec4(255));  // the alpha that is left does not mix
  }
}

TEST(Shading, BlendedMeshesMixInMeshOrderFarToNearAndLeaveDepthAlone) {
  const Camera camera = test_camera(16, 16, 16);
  const Mesh back = screen_quad(camera, 5.0f);
  // Listed near triangle first: the far one must still be drawn first.
  Mesh panes = screen_quad(camera, 2.0f);
  const Mesh far_pane = screen_quad(camera, 3.0f);
  for (const glm::vec3 p : far_pane.positions) panes.positions.push_back(p);
  panes.triangles.insert(panes.triangles.end(), {{4, 5, 6}, {4, 6, 7}});
  panes.uvs.clear();
  for (int i = 0; i < 8; ++i) {
    panes.colors_linear.push_back(i < 4 ? glm::vec4(1, 0, 0, 0.5f) : glm::vec4(0, 1, 0, 0.5f));
  }
  const Mesh hidden = screen_quad(camera, 6.0f);
  RasterMaterial solid, glass;
  solid.base_color_linear = {0, 0, 1, 1};
  glass.blend = true;
  const std::vector<RasterMesh> meshes = {{&panes, glass}, {&hidden, glass}, {&back, solid}};
  ThreadPool pool(2);
  const RasterResult result = rasterize(meshes, camera, {}, pool);
  // Blue, half green over it, half red over that.
  EXPECT_EQ(result.color.at(8, 8), glm::u8vec4(unorm8(srgb_from_linear(0.5f)), unorm8(srgb_from_linear(0.25f)),
                                               unorm8(srgb_from_linear(0.25f)), 255));
  EXPECT_NEAR(result.depth_m.at(8, 8), 5.0f, 1e-5f);
  EXPECT_EQ(result.coverage.at(8, 8), 1.0f);
}

TEST(Shading, BlendedSurfacesAloneCountAsCoverageButNotAsDepth) {
  const Camera camera = test_camera(8, 8, 8);
  RasterMaterial glass;
  glass.blend = true;
  glass.base_color_linear.a = 0.25f;
  const RasterResult result = draw(screen_quad(camera, 1.0f), camera, glass);
  EXPECT_EQ(result.coverage.at(4, 4), 1.0f);
  EXPECT_EQ(result.depth_m.at(4, 4), 0.0f);
  glass.base_color_linear.a = 0.0f;
  EXPECT_EQ(draw(screen_quad(camera, 1.0f), camera, glass).coverage.at(4, 4), 0.0f);
}

TEST(Shading, TheHeadlightFollowsTheAngleToTheView) {
  const Camera camera = test_camera(9, 9, 1000);  // nearly parallel rays
  Mesh mesh = screen_quad(camera, 1.0f);
  RasterMaterial material;
  material.lit = true;
  EXPECT_EQ(draw(mesh, camera, material).color.at(4, 4), glm::u8vec4(255));
  const float cosine = 0.5f;
  mesh.normals.assign(4, glm::vec3(std::sqrt(1 - cosine * cosine), 0, -cosine));
  const uint8_t expected = unorm8(srgb_from_linear(0.2f + 0.8f * cosine));
  EXPECT_NEAR(draw(mesh, camera, material).color.at(4, 4).r, expected, 1);
  for (glm::vec3& normal : mesh.normals) normal = -normal;  // seen from behind
  EXPECT_NEAR(draw(mesh, camera, material).color.at(4, 4).r, expected, 1);
}

TEST(Shading, ATextureWithoutCoordinatesIsRefused) {
  const Camera camera = test_camera(8, 8, 8);
  Mesh mesh = screen_quad(camera, 1.0f);
  mesh.uvs.clear();
  const ImageRgba8 texture({1, 1});
  RasterMaterial material;
  material.texture = &texture;
  EXPECT_THROW(draw(mesh, camera, material), Error);
}

TEST(Shading, TheSrgbTableIsExact) {
  for (int i = -10; i <= 70000; ++i) {
    const float value = static_cast<float>(i) / 65536.0f;
    ASSERT_EQ(srgb8_from_linear(glm::vec3(value)).r, unorm8(srgb_from_linear(value))) << value;
  }
  EXPECT_EQ(srgb8_from_linear(glm::vec3(std::numeric_limits<float>::quiet_NaN())).r, 0);
  EXPECT_EQ(srgb8_from_linear(glm::vec3(std::numeric_limits<float>::infinity())).r, 255);
}

}  // namespace
}  // namespace diorama
