// The part of the fragment stage that every mesh pass shares: base colour and alpha.
#include "renderers/mesh/mesh_shared.h"

const uint kAlphaOpaque = 0, kAlphaMask = 1, kAlphaBlend = 2;
const int kBaseColor = 0, kMetallicRoughness = 1, kNormal = 2, kOcclusion = 3, kEmissive = 4;  // textures

layout(constant_id = 0) const uint kAlphaMode = kAlphaOpaque;
layout(constant_id = 1) const uint kHasBaseTexture = 0;
layout(constant_id = 4) const uint kEncodeSrgb = 0;  // the target keeps bytes as they are
layout(constant_id = 5) const uint kGeneralUvs = 0;  // textures have sets or transforms of their own

layout(set = 1, binding = 0) uniform Material { MeshMaterialConstants material; };
layout(set = 1, binding = 1) uniform sampler2D base_color_texture;

// Where a texture is read; uvs: both sets.
vec2 texture_uv(int slot, vec4 uvs) {
  if (kGeneralUvs == 0) return uvs.xy;
  vec4 matrix = material.uv_matrix[slot], offset = material.uv_offset[slot];
  vec2 uv = offset.z != 0 ? uvs.zw : uvs.xy;
  return matrix.xy * uv.x + matrix.zw * uv.y + offset.xy;
}

// Base colour of a fragment; those that the alpha mode drops are discarded.
vec4 base_color_at(vec4 vertex_color, vec4 uvs) {
  vec4 base = material.base_color * vertex_color;
  if (kHasBaseTexture != 0) base *= texture(base_color_texture, texture_uv(kBaseColor, uvs));
  if (kAlphaMode == kAlphaMask && !(base.a >= material.alpha_cutoff)) discard;
  if (kAlphaMode == kAlphaBlend && !(base.a > 0)) discard;
  return base;
}

// sRGB of linear light: the standard's straight piece, and for its curve the polynomial of degree 5 in the square root
// that stays closest (0.08 of an 8-bit step at most), a third of the work of a power.
vec3 srgb_from_linear(vec3 linear) {
  vec3 c = clamp(linear, 0.0, 1.0), s = sqrt(c);
  vec3 curve = ((((0.51731104 * s - 1.62367651) * s + 2.0315883) * s - 1.40274065) * s + 1.51795135) * s - 0.04010964;
  return mix(curve, 12.92 * c, lessThanEqual(c, vec3(0.0031308)));
}

// A surface's linear colour as the target wants it; alpha is 1 unless it is blended.
vec4 as_target(vec3 linear, float alpha) {
  if (kAlphaMode == kAlphaBlend) return vec4(linear, alpha);
  return vec4(kEncodeSrgb != 0 ? srgb_from_linear(linear) : linear, 1);
}
