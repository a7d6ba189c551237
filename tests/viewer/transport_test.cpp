#include "viewer/core/transport.h"

#include <gtest/gtest.h>

namespace diorama {
namespace {

Transport of_five(bool looping = true) {
  Transport transport;
  transport.set_times({10, 10.1, 10.2, 10.3, 10.4});
  transport.set_looping(looping);
  return transport;
}

TEST(Transport, PlaysFramesAsTimeGoesBy) {
  Transport transport = of_five();
  EXPECT_TRUE(transport.is_playing());
  EXPECT_NEAR(transport.duration_s(), 0.5, 1e-12);
  EXPECT_EQ(transport.frame(), 0u);
  transport.advance(0.25);
  EXPECT_EQ(transport.frame(), 2u);
  transport.set_rate(0.5);
  transport.advance(0.1);
  EXPECT_EQ(transport.frame(), 3u);
  transport.advance(0.5);  // 0.55 of 0.5: around
  EXPECT_EQ(transport.frame(), 0u);
}

TEST(Transport, StopsAtTheLastFrameWithoutLoopingAndStartsOver) {
  Transport transport = of_five(false);
  transport.advance(3);
  EXPECT_FALSE(transport.is_playing());
  EXPECT_EQ(transport.frame(), 4u);
  transport.advance(1);
  EXPECT_EQ(transport.frame(), 4u);
  transport.set_playing(true);
  EXPECT_EQ(transport.frame(), 0u);
}

TEST(Transport, StepsPauseAndGoAround) {
  Transport transport = of_five();
  transport.step(-1);
  EXPECT_FALSE(transport.is_playing());
  EXPECT_EQ(transport.frame(), 4u);
  transport.step(2);
  EXPECT_EQ(transport.frame(), 1u);
  for (int i = 0; i < 5; ++i) transport.step(1);  // each lands on its own frame, whatever times round to
  EXPECT_EQ(transport.frame(), 1u);
}

TEST(Transport, SeeksWithinTheFrames) {
  Transport transport = of_five();
  transport.seek(0.21);
  EXPECT_EQ(transport.frame(), 2u);
  transport.seek(-4);
  EXPECT_EQ(transport.frame(), 0u);
  transport.seek(99);
  EXPECT_EQ(transport.frame(), 4u);
}

TEST(Transport, OneFrameAndNoneStandStill) {
  Transport transport;
  for (const std::vector<double>& times : {std::vector<double>{}, std::vector<double>{3.0}}) {
    transport.set_times(times);
    transport.set_playing(true);
    transport.advance(1);
    transport.step(1);
    transport.seek(2);
    EXPECT_FALSE(transport.is_playing());
    EXPECT_EQ(transport.frame(), 0u);
  }
}

}  // namespace
}  // namespace diorama
