#include "streaming/group_coding.h"

#include "engine/base/error.h"
#include "engine/video/group_decoder.h"
#include "streaming/group_dequantizer.h"
#include "tests/streaming/moving_splats.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <limits>

namespace diorama {
namespace {

constexpr glm::ivec2 kHd(1280, 720);

// Covariance of a splat, which is what it looks like however its axes are named.
glm::mat3 covariance_of(const SplatCloud& cloud, size_t i) {
  const glm::vec4 q = cloud.rotations_xyzw[i];
  const glm::mat3 axes = glm::mat3_cast(glm::quat(q.w, q.x, q.y, q.z));
  glm::mat3 scaled = axes;
  for (int axis = 0; axis < 3; ++axis) scaled[axis] *= cloud.scales[i][axis];
  return scaled * glm::transpose(scaled);
}

struct Errors {
  float position_m = 0, covariance = 0, opacity = 0, color = 0;
};

// Largest, over all frames. The covariance's is relative to its largest entry.
Errors errors_of(const SplatGroup& group, const GroupCodes& codes, const std::vector<Picture420>& exact,
                 const std::vector<Picture420>& lossy, const GroupLayouts& layouts) {
  ThreadPool pool(2);
  GroupDequantizer dequantizer(codes.parameters, layouts, exact.front(), pool);
  Errors worst;
  for (size_t t = 0; t < group.frames.size(); ++t) {
    SplatCloud cloud;
    dequantizer.decode(exact[t], lossy[t], cloud);
    EXPECT_NO_THROW(check_splat_cloud(cloud));
    const SplatCloud& truth = group.frames[t];
    const auto coefficients = static_cast<size_t>(sh_count(cloud.sh_degree));
    for (size_t i = 0; i < cloud.size(); ++i) {
      const size_t source = codes.order[i];
      worst.position_m = std::max(worst.position_m, glm::distance(cloud.positions[i], truth.positions[source]));
      worst.opacity = std::max(worst.opacity, std::abs(cloud.opacities[i] - truth.opacities[source]));
      const glm::mat3 a = covariance_of(cloud, i), b = covariance_of(truth, source);
      float size = 0, difference = 0;
      for (int column = 0; column < 3; ++column) {
        for (int row = 0; row < 3; ++row) {
          size = std::max(size, std::abs(b[column][row]));
          difference = std::max(difference, std::abs(a[column][row] - b[column][row]));
        }
      }
      worst.covariance = std::max(worst.covariance, difference / size);
      for (size_t k = 0; k < coefficients; ++k) {
        const glm::vec3 d = kShC0 * (cloud.sh[i * coefficients + k] - truth.sh[source * coefficients + k]);
        worst.color = std::max({worst.color, std::abs(d.x), std::abs(d.y), std::abs(d.z)});
      }
    }
  }
  return worst;
}

Errors uncoded_errors(const SplatGroup& group, const CodingOptions& options) {
  ThreadPool pool(2);
  const GroupCodes codes = encode_codes(group, options, pool);
  const GroupLayouts layouts =
      choose_layouts(group.splat_count(), codes.parameters.node_count, codes.parameters.sh_degree, kHd);
  return errors_of(group, codes, exact_pictures(codes, layouts.exact), lossy_pictures(codes, layouts.lossy), layouts);
}

TEST(GroupCoding, QuantisersStayWithinHalfAStep) {
  for (const int degree : {0, 1}) {
    const SplatGroup group = swaying_sheet(3000, 6, degree);
    ThreadPool pool(2);
    const GroupCodes codes = encode_codes(group, {.sh_degree = degree}, pool);
    const Errors errors = uncoded_errors(group, {.sh_degree = degree});
    const auto half_step = [&](SplatScalar scalar) {
      return codes.parameters.scalars[static_cast<size_t>(scalar)].step() / 2;
    };
    const glm::vec3 rest(half_step(SplatScalar::kRestX), half_step(SplatScalar::kRestY),
                         half_step(SplatScalar::kRestZ));
    EXPECT_LE(errors.position_m, glm::length(rest) * 1.01f + 1e-6f);
    EXPECT_LT(errors.position_m, 0.002f);  // of a sheet of 1 m that sways by 0.3 m
    EXPECT_LE(errors.opacity, half_step(SplatScalar::kOpacity) * 1.01f);
    EXPECT_LT(errors.color, 0.01f);
    EXPECT_LT(errors.covariance, 0.08f);  // exp(2 * half a step of 0.06) - 1, and the turn
  }
}

TEST(GroupCoding, NodesTakeTheMotionAwayFromTheRest) {
  const SplatGroup group = swaying_sheet(4000, 8);
  ThreadPool pool(2);
  const auto rest_of = [&](int most_nodes) {
    const GroupCodes codes = encode_codes(group, {.splats_of_node = 10, .most_nodes = most_nodes}, pool);
    const ScalarRange& z = codes.parameters.scalars[static_cast<size_t>(SplatScalar::kRestZ)];
    return z.high - z.low;
  };
  EXPECT_LT(rest_of(256), 0.25f * rest_of(5));
}

TEST(GroupCoding, BothStreamsThroughTheCodecGiveTheGroupBack) {
  const SplatGroup group = swaying_sheet(3000, 6, 0, 40);
  ThreadPool pool(2);
  const GroupCodes codes = encode_codes(group, {}, pool);
  const GroupLayouts layouts = choose_layouts(3000, codes.parameters.node_count, 0, kHd);
  const auto through = [&](const std::vector<Picture420>& pictures, const AtlasLayout& layout, int qp) {
    const EncodedGroup coded = encode_group(pictures, {.size_px = layout.size_px, .qp = qp}, group.first_frame);
    GroupDecoder decoder(coded.init, coded.segment, "test");
    std::vector<Picture420> decoded;
    for (Picture420 picture; decoder.next(picture);) decoded.push_back(picture);
    return decoded;
  };
  const auto exact = exact_pictures(codes, layouts.exact);
  EXPECT_EQ(through(exact, layouts.exact, 0), exact);
  const auto lossy = through(lossy_pictures(codes, layouts.lossy), layouts.lossy, 8);
  ASSERT_EQ(lossy.size(), 6u);
  const Errors errors = errors_of(group, codes, exact, lossy, layouts);
  // QP 8 has a step of 1.6 codes in the transform: a few codes at the worst splat.
  EXPECT_LT(errors.position_m, 0.01f);
  EXPECT_LT(errors.opacity, 0.03f);
  EXPECT_LT(errors.color, 0.05f);
}

TEST(GroupCoding, IsTheSameForAnyThreadCount) {
  const SplatGroup group = swaying_sheet(1500, 4);
  ThreadPool one(1), three(3);
  const GroupCodes a = encode_codes(group, {}, one), b = encode_codes(group, {}, three);
  EXPECT_EQ(a.parameters, b.parameters);
  EXPECT_EQ(a.order, b.order);
  EXPECT_EQ(a.base, b.base);
  EXPECT_EQ(a.nodes, b.nodes);
  EXPECT_EQ(a.scalars, b.scalars);
}

TEST(GroupCoding, FewConstantAndNoSplatsAreCodedToo) {
  for (const size_t splats : {0, 1, 7, 300}) {
    SplatGroup group = swaying_sheet(splats, 1);
    group.frames.assign(3, group.frames.front());
    const Errors errors = uncoded_errors(group, {});
    EXPECT_LT(errors.position_m, 1e-3f) << splats;
    EXPECT_LT(errors.covariance, 0.08f) << splats;
  }
}

TEST(GroupCoding, FewerLevelsAreCoarser) {
  const SplatGroup group = swaying_sheet(500, 2);
  EXPECT_GT(uncoded_errors(group, {.opacity_step = 0.1f}).opacity, 5 * uncoded_errors(group, {}).opacity);
}

TEST(GroupCoding, HigherDegreesAreDropped) {
  ThreadPool pool(1);
  EXPECT_EQ(encode_codes(swaying_sheet(100, 2, 3), {.sh_degree = 1}, pool).parameters.sh_degree, 1);
  EXPECT_EQ(encode_codes(swaying_sheet(100, 2, 0), {.sh_degree = 1}, pool).parameters.sh_degree, 0);
}

TEST(GroupCoding, ParametersThatNoGroupHasAreRefused) {
  ThreadPool pool(1);
  const GroupCodes codes = encode_codes(swaying_sheet(300, 2), {}, pool);
  const GroupLayouts layouts = choose_layouts(300, codes.parameters.node_count, 0, kHd);
  const Picture420 exact = exact_pictures(codes, layouts.exact).front();
  using Change = void (*)(GroupParameters&);
  const Change changes[] = {
      [](GroupParameters& p) { p.sh_degree = 2; },
      [](GroupParameters& p) { p.frame_count = 0; },
      [](GroupParameters& p) { p.splat_count = 100000; },
      [](GroupParameters& p) { p.splat_count = std::numeric_limits<size_t>::max(); },
      [](GroupParameters& p) { p.node_count = 3; },
      [](GroupParameters& p) { p.node_count = 301; },
      [](GroupParameters& p) { p.base_low_bits = 9; },
      [](GroupParameters& p) { p.base_low.y = std::numeric_limits<float>::quiet_NaN(); },
      [](GroupParameters& p) { p.base_step_m = -1; },
      [](GroupParameters& p) { p.node_shift_m = std::numeric_limits<float>::infinity(); },
      [](GroupParameters& p) { p.scalars.pop_back(); },
      [](GroupParameters& p) { p.scalars[3].levels = 256; },
      [](GroupParameters& p) { p.scalars[3].high = p.scalars[3].low - 1; },
  };
  for (size_t i = 0; i < std::size(changes); ++i) {
    GroupParameters parameters = codes.parameters;
    changes[i](parameters);
    EXPECT_THROW(GroupDequantizer(parameters, layouts, exact, pool), Error) << i;
  }
}

}  // namespace
}  // namespace diorama
