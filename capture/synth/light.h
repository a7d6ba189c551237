#pragma once

#include "capture/synth/bvh.h"
#include "capture/synth/geometry.h"
#include "engine/base/job.h"

#include <glm/glm.hpp>

#include <vector>

namespace diorama {

// Where a ray met the scene, in the scene's own terms.
struct SynthSurfacePoint {
  uint32_t patch = 0;
  bool back = false;  // seen from the side that the normal leaves
  glm::vec3 position{0.0f};
  glm::vec3 shading_normal{0.0f};  // interpolated, towards the ray's origin
  glm::vec3 face_normal{0.0f};     // of the triangle, towards the ray's origin
  glm::vec3 texture{0.0f};
  glm::uvec3 corners{0};
  glm::vec3 weights{0.0f};  // of the corners
};

SynthSurfacePoint surface_point(const SynthGeometry& geometry, const SynthBvhHit& hit, glm::vec3 origin,
                                glm::vec3 direction);

// Irradiance on all surfaces, computed once: what falls in directly (area lights, sun) on a fine raster, and what other
// surfaces send back (two bounces) on a coarse one. Diffuse light is then the same from every view, and free of noise.
// Same bits for any thread count.
class SynthLightMap {
 public:
  // Advances the job's current stage by kSteps.
  // `detail`: texels per length, against those of SynthPatch::light_texel_m.
  SynthLightMap(const SynthGeometry& geometry, const SynthBvh& bvh, float detail, JobContext& job);
  static constexpr uint64_t kSteps = 2;

  glm::vec3 irradiance(const SynthSurfacePoint& point) const;

 private:
  struct Raster {
    glm::ivec2 size{0};  // x = 0: values at the vertices, size.y of them
    size_t offset = 0;   // of the front; the back follows
    size_t count() const { return static_cast<size_t>(size.x > 0 ? size.x * size.y : size.y); }
  };
  struct Layer {
    std::vector<Raster> rasters;  // a patch
    std::vector<glm::vec3> values;
    std::vector<uint32_t> owners;  // the patch of each value
  };
  struct Site {
    glm::vec3 position, normal;
    bool used = true;
  };

  Layer make_layer(float coarseness, float smallest_m, float detail) const;
  Site site(const Layer& layer, size_t index) const;
  glm::vec3 lookup(const Layer& layer, const SynthSurfacePoint& point) const;
  glm::vec3 gather_at(const Site& site, uint32_t key, int rays, float& buried) const;
  void gather(JobContext& job, int rays);
  void smooth(Layer& layer, const std::vector<uint8_t>& buried) const;

  const SynthGeometry& geometry_;
  const SynthBvh& bvh_;
  Layer direct_, bounce_;
};

// Reflectance and own light of the surface at a point.
glm::vec3 surface_color(const SynthGeometry& geometry, const SynthSurfacePoint& point);
glm::vec3 surface_emission(const SynthGeometry& geometry, const SynthSurfacePoint& point);

}  // namespace diorama
