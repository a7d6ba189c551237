#include "engine/raster/splat_frame.h"
#include "engine/raster/splat_sh.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/raster/splat_gradients.cpp"
#include <hwy/foreach_target.h>
// After foreach_target.h: it is included once for each target.
#include "engine/raster/splat_projection-inl.h"

HWY_BEFORE_NAMESPACE();
namespace diorama::HWY_NAMESPACE {

// A block of splats on its way back to the records, field by field.
struct GradientBlock {
  SplatFields records, gradients;
  alignas(64) float sums[kSumCount][kSplatBlock];
  alignas(64) float along_ray[3][kSplatBlock];  // dL / d (position - eye) through the colour
  alignas(64) float mean_px[2][kSplatBlock];
  alignas(64) float drawn[kSplatBlock];  // 1 where the splat touches a tile, else 0
};

struct CameraSums {
  V3 rotation, translation;
  V focal_x, focal_y, center_x, center_y;
};

// The sums of a splat's pairs are all over the memory: asked for some splats before they are needed.
HWY_INLINE void PrefetchPairs(const SplatFrame& frame, size_t splat) {
  constexpr uint32_t kMost = 16;
  const uint32_t* const pairs = frame.pairs.data() + frame.pairs_begin(splat);
  for (uint32_t k = 0; k < HWY_MIN(frame.splat_pairs[splat].count, kMost); ++k) {
    const float* const sums = frame.sums.data() + pairs[k] * frame.sum_stride;
    hwy::Prefetch(sums);
    hwy::Prefetch(sums + kSumBlue);
  }
}

// Adds a splat's pairs up in the order of its tiles.
HWY_INLINE void SumPairs(const SplatFrame& frame, size_t splat, size_t i, GradientBlock& block,
                         SplatScreenGradient* screen) {
  const hn::CappedTag<float, 4> d4;
  alignas(16) float total[kSumCount + kSumsAtOnce] = {};
  const uint32_t* const pairs = frame.pairs.data() + frame.pairs_begin(splat);
  const uint32_t count = frame.splat_pairs[splat].count;
  const size_t width = frame.view.channels.normals ? size_t{kSumCount} : size_t{kSumNormalX};
  const float* const all = frame.sums.data();
  for (size_t j = 0; j < width; j += hn::Lanes(d4)) {
    auto sum = hn::Zero(d4);
    for (uint32_t k = 0; k < count; ++k) sum = hn::Add(sum, hn::LoadU(d4, all + pairs[k] * frame.sum_stride + j));
    hn::Store(sum, d4, total + j);
  }
  for (size_t j = 0; j < kSumCount; ++j) block.sums[j][i] = j < width ? total[j] : 0.0f;
  block.drawn[i] = count > 0 ? 1.0f : 0.0f;
  if (screen == nullptr) return;
  *screen = {};
  if (!frame.has_statistics) return;
  for (uint32_t k = 0; k < count; ++k) {
    const float* const statistics = all + (pairs[k] + size_t{1}) * frame.sum_stride - kSplatStatistics;
    screen->absolute_mean_px += glm::vec2(statistics[0], statistics[1]);
    screen->max_weight = HWY_MAX(screen->max_weight, statistics[2]);
    screen->weight_sum += statistics[3];
  }
}

// Of the colour, straight into the gradient's record; what it says about the direction goes to the block.
HWY_INLINE void ShadeBackward(const SplatView& view, const float* record, const DrawnSplat& splat, size_t i,
                              GradientBlock& block, float* gradient) {
  const hn::CappedTag<float, 4> d4;
  const size_t count = view.layout.rest_stride();
  alignas(16) float basis[16], weights[16] = {};
  const glm::vec3 ray(record[0] - view.eye[0], record[1] - view.eye[1], record[2] - view.eye[2]);
  const float inverse_length = 1.0f / std::sqrt(glm::dot(ray, ray));
  const glm::vec3 direction = ray * inverse_length;
  sh_basis(direction, view.sh_degree, basis);
  float color[3];
  for (size_t c = 0; c < 3; ++c) {
    color[c] = splat.channels[c] > 0 ? block.sums[kSumRed + c][i] : 0.0f;
    gradient[SplatLayout::kColor + c] = kShC0 * color[c];
  }
  gradient[SplatLayout::kColor + 3] = 0;
  for (size_t j = 0; j < count; j += hn::Lanes(d4)) {
    const auto value = hn::Load(d4, basis + j);
    auto weight = hn::Zero(d4);
    for (size_t c = 0; c < 3; ++c) {
      const auto slope = hn::Set(d4, color[c]);
      const size_t at = SplatLayout::kRest + c * count + j;
      hn::StoreU(hn::Mul(slope, value), d4, gradient + at);
      weight = hn::MulAdd(slope, hn::LoadU(d4, record + at), weight);
    }
    hn::Store(weight, d4, weights + j);
  }
  std::fill(gradient + SplatLayout::kRest + 3 * count, gradient + view.layout.stride(), 0.0f);
  const glm::vec3 turned = sh_gradient(direction, view.sh_degree, weights);
  const glm::vec3 along_ray = (turned - direction * glm::dot(direction, turned)) * inverse_length;
  for (int k = 0; k < 3; ++k) block.along_ray[k][i] = along_ray[k];
}

// Derivatives with respect to the ellipse: its mean and the three entries of the covariance.
struct EllipseGradient {
  V mean_x, mean_y;
  V var_x, cov, var_y;
};

HWY_INLINE EllipseGradient EllipseBackward(const Projection& p, const GradientBlock& block, size_t i) {
  const auto sum = [&](SplatSum field) HWY_ATTR { return hn::Load(D(), block.sums[field] + i); };
  const V inverse_var = hn::Div(Constant(1.0f), p.var_x), inverse_rest = hn::Div(p.var_x, p.det);
  const V slope = hn::Mul(p.cov, inverse_var), half = Constant(0.5f);
  EllipseGradient g;
  g.mean_y = hn::Mul(sum(kSumPE), inverse_rest);
  g.mean_x = hn::NegMulAdd(slope, g.mean_y, hn::Mul(sum(kSumPDx), inverse_var));
  // ln(alpha) = ... - dx^2 / (2 var_x) - (dy - slope dx)^2 / (2 rest), slope = cov / var_x, rest = var_y - cov slope.
  const V to_var = hn::Mul(half, hn::Mul(sum(kSumPDxDx), hn::Mul(inverse_var, inverse_var)));
  const V to_rest = hn::Mul(half, hn::Mul(sum(kSumPEE), hn::Mul(inverse_rest, inverse_rest)));
  const V to_slope = hn::Mul(hn::Mul(sum(kSumPDxE), inverse_rest), inverse_var);
  g.var_x = hn::MulAdd(hn::Mul(to_rest, slope), slope, hn::NegMulAdd(to_slope, slope, to_var));
  g.cov = hn::NegMulAdd(hn::Mul(Constant(2.0f), slope), to_rest, to_slope);
  g.var_y = to_rest;
  return g;
}

struct SpreadGradient {
  V3 x, y;
};

HWY_INLINE SpreadGradient SpreadBackward(const SplatView& view, const Projection& p, const EllipseGradient& ellipse,
                                         V log_opacity) {
  const V two = Constant(2.0f);
  V var_x = hn::Mul(two, ellipse.var_x), var_y = hn::Mul(two, ellipse.var_y);
  if (!view.antialiased) {
    return {ScaledAdd(p.spread_y, ellipse.cov, Scaled(p.spread_x, var_x)),
            ScaledAdd(p.spread_x, ellipse.cov, Scaled(p.spread_y, var_y))};
  }
  // ln(compensation) = (ln(det_sharp) - ln(det)) / 2 above its floor; det = det_sharp + low pass * (trace + low pass).
  const V floor = Constant(kSplatLeastCompensation);
  const V share = hn::IfThenElseZero(hn::Gt(p.compensation, floor), log_opacity);
  const V inverse_det = hn::Div(Constant(1.0f), p.det);
  const V to_trace = hn::Mul(hn::Mul(share, inverse_det), Constant(kSplatLowPass_px2));
  var_x = hn::Sub(var_x, to_trace);
  var_y = hn::Sub(var_y, to_trace);
  const V inverse_sharp = hn::Div(Constant(1.0f), hn::Max(p.det_sharp, Constant(1e-30f)));
  const V to_sharp = hn::Mul(share, hn::Sub(inverse_sharp, inverse_det));
  const V3 across = Cross(p.spread_x, p.spread_y);
  const V3 x = ScaledAdd(Cross(p.spread_y, across), to_sharp, Scaled(p.spread_x, var_x));
  const V3 y = ScaledAdd(Cross(across, p.spread_x), to_sharp, Scaled(p.spread_y, var_y));
  return {ScaledAdd(p.spread_y, ellipse.cov, x), ScaledAdd(p.spread_x, ellipse.cov, y)};
}

// dL / d jacobian row, from dL / d spread: spread_k = scale_k * (axis_k . jacobian).
HWY_INLINE V3 JacobianBackward(const Projection& p, const V3& spread) {
  const V3 first = Scaled(p.axis[0], hn::Mul(p.scale.x, spread.x));
  return ScaledAdd(p.axis[2], hn::Mul(p.scale.z, spread.z), ScaledAdd(p.axis[1], hn::Mul(p.scale.y, spread.y), first));
}

// One screen axis: pixel = focal * slope + center, jacobian = focal / z * (1, -bounded slope).
struct AxisGradient {
  V lateral, z;  // dL / d p_in_camera
  V focal, center;
};

HWY_INLINE AxisGradient AxisBackward(V mean, V jacobian_lateral, V jacobian_z, V slope, V bounded, V inverse_z,
                                     float focal_px) {
  const V focal_z = hn::Mul(Constant(focal_px), inverse_z);
  const M unbounded = hn::Eq(slope, bounded);
  const V to_z = hn::Mul(jacobian_z, focal_z);  // -dL / d bounded slope
  const V moving = hn::IfThenElseZero(unbounded, to_z);
  AxisGradient g;
  g.lateral = hn::NegMulAdd(moving, inverse_z, hn::Mul(mean, focal_z));
  V z = hn::MulAdd(moving, hn::Mul(slope, inverse_z), hn::Mul(hn::Mul(to_z, bounded), inverse_z));
  z = hn::NegMulAdd(hn::Mul(jacobian_lateral, focal_z), inverse_z, z);
  g.z = hn::NegMulAdd(hn::Mul(mean, focal_z), slope, z);
  // The guard band's edges are fixed in pixels: there focal * bounded slope changes with the centre alone.
  const V to_focal_slope = hn::Mul(jacobian_z, inverse_z);
  g.focal = hn::NegMulAdd(hn::IfThenElseZero(unbounded, to_focal_slope), bounded,
                          hn::MulAdd(jacobian_lateral, inverse_z, hn::Mul(mean, slope)));
  g.center = hn::Add(mean, hn::IfThenZeroElse(unbounded, to_focal_slope));
  return g;
}

HWY_INLINE void StoreRotation(const Projection& p, const V3& torque_in_world, size_t i, SplatFields& gradients) {
  // The derivative along a turn by w is torque . w, and the turn changes q by w q / 2: dL / dq = 2 torque q on the
  // tangent of the unit sphere.
  const V factor = hn::Mul(Constant(2.0f), p.inverse_quaternion);
  const V3 axis{p.quaternion[0], p.quaternion[1], p.quaternion[2]};
  const V3 turned = ScaledAdd(torque_in_world, p.quaternion[3], Cross(torque_in_world, axis));
  const V values[4] = {turned.x, turned.y, turned.z, hn::Neg(Dot(torque_in_world, axis))};
  for (size_t k = 0; k < 4; ++k) {
    hn::Store(hn::Mul(values[k], factor), D(), gradients.values[SplatLayout::kRotation + k] + i);
  }
}

HWY_INLINE void Store3(const V3& value, size_t field, size_t i, SplatFields& fields) {
  hn::Store(value.x, D(), fields.values[field] + i);
  hn::Store(value.y, D(), fields.values[field + 1] + i);
  hn::Store(value.z, D(), fields.values[field + 2] + i);
}

HWY_INLINE void AddToCamera(const AxisGradient& x, const AxisGradient& y, const V3& torque, const V3& force, M drawn,
                            CameraSums& sums) {
  const auto add = [&](V& sum, V value) HWY_ATTR { sum = hn::Add(sum, hn::IfThenElseZero(drawn, value)); };
  add(sums.rotation.x, torque.x);
  add(sums.rotation.y, torque.y);
  add(sums.rotation.z, torque.z);
  add(sums.translation.x, force.x);
  add(sums.translation.y, force.y);
  add(sums.translation.z, force.z);
  add(sums.focal_x, x.focal);
  add(sums.focal_y, y.focal);
  add(sums.center_x, x.center);
  add(sums.center_y, y.center);
}

HWY_INLINE void ProjectBackward(const SplatView& view, size_t i, GradientBlock& block, CameraSums& camera) {
  const D d;
  const auto sum = [&](size_t field) HWY_ATTR { return hn::Load(d, block.sums[field] + i); };
  const Projection p = Project(view, block.records, i);
  const EllipseGradient ellipse = EllipseBackward(p, block, i);
  hn::Store(ellipse.mean_x, d, block.mean_px[0] + i);
  hn::Store(ellipse.mean_y, d, block.mean_px[1] + i);
  const V log_opacity = sum(kSumP);
  hn::Store(hn::Mul(log_opacity, hn::Sub(Constant(1.0f), p.opacity)), d,
            block.gradients.values[SplatLayout::kOpacity] + i);
  const SpreadGradient spread = SpreadBackward(view, p, ellipse, log_opacity);
  Store3({hn::MulAdd(spread.x.x, p.spread_x.x, hn::Mul(spread.y.x, p.spread_y.x)),
          hn::MulAdd(spread.x.y, p.spread_x.y, hn::Mul(spread.y.y, p.spread_y.y)),
          hn::MulAdd(spread.x.z, p.spread_x.z, hn::Mul(spread.y.z, p.spread_y.z))},
         SplatLayout::kLogScale, i, block.gradients);
  const V3 jacobian_x = JacobianBackward(p, spread.x), jacobian_y = JacobianBackward(p, spread.y);
  const AxisGradient x =
      AxisBackward(ellipse.mean_x, jacobian_x.x, jacobian_x.z, p.slope_x, p.bounded_x, p.inverse_z, view.focal_px[0]);
  const AxisGradient y =
      AxisBackward(ellipse.mean_y, jacobian_y.y, jacobian_y.z, p.slope_y, p.bounded_y, p.inverse_z, view.focal_px[1]);
  // A turn of the splat about its centre, in the camera's frame: sum over what turns of v x dL/dv, where the axes
  // enter by their products with the jacobian alone.
  V3 torque = Sum(Cross(jacobian_x, p.jacobian_x), Cross(jacobian_y, p.jacobian_y));
  if (view.channels.normals) {
    torque = Sum(torque, Cross(NormalOf(p), {sum(kSumNormalX), sum(kSumNormalY), sum(kSumNormalZ)}));
  }
  StoreRotation(p, RotatedBack(view.rotation, torque), i, block.gradients);
  const V3 force{x.lateral, y.lateral, hn::Add(hn::Add(x.z, y.z), sum(kSumZ))};
  const V3 along_ray{hn::Load(d, block.along_ray[0] + i), hn::Load(d, block.along_ray[1] + i),
                     hn::Load(d, block.along_ray[2] + i)};
  Store3(Sum(RotatedBack(view.rotation, force), along_ray), SplatLayout::kPosition, i, block.gradients);
  const M drawn = hn::Gt(hn::Load(d, block.drawn + i), hn::Zero(d));
  // The colour does not change when the camera turns about its centre.
  AddToCamera(x, y, Sum(torque, Cross(p.in_camera, force)), Sum(force, Rotated(view.rotation, along_ray)), drawn,
              camera);
}

HWY_INLINE void AddTo(const CameraSums& sums, SplatCameraGradient& camera) {
  const auto total = [](V v) HWY_ATTR { return static_cast<double>(hn::GetLane(hn::SumOfLanes(D(), v))); };
  camera.rotation += glm::dvec3(total(sums.rotation.x), total(sums.rotation.y), total(sums.rotation.z));
  camera.translation += glm::dvec3(total(sums.translation.x), total(sums.translation.y), total(sums.translation.z));
  camera.focal_px += glm::dvec2(total(sums.focal_x), total(sums.focal_y));
  camera.center_px += glm::dvec2(total(sums.center_x), total(sums.center_y));
}

// The splats [first, first + count) of the visible ones, count <= kSplatBlock.
void BlockGradients(const SplatFrame& frame, size_t first, size_t count, float* gradients, SplatScreenGradient* screen,
                    SplatCameraGradient* camera) {
  const SplatView& view = frame.view;
  const size_t stride = view.layout.stride();
  constexpr size_t kAhead = 8;
  GradientBlock block;
  LoadFields(view, frame.visible.data() + first, count, block.records);
  for (size_t i = 0; i < kSplatBlock; ++i) {
    if (i >= count) {
      for (auto& sum : block.sums) sum[i] = 0;
      for (auto& value : block.along_ray) value[i] = 0;
      block.drawn[i] = 0;
      continue;
    }
    if (i + kAhead < count) PrefetchPairs(frame, first + i + kAhead);
    SumPairs(frame, first + i, i, block, screen == nullptr ? nullptr : screen + i);
    const float* const record = view.records + frame.visible[first + i] * stride;
    ShadeBackward(view, record, frame.splats[first + i], i, block, gradients + i * stride);
  }
  const V zero = hn::Zero(D());
  CameraSums sums{{zero, zero, zero}, {zero, zero, zero}, zero, zero, zero, zero};
  for (size_t i = 0; i < count; i += hn::Lanes(D())) ProjectBackward(view, i, block, sums);
  for (size_t i = 0; i < count; ++i) {
    float* const gradient = gradients + i * stride;
    if (block.drawn[i] == 0) {
      std::fill_n(gradient, stride, 0.0f);
      continue;
    }
    for (size_t k = 0; k < SplatFields::kCount; ++k) gradient[k] = block.gradients.values[k][i];
    gradient[SplatLayout::kLogScale + 3] = 0;
    if (screen != nullptr) screen[i].mean_px = {block.mean_px[0][i], block.mean_px[1][i]};
  }
  if (camera != nullptr) AddTo(sums, *camera);
}

}  // namespace diorama::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace diorama {

HWY_EXPORT(BlockGradients);

void block_gradients(const SplatFrame& frame, size_t first, size_t count, float* gradients, SplatScreenGradient* screen,
                     SplatCameraGradient* camera) {
  HWY_DYNAMIC_DISPATCH(BlockGradients)(frame, first, count, gradients, screen, camera);
}

}  // namespace diorama
#endif  // HWY_ONCE
