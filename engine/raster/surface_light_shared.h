// How a lit surface looks: glTF metallic-roughness under a simple sky and one sun, read by the rasteriser and by
// shaders. Linear light; +Y is up.
#ifdef __cplusplus
#pragma once
#include <glm/glm.hpp>
namespace diorama::light {
using namespace glm;
#define DIO_SHARED_FUNCTION inline
#else
#define DIO_SHARED_FUNCTION
#endif

const float kLightPi = 3.14159265f;
const vec3 kZenith = vec3(0.62f, 0.70f, 0.82f), kHorizon = vec3(0.78f, 0.78f, 0.76f);
const vec3 kGround = vec3(0.30f, 0.28f, 0.26f);
const vec3 kSunDirection = vec3(0.4423f, 0.7863f, 0.4315f);
const vec3 kSun = vec3(0.55f, 0.53f, 0.50f);  // radiance of a white wall that faces it

struct LitSurface {
  vec3 base_color;
  float metallic;
  vec3 emissive;
  float roughness;
  vec3 normal;  // unit, on the side that is seen
  float occlusion;
  vec3 view;  // unit, to the eye
  float dielectric_reflectance;
  vec3 tint;  // of light that comes through, beside the base colour
  float transmission;
  float iridescence, film_ior, film_thickness_nm;
};

// What leaves a surface: its own light, and the share of what is behind it that comes through.
struct SurfaceLight {
  vec3 light;
  vec3 through;
};

// Radiance of the sky from a direction; `blur` 0 sharp horizon, 1 all smooth.
DIO_SHARED_FUNCTION vec3 sky_light(vec3 direction, float blur) {
  float up = direction.y / mix(0.25f, 1.5f, blur);
  vec3 above = mix(kHorizon, kZenith, clamp(direction.y, 0.0f, 1.0f));
  return mix(kGround, above, smoothstep(-1.0f, 1.0f, up));
}

// (x, y): f0 * x + y is the share of the sky that a rough surface mirrors (Karis, "Physically based shading on mobile",
// 2014).
DIO_SHARED_FUNCTION vec2 sky_response(float roughness, float n_v) {
  vec4 r = roughness * vec4(-1.0f, -0.0275f, -0.572f, 0.022f) + vec4(1.0f, 0.0425f, 1.04f, -0.04f);
  float a = min(r.x * r.x, exp2(-9.28f * n_v)) * r.x + r.y;
  return vec2(-1.04f, 1.04f) * a + vec2(r.z, r.w);
}

DIO_SHARED_FUNCTION float fresnel_weight(float cosine) {
  float m = clamp(1.0f - cosine, 0.0f, 1.0f);
  return m * m * m * m * m;
}

// GGX lobe of the sun with Smith's visibility of both directions (Heitz 2014, as glTF 2.0 appendix B has it), times pi.
DIO_SHARED_FUNCTION vec3 sun_lobe(vec3 n, vec3 v, vec3 f0, float roughness) {
  vec3 h = normalize(kSunDirection + v);
  float a2 = roughness * roughness * roughness * roughness;
  float n_h = max(dot(n, h), 0.0f), n_v = max(dot(n, v), 1e-3f), n_l = max(dot(n, kSunDirection), 1e-3f);
  float base = n_h * n_h * (a2 - 1.0f) + 1.0f;
  float visibility = 0.5f / (n_l * sqrt(n_v * n_v * (1.0f - a2) + a2) + n_v * sqrt(n_l * n_l * (1.0f - a2) + a2));
  vec3 fresnel = f0 + (1.0f - f0) * fresnel_weight(max(dot(v, h), 0.0f));
  return fresnel * (a2 / (base * base) * visibility);
}

// Spectrum of an interference of that path as linear sRGB (Belcour & Barla 2017, equation 10: Gaussians fitted to the
// CIE curves).
DIO_SHARED_FUNCTION vec3 film_spectrum(float path_nm, vec3 shift) {
  const vec3 kHeight = vec3(5.4856e-13f, 4.4201e-13f, 5.2481e-13f);
  const vec3 kPlace = vec3(1.6810e6f, 1.7953e6f, 2.2084e6f), kVariance = vec3(4.3278e9f, 9.3046e9f, 6.6121e9f);
  float phase = 2.0f * kLightPi * path_nm * 1e-9f, phase2 = phase * phase;
  vec3 xyz = kHeight * sqrt(2.0f * kLightPi * kVariance) * cos(kPlace * phase + shift) * exp(-phase2 * kVariance);
  xyz.x +=
      9.7470e-14f * sqrt(2.0f * kLightPi * 4.5282e9f) * cos(2.2399e6f * phase + shift.x) * exp(-4.5282e9f * phase2);
  xyz = xyz / 1.0685e-7f;
  return vec3(3.2404542f, -0.9692660f, 0.0556434f) * xyz.x + vec3(-1.5371385f, 1.8760108f, -0.2040259f) * xyz.y +
         vec3(-0.4985314f, 0.0415560f, 1.0572252f) * xyz.z;
}

DIO_SHARED_FUNCTION vec3 reflectance_between(vec3 a, vec3 b) {
  vec3 ratio = (a - b) / (a + b);
  return ratio * ratio;
}

// Reflectance of a thin film on a base (Belcour & Barla 2017, "A practical extension to microfacet theory for the
// modeling of varying iridescence"; KHR_materials_iridescence): three terms of its series, Schlick's Fresnel.
DIO_SHARED_FUNCTION vec3 film_reflectance(float cosine, vec3 base_f0, float ior, float thickness_nm) {
  float film_ior = mix(1.0f, ior, smoothstep(0.0f, 0.03f, thickness_nm));  // none where it has no thickness
  float sine2 = (1.0f - cosine * cosine) / (film_ior * film_ior);
  float inner = sqrt(max(1.0f - sine2, 0.0f));
  float outer_f0 = (film_ior - 1.0f) / (film_ior + 1.0f);
  outer_f0 = outer_f0 * outer_f0;
  float r12 = outer_f0 + (1.0f - outer_f0) * fresnel_weight(cosine), t121 = 1.0f - r12;
  vec3 root = sqrt(clamp(base_f0, vec3(0.0f), vec3(0.9999f)));
  vec3 base_ior = (1.0f + root) / (1.0f - root);
  vec3 inner_f0 = reflectance_between(base_ior, vec3(film_ior));
  vec3 r23 = inner_f0 + (1.0f - inner_f0) * fresnel_weight(inner);
  // Phase shifts of the reflections within the film: half a wave at its top, and at its base where that is less dense.
  vec3 shift = kLightPi + kLightPi * vec3(lessThan(base_ior, vec3(film_ior)));
  float path_nm = 2.0f * film_ior * thickness_nm * inner;
  vec3 r123 = clamp(r12 * r23, vec3(1e-5f), vec3(0.9999f)), step = sqrt(r123);
  vec3 mean = t121 * t121 * r23 / (1.0f - r123);
  vec3 first = (mean - t121) * step, second = first * step;
  vec3 result = r12 + mean + first * 2.0f * film_spectrum(path_nm, shift) +
                second * 2.0f * film_spectrum(2.0f * path_nm, 2.0f * shift);
  return clamp(result, vec3(0.0f), vec3(1.0f));
}

// Reflectance head-on that Schlick's Fresnel turns into the film's at this angle.
DIO_SHARED_FUNCTION vec3 film_f0(LitSurface s, vec3 f0, float n_v) {
  vec3 film = film_reflectance(n_v, f0, s.film_ior, s.film_thickness_nm);
  float weight = min(fresnel_weight(n_v), 0.9999f);
  return mix(f0, clamp((film - weight) / (1.0f - weight), vec3(0.0f), vec3(1.0f)), s.iridescence);
}

DIO_SHARED_FUNCTION SurfaceLight surface_light(LitSurface s) {
  float n_v = clamp(dot(s.normal, s.view), 0.0f, 1.0f), n_l = max(dot(s.normal, kSunDirection), 0.0f);
  float roughness = clamp(s.roughness, 0.045f, 1.0f);
  vec3 f0 = mix(vec3(s.dielectric_reflectance), s.base_color, s.metallic);
  if (s.iridescence > 0.0f) f0 = film_f0(s, f0, n_v);

  // What is mirrored once, and what by several bounces between the facets (Fdez-Aguera 2019, equations 4 and 10).
  vec2 response = sky_response(roughness, n_v);
  vec3 once = f0 * response.x + response.y, mean_f0 = f0 + (1.0f - f0) / 21.0f;
  float lost = clamp(1.0f - response.x - response.y, 0.0f, 1.0f);
  vec3 often = once * mean_f0 / (1.0f - lost * mean_f0) * lost;
  vec3 mirrored = once + often;
  float entering = 1.0f - clamp(max(mirrored.x, max(mirrored.y, mirrored.z)), 0.0f, 1.0f);

  vec3 inside = s.base_color * (1.0f - s.metallic), diffuse = inside * (1.0f - s.transmission);
  vec3 around = sky_light(s.normal, 1.0f);
  vec3 from_sky = once * sky_light(reflect(-s.view, s.normal), roughness) + (often + diffuse * entering) * around;
  vec3 from_sun = (diffuse + sun_lobe(s.normal, s.view, f0, roughness)) * kSun * n_l;
  SurfaceLight result;
  result.light = from_sky * s.occlusion + from_sun + s.emissive;
  result.through = inside * s.tint * (s.transmission * entering);
  return result;
}

// A tangent-space normal from its texel, [0, 1]; `side` as in glTF's TANGENT. Not normalised tangents stay so.
DIO_SHARED_FUNCTION vec3 mapped_normal(vec3 texel, float scale, vec3 normal, vec3 tangent, float side) {
  vec3 offset = (texel * 2.0f - 1.0f) * vec3(scale, scale, 1.0f);
  vec3 n = tangent * offset.x + cross(normal, tangent) * (side * offset.y) + normal * offset.z;
  float length2 = dot(n, n);
  return length2 > 0.0f ? n * inversesqrt(length2) : normal;
}

#ifdef __cplusplus
}  // namespace diorama::light
#endif
#undef DIO_SHARED_FUNCTION
