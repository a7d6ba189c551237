#include "streaming/rate_plan.h"

#include <gmock/gmock.h>

#include <cmath>
#include <numeric>

namespace diorama {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;

// Groups of 5 pictures at 10 a second, the first of each the largest; six steps halve the bytes.
class Model {
 public:
  explicit Model(std::vector<double> bytes) : bytes_(std::move(bytes)) {}
  PictureBytes operator()(size_t group, int qp) {
    ++calls;
    const auto whole = static_cast<size_t>(bytes_[group] * std::exp2(-qp / 6.0));
    return {5 * whole, whole, whole, whole, whole};
  }
  PictureBytes all(const std::vector<int>& qps) {
    PictureBytes pictures;
    for (size_t group = 0; group < qps.size(); ++group) {
      const PictureBytes bytes = (*this)(group, qps[group]);
      pictures.insert(pictures.end(), bytes.begin(), bytes.end());
    }
    return pictures;
  }
  int calls = 0;

 private:
  std::vector<double> bytes_;
};

TEST(RatePlan, ASecondStartsWithAnyPicture) {
  // The worst ten pictures are the middle ones, from the fourth on.
  PictureBytes pictures(20, 10);
  pictures[4] = pictures[12] = 1000;
  EXPECT_EQ(most_bits_per_s(pictures, 10), 8 * (2000 + 8 * 10));
  EXPECT_EQ(most_bits_per_s({100, 100}, 10), 8 * 1000);  // a fifth of a second
  EXPECT_EQ(most_bits_per_s({}, 10), 0);
  EXPECT_EQ(pictures_of_second(29.97), 29u);
  EXPECT_EQ(pictures_of_second(0.5), 1u);
}

TEST(RatePlan, WhatIsWithinItsLimitsStaysAsItIs) {
  Model model({1000, 1000, 1000});
  const RateLimit limit{.bits_per_s = 1e9};
  const RatePlan plan = plan_rate(3, 12, 51, 10, {&limit, 1}, std::ref(model));
  EXPECT_TRUE(plan.within);
  EXPECT_THAT(plan.qps, Each(12));
  EXPECT_EQ(model.calls, 3);
}

TEST(RatePlan, OnlySecondsWithTooManyBitsGetCoarser) {
  Model model({1000, 1000, 1000, 1000, 16000, 1000, 1000, 1000, 1000});
  const PictureBytes calm = Model({1000, 1000, 1000}).all({12, 12, 12});
  const RateLimit limit{.bits_per_s = 1.5 * most_bits_per_s(calm, 10)};
  const RatePlan plan = plan_rate(9, 12, 51, 10, {&limit, 1}, std::ref(model));
  EXPECT_TRUE(plan.within);
  EXPECT_LE(most_bits_per_s(model.all(plan.qps), 10), limit.bits_per_s);
  EXPECT_GT(plan.qps[4], 24);
  for (const size_t far : {0, 1, 2, 6, 7, 8}) EXPECT_EQ(plan.qps[far], 12) << far;
  // Nothing is coarser than it must be: a step less everywhere is too much again.
  std::vector<int> finer = plan.qps;
  for (int& qp : finer) qp -= 3;
  EXPECT_GT(most_bits_per_s(model.all(finer), 10), limit.bits_per_s);
}

TEST(RatePlan, AnotherStreamCountsToo) {
  Model model({1000, 1000});
  const double alone = most_bits_per_s(model.all({12, 12}), 10);
  const RateLimit limit{.bits_per_s = 1.05 * alone, .other = PictureBytes(10, 50)};
  const RatePlan plan = plan_rate(2, 12, 51, 10, {&limit, 1}, std::ref(model));
  EXPECT_TRUE(plan.within);
  EXPECT_GT(plan.qps[0], 12);
  PictureBytes both = model.all(plan.qps);
  for (size_t& bytes : both) bytes += 50;
  EXPECT_LE(most_bits_per_s(both, 10), limit.bits_per_s);
}

TEST(RatePlan, WhatCannotBeHadIsTold) {
  Model model({1e6, 1e6});
  const RateLimit limit{.bits_per_s = 100};
  const RatePlan plan = plan_rate(2, 12, 40, 10, {&limit, 1}, std::ref(model));
  EXPECT_FALSE(plan.within);
  EXPECT_THAT(plan.qps, ElementsAre(40, 40));
}

}  // namespace
}  // namespace diorama
