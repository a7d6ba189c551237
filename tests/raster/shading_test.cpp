#include "engine/raster/srgb_encoder.h"
#include "engine/raster/surface_light_shared.h"
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

TEST(Texture, MirroredCopiesRunBack) {
  ImageRgba8 texture({2, 1});
  texture.at(0, 0) = {0, 0, 0, 255};
  texture.at(1, 0) = {255, 255, 255, 255};
  const auto red = [&](float u) {
    return sample_texture({&texture, nullptr, true, true, true, false}, {u, 0.5f}, 1.0f).r;
  };
  EXPECT_NEAR(red(0.25f), 0.0f, 1e-6f);
  EXPECT_NEAR(red(0.95f), 1.0f, 1e-6f);
  EXPECT_NEAR(red(1.25f), 1.0f, 1e-6f);
  EXPECT_NEAR(red(1.75f), 0.0f, 1e-6f);
  EXPECT_NEAR(red(-0.25f), 0.0f, 1e-6f);
  EXPECT_NEAR(red(-0.75f), 1.0f, 1e-6f);
}

TEST(Texture, NearestReadsOneTexelAndDataIsNotDecoded) {
  ImageRgba8 texture({2, 1});
  texture.at(0, 0) = {51, 0, 0, 255};
  texture.at(1, 0) = {204, 255, 255, 255};
  const TextureView view{&texture, nullptr, true, true, false, false, true, TextureKind::kData};
  EXPECT_NEAR(sample_texture(view, {0.49f, 0.5f}, 1.0f).r, 0.2f, 1e-6f);
  EXPECT_NEAR(sample_texture(view, {0.51f, 0.5f}, 1.0f).r, 0.8f, 1e-6f);
  ThreadPool pool(1);
  EXPECT_EQ(make_mips(texture, pool, TextureKind::kData).levels.back().at(0, 0).r, 128);
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

// The quad of screen_quad with its front to the camera.
Mesh facing_quad(const Camera& camera, float z_m) {
  Mesh mesh = screen_quad(camera, z_m);
  for (glm::uvec3& t : mesh.triangles) std::swap(t.y, t.z);
  return mesh;
}

// What a wall that faces the camera looks like.
glm::vec3 wall_light(const Camera& camera, const RasterMaterial& material) {
  Mesh mesh = facing_quad(camera, 1.0f);
  mesh.normals.assign(4, glm::vec3(0, 0, -1));
  return linear_from_srgb(glm::vec3(draw(mesh, camera, material).color.at(4, 4)) / 255.0f);
}

TEST(Shading, LitSurfacesAreSeenAsTheSharedMathsHasThem) {
  const Camera camera = test_camera(9, 9, 1000);  // nearly parallel rays along +z
  RasterMaterial material;
  material.lit = true;
  material.base_color_linear = {0.8f, 0.4f, 0.2f, 1.0f};
  material.surface.metallic = 0.25f;
  material.surface.roughness = 0.5f;
  material.surface.emissive_linear = {0.0f, 0.1f, 0.0f};
  light::LitSurface s{};
  s.base_color = glm::vec3(material.base_color_linear);
  s.metallic = 0.25f;
  s.roughness = 0.5f;
  s.emissive = {0.0f, 0.1f, 0.0f};
  s.normal = s.view = {0, 0, -1};
  s.occlusion = 1;
  s.dielectric_reflectance = 0.04f;
  s.tint = glm::vec3(1);
  s.film_ior = 1.3f;
  const glm::vec3 expected = light::surface_light(s).light, seen = wall_light(camera, material);
  for (int c = 0; c < 3; ++c) EXPECT_NEAR(seen[c], expected[c], 0.01f) << "8 bits of sRGB, rays off by 0.004";
}

TEST(Shading, NoSurfaceGivesBackMoreThanItGets) {
  for (const float roughness : {0.0f, 0.3f, 0.7f, 1.0f}) {
    for (const float metallic : {0.0f, 1.0f}) {
      for (float angle = 0; angle < 1.5f; angle += 0.1f) {
        light::LitSurface s{};
        s.base_color = s.tint = glm::vec3(1);
        s.metallic = metallic;
        s.roughness = roughness;
        s.dielectric_reflectance = 0.04f;
        s.normal = {0, -1, 0};  // no sun
        s.view = {std::sin(angle), -std::cos(angle), 0};
        s.occlusion = 1;
        s.film_ior = 1.3f;
        const glm::vec3 given = light::surface_light(s).light;
        // The ground is what it sees, and the horizon where it mirrors along itself; the fitted response is off by 3 %.
        EXPECT_LE(given.x, 0.78f * 1.03f) << roughness << ' ' << metallic << ' ' << angle;
        EXPECT_GE(given.x, 0.29f) << roughness << ' ' << metallic << ' ' << angle;
      }
    }
  }
}

TEST(Shading, AFilmOfNoThicknessIsNoFilmAndAThickOneIsGrey) {
  const glm::vec3 base(0.3f);
  for (const float cosine : {1.0f, 0.6f}) {  // at grazing angles Schlick's Fresnel counts both surfaces
    const glm::vec3 none = light::film_reflectance(cosine, base, 1.5f, 0.0f);
    EXPECT_NEAR(none.x, none.y, 0.03f);
    EXPECT_NEAR(none.y, none.z, 0.03f);
    const glm::vec3 thick = light::film_reflectance(cosine, base, 1.5f, 60000.0f);
    EXPECT_NEAR(thick.x, thick.y, 0.02f) << "fringes finer than the eye's curves";
    EXPECT_NEAR(thick.y, thick.z, 0.02f);
  }
  const glm::vec3 colored = light::film_reflectance(0.9f, glm::vec3(0.0f), 2.0f, 300.0f);
  EXPECT_GT(std::max({colored.x, colored.y, colored.z}) - std::min({colored.x, colored.y, colored.z}), 0.1f);
}

TEST(Shading, BothSidesOfASurfaceAreLitAsTheSideThatIsSeen) {
  const Camera camera = test_camera(9, 9, 1000);
  RasterMaterial material;
  material.lit = true;
  Mesh mesh = facing_quad(camera, 1.0f);
  mesh.normals.assign(4, glm::vec3(0, 0, -1));
  const glm::u8vec4 front = draw(mesh, camera, material).color.at(4, 4);
  for (glm::uvec3& t : mesh.triangles) std::swap(t.y, t.z);
  for (glm::vec3& n : mesh.normals) n = -n;
  EXPECT_EQ(draw(mesh, camera, material).color.at(4, 4), front);
  mesh.normals.clear();
  EXPECT_EQ(draw(mesh, camera, material).color.at(4, 4), front);
}

TEST(Shading, NormalTexturesTurnTheNormalAlongTheTangent) {
  const Camera camera = test_camera(9, 9, 1000);
  Mesh mesh = facing_quad(camera, 1.0f);  // +u to the right, +v down the picture
  mesh.normals.assign(4, glm::vec3(0, 0, -1));
  mesh.tangents.assign(4, glm::vec4(1, 0, 0, 1));
  // cross(normal, tangent) * w = (0, -1, 0): up the picture, as the format wants it.
  const float half = std::sqrt(0.5f);
  const ImageRgba8 texture({1, 1}, glm::u8vec4(unorm8(0.5f + 0.5f * half), 128, unorm8(0.5f + 0.5f * half), 255));
  RasterMaterial material;
  material.lit = true;
  material.surface.normal.view = {&texture, nullptr, true, true, false, false, false, TextureKind::kData};
  Mesh turned = mesh;
  turned.tangents.clear();
  turned.normals.assign(4, glm::vec3(half, 0, -half));
  const glm::u8vec4 mapped = draw(mesh, camera, material).color.at(4, 4);
  const glm::u8vec4 expected = draw(turned, camera, material).color.at(4, 4);
  for (int c = 0; c < 3; ++c) EXPECT_NEAR(mapped[c], expected[c], 2) << "8 bits of the texel";
  material.surface.normal_scale = 0;
  mesh.tangents.assign(4, glm::vec4(1, 0, 0, 1));
  turned.normals.assign(4, glm::vec3(0, 0, -1));
  EXPECT_EQ(draw(mesh, camera, material).color.at(4, 4), draw(turned, camera, material).color.at(4, 4));
}

TEST(Shading, OcclusionTakesTheSkyByItsStrengthFromItsOwnCoordinates) {
  const Camera camera = test_camera(9, 9, 1000);
  Mesh mesh = facing_quad(camera, 1.0f);
  mesh.normals.assign(4, glm::vec3(0, 1, 0));
  mesh.second_uvs.assign(4, glm::vec2(0.75f, 0.5f));
  ImageRgba8 texture({2, 1}, glm::u8vec4(255));
  texture.at(1, 0) = {0, 0, 0, 255};
  RasterMaterial material;
  material.lit = true;
  material.surface.occlusion.view = {&texture, nullptr, true, true, false, false, true, TextureKind::kData};
  const auto red = [&] {
    return linear_from_srgb(static_cast<float>(draw(mesh, camera, material).color.at(2, 4).r) / 255);
  };
  const float open = red();  // the first set reads the white half here
  material.surface.occlusion.uv_set = 1;
  const float closed = red();
  material.surface.occlusion_strength = 0.5f;
  EXPECT_NEAR(red(), 0.5f * (open + closed), 0.01f);
  EXPECT_LT(closed, 0.8f * open);
  material.surface.occlusion.uv_transform[2] = {0.5f, 0.0f};  // moved to the white half
  EXPECT_NEAR(red(), open, 0.005f);
}

TEST(Shading, TransmissionTintsWhatIsBehind) {
  const Camera camera = test_camera(16, 16, 16);
  const Mesh back = screen_quad(camera, 5.0f);
  Mesh pane = facing_quad(camera, 2.0f);
  pane.normals.assign(4, glm::vec3(0, 0, -1));
  RasterMaterial solid, glass;
  solid.base_color_linear = {0.5f, 0.5f, 0.5f, 1};
  glass.blend = glass.lit = glass.ignore_alpha = true;
  glass.base_color_linear = {1.0f, 0.25f, 0.0f, 0.3f};  // alpha does not count
  glass.surface.metallic = 0;
  glass.surface.dielectric_reflectance = 0;
  glass.surface.roughness = 0.1f;
  glass.surface.transmission = 1;
  glass.surface.tint = {0.5f, 1.0f, 1.0f};
  const std::vector<RasterMesh> meshes = {{&pane, glass}, {&back, solid}};
  ThreadPool pool(2);
  const RasterResult result = rasterize(meshes, camera, {}, pool);
  const glm::vec3 seen = linear_from_srgb(glm::vec3(result.color.at(8, 8)) / 255.0f);
  EXPECT_NEAR(seen.r, 0.25f, 0.02f) << "half of it by the volume; the response of the surface is off 0 by 0.01";
  EXPECT_NEAR(seen.g, 0.125f, 0.02f);
  EXPECT_NEAR(seen.b, 0.0f, 0.02f);
  EXPECT_NEAR(result.depth_m.at(8, 8), 5.0f, 1e-5f);
}

TEST(Shading, ATextureWithoutCoordinatesIsRefused) {
  const Camera camera = test_camera(8, 8, 8);
  Mesh mesh = facing_quad(camera, 1.0f);
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
