#include "engine/scene/color.h"
#include "renderers/mesh/mesh_renderer.h"
#include "renderers/mesh/raster_view.h"
#include "tests/gpu/gpu_fixture.h"
#include "tests/renderers/sample_asset.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>

// The rasteriser on the CPU is what the pictures are held against.
namespace diorama {
namespace {

struct Difference {
  double mean = 0, mean_inside = 0;  // of 8-bit colour, all pixels and those away from edges
  double depth_rms_share = 0;        // of depth relative to depth, where both have one and are away from edges
  size_t one_sided_depth = 0;        // pixels where one has depth and the other not
  double coverage = 0;               // mean of the difference
};

// No edge of a silhouette and no cut within a pixel.
bool is_inside(const RasterResult& picture, int x, int y) {
  const float middle = picture.depth_m.at(x, y), covered = picture.coverage.at(x, y);
  for (int dy = -1; dy <= 1; ++dy) {
    for (int dx = -1; dx <= 1; ++dx) {
      if (!picture.depth_m.contains({x + dx, y + dy})) return false;
      if (picture.coverage.at(x + dx, y + dy) != covered || (covered != 0 && covered != 1)) return false;
      if (std::abs(picture.depth_m.at(x + dx, y + dy) - middle) > 0.05f * middle) return false;
    }
  }
  return true;
}

Difference compare(const RasterResult& cpu, const RasterResult& gpu) {
  Difference result;
  size_t inside = 0, depths = 0;
  const glm::ivec2 size = cpu.color.size_px();
  for (int y = 0; y < size.y; ++y) {
    for (int x = 0; x < size.x; ++x) {
      const glm::ivec3 d = glm::abs(glm::ivec3(cpu.color.at(x, y)) - glm::ivec3(gpu.color.at(x, y)));
      const double difference = (d.x + d.y + d.z) / 3.0;
      result.mean += difference;
      result.coverage += std::abs(cpu.coverage.at(x, y) - gpu.coverage.at(x, y));
      const float a = cpu.depth_m.at(x, y), b = gpu.depth_m.at(x, y);
      if ((a > 0) != (b > 0)) ++result.one_sided_depth;
      if (!is_inside(cpu, x, y)) continue;
      ++inside;
      result.mean_inside += difference;
      if (!(a > 0 && b > 0)) continue;
      ++depths;
      result.depth_rms_share += static_cast<double>((a - b) / a) * static_cast<double>((a - b) / a);
    }
  }
  const double pixels = static_cast<double>(size.x) * size.y;
  result.mean /= pixels;
  result.coverage /= pixels;
  result.mean_inside /= static_cast<double>(std::max<size_t>(1, inside));
  result.depth_rms_share = std::sqrt(result.depth_rms_share / static_cast<double>(std::max<size_t>(1, depths)));
  EXPECT_GT(inside, 2000u);  // of 19200: else nothing is compared
  return result;
}

Difference worse(const Difference& a, const Difference& b) {
  return {std::max(a.mean, b.mean), std::max(a.mean_inside, b.mean_inside),
          std::max(a.depth_rms_share, b.depth_rms_share), std::max(a.one_sided_depth, b.one_sided_depth),
          std::max(a.coverage, b.coverage)};
}

class MeshParity : public GpuTest {
 protected:
  // The worse of both ways to encode sRGB.
  Difference difference(const Asset& asset, const Camera& camera, const RasterOptions& options) {
    const RasterResult cpu = render_on_cpu(asset, camera, options, pool_);
    EXPECT_GT(mean_of(cpu.coverage), 0.2);
    MeshRenderer driver_encodes(device(), asset, false), shader_encodes(device(), asset, true);
    const Difference by_driver = compare(cpu, driver_encodes.render(camera, options));
    const Difference by_shader = compare(cpu, shader_encodes.render(camera, options));
    const Difference result = worse(by_driver, by_shader);
    RecordProperty("mean", std::to_string(result.mean));
    RecordProperty("mean_inside", std::to_string(result.mean_inside));
    RecordProperty("coverage", std::to_string(result.coverage));
    return result;
  }

  static double mean_of(const ImageF32& image) {
    double sum = 0;
    for (const float value : image.pixels()) sum += value;
    return sum / static_cast<double>(image.pixels().size());
  }

