#include "capture/synth/render.h"

#include "capture/synth/sampling.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace diorama {
namespace {

constexpr float kFar = 1000.0f;
constexpr float kLift = 5e-4f;       // secondary rays start above the surface
constexpr float kBrightest = 12.0f;  // a sample's highest radiance: a lamp seen in a mirror must not sparkle
constexpr float kReflective = 0.3f;  // of light at normal incidence

glm::vec3 pixel_direction(const Camera& camera, glm::vec2 pixel) {
  return camera.world_from_camera.rotation * unproject_in_camera(camera, pixel, 1.0f);
}

// Of a pixel on a picture that the lens has bent.
glm::vec3 pixel_direction(const Camera& camera, const LensDistortion& lens, glm::vec2 pixel) {
  if (lens.is_none()) return pixel_direction(camera, pixel);
  const glm::dvec2 place = (glm::dvec2(pixel) - glm::dvec2(camera.center_px)) / glm::dvec2(camera.focal_px);
  return camera.world_from_camera.rotation * glm::vec3(glm::vec2(undistorted(lens, place)), 1.0f);
}

struct Renderer {
  const SynthGeometry& geometry;
  const SynthBvh& bvh;
  const SynthLightMap& light;

  glm::vec3 diffuse(const SynthSurfacePoint& point) const {
    return surface_color(geometry, point) * light.irradiance(point) * std::numbers::inv_pi_v<float> +
           surface_emission(geometry, point);
  }

  // Mirror reflection with Schlick's Fresnel term, spread by the material's roughness; one bounce.
  glm::vec3 reflected(const SynthSurfacePoint& point, const SynthMaterial& material, glm::vec3 direction,
                      glm::vec2 sample) const {
    const float cosine = std::clamp(-glm::dot(direction, point.shading_normal), 0.0f, 1.0f);
    const float grazing = std::pow(1 - cosine, 5.0f) * (1 - std::min(1.0f, 2 * material.roughness));
    const glm::vec3 share = material.reflectance + (1.0f - material.reflectance) * grazing;
    glm::vec3 across, other;
    frame_across(point.shading_normal, across, other);
    const glm::vec2 tilt = material.roughness * disc_sample(sample);
    const glm::vec3 facet = glm::normalize(point.shading_normal + tilt.x * across + tilt.y * other);
    glm::vec3 mirror = direction - 2 * glm::dot(direction, facet) * facet;
    const float below = glm::dot(mirror, point.face_normal);
    if (below < 1e-3f) mirror += (1e-3f - below) * point.face_normal;  // kept above the surface
    const glm::vec3 origin = point.position + kLift * point.face_normal;
    const SynthBvhHit hit = bvh.closest(origin, mirror, kFar);
    if (!hit) return glm::vec3(0.0f);
    return share * glm::min(diffuse(surface_point(geometry, hit, origin, mirror)), glm::vec3(kBrightest));
  }

  // Radiance towards the ray's origin, and whether anything is there.
  glm::vec4 radiance(glm::vec3 origin, glm::vec3 direction, glm::vec2 sample) const {
    const SynthBvhHit hit = bvh.closest(origin, direction, kFar);
    if (!hit) return glm::vec4(0.0f);
    const SynthSurfacePoint point = surface_point(geometry, hit, origin, direction);
    const SynthMaterial& material = geometry.materials[geometry.patches[point.patch].material];
    glm::vec3 color = diffuse(point);
    if (material.reflectance.x > 0) color += reflected(point, material, glm::normalize(direction), sample);
    return {glm::min(color, glm::vec3(kBrightest)), 1.0f};
  }
};

}  // namespace

SynthSurfaceImage render_surface(const SynthGeometry& geometry, const SynthBvh& bvh, const Camera& camera,
                                 ThreadPool& pool) {
  SynthSurfaceImage image{ImageF32(camera.size_px), ImageU16(camera.size_px), ImageF32(camera.size_px),
                          ImageU8(camera.size_px)};
  const glm::vec3 origin = camera.world_from_camera.translation;
  pool.parallel_for(static_cast<size_t>(camera.size_px.y), 4, [&](size_t begin, size_t end) {
    for (int y = static_cast<int>(begin); y < static_cast<int>(end); ++y) {
      for (int x = 0; x < camera.size_px.x; ++x) {
        const glm::vec3 direction =
            pixel_direction(camera, glm::vec2(static_cast<float>(x), static_cast<float>(y)) + 0.5f);
        const SynthBvhHit hit = bvh.closest(origin, direction, kFar);
        if (!hit) continue;
        const SynthSurfacePoint point = surface_point(geometry, hit, origin, direction);
        const SynthPatch& patch = geometry.patches[point.patch];
        const SynthMaterial& material = geometry.materials[patch.material];
        image.depth_m.at(x, y) = hit.t;  // the direction has z = 1 in the camera's frame
        image.ids.at(x, y) = patch.thing;
        image.cosine.at(x, y) = -glm::dot(point.face_normal, glm::normalize(direction));
        image.reflective.at(x, y) = material.reflectance.x > kReflective || material.emission.x > 0 ? 1 : 0;
      }
    }
  });
  return image;
}

void add_color_rays(const SynthGeometry& geometry, const SynthBvh& bvh, const SynthLightMap& light,
                    const SynthColorRays& rays, SynthColorSum& sum, ThreadPool& pool) {
  const Renderer renderer{geometry, bvh, light};
  pool.parallel_for(static_cast<size_t>(sum.height()), 4, [&](size_t begin, size_t end) {
    for (int y = static_cast<int>(begin); y < static_cast<int>(end); ++y) {
      for (int x = 0; x < sum.width(); ++x) {
        const uint32_t pixel = synth_hash(static_cast<uint32_t>(x), static_cast<uint32_t>(y), rays.key);
        const glm::vec2 shift = sample_shift(pixel);
        const float time_shift = synth_unit(synth_hash(pixel, 5));
        for (int k = rays.begin; k < rays.end; ++k) {
          const Camera camera = rays.camera_at((static_cast<float>(k) + time_shift) / static_cast<float>(rays.total));
          const glm::vec2 inside = spread_sample(k, shift);
          const glm::vec2 at = glm::vec2(static_cast<float>(x), static_cast<float>(y)) + inside;
          const glm::vec2 gloss = glm::fract(glm::vec2(inside.y, inside.x) * 7.31f + shift);
          sum.at(x, y) +=
              renderer.radiance(camera.world_from_camera.translation, pixel_direction(camera, rays.lens, at), gloss);
        }
      }
    }
  });
}

}  // namespace diorama
