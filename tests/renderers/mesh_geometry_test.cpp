#include "renderers/mesh/mesh_geometry.h"

#include "engine/gpu/spirv.h"
#include "renderers/mesh/mesh_cull.comp.spv.h"
#include "renderers/mesh/mesh_lit.frag.spv.h"
#include "renderers/mesh/mesh_shared.h"
#include "renderers/mesh/mesh_view.h"
#include "tests/gpu/struct_layout.h"
#include "tests/renderers/sample_asset.h"

#include <gmock/gmock.h>
#include <vulkan/vulkan.h>

#include <algorithm>

namespace diorama {
namespace {

TEST(MeshShared, MembersLieWhereTheShadersReadThem) {
  const SpirvModule cull = parse_spirv(kMeshCullCompSpirv, "mesh_cull");
  const SpirvModule lit = parse_spirv(kMeshLitFragSpirv, "mesh_lit");
  EXPECT_EQ(spirv_layout(lit, "MeshFrameConstants"),
            (Layout{DIO_MEMBER(MeshFrameConstants, clip_from_world), DIO_MEMBER(MeshFrameConstants, eye_in_world),
                    DIO_MEMBER(MeshFrameConstants, unused)}));
  EXPECT_EQ(spirv_layout(lit, "MeshMaterialConstants"),
            (Layout{DIO_MEMBER(MeshMaterialConstants, base_color), DIO_MEMBER(MeshMaterialConstants, emissive),
                    DIO_MEMBER(MeshMaterialConstants, alpha_cutoff), DIO_MEMBER(MeshMaterialConstants, metallic),
                    DIO_MEMBER(MeshMaterialConstants, roughness)}));
  EXPECT_EQ(spirv_layout(cull, "MeshChunk"),
            (Layout{DIO_MEMBER(MeshChunk, min_in_world), DIO_MEMBER(MeshChunk, first_index),
                    DIO_MEMBER(MeshChunk, max_in_world), DIO_MEMBER(MeshChunk, index_count)}));
  EXPECT_EQ(spirv_layout(cull, "MeshDraw"),
            (Layout{DIO_MEMBER(MeshDraw, index_count), DIO_MEMBER(MeshDraw, instance_count),
                    DIO_MEMBER(MeshDraw, first_index), DIO_MEMBER(MeshDraw, vertex_offset),
                    DIO_MEMBER(MeshDraw, first_instance)}));
  EXPECT_EQ(spirv_layout(cull, "MeshCullConstants"),
            (Layout{DIO_MEMBER(MeshCullConstants, clip_from_world), DIO_MEMBER(MeshCullConstants, chunk_count)}));
}

TEST(MeshShared, ADrawIsWhatVulkanReads) {
  EXPECT_EQ(sizeof(MeshDraw), sizeof(VkDrawIndexedIndirectCommand));
  EXPECT_EQ(offsetof(MeshDraw, first_index), offsetof(VkDrawIndexedIndirectCommand, firstIndex));
  EXPECT_EQ(offsetof(MeshDraw, vertex_offset), offsetof(VkDrawIndexedIndirectCommand, vertexOffset));
}

TEST(MeshGeometry, ChunksHoldEveryTriangleOnceWithinTheirBoxes) {
  const Asset asset = unlit_asset(wavy_sheet(80));
  const MeshGeometry geometry = make_mesh_geometry(asset);
  EXPECT_EQ(geometry.chunks.size(), (12800 + kMeshChunkTriangles - 1) / kMeshChunkTriangles);
  std::vector<std::array<uint32_t, 3>> drawn, there;
  for (const MeshChunk& chunk : geometry.chunks) {
    for (uint32_t i = chunk.first_index; i < chunk.first_index + chunk.index_count; i += 3) {
      drawn.push_back({geometry.indices[i], geometry.indices[i + 1], geometry.indices[i + 2]});
      for (uint32_t corner = i; corner < i + 3; ++corner) {
        const glm::vec3 p = geometry.positions[geometry.indices[corner]];
        ASSERT_TRUE(glm::all(glm::lessThanEqual(chunk.min_in_world, p)));
        ASSERT_TRUE(glm::all(glm::lessThanEqual(p, chunk.max_in_world)));
      }
    }
  }
  for (const glm::uvec3 t : asset.meshes[0].mesh.triangles) there.push_back({t.x, t.y, t.z});
  std::ranges::sort(drawn);
  std::ranges::sort(there);
  EXPECT_EQ(drawn, there);
}

TEST(MeshGeometry, ChunksAreSmallerThanTheMesh) {
  const MeshGeometry geometry = make_mesh_geometry(unlit_asset(wavy_sheet(80)));
  double area = 0;
  for (const MeshChunk& chunk : geometry.chunks) {
    const glm::vec3 size = chunk.max_in_world - chunk.min_in_world;
    area += size.x * size.y;
  }
  EXPECT_LT(area, 1.2 * 4.0);  // of 2 m x 2 m: boxes overlap by their edges' squares alone
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
