#include "renderers/splats/splat_renderer.h"

#include "engine/raster/splat_records.h"
#include "renderers/mesh/mesh_renderer.h"
#include "renderers/splats/splat_project.comp.spv.h"
#include "renderers/splats/splat_raster_view.h"
#include "tests/gpu/gpu_fixture.h"
#include "tests/gpu/struct_layout.h"
#include "tests/raster/splat_scenes.h"

#include <algorithm>
#include <cmath>

// The rasteriser on the CPU is what the pictures are held against.
namespace diorama {
namespace {

const glm::ivec2 kSize{160, 120};

Asset asset_of(SplatCloud cloud) {
  Asset asset;
  asset.splats.push_back({.name = "splats", .cloud = std::move(cloud)});
  return asset;
}

SplatCloud random_cloud(size_t count, int sh_degree, uint64_t seed) {
  const SplatLayout layout{sh_degree};
  return cloud_from_records(random_splats(splat_camera(kSize), layout, count, seed), layout);
}

struct Difference {
  double mean = 0, coverage = 0;  // of 8-bit colour, of coverage
  int most = 0;
  double depth_share = 0;  // mean of relative depth where both have one
  size_t one_sided_depth = 0;
};

Difference compare(const RasterResult& cpu, const RasterResult& gpu) {
  Difference result;
  size_t depths = 0;
  const double pixels = static_cast<double>(cpu.color.pixels().size());
  for (size_t i = 0; i < cpu.color.pixels().size(); ++i) {
    const glm::ivec3 d = glm::abs(glm::ivec3(cpu.color.pixels()[i]) - glm::ivec3(gpu.color.pixels()[i]));
    result.mean += (d.x + d.y + d.z) / 3.0 / pixels;
    result.most = std::max({result.most, d.x, d.y, d.z});
    result.coverage += std::abs(cpu.coverage.pixels()[i] - gpu.coverage.pixels()[i]) / pixels;
    if (cpu.depth_m.empty()) continue;
    const float a = cpu.depth_m.pixels()[i], b = gpu.depth_m.pixels()[i];
    if ((a > 0) != (b > 0)) ++result.one_sided_depth;
    if (!(a > 0 && b > 0)) continue;
    ++depths;
    result.depth_share += std::abs(static_cast<double>((a - b) / a));
  }
  result.depth_share /= static_cast<double>(std::max<size_t>(1, depths));
  return result;
}

class SplatParity : public GpuTest {
 protected:
  RasterResult on_device(const SplatCloud& cloud, const Camera& camera, const SplatRenderOptions& options = {},
                         SplatBufferOptions stored = {}, bool with_depth = true) {
    stored.sh_degree = cloud.sh_degree;
    SplatBuffers splats(device(), stored);
    UploadRing uploads(device());
    splats.append(cloud, uploads);
    uploads.finish();
    SplatRenderer renderer(device(), splats);
    return renderer.render(camera, options, with_depth);
  }

  RasterResult on_cpu(const SplatCloud& cloud, const Camera& camera, glm::vec3 background = glm::vec3(0),
                      bool antialiased = false) {
    Asset asset = asset_of(cloud);
    asset.record = AssetRecord{.antialiased = antialiased};
    return SplatRasterView(asset).draw(camera, {.background = background}, true, pool_);
  }

  // Storage and the last rounding leave 0.04; half-float sums, which GPUs have, get the bound of the design.
  double least_bound() { return splat_sum_format(device()) == VK_FORMAT_R32G32B32A32_SFLOAT ? 0.1 : 1.0; }

  void expect_twins(const RasterResult& cpu, const RasterResult& gpu, double mean = 0) {
    double covered = 0;
    for (const float coverage : cpu.coverage.pixels()) covered += coverage;
    EXPECT_GT(covered / static_cast<double>(cpu.coverage.pixels().size()), 0.3) << "else nothing is compared";
    const Difference d = compare(cpu, gpu);
    RecordProperty("mean", std::to_string(d.mean));
    RecordProperty("most", std::to_string(d.most));
    EXPECT_LE(d.mean, std::max(mean, least_bound()));
    EXPECT_LE(d.coverage, 1.0 / 255);  // one step of the target's alpha
    EXPECT_LE(d.depth_share, 0.003);   // opacities of 10 bits and scales of 16
    // Pixels whose alpha is near 0.5, of 19,200.
    EXPECT_LE(d.one_sided_depth, 100u);
  }

