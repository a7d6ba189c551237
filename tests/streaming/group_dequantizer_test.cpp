#include "streaming/group_dequantizer.h"

#include "engine/base/random.h"
#include "streaming/nearest_nodes.h"
#include "tests/expect_error.h"
#include "tests/streaming/coded_group.h"
#include "tests/streaming/moving_splats.h"

#include <algorithm>
#include <cmath>

namespace diorama {
namespace {

TEST(GroupDequantizer, MovesSplatsAsThePredictionAndTheRestSay) {
  ThreadPool pool(2);
  const CodedGroup coded(swaying_sheet(700, 3, 1, 20), {.sh_degree = 1}, pool);
  const GroupParameters& p = coded.codes.parameters;
  GroupDequantizer dequantizer(p, coded.layouts, coded.exact[0], pool);
  const std::vector<glm::vec3> base = read_base(p, coded.layouts.exact, coded.exact[0]);
  const NodeMotion motion(base, p.node_count, pool);
  std::vector<NodeTransform> transforms(p.node_count);
  for (size_t frame = 0; frame < 3; ++frame) {
    SplatCloud cloud;
    dequantizer.decode(coded.exact[frame], coded.lossy[frame], cloud);
    check_splat_cloud(cloud);
    read_nodes(p, coded.layouts.exact, coded.exact[frame], transforms);
    for (size_t i = 0; i < cloud.size(); ++i) {
      const auto value = [&](SplatScalar first, size_t k) {
        const ScalarRange& range = p.scalars[static_cast<size_t>(first) + k];
        return range.low +
               range.step() * static_cast<float>(coded.codes.scalars[frame][static_cast<size_t>(first) + k][i]);
      };
      const PredictedMotion predicted = motion.predict(i, transforms);
      glm::vec3 place = predicted.position, own;
      for (size_t k = 0; k < 3; ++k) {
        place[static_cast<int>(k)] += value(SplatScalar::kRestX, k);
        own[static_cast<int>(k)] = value(SplatScalar::kRotationX, k);
        EXPECT_FLOAT_EQ(cloud.scales[i][static_cast<int>(k)], std::exp(value(SplatScalar::kLogScaleX, k)));
      }
      const glm::vec4 t = predicted.rotation_xyzw;
      const glm::quat turn(t.w, t.x, t.y, t.z), rest(std::sqrt(1 - glm::dot(own, own)), own.x, own.y, own.z);
      const glm::quat whole = turn * rest;
      EXPECT_LT(glm::distance(cloud.positions[i], place), 2e-6f);  // rounding of places of a metre
      EXPECT_GT(glm::dot(cloud.rotations_xyzw[i], glm::vec4(whole.x, whole.y, whole.z, whole.w)), 1 - 1e-6f);
      EXPECT_FLOAT_EQ(cloud.sh[4 * i + 2].y, value(SplatScalar::kSh1, 4));
    }
  }
}

TEST(GroupDequantizer, IsTheSameForAnyThreadCount) {
  ThreadPool one(1), three(3);
  const CodedGroup coded(swaying_sheet(5000, 2), {}, one);
  SplatCloud a, b;
  for (auto [pool, cloud] : {std::pair{&one, &a}, std::pair{&three, &b}}) {
    GroupDequantizer(coded.codes.parameters, coded.layouts, coded.exact[0], *pool)
        .decode(coded.exact[1], coded.lossy[1], *cloud);
  }
  EXPECT_EQ(a.positions, b.positions);
  EXPECT_EQ(a.rotations_xyzw, b.rotations_xyzw);
  EXPECT_EQ(a.sh, b.sh);
}

TEST(GroupDequantizer, RefusesPicturesAndGroupsOfOtherSizes) {
  ThreadPool pool(1);
  const CodedGroup coded(swaying_sheet(300, 2), {}, pool), larger(swaying_sheet(3000, 1), {}, pool);
  SplatCloud cloud;
  GroupDequantizer dequantizer(coded.codes.parameters, coded.layouts, coded.exact[0], pool);
  DIO_EXPECT_ERROR(dequantizer.decode(larger.exact[0], coded.lossy[0], cloud), ErrorCode::kInvalidInput, "expected");
  DIO_EXPECT_ERROR(GroupDequantizer(larger.codes.parameters, coded.layouts, coded.exact[0], pool),
                   ErrorCode::kInvalidInput, "do not fit the atlases");
}

TEST(NodeFinder, FindsTheSameAsLookingAtAllInOrder) {
  Random random(3);
  std::vector<glm::vec3> nodes;
  for (int i = 0; i < 83; ++i) {  // on a coarse lattice: many are as near as others
    nodes.push_back({random.below(5), random.below(5), random.below(5)});
  }
  const NodeFinder finder(nodes);
  NearestNodes before;
  for (int i = 0; i < 500; ++i) {
    const glm::vec3 point(0.5f * static_cast<float>(random.below(10)), 0.5f * static_cast<float>(random.below(10)), 1);
    std::vector<std::pair<float, uint16_t>> all;
    for (size_t node = 0; node < nodes.size(); ++node) {
      const glm::vec3 d = nodes[node] - point;
      all.emplace_back(glm::dot(d, d), static_cast<uint16_t>(node));
    }
    std::sort(all.begin(), all.end());
    const NearestNodes found = finder.find(point, i > 0 ? &before : nullptr);
    for (size_t k = 0; k < kNearestNodes; ++k) {
      EXPECT_EQ(found.nodes[k], all[k].second);
      EXPECT_EQ(found.distances2[k], all[k].first);
    }
    before = found;
  }
}

}  // namespace
}  // namespace diorama
