#include "renderers/mesh/mesh_geometry.h"

#include "engine/gpu/spirv.h"
#include "renderers/mesh/mesh_cull.h"
#include "renderers/mesh/mesh_lit.frag.spv.h"
#include "renderers/mesh/mesh_shared.h"
#include "renderers/mesh/mesh_view.h"
#include "tests/gpu/struct_layout.h"
#include "tests/renderers/sample_asset.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <span>

namespace diorama {
namespace {

// Whether the camera's picture shows the point.
bool project_into(const Camera& camera, glm::vec3 point) {
  const auto px = project(camera, point);
  return px && glm::all(glm::greaterThan(*px, glm::vec2(0.0f))) &&
         glm::all(glm::lessThan(*px, glm::vec2(camera.size_px)));
}

Camera looking_away(Camera camera) {
  camera.world_from_camera.rotation = camera.world_from_camera.rotation * glm::mat3(-1, 0, 0, 0, 1, 0, 0, 0, -1);
  return camera;
}

TEST(MeshShared, MembersLieWhereTheShadersReadThem) {
  const SpirvModule lit = parse_spirv(kMeshLitFragSpirv, "mesh_lit");
  EXPECT_EQ(spirv_layout(lit, "MeshFrameConstants"),
            (Layout{DIO_MEMBER(MeshFrameConstants, clip_from_world), DIO_MEMBER(MeshFrameConstants, eye_in_world),
                    DIO_MEMBER(MeshFrameConstants, unused)}));
  EXPECT_EQ(
      spirv_layout(lit, "MeshMaterialConstants"),
      (Layout{DIO_MEMBER(MeshMaterialConstants, base_color), DIO_MEMBER(MeshMaterialConstants, emissive),
              DIO_MEMBER(MeshMaterialConstants, alpha_cutoff), DIO_MEMBER(MeshMaterialConstants, metallic),
              DIO_MEMBER(MeshMaterialConstants, roughness), DIO_MEMBER(MeshMaterialConstants, normal_scale),
              DIO_MEMBER(MeshMaterialConstants, occlusion_strength), DIO_MEMBER(MeshMaterialConstants, tint),
              DIO_MEMBER(MeshMaterialConstants, transmission),
              DIO_MEMBER(MeshMaterialConstants, dielectric_reflectance), DIO_MEMBER(MeshMaterialConstants, iridescence),
              DIO_MEMBER(MeshMaterialConstants, film_ior), DIO_MEMBER(MeshMaterialConstants, film_thickness_nm),
              DIO_MEMBER(MeshMaterialConstants, uv_matrix), DIO_MEMBER(MeshMaterialConstants, uv_offset)}));
}

using Corners = std::array<std::array<float, 3>, 3>;

Corners corners_of(std::span<const glm::vec3> positions, uint32_t a, uint32_t b, uint32_t c) {
  const auto at = [&](uint32_t i) { return std::array{positions[i].x, positions[i].y, positions[i].z}; };
  Corners corners = {at(a), at(b), at(c)};
  std::rotate(corners.begin(), std::min_element(corners.begin(), corners.end()), corners.end());
  return corners;
}

TEST(MeshGeometry, ChunksHoldEveryTriangleOnceWithinTheirBoxes) {
  const Asset asset = unlit_asset(wavy_sheet(80));
  const MeshGeometry geometry = make_mesh_geometry(asset);
  EXPECT_EQ(geometry.chunks.size(), (12800 + kMeshChunkTriangles - 1) / kMeshChunkTriangles);
  std::vector<Corners> drawn, there;
  for (const MeshChunk& chunk : geometry.chunks) {
    for (uint32_t i = chunk.first_index; i < chunk.first_index + chunk.index_count; i += 3) {
      const uint32_t* index = &geometry.indices[i];
      drawn.push_back(corners_of(geometry.positions, index[0], index[1], index[2]));
      for (int corner = 0; corner < 3; ++corner) {
        const glm::vec3 p = geometry.positions[index[corner]];
        ASSERT_TRUE(glm::all(glm::lessThanEqual(chunk.bounds.min, p)));
        ASSERT_TRUE(glm::all(glm::lessThanEqual(p, chunk.bounds.max)));
      }
    }
  }
  const Mesh& mesh = asset.meshes[0].mesh;
  for (const glm::uvec3 t : mesh.triangles) there.push_back(corners_of(mesh.positions, t.x, t.y, t.z));
  std::ranges::sort(drawn);
  std::ranges::sort(there);
  EXPECT_EQ(drawn, there);
}

TEST(MeshGeometry, AttributesFollowTheirVertices) {
  const Asset asset = unlit_asset(wavy_sheet(40));
  const MeshGeometry geometry = make_mesh_geometry(asset);
  ASSERT_EQ(geometry.positions.size(), asset.meshes[0].mesh.positions.size());
  for (size_t i = 0; i < geometry.positions.size(); ++i) {
    const glm::vec3 p = geometry.positions[i];
    const glm::vec2 uv = geometry.attributes[i].uv;
    EXPECT_NEAR(p.x, 2 * uv.x - 1, 1e-6f);
    EXPECT_NEAR(p.y, 1 - 2 * uv.y, 1e-6f);
    EXPECT_NEAR(static_cast<float>(geometry.attributes[i].color_linear.x) / 65535.0f, uv.x, 1e-5f);
  }
}

TEST(MeshGeometry, MostCornersWereUsedAFewTrianglesBefore) {
  const MeshGeometry geometry = make_mesh_geometry(unlit_asset(wavy_sheet(80)));
  size_t misses = 0;
  for (size_t i = 0; i < geometry.indices.size(); ++i) {
    const size_t first = i < 32 ? 0 : i - 32;  // an unwise cache of 32 entries
    const auto begin = geometry.indices.begin() + static_cast<std::ptrdiff_t>(first),
               end = geometry.indices.begin() + static_cast<std::ptrdiff_t>(i);
    if (std::find(begin, end, geometry.indices[i]) == end) ++misses;
  }
  // A grid has half a vertex a triangle; row by row it would be 1; a window of 32 corners holds fewer vertices.
  EXPECT_LT(static_cast<double>(misses) / static_cast<double>(geometry.triangle_count()), 0.9);
}

TEST(MeshGeometry, ChunksAreSmallerThanTheMesh) {
  const MeshGeometry geometry = make_mesh_geometry(unlit_asset(wavy_sheet(80)));
  double area = 0;
  for (const MeshChunk& chunk : geometry.chunks) {
    const glm::vec3 size = chunk.bounds.max - chunk.bounds.min;
    area += size.x * size.y;
  }
  EXPECT_LT(area, 1.3 * 4.0);  // of 2 m x 2 m: boxes overlap by their edges' squares alone
}

TEST(MeshCull, ChunksInViewAreDrawnOnceNearestFirst) {
  const MeshGeometry geometry = make_mesh_geometry(unlit_asset(wavy_sheet(120)));
  const Camera camera = camera_before(0.6f);
  const glm::mat4 clip_from_world = mesh_clip_from_world(camera, 0.01f);
  const glm::vec3 eye = camera.world_from_camera.translation;
  std::vector<bool> drawn(geometry.indices.size(), false);
  size_t count = 0;
  for (const IndexRange& range : visible_ranges(geometry, geometry.batches[0], clip_from_world, eye)) {
    for (uint32_t i = range.first; i < range.first + range.count; ++i) {
      EXPECT_FALSE(drawn[i]);
      drawn[i] = true;
      ++count;
    }
  }
  EXPECT_GT(count, geometry.indices.size() / 20);
  EXPECT_LT(count, geometry.indices.size() / 2);  // the camera stands close and sees a part
  for (size_t i = 0; i < drawn.size(); ++i) {
    EXPECT_TRUE(drawn[i] || !project_into(camera, geometry.positions[geometry.indices[i]]));
  }
}

TEST(MeshCull, AViewOfEverythingJoinsWhatLiesTogether) {
  const MeshGeometry geometry = make_mesh_geometry(unlit_asset(wavy_sheet(60)));
  const Camera camera = camera_before(5.0f);
  const auto ranges = visible_ranges(geometry, geometry.batches[0], mesh_clip_from_world(camera, 0.01f),
                                     camera.world_from_camera.translation);
  size_t count = 0;
  for (const IndexRange& range : ranges) count += range.count;
  EXPECT_EQ(count, geometry.indices.size());
  EXPECT_LE(ranges.size(), geometry.chunks.size());
  EXPECT_EQ(visible_ranges(geometry, geometry.batches[0], mesh_clip_from_world(looking_away(camera), 0.01f),
                           camera.world_from_camera.translation)
                .size(),
            0u);
}

TEST(MeshGeometry, BlendedTrianglesAreSortedFarToNear) {
  Asset asset = unlit_asset(wavy_sheet(6));
  asset.materials[0].alpha_mode = AlphaMode::kBlend;
  const MeshGeometry geometry = make_mesh_geometry(asset);
  ASSERT_EQ(geometry.blended.size(), 1u);
  EXPECT_TRUE(geometry.chunks.empty());
  const BlendedBatch& batch = geometry.blended[0];
  std::vector<glm::uvec3> sorted(batch.triangles.size());
  const glm::vec3 forward = glm::normalize(glm::vec3(1, 2, 3));
  sort_far_to_near(batch, forward, sorted);
  const auto depth = [&](glm::uvec3 t) {
    return glm::dot(forward, geometry.positions[t.x] + geometry.positions[t.y] + geometry.positions[t.z]);
  };
  for (size_t i = 1; i < sorted.size(); ++i) EXPECT_GE(depth(sorted[i - 1]) + 1e-6f, depth(sorted[i]));
}

TEST(MeshView, ClipSpaceIsThatOfTheCamera) {
  const Camera camera = camera_before(2.0f);
  const glm::mat4 clip_from_world = mesh_clip_from_world(camera, 0.1f);
  for (const glm::vec3 p : {glm::vec3(0.1f, 0.2f, 0.3f), glm::vec3(-0.5f, 0.4f, -0.2f)}) {
    const glm::vec4 clip = clip_from_world * glm::vec4(p, 1);
    const glm::vec2 px = (glm::vec2(clip) / clip.w * 0.5f + 0.5f) * glm::vec2(camera.size_px);
    const glm::vec2 expected = project(camera, p).value();
    EXPECT_NEAR(px.x, expected.x, 1e-3f);  // float matrices at 160 pixels
    EXPECT_NEAR(px.y, expected.y, 1e-3f);
    const float z = (inverse(camera.world_from_camera) * p).z;
    EXPECT_NEAR(clip.z / clip.w, 0.1f / z, 1e-6f);
  }
}

}  // namespace
}  // namespace diorama
