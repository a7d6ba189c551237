#pragma once

#include "engine/raster/shade.h"
#include "engine/raster/tile_samples.h"

namespace diorama {

// All that a tile needs to know of the scene. A triangle's id: chunk << 16 | index in the chunk.
struct RasterScene {
  Viewport viewport;
  int samples = 4;
  glm::vec3 background_linear{0.0f};
  std::vector<MeshShader> meshes;
  std::vector<TriangleChunk> opaque, blended;  // blended: in drawing order

  const TriangleChunk& chunk(uint32_t id) const { return opaque[id >> 16]; }
  const MeshShader& mesh(uint32_t id) const { return meshes[chunk(id).mesh]; }
};

// Working memory of one tile.
struct TileBuffers {
  explicit TileBuffers(int samples);

  SamplePlane center{1};                // depth; colour too where there is one sample a pixel
  std::vector<SamplePlane> multi;       // the four colour samples, if there are
  std::vector<glm::vec3> color_linear;  // where meshes are blended: of each colour sample, in the plane's order
  std::vector<uint8_t> covered;

  SamplePlane& color_plane() { return multi.empty() ? center : multi.front(); }
};

// Draws one tile and writes its pixels into `result`.
void draw_tile(const RasterScene& scene, glm::ivec2 tile, TileBuffers& buffers, RasterResult& result);

}  // namespace diorama
