#version 450
#include "engine/gpu/splat_storage_shared.h"
#include "streaming/dequantize_shared.h"

// Codes of a group's frame become splats as SplatBuffers stores them. The CPU's twins are GroupDequantizer and
// SplatBuffers::replace().
layout(local_size_x = 128) in;
layout(std430, set = 0, binding = 0) writeonly buffer Chunk { uvec4 words[]; };
layout(set = 1, binding = 0) uniform Constants { DequantizeConstants group; };
layout(std430, set = 1, binding = 1) readonly buffer Picture { uint picture[]; };  // 4 bytes a word
// Two words a splat: base x, y, z, nodes 0 and 1; nodes 2 and 3, weights 0, 1, 2.
layout(std430, set = 1, binding = 2) readonly buffer Skin { uvec4 skin[]; };
// Three words a node: rotation x, y, z, w; place; place + shift.
layout(std430, set = 1, binding = 3) readonly buffer Nodes { vec4 nodes[]; };
layout(push_constant) uniform Part { DequantizePart part; };

const float kShC0 = 0.28209479;

uint in_block;  // bytes from a block's corner: column, and row
uvec2 corner;   // of the splat's block in its tile

float value_of(uint scalar) {
  const uvec4 place = group.places[scalar];
  const uint byte = place.x + (corner.y + (in_block >> 8)) * place.y + corner.x + (in_block & 255u);
  const uint code = picture[byte >> 2] >> (8u * (byte & 3u)) & 255u;
  const vec4 range = group.ranges[scalar];
  return range.x + range.y * min(float(code), range.z);
}

vec3 triple_of(uint scalar) { return vec3(value_of(scalar), value_of(scalar + 1), value_of(scalar + 2)); }

void find_texel(uint splat) {
  const uint block = splat / 256u, m = splat % 256u;
  corner = 16u * uvec2(block % group.blocks_wide, block / group.blocks_wide);
  uvec2 texel = uvec2(0);
  for (uint bit = 0; bit < 4; ++bit) texel |= uvec2(m >> (2u * bit) & 1u, m >> (2u * bit + 1u) & 1u) << bit;
  in_block = texel.x | texel.y << 8;
}

vec3 rotated(vec4 q, vec3 p) {
  const vec3 once = cross(q.xyz, p);
  return p + 2.0 * (q.w * once + cross(q.xyz, once));
}

vec4 product(vec4 a, vec4 b) {
  return vec4(a.w * b.xyz + b.w * a.xyz + cross(a.xyz, b.xyz), a.w * b.w - dot(a.xyz, b.xyz));
}

// Where the nodes take a splat, and how they turn it.
void carry(uint splat, out vec3 position, out vec4 turn) {
  const uvec4 a = skin[2 * splat], b = skin[2 * splat + 1];
  const vec3 base = uintBitsToFloat(a.xyz);
  if (group.node_count == 0) {
    position = base;
    turn = vec4(0, 0, 0, 1);
    return;
  }
  const vec3 w = uintBitsToFloat(b.yzw);
  const uint node[4] = uint[](a.w & 0xffffu, a.w >> 16, b.x & 0xffffu, b.x >> 16);
  const float weight[4] = float[](w.x, w.y, w.z, 1.0 - w.x - w.y - w.z);
  const vec4 heaviest = nodes[3 * node[0]];
  position = vec3(0);
  turn = vec4(0);
  for (uint k = 0; k < 4; ++k) {
    const vec4 q = nodes[3 * node[k]];
    position += weight[k] * (rotated(q, base - nodes[3 * node[k] + 1].xyz) + nodes[3 * node[k] + 2].xyz);
    turn += (dot(q, heaviest) < 0.0 ? -weight[k] : weight[k]) * q;
  }
}

uint steps(float share, float most) { return uint(round(clamp(share, 0.0, 1.0) * most)); }

float log_scale_share(float log_scale) { return (log_scale - kSplatLeastLogScale) / kSplatLogScaleSpan; }

uint halves(float a, float b) { return packHalf2x16(clamp(vec2(a, b), -65504.0, 65504.0)); }

