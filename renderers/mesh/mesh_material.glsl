// The part of the fragment stage that every mesh pass shares: base colour and alpha.
#include "renderers/mesh/mesh_shared.h"

const uint kAlphaOpaque = 0, kAlphaMask = 1, kAlphaBlend = 2;

layout(constant_id = 0) const uint kAlphaMode = kAlphaOpaque;
layout(constant_id = 1) const uint kHasBaseTexture = 0;

layout(set = 1, binding = 0) uniform Material { MeshMaterialConstants material; };
layout(set = 1, binding = 1) uniform sampler2D base_color_texture;

// Base colour of a fragment; those that the alpha mode drops are discarded.
vec4 base_color_at(vec4 vertex_color, vec2 uv) {
  vec4 base = material.base_color * vertex_color;
  if (kHasBaseTexture != 0) base *= texture(base_color_texture, uv);
  if (kAlphaMode == kAlphaMask && !(base.a >= material.alpha_cutoff)) discard;
  if (kAlphaMode == kAlphaBlend && !(base.a > 0)) discard;
  return base;
}
