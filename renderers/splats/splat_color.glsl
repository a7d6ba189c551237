// Colour of a splat along a direction: spherical harmonics with the signs of 3DGS (Kerbl et al. 2023, after Sloan 2013).
layout(constant_id = 0) const uint kShDegree = 3;  // stored
layout(constant_id = 1) const bool kShBytes = false;

const uint kShValues = 3 * ((kShDegree + 1) * (kShDegree + 1) - 1);
const uint kShWords = (kShBytes ? kShValues + 15 : 2 * kShValues + 15) / 16;
const float kShC0 = 0.28209479177387814;

uvec4 sh_block[6];

float sh_value(uint i) {
  if (kShBytes) {
    const uint code = sh_block[i >> 4][i >> 2 & 3u] >> (8 * (i & 3u)) & 255u;
    return (float(code) - 128.0) / kSplatCoefficientSteps;
  }
  return unpackHalf2x16(sh_block[i >> 3][i >> 1 & 3u])[i & 1u];
}

vec3 sh_coefficient(uint j) { return vec3(sh_value(3 * j), sh_value(3 * j + 1), sh_value(3 * j + 2)); }

vec3 degree_1(vec3 d) {
  return 0.4886025119029199 * (-d.y * sh_coefficient(0) + d.z * sh_coefficient(1) - d.x * sh_coefficient(2));
}

vec3 degree_2(vec3 d) {
  const float xx = d.x * d.x, yy = d.y * d.y, zz = d.z * d.z;
  return 1.0925484305920792 * (d.x * d.y * sh_coefficient(3) - d.y * d.z * sh_coefficient(4) -
                               d.x * d.z * sh_coefficient(6)) +
         0.31539156525252005 * (2.0 * zz - xx - yy) * sh_coefficient(5) +
         0.5462742152960396 * (xx - yy) * sh_coefficient(7);
}

vec3 degree_3(vec3 d) {
  const float xx = d.x * d.x, yy = d.y * d.y, zz = d.z * d.z;
  return -0.5900435899266435 * d.y * (3.0 * xx - yy) * sh_coefficient(8) +
         2.890611442640554 * d.x * d.y * d.z * sh_coefficient(9) -
         0.4570457994644658 * d.y * (4.0 * zz - xx - yy) * sh_coefficient(10) +
         0.3731763325901154 * d.z * (2.0 * zz - 3.0 * xx - 3.0 * yy) * sh_coefficient(11) -
         0.4570457994644658 * d.x * (4.0 * zz - xx - yy) * sh_coefficient(12) +
         1.445305721320277 * d.z * (xx - yy) * sh_coefficient(13) -
         0.5900435899266435 * d.x * (xx - 3.0 * yy) * sh_coefficient(14);
}

vec3 color_of(uint splat, uvec4 first, uvec4 second, vec3 direction) {
  vec3 color = 0.5 + kShC0 * vec3(unpackHalf2x16(first.w >> 16).x, unpackHalf2x16(second.w));
  for (uint i = 0; i < kShWords; ++i) sh_block[i] = words[2 * run.capacity + splat * kShWords + i];
  const vec3 range = kShBytes ? run.sh_range : vec3(1);
  const uint degree = min(kShDegree, frame.sh_degree);
  if (degree >= 1) color += range.x * degree_1(direction);
  if (degree >= 2) color += range.y * degree_2(direction);
  if (degree >= 3) color += range.z * degree_3(direction);
  return max(color, 0.0);
}