// 48 bits: the lowest 16, then 32.
uvec2 packed_rotation(vec4 q) {
  uint largest = 0;
  for (uint k = 1; k < 4; ++k) {
    if (abs(q[k]) > abs(q[largest])) largest = k;
  }
  const vec4 shares = (q[largest] < 0.0 ? -q : q) * (0.5 * sqrt(2.0)) + 0.5;
  const vec3 rest = largest == 0 ? shares.yzw : largest == 1 ? shares.xzw : largest == 2 ? shares.xyw : shares.xyz;
  const uvec3 parts = uvec3(steps(rest.x, kSplatRotationSteps), steps(rest.y, kSplatRotationSteps),
                            steps(rest.z, kSplatRotationSteps));
  return uvec2(parts.x | (largest & 1u) << 15, parts.y | parts.z << 15 | (largest >> 1) << 30);
}

// Coefficients of degree 1, turned with the cloud: as functions they are a vector (-m2, -m0, m1).
void write_coefficients(uint at) {
  float values[9] = float[](0, 0, 0, 0, 0, 0, 0, 0, 0);
  for (uint channel = 0; channel < (group.sh_degree > 0 ? 3 : 0); ++channel) {
    const vec3 m = vec3(value_of(13 + channel), value_of(16 + channel), value_of(19 + channel));
    const vec3 turned = rotated(group.rotation_xyzw, vec3(-m.z, -m.x, m.y));
    values[channel] = -turned.y;
    values[3 + channel] = turned.z;
    values[6 + channel] = -turned.x;
  }
  for (uint word = 0; word < part.sh_words; ++word) {
    uvec4 packed = uvec4(0);
    for (uint k = 0; k < 9; ++k) {
      if (part.sh_bytes != 0) {
        const float share = clamp(values[k] / group.sh_range.x, -1.0, 1.0);
        if (k / 16 == word) packed[k / 4 % 4] |= uint(round(share * kSplatCoefficientSteps) + 128.0) << (8 * (k % 4));
      } else if (k / 8 == word) {
        packed[k / 2 % 4] |= halves(values[k], 0.0) << (16 * (k % 2));
      }
    }
    words[2 * part.capacity + at * part.sh_words + word] = packed;
  }
}

void main() {
  if (gl_GlobalInvocationID.x >= part.count) return;
  const uint splat = part.first + gl_GlobalInvocationID.x, at = part.at + gl_GlobalInvocationID.x;
  find_texel(splat);
  vec3 position;
  vec4 turn;
  carry(splat, position, turn);
  position = rotated(group.rotation_xyzw, position + triple_of(0)) + group.translation.xyz;
  const vec3 own = triple_of(3);
  const vec4 rotation =
      normalize(product(group.rotation_xyzw, product(turn, vec4(own, sqrt(max(1.0 - dot(own, own), 0.0))))));
  const vec3 log_scale = triple_of(6);
  const float y = value_of(9), co = value_of(10), opacity = value_of(11), cg = value_of(12);
  const float middle = y - 0.5 * cg;
  const vec3 color = (vec3(middle + 0.5 * co, y + 0.5 * cg, middle - 0.5 * co) - 0.5) / kShC0;
  const float reach = clamp(log_scale_share(max(log_scale.x, max(log_scale.y, log_scale.z))), 0.0, 1.0);
  words[at] = uvec4(floatBitsToUint(position), steps(opacity, kSplatOpacitySteps) |
                                                   uint(ceil(reach * kSplatReachSteps)) << 10 |
                                                   halves(color.r, 0.0) << 16);
  const uvec3 scale = uvec3(steps(log_scale_share(log_scale.x), kSplatScaleSteps),
                            steps(log_scale_share(log_scale.y), kSplatScaleSteps),
                            steps(log_scale_share(log_scale.z), kSplatScaleSteps));
  const uvec2 packed = packed_rotation(rotation);
  words[part.capacity + at] =
      uvec4(scale.x | scale.y << 16, scale.z | packed.x << 16, packed.y, halves(color.g, color.b));
  if (part.sh_count > 0) write_coefficients(at);
}
