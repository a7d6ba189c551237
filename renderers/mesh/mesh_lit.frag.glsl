#version 450
#include "renderers/mesh/mesh_material.glsl"

// glTF metallic-roughness under a simple sky and one sun.
layout(constant_id = 2) const uint kHasMaps = 0;      // any of the four textures below
layout(constant_id = 3) const uint kFlatNormals = 0;  // the mesh has none: those of the triangles

layout(set = 0, binding = 0) uniform Frame { MeshFrameConstants frame; };
layout(set = 1, binding = 2) uniform sampler2D metallic_roughness_texture;  // G roughness, B metallic
layout(set = 1, binding = 3) uniform sampler2D normal_texture;
layout(set = 1, binding = 4) uniform sampler2D occlusion_texture;
layout(set = 1, binding = 5) uniform sampler2D emissive_texture;

layout(location = 3) centroid in vec3 position_in_world;
layout(location = 2) centroid in vec3 normal;
layout(location = 0) centroid in vec4 color;
layout(location = 1) centroid in vec2 uv;
layout(location = 0) out vec4 result;

const float kPi = 3.14159265;
const vec3 kZenith = vec3(0.62, 0.70, 0.82), kHorizon = vec3(0.78, 0.78, 0.76), kGround = vec3(0.30, 0.28, 0.26);
const vec3 kSunDirection = vec3(0.4423, 0.7863, 0.4315), kSun = vec3(0.55, 0.53, 0.50);  // radiance of a white wall

// Radiance of the sky from a direction; `blur` 0 sharp horizon, 1 all smooth.
vec3 sky(vec3 direction, float blur) {
  float up = direction.y / mix(0.25, 1.5, blur);
  vec3 above = mix(kHorizon, kZenith, clamp(direction.y, 0.0, 1.0));
  return mix(kGround, above, smoothstep(-1.0, 1.0, up));
}

// Normal turned by the tangent-space map; the frame comes from the screen's derivatives (Schueler, "Normal mapping
// without precomputed tangents", 2013).
vec3 mapped_normal(vec3 n) {
  vec3 dp_dx = dFdx(position_in_world), dp_dy = dFdy(position_in_world);
  vec2 duv_dx = dFdx(uv), duv_dy = dFdy(uv);
  vec3 across = cross(dp_dy, n), along = cross(n, dp_dx);
  vec3 tangent = across * duv_dx.x + along * duv_dy.x;
  vec3 bitangent = across * duv_dx.y + along * duv_dy.y;
  float scale = max(dot(tangent, tangent), dot(bitangent, bitangent));
  if (!(scale > 0)) return n;
  vec3 offset = texture(normal_texture, uv).xyz * 2 - 1;
  return normalize((tangent * offset.x + bitangent * offset.y) * inversesqrt(scale) + n * offset.z);
}

// Share of the sky that a rough surface mirrors (Karis, "Physically based shading on mobile", 2014).
vec3 sky_reflectance(vec3 f0, float roughness, float n_v) {
  vec4 r = roughness * vec4(-1, -0.0275, -0.572, 0.022) + vec4(1, 0.0425, 1.04, -0.04);
  float a = min(r.x * r.x, exp2(-9.28 * n_v)) * r.x + r.y;
  vec2 ab = vec2(-1.04, 1.04) * a + r.zw;
  return f0 * ab.x + ab.y;
}

// GGX lobe of the sun (Walter et al. 2007) with Schlick's Fresnel and the visibility of Karis 2013, times pi.
vec3 sun_lobe(vec3 n, vec3 v, vec3 f0, float roughness) {
  vec3 h = normalize(kSunDirection + v);
  float a2 = pow(roughness, 4.0), n_h = max(dot(n, h), 0.0), n_v = max(dot(n, v), 1e-3);
  float n_l = max(dot(n, kSunDirection), 1e-3), base = n_h * n_h * (a2 - 1) + 1;
  float k = (roughness + 1) * (roughness + 1) / 8;
  float visibility = 0.25 / ((n_v * (1 - k) + k) * (n_l * (1 - k) + k));
  vec3 fresnel = f0 + (1 - f0) * pow(1 - max(dot(v, h), 0.0), 5.0);
  return fresnel * a2 / (base * base) * visibility;
}

void main() {
  vec4 base = base_color_at(color, uv);
  vec3 v = normalize(frame.eye_in_world - position_in_world);
  vec3 n = kFlatNormals != 0 ? cross(dFdx(position_in_world), dFdy(position_in_world)) : normal;
  n = normalize(n);
  if (!(dot(n, n) > 0.5)) n = v;  // a vertex without a usable normal
  // The side that is seen is the lit one; flat normals come from the screen and have no side of their own.
  if (kFlatNormals != 0 ? dot(n, v) < 0 : !gl_FrontFacing) n = -n;

  float metallic = material.metallic, roughness = material.roughness, occlusion = 1;
  vec3 emissive = material.emissive;
  if (kHasMaps != 0) {
    vec2 metallic_roughness = texture(metallic_roughness_texture, uv).bg;
    metallic *= metallic_roughness.x;
    roughness *= metallic_roughness.y;
    occlusion = texture(occlusion_texture, uv).r;
    emissive *= texture(emissive_texture, uv).rgb;
    n = mapped_normal(n);
  }
  roughness = clamp(roughness, 0.045, 1.0);

  vec3 diffuse = base.rgb * (1 - metallic), f0 = mix(vec3(0.04), base.rgb, metallic);
  float n_l = max(dot(n, kSunDirection), 0.0), n_v = clamp(dot(n, v), 0.0, 1.0);
  vec3 from_sky = diffuse * sky(n, 1) + sky_reflectance(f0, roughness, n_v) * sky(reflect(-v, n), roughness);
  vec3 from_sun = (diffuse + sun_lobe(n, v, f0, roughness)) * kSun * n_l;
  result = as_target(from_sky * occlusion + from_sun + emissive, base.a);
}
