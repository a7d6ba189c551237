#include "streaming/kept_splats.h"

#include "streaming/group_coding.h"
#include "tests/streaming/moving_splats.h"

#include <gmock/gmock.h>

namespace diorama {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(KeptSplats, TheLightestGoFirstUntilTheirShareIsUsed) {
  const SplatWeights weights = {5, 1, 0, 3, 1};
  EXPECT_THAT(kept_splats(weights, 0), ElementsAre(0, 1, 2, 3, 4));
  EXPECT_THAT(kept_splats(weights, 0.01f), ElementsAre(0, 1, 3, 4));
  EXPECT_THAT(kept_splats(weights, 0.11f), ElementsAre(0, 3, 4));  // of equal ones the first goes first
  EXPECT_THAT(kept_splats(weights, 0.25f), ElementsAre(0, 3));
  EXPECT_THAT(kept_splats({}, 0.25f), IsEmpty());
}

TEST(KeptSplats, ASplatCoversWhatItDoesInItsBestFrame) {
  SplatGroup group = swaying_sheet(2, 2);
  for (SplatCloud& cloud : group.frames) {
    cloud.scales = {{2, 3, 0.5f}, {1, 1, 1}};
    cloud.opacities = {0.5f, 0};
  }
  group.frames[1].opacities[1] = 0.25f;
  EXPECT_THAT(covers_of(group), ElementsAre(3, 0.25));
}

TEST(KeptSplats, CodesHoldThemInTheOrderTheyTell) {
  const SplatGroup group = swaying_sheet(600, 2);
  SplatWeights weights(600, 1.0);
  for (size_t i = 0; i < 600; i += 3) weights[i] = 0;
  ThreadPool pool(1);
  const GroupCodes codes = encode_codes(group, {.prune = 0.001f}, pool, &weights);
  EXPECT_EQ(codes.parameters.splat_count, 400u);
  ASSERT_EQ(codes.order.size(), 400u);
  for (const uint32_t splat : codes.order) EXPECT_NE(splat % 3, 0u);
}

}  // namespace
}  // namespace diorama