  ThreadPool pool_{2};
};

TEST_F(SplatParity, EveryDegreeOfSphericalHarmonics) {
  const Camera camera = splat_camera(kSize);
  for (int degree = 0; degree <= 3; ++degree) {
    SCOPED_TRACE(degree);
    const SplatCloud cloud = random_cloud(3000, degree, 11 + static_cast<uint64_t>(degree));
    expect_twins(on_cpu(cloud, camera), on_device(cloud, camera));
  }
}

TEST_F(SplatParity, CoefficientsInBytes) {
  const Camera camera = splat_camera(kSize);
  for (int degree = 1; degree <= 3; ++degree) {
    SCOPED_TRACE(degree);
    const SplatCloud cloud = random_cloud(3000, degree, 21);
    // A coefficient is off by at most 1/254 of the largest, here about 1.3: rms 0.003, times the basis' norm of 15
    // values, about 1.1 at degree 3, is 0.8/255, averaged over the splats of a pixel.
    expect_twins(on_cpu(cloud, camera),
                 on_device(cloud, camera, {}, {.sh_bytes = true, .sh_range = sh_range_of(cloud)}), 1.0);
  }
}

TEST_F(SplatParity, AntialiasedOpacitiesAndABackground) {
  const Camera camera = splat_camera(kSize);
  const SplatCloud cloud = random_cloud(3000, 1, 31);
  const glm::vec3 background(0.9f, 0.4f, 0.1f);
  const RasterResult cpu = on_cpu(cloud, camera, background, true);
  const RasterResult gpu = on_device(cloud, camera, {.background = background, .antialiased = true});
  expect_twins(cpu, gpu);
  // Most splats are of several pixels, where the option does little; what it does is on the right side.
  const RasterResult plain = on_device(cloud, camera, {.background = background});
  EXPECT_GT(compare(cpu, plain).mean, 1.5 * compare(cpu, gpu).mean);
}

TEST_F(SplatParity, ManyChunksAndMorePicturesThanOne) {
  const SplatCloud cloud = random_cloud(5000, 2, 41);
  SplatBuffers splats(device(), {.sh_degree = 2, .chunk_splats = 512});
  UploadRing uploads(device());
  splats.append(cloud, uploads);
  uploads.finish();
  ASSERT_EQ(splats.chunks().size(), 10u);
  EXPECT_EQ(splats.chunks().back().count, 5000u - 9 * 512);
  SplatRenderer renderer(device(), splats);
  for (const glm::ivec2 size : {kSize, glm::ivec2(97, 61)}) {
    const Camera camera = splat_camera(size);
    expect_twins(on_cpu(cloud, camera), renderer.render(camera, {}, true));
  }
  EXPECT_GT(renderer.stats().visible, 2000u);
  EXPECT_LT(renderer.stats().visible, 5000u) << "splats behind and beside the view are culled";
}

TEST_F(SplatParity, StreamedSplatsTakeThePlaceOfOthers) {
  const Camera camera = splat_camera(kSize);
  const SplatCloud before = random_cloud(1500, 1, 51), after = random_cloud(900, 1, 52);
  SplatBuffers splats(device(), {.sh_degree = 1, .chunk_splats = 512});
  UploadRing uploads(device());
  SplatRenderer renderer(device(), splats);
  const RasterResult nothing = renderer.render(camera, {.background = glm::vec3(1, 0, 0)}, true);
  EXPECT_EQ(nothing.color.at(80, 60), glm::u8vec4(255, 0, 0, 255));
  EXPECT_EQ(nothing.coverage.at(80, 60), 0.0f);
  splats.append(before, uploads);
  uploads.finish();
  expect_twins(on_cpu(before, camera), renderer.render(camera, {}, true));
  splats.truncate(900);
  splats.replace(0, after, uploads);
  uploads.finish();
  EXPECT_EQ(splats.size(), 900u);
  const RasterResult cpu = on_cpu(after, camera), gpu = renderer.render(camera, {}, true);
  EXPECT_LE(compare(cpu, gpu).mean, 1.0);
  splats.truncate(0);
  EXPECT_EQ(renderer.render(camera, {}, false).coverage.at(80, 60), 0.0f);
}

TEST_F(SplatParity, FramesInFlightDoNotDisturbEachOther) {
  const SplatCloud cloud = random_cloud(2000, 0, 61);
  SplatBuffers splats(device(), {.sh_degree = 0});
  UploadRing uploads(device());
  splats.append(cloud, uploads);
  uploads.finish();
  SplatRenderer renderer(device(), splats);
  Camera left = splat_camera(kSize), right = left;
  right.world_from_camera.translation.x += 0.3f;
  const uint64_t first = renderer.begin(left, {}), second = renderer.begin(right, {});
  const RasterResult from_left = renderer.finish(first), from_right = renderer.finish(second);
  EXPECT_EQ(compare(from_left, renderer.render(left, {})).most, 0);
  EXPECT_EQ(compare(from_right, renderer.render(right, {})).most, 0);
  EXPECT_GT(compare(from_left, from_right).most, 0);
}

// A square across the view at this depth.
Mesh square(float z_m, float half_m) {
  Mesh mesh;
  mesh.positions = {{-half_m, -half_m, z_m}, {half_m, -half_m, z_m}, {half_m, half_m, z_m}, {-half_m, half_m, z_m}};
  mesh.triangles = {{0, 2, 1}, {0, 3, 2}};
  mesh.colors_linear.assign(4, glm::vec4(0, 1, 0, 1));
  return mesh;
}

TEST_F(SplatParity, AMeshHidesSplatsBehindItAndShowsBetweenThoseBeforeIt) {
  const Camera camera{{64, 48}, {60, 60}, {32, 24}, {}};
  SplatCloud walls;
  walls.resize(2);
  for (size_t i = 0; i < 2; ++i) {
    const float z_m = i == 0 ? 2.0f : 6.0f;
    walls.positions[i] = {0, 0, z_m};
    walls.scales[i] = {10 * z_m, 10 * z_m, 0.001f};
    walls.rotations_xyzw[i] = {0, 0, 0, 1};
    walls.opacities[i] = i == 0 ? 0.5f : 0.8f;
    walls.sh[i] = (glm::vec3(i == 0 ? 1 : 0, 0, i == 0 ? 0 : 1) - 0.5f) / kShC0;
  }
  Asset mesh_asset;
  mesh_asset.materials.push_back({.double_sided = true, .unlit = true});
  mesh_asset.meshes.push_back({"square", square(4, 1), 0});
  MeshRenderer meshes(device(), mesh_asset);
  SplatBuffers splats(device(), {.sh_degree = 0});
  UploadRing uploads(device());
  splats.append(walls, uploads);
  uploads.finish();
  SplatRenderer renderer(device(), splats);
  const RasterOptions options{.background = glm::vec3(1)};
  for (int picture = 0; picture < 3; ++picture) {  // the images go to and fro between both renderers
    const uint64_t frame = meshes.begin(camera, options, true);
    const SplatBackdrop backdrop{&meshes.color_image(), &meshes.depth_image(), options.near_m};
    const RasterResult both = renderer.render(camera, {}, true, &backdrop);
    meshes.finish(frame);
    // On the square: half red over green; the far wall is hidden. Half a count, and the walls' falloff of 0.2 %.
    const glm::ivec4 middle(both.color.at(32, 24));
    EXPECT_NEAR(middle.r, 127.5, 1.5);
    EXPECT_NEAR(middle.g, 127.5, 1.5);
    EXPECT_EQ(middle.b, 0);
    EXPECT_NEAR(both.coverage.at(32, 24), 0.5f, 0.005f);
    // Beside it: half red over 0.8 blue over white.
    const glm::ivec4 beside(both.color.at(4, 4));
    EXPECT_NEAR(beside.r, 127.5 + 0.5 * 0.2 * 255, 3);
    EXPECT_NEAR(beside.g, 0.5 * 0.2 * 255, 3);
    EXPECT_NEAR(beside.b, 0.5 * 255, 3);
    EXPECT_NEAR(both.coverage.at(4, 4), 0.9f, 0.01f);
  }
}

TEST(SplatPlayerLayout, MembersLieWhereTheCompilerOfCppPutsThem) {
  const SpirvModule module = parse_spirv(kSplatProjectCompSpirv, "splat_project");
  using F = SplatFrameConstants;
  const Layout frame = {DIO_MEMBER(F, camera_from_world),
                        DIO_MEMBER(F, eye_in_world),
                        DIO_MEMBER(F, near_m),
                        DIO_MEMBER(F, focal_px),
                        DIO_MEMBER(F, center_px),
                        DIO_MEMBER(F, least_slope),
                        DIO_MEMBER(F, most_slope),
                        DIO_MEMBER(F, size_px),
                        DIO_MEMBER(F, depth_near_m),
                        DIO_MEMBER(F, flags),
                        DIO_MEMBER(F, background),
                        DIO_MEMBER(F, most_visible),
                        DIO_MEMBER(F, masks_at),
                        DIO_MEMBER(F, offsets_at),
                        DIO_MEMBER(F, group_count),
                        DIO_MEMBER(F, sh_degree)};
  EXPECT_EQ(spirv_layout(module, "SplatFrameConstants"), frame);
  using C = SplatRunConstants;
  const Layout run = {DIO_MEMBER(C, sh_range), DIO_MEMBER(C, first_group), DIO_MEMBER(C, count),
                      DIO_MEMBER(C, capacity), DIO_MEMBER(C, first),       DIO_MEMBER(C, weight)};
  EXPECT_EQ(spirv_layout(module, "SplatRunConstants"), run);
}

}  // namespace
}  // namespace diorama