  // The bound of the design (1/255) away from edges; the same over all pixels unless said.
  void expect_twins(const Difference& d, double mean_everywhere = 1.0) {
    EXPECT_LE(d.mean_inside, 1.0);
    EXPECT_LE(d.mean, mean_everywhere);
    EXPECT_LE(d.coverage, 0.002);        // a sample in 2,000 pixels at silhouettes, where snapping decides
    EXPECT_LE(d.depth_rms_share, 1e-5);  // float positions against exact planes
    EXPECT_LE(d.one_sided_depth, 20u);   // pixel centres on a silhouette
  }

  ThreadPool pool_;
  RasterOptions options_{4, 0.01f, {0.2f, 0.4f, 0.6f}};
};

TEST_F(MeshParity, VertexColours) {
  expect_twins(difference(unlit_asset(wavy_sheet(30)), camera_before(2.5f), options_));
}

TEST_F(MeshParity, OneSampleAPixel) {
  options_.samples = 1;
  expect_twins(difference(unlit_asset(wavy_sheet(30)), camera_before(2.5f), options_));
}

TEST_F(MeshParity, TrianglesThatReachBehindTheCamera) {
  expect_twins(difference(unlit_asset(wavy_sheet(3)), camera_before(0.5f), options_));
}

TEST_F(MeshParity, ManyChunksOfWhichSomeAreOutOfSight) {
  const Asset asset = unlit_asset(wavy_sheet(120));
  ASSERT_GT(2 * 120 * 120, 4 * static_cast<int>(kMeshChunkTriangles));
  expect_twins(difference(asset, camera_before(1.0f), options_));
}

TEST_F(MeshParity, TexturesThatAreMagnified) {
  Asset asset = unlit_asset(wavy_sheet(30));
  asset.textures.push_back({"blocks", block_texture({32, 32}, false)});
  asset.materials[0].base_color_texture = 0;
  asset.materials[0].base_color_linear = {0.9f, 0.8f, 1.0f, 1.0f};
  expect_twins(difference(asset, camera_before(2.0f), options_));
}

TEST_F(MeshParity, TexturesThatRepeatAndClamp) {
  Mesh mesh = wavy_sheet(30);
  for (glm::vec2& uv : mesh.uvs) uv = uv * 2.5f - 0.7f;
  Asset asset = unlit_asset(std::move(mesh));
  asset.textures.push_back({"blocks", block_texture({16, 16}, false), true, false});
  asset.materials[0].base_color_texture = 0;
  expect_twins(difference(asset, camera_before(2.0f), options_));
}

TEST_F(MeshParity, MaskedSurfacesAreCutBySample) {
  Asset asset = unlit_asset(wavy_sheet(30));
  asset.textures.push_back({"blocks", block_texture({32, 32}, true)});
  asset.materials[0].base_color_texture = 0;
  asset.materials[0].alpha_mode = AlphaMode::kMask;
  const Difference d = difference(asset, camera_before(1.5f), options_);
  // The cut runs through nearly every block: texture filters of 8 bits move it by hundredths of a pixel.
  EXPECT_LE(d.mean_inside, 1.0);
  EXPECT_LE(d.mean, 1.5);
  EXPECT_LE(d.coverage, 0.01);
}

TEST_F(MeshParity, BlendedSurfacesLieOverOpaqueOnesFarToNear) {
  Asset asset = unlit_asset(wavy_sheet(20));
  Material glass = asset.materials[0];
  glass.alpha_mode = AlphaMode::kBlend;
  glass.base_color_linear = {0.3f, 1.0f, 0.4f, 0.4f};
  asset.materials.push_back(glass);
  Mesh front = wavy_sheet(10), crossing = wavy_sheet(10);
  for (glm::vec3& p : front.positions) p = p * 0.7f + glm::vec3(0, 0, 0.4f);
  for (glm::vec3& p : crossing.positions) p = {p.z, p.y, p.x};
  asset.meshes.push_back({"front", std::move(front), 1});
  asset.meshes.push_back({"crossing", std::move(crossing), 1});
  expect_twins(difference(asset, camera_before(2.5f), options_));
}

TEST_F(MeshParity, SurfacesWithOneSideAreSeenFromThatSide) {
  Asset asset = unlit_asset(wavy_sheet(20));
  asset.materials[0].double_sided = false;
  expect_twins(difference(asset, camera_before(2.5f), options_));
  for (glm::uvec3& t : asset.meshes[0].mesh.triangles) std::swap(t.y, t.z);
  MeshRenderer renderer(device(), asset);
  EXPECT_EQ(mean_of(renderer.render(camera_before(2.5f), options_).coverage), 0.0);
}

// A lit sheet with all textures, tangents and two sets of coordinates.
Asset lit_asset() {
  Asset asset = unlit_asset(wavy_sheet(40));
  Mesh& mesh = asset.meshes[0].mesh;
  for (const glm::vec2 uv : mesh.uvs) mesh.second_uvs.push_back(1.0f - 0.5f * uv);
  for (const glm::vec3 n : mesh.normals) {
    const glm::vec3 along(1, 0, 0);
    mesh.tangents.emplace_back(glm::normalize(along - n * glm::dot(n, along)), 1.0f);
  }
  for (const char* name : {"base", "metal", "normal", "occlusion", "glow"}) {
    asset.textures.push_back({name, block_texture({24, 24}, false)});
  }
  for (glm::u8vec4& texel : asset.textures[2].image.pixels()) {
    texel = {static_cast<uint8_t>(112 + texel.r / 8), static_cast<uint8_t>(112 + texel.g / 8), 250, 255};
  }
  Material& material = asset.materials[0];
  material.unlit = false;
  material.base_color_texture = 0;
  material.metallic_roughness_texture = 1;
  material.normal_texture = 2;
  material.normal_scale = 0.7f;
  material.occlusion_texture = 3;
  material.occlusion_strength = 0.6f;
  material.emissive_texture = 4;
  material.emissive_linear = {0.1f, 0.2f, 0.0f};
  material.uv[static_cast<size_t>(TextureSlot::kOcclusion)].set = 1;
  material.uv[static_cast<size_t>(TextureSlot::kEmissive)].transform = glm::mat3x2(0.5f, 0.2f, -0.3f, 0.8f, 0.1f, 0.4f);
  return asset;
}

TEST_F(MeshParity, LitSurfacesWithAllTextures) {
  expect_twins(difference(lit_asset(), camera_before(2.0f), options_));
}

TEST_F(MeshParity, LitSurfacesWithoutNormalsOrTextures) {
  Asset asset = unlit_asset(wavy_sheet(12));
  asset.materials[0].unlit = false;
  asset.materials[0].metallic = 0.3f;
  asset.materials[0].roughness = 0.4f;
  asset.meshes[0].mesh.normals.clear();
  expect_twins(difference(asset, camera_before(2.0f), options_));
}

TEST_F(MeshParity, TexturesThatAreShrunkAndMirrored) {
  Mesh mesh = wavy_sheet(30);
  for (glm::vec2& uv : mesh.uvs) uv = uv * 2.5f - 0.7f;
  Asset asset = unlit_asset(std::move(mesh));
  asset.textures.push_back({"blocks", block_texture({128, 128}, false), true, true, false, true, true});
  asset.materials[0].base_color_texture = 0;
  // Levels: the device takes the footprint from differences of neighbouring pixels, and its own filter makes them.
  const Difference d = difference(asset, camera_before(2.0f), options_);
  EXPECT_LE(d.mean_inside, 4.0);
  EXPECT_LE(d.coverage, 0.002);
}

TEST_F(MeshParity, TransmittingSurfacesWithAndWithoutAFilm) {
  Asset asset = unlit_asset(wavy_sheet(20));
  Material glass;
  glass.metallic = 0;
  glass.roughness = 0.2f;
  glass.transmission = 0.8f;
  glass.base_color_linear = {0.9f, 0.5f, 0.3f, 0.2f};  // alpha does not count
  glass.thickness_m = 0.1f;
  glass.attenuation_distance_m = 0.2f;
  glass.attenuation_color = {0.4f, 0.9f, 0.6f};
  Material film = glass;
  film.double_sided = true;
  film.iridescence = 1;
  film.ior = 1;
  film.film_ior = 2;
  film.film_thickness_nm = 320;
  asset.materials.push_back(glass);
  asset.materials.push_back(film);
  Mesh front = wavy_sheet(10), middle = wavy_sheet(10);
  for (glm::vec3& p : front.positions) p = p * 0.7f + glm::vec3(0, 0, 0.8f);
  for (glm::vec3& p : middle.positions) p = p * 0.8f + glm::vec3(0.3f, 0, 0.4f);
  asset.meshes.push_back({"front", std::move(front), 1});  // listed first: drawn last
  asset.meshes.push_back({"middle", std::move(middle), 2});
  expect_twins(difference(asset, camera_before(2.5f), options_));
}

}  // namespace
}  // namespace diorama
