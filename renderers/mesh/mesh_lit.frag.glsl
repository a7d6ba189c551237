#version 450
#include "engine/raster/surface_light_shared.h"
#include "renderers/mesh/mesh_material.glsl"

// glTF metallic-roughness under a simple sky and one sun.
layout(constant_id = 2) const uint kHasMaps = 0;       // metal and roughness, occlusion or emission
layout(constant_id = 3) const uint kFlatNormals = 0;   // the mesh has none: those of the triangles
layout(constant_id = 6) const uint kHasNormalMap = 0;  // and tangents for it
layout(constant_id = 7) const uint kTransmission = 0;  // 1: the share of what is behind, 2: the surface's own light
layout(constant_id = 8) const uint kIridescent = 0;

layout(set = 0, binding = 0) uniform Frame { MeshFrameConstants frame; };
layout(set = 1, binding = 2) uniform sampler2D metallic_roughness_texture;  // G roughness, B metallic
layout(set = 1, binding = 3) uniform sampler2D normal_texture;
layout(set = 1, binding = 4) uniform sampler2D occlusion_texture;
layout(set = 1, binding = 5) uniform sampler2D emissive_texture;

layout(location = 0) centroid in vec4 color;
layout(location = 1) centroid in vec4 uvs;
layout(location = 2) centroid in vec3 normal;
layout(location = 3) centroid in vec3 position_in_world;
layout(location = 4) centroid in vec4 tangent;
layout(location = 0) out vec4 result;

// The normal on the side that is seen: that side is the lit one. Flat normals come from the screen and have no side of
// their own.
vec3 seen_normal(vec3 v) {
  if (kFlatNormals != 0) {
    vec3 n = normalize(cross(dFdx(position_in_world), dFdy(position_in_world)));
    return !(dot(n, n) > 0.5) ? v : dot(n, v) < 0 ? -n : n;
  }
  vec3 n = normalize(normal);
  if (!(dot(n, n) > 0.5)) return v;  // a vertex without a usable normal
  if (kHasNormalMap != 0) {
    vec3 texel = texture(normal_texture, texture_uv(kNormal, uvs)).xyz;
    n = mapped_normal(texel, material.normal_scale, n, tangent.xyz, tangent.w < 0 ? -1.0 : 1.0);
  }
  return gl_FrontFacing ? n : -n;
}

void main() {
  vec4 base = base_color_at(color, uvs);
  LitSurface s;
  s.base_color = base.rgb;
  s.metallic = material.metallic;
  s.roughness = material.roughness;
  s.emissive = material.emissive;
  s.occlusion = 1;
  s.view = normalize(frame.eye_in_world - position_in_world);
  s.normal = seen_normal(s.view);
  s.dielectric_reflectance = material.dielectric_reflectance;
  s.tint = material.tint;
  s.transmission = kTransmission != 0 ? material.transmission : 0.0;
  s.iridescence = kIridescent != 0 ? material.iridescence : 0.0;
  s.film_ior = material.film_ior;
  s.film_thickness_nm = material.film_thickness_nm;
  if (kHasMaps != 0) {
    vec2 metallic_roughness = texture(metallic_roughness_texture, texture_uv(kMetallicRoughness, uvs)).bg;
    s.metallic *= metallic_roughness.x;
    s.roughness *= metallic_roughness.y;
    float occlusion = texture(occlusion_texture, texture_uv(kOcclusion, uvs)).r;
    s.occlusion = 1 + material.occlusion_strength * (occlusion - 1);
    s.emissive *= texture(emissive_texture, texture_uv(kEmissive, uvs)).rgb;
  }
  SurfaceLight surface = surface_light(s);
  float alpha = kAlphaMode == kAlphaBlend ? base.a : 1.0;
  if (kTransmission == 1) {
    result = vec4(1 - alpha * (1 - surface.through), 1);
  } else if (kTransmission == 2) {
    result = vec4(alpha * surface.light, 1);
  } else {
    result = as_target(surface.light, base.a);
  }
}
