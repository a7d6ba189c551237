#include "engine/raster/triangles.h"

#include "engine/raster/blend_order.h"
#include "engine/raster/resolve.h"
#include "engine/scene/color.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <mutex>
#include <numeric>

namespace diorama {
namespace {

// At most 65535 chunks, so that a chunk's number fits the upper half of an id that is never kNoTriangle.
constexpr size_t kMaxChunks = 0xffff;

void check_map(const RasterMap& map, const Mesh& mesh) {
  if (map.view.image == nullptr) return;
  DIO_CHECK(!map.view.image->empty());
  if (mesh.positions.empty() || !(map.uv_set == 0 ? mesh.uvs : mesh.second_uvs).empty()) return;
  fail(ErrorCode::kInvalidInput, "the mesh has a texture but no {}texture coordinates",
       map.uv_set == 0 ? "" : "second ");
}

void check_input(std::span<const RasterMesh> meshes, const Camera& camera, const RasterOptions& options) {
  check_camera(camera);
  DIO_CHECK(options.samples == 1 || options.samples == 4);
  DIO_CHECK(options.near_m > 0 && std::isfinite(options.near_m));
  for (const RasterMesh& item : meshes) {
    DIO_CHECK(item.mesh != nullptr);
    check_mesh(*item.mesh);
    check_map(item.material.base_map(), *item.mesh);
    if (!item.material.lit) continue;
    const RasterSurface& surface = item.material.surface;
    for (const RasterMap* map : {&surface.metallic_roughness, &surface.normal, &surface.occlusion, &surface.emissive}) {
      check_map(*map, *item.mesh);
    }
  }
}

// Rays in the world through pixel positions.
glm::mat3 world_from_px(const Camera& camera) {
  const glm::vec2 f = camera.focal_px, c = camera.center_px;
  const glm::mat3 camera_from_px(1 / f.x, 0, 0, 0, 1 / f.y, 0, -c.x / f.x, -c.y / f.y, 1);
  return camera.world_from_camera.rotation * camera_from_px;
}

// Far to near by the middle of the triangle; equal ones stay in order.
void sort_far_to_near(std::vector<uint32_t>& order, const Mesh& mesh, const Viewport& viewport) {
  const glm::dvec3 forward = glm::transpose(viewport.rotation_camera_from_world)[2];
  std::vector<double> depth(mesh.triangles.size());
  for (size_t i = 0; i < depth.size(); ++i) {
    const glm::uvec3 t = mesh.triangles[i];
    const auto along = [&](uint32_t v) { return glm::dot(forward, glm::dvec3(mesh.positions[v])); };
    depth[i] = along(t.x) + along(t.y) + along(t.z);
  }
  std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) { return depth[a] > depth[b]; });
}

// Opaque meshes as they come, then those that are blended, far to near.
std::vector<size_t> drawing_order(std::span<const RasterMesh> meshes, const Camera& camera) {
  std::vector<size_t> order, blended;
  std::vector<glm::vec3> middles;
  for (size_t m = 0; m < meshes.size(); ++m) {
    (meshes[m].material.blend ? blended : order).push_back(m);
    if (!meshes[m].material.blend) continue;
    const Bounds bounds = bounds_of(*meshes[m].mesh);
    middles.push_back(bounds.empty() ? glm::vec3(0.0f) : 0.5f * (bounds.min + bounds.max));
  }
  for (const size_t i : far_to_near(middles, camera.world_from_camera.rotation[2])) order.push_back(blended[i]);
  return order;
}

void add_chunks(RasterScene& scene, const RasterMesh& item, size_t mesh_index, ThreadPool& pool) {
  std::vector<uint32_t> order(item.mesh->triangles.size());
  std::iota(order.begin(), order.end(), 0u);
  if (item.material.blend) sort_far_to_near(order, *item.mesh, scene.viewport);
  std::vector<TriangleChunk>& chunks = item.material.blend ? scene.blended : scene.opaque;
  const size_t before = chunks.size(), count = (order.size() + kChunkTriangles - 1) / kChunkTriangles;
  if (before + count > kMaxChunks) {
    fail(ErrorCode::kUnsupported, "the scene has more than {} triangles; draw a simplified one",
         kMaxChunks * kChunkTriangles);
  }
  chunks.resize(before + count);
  pool.parallel_for(order.size(), kChunkTriangles, [&](size_t begin, size_t end) {
    chunks[before + begin / kChunkTriangles] = make_chunk(item, mesh_index, scene.meshes[mesh_index].vertices,
                                                          std::span(order).subspan(begin, end - begin), scene.viewport);
  });
}

// Lends each running piece its own buffers: as many are made as pieces run at once.
class BufferPool {
 public:
  explicit BufferPool(int samples) : samples_(samples) {}

  std::unique_ptr<TileBuffers> take() {
    {
      const std::lock_guard lock(mutex_);
      if (!free_.empty()) {
        std::unique_ptr<TileBuffers> buffers = std::move(free_.back());
        free_.pop_back();
        return buffers;
      }
    }
    return std::make_unique<TileBuffers>(samples_);
  }

  void give_back(std::unique_ptr<TileBuffers> buffers) {
    const std::lock_guard lock(mutex_);
    free_.push_back(std::move(buffers));
  }

 private:
  const int samples_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<TileBuffers>> free_;
};

}  // namespace

RasterResult rasterize(std::span<const RasterMesh> meshes, const Camera& camera, const RasterOptions& options,
                       ThreadPool& pool) {
  check_input(meshes, camera, options);
  RasterScene scene;
  scene.viewport = make_viewport(camera, options);
  scene.samples = options.samples;
  scene.background_linear = linear_from_srgb(options.background);
  std::vector<std::vector<ScreenVertex>> vertices(meshes.size());
  for (size_t m = 0; m < meshes.size(); ++m) {
    vertices[m] = project_vertices(*meshes[m].mesh, scene.viewport, pool);
    scene.meshes.push_back({meshes[m].mesh, meshes[m].material, vertices[m], world_from_px(camera)});
  }
  for (const size_t m : drawing_order(meshes, camera)) add_chunks(scene, meshes[m], m, pool);

  RasterResult result{ImageRgba8(camera.size_px), ImageF32(camera.size_px), ImageF32(camera.size_px)};
  BufferPool buffer_pool(options.samples);
  const glm::ivec2 tiles = scene.viewport.tiles;
  pool.parallel_for(static_cast<size_t>(tiles.x) * static_cast<size_t>(tiles.y), 1, [&](size_t begin, size_t end) {
    std::unique_ptr<TileBuffers> buffers = buffer_pool.take();
    for (size_t tile = begin; tile < end; ++tile) {
      const auto columns = static_cast<size_t>(tiles.x);
      draw_tile(scene, {static_cast<int>(tile % columns), static_cast<int>(tile / columns)}, *buffers, result);
    }
    buffer_pool.give_back(std::move(buffers));
  });
  return result;
}

}  // namespace diorama
