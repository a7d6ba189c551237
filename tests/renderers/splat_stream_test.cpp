#include "renderers/splats/splat_stream.h"

#include "renderers/splats/splat_stream_views.h"
#include "tests/expect_error.h"
#include "tests/renderers/lod_scene.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <thread>

namespace diorama {
namespace {

const glm::ivec2 kSize{200, 120};
constexpr double kPicture_s = 1.0 / 30;

// Keeps what a stream has there, as who draws it does.
class Follower {
 public:
  void follow(const SplatStreamStep& step) {
    for (const auto& gone : step.departures) EXPECT_EQ(there_.erase({gone.node, gone.level}), 1u);
    for (const auto& came : step.arrivals) EXPECT_TRUE(there_.insert({came.node, came.level}).second);
    std::set<uint32_t> covered;
    for (const SplatLodDraw& draw : step.draws) {
      EXPECT_TRUE(there_.contains({draw.node, draw.level})) << "drawn and not there";
      covered.insert(draw.node);
    }
    nodes_drawn = covered.size();
  }
  size_t nodes_drawn = 0;

 private:
  std::set<std::pair<uint32_t, uint32_t>> there_;
};

TEST(SplatStream, TheFirstPictureHasTheLevelsOfItsCamera) {
  SplatStream stream(std::make_unique<PanelSource>(6), {.lod = {.max_splats = 4000, .detail_px = 0}, .wait = true});
  const Camera camera = panel_camera(1, 2, kSize);
  Follower follower;
  follower.follow(stream.settle(camera));
  EXPECT_EQ(follower.nodes_drawn, 6u);
  const std::vector<int> chosen =
      choose_lod_levels(stream.nodes(), stream.states(), camera, {.max_splats = 4000, .detail_px = 0});
  for (size_t i = 0; i < 6; ++i) EXPECT_EQ(stream.states()[i].shown, chosen[i]);
  EXPECT_LT(chosen[1], chosen[5]);
  const SplatStreamStep next = stream.advance(camera, kPicture_s);
  EXPECT_TRUE(next.arrivals.empty() && next.departures.empty());
}

TEST(SplatStream, InTheBackgroundNothingEverHasAHoleAndTheLevelsCome) {
  SplatStream stream(std::make_unique<PanelSource>(6), {.lod = {.max_splats = 4000, .detail_px = 0, .fade_s = 0.1}});
  Follower follower;
  int steps = 0;
  const auto arrived = [&](float x) {
    const Camera camera = panel_camera(x, 2, kSize);
    const std::vector<int> chosen =
        choose_lod_levels(stream.nodes(), stream.states(), camera, {.max_splats = 4000, .detail_px = 0});
    return std::ranges::equal(stream.states(), chosen,
                              [](const SplatLodState& s, int level) { return s.coming < 0 && s.shown == level; });
  };
  for (const float x : {0.5f, 5.5f, 2.5f}) {
    do {
      follower.follow(stream.advance(panel_camera(x, 2, kSize), kPicture_s));
      EXPECT_EQ(follower.nodes_drawn, 6u);
      EXPECT_LE(lod_splats(stream.nodes(), stream.states()), 4000u);
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      ASSERT_LT(++steps, 20000) << "the levels never came";
    } while (!arrived(x));
  }
  follower.follow(stream.settle(panel_camera(0.5f, 2, kSize)));
  EXPECT_TRUE(arrived(0.5f));
}

TEST(SplatStream, WaitingGivesTheSameStepsEveryTime) {
  std::vector<std::vector<std::tuple<uint32_t, uint32_t, float>>> runs;
  for (int run = 0; run < 2; ++run) {
    SplatStream stream(std::make_unique<PanelSource>(6), {.lod = {.max_splats = 4000, .detail_px = 0}, .wait = true});
    runs.emplace_back();
    for (int i = 0; i < 60; ++i) {
      const float x = static_cast<float>(i) * 0.1f;
      const SplatStreamStep step =
          i == 0 ? stream.settle(panel_camera(x, 2, kSize)) : stream.advance(panel_camera(x, 2, kSize), kPicture_s);
      for (const SplatLodDraw& draw : step.draws) runs.back().emplace_back(draw.node, draw.level, draw.weight);
    }
  }
  EXPECT_EQ(runs[0], runs[1]);
}

TEST(SplatStream, ALevelThatCannotBeReadIsToldAndTheOthersAreUsed) {
  const auto broken = [] {
    auto source = std::make_unique<PanelSource>(2);
    source->broken_node = source->broken_level = 0;
    return source;
  };
  const Camera camera = panel_camera(1, 1, kSize);
  SplatStream waiting(broken(), {.lod = {.detail_px = 0}, .wait = true});
  DIO_EXPECT_ERROR(waiting.settle(camera), ErrorCode::kIo, "panel 0 is broken");
  SplatStream stream(broken(), {.lod = {.detail_px = 0, .fade_s = 0.01}});
  for (int steps = 0; stream.notes().empty() || stream.states()[0].shown != 1 || stream.states()[1].shown != 0;
       ++steps) {
    stream.advance(camera, kPicture_s);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    ASSERT_LT(steps, 20000);
  }
  ASSERT_EQ(stream.notes().size(), 1u);
  EXPECT_EQ(stream.notes()[0], "level 0 of box 0: panel 0 is broken; other levels are drawn there");
}

// Mean absolute difference of 8-bit colour.
double difference(const ImageRgba8& a, const ImageRgba8& b) {
  double sum = 0;
  for (size_t i = 0; i < a.pixels().size(); ++i) {
    const glm::ivec3 d = glm::abs(glm::ivec3(a.pixels()[i]) - glm::ivec3(b.pixels()[i]));
    sum += (d.x + d.y + d.z) / 3.0;
  }
  return sum / static_cast<double>(a.pixels().size());
}

struct Changes {
  double largest = 0;  // of a picture to the next
  int switched = 0;
};

// Slowly nearer, so that one panel after the other gets finer, and a little aside.
Changes towards_the_row(const SplatLodOptions& lod) {
  ThreadPool pool(2);
  SplatStream stream(std::make_unique<PanelSource>(6), {.lod = lod, .wait = true});
  SplatStreamRaster raster(stream, false);
  Changes changes;
  ImageRgba8 before;
  for (int i = 0; i < 250; ++i) {
    const auto at = static_cast<float>(i);
    const Camera camera = panel_camera(3 - 0.0005f * at, 3.6f - 0.004f * at, kSize);
    const SplatStreamStep step = i == 0 ? stream.settle(camera) : stream.advance(camera, kPicture_s);
    if (i > 0) changes.switched += static_cast<int>(step.departures.size());
    raster.apply(step);
    ImageRgba8 picture = raster.draw(camera, {}, false, pool).color;
    if (i > 0) changes.largest = std::max(changes.largest, difference(before, picture));
    before = std::move(picture);
  }
  return changes;
}

TEST(SplatStreamPictures, FadesKeepThePictureFromPopping) {
  const SplatLodOptions still{.detail_px = 0};  // the finest level, and so no switch at all
  const SplatLodOptions fading{.max_splats = 9000, .detail_px = 6};
  SplatLodOptions popping = fading;
  popping.fade_s = 0;
  const Changes without = towards_the_row(still), faded = towards_the_row(fading), popped = towards_the_row(popping);
  RecordProperty("without", std::to_string(without.largest));
  RecordProperty("faded", std::to_string(faded.largest));
  RecordProperty("popped", std::to_string(popped.largest));
  RecordProperty("switched", std::to_string(faded.switched));
  EXPECT_EQ(without.switched, 0);
  EXPECT_GE(faded.switched, 4) << "else nothing is compared";
  EXPECT_EQ(popped.switched, faded.switched);
  // A fade takes 30 pictures, of which none changes more than 0.12 of what is seen of it (SplatLod tests); twice that
  // for panels that fade together and at other times than they pop.
  EXPECT_LE(faded.largest, without.largest + 0.24 * (popped.largest - without.largest));
  EXPECT_GE(popped.largest, 2 * faded.largest);
}

TEST(SplatStreamPictures, HalfWayThroughAFadeThereIsNoHole) {
  ThreadPool pool(2);
  const SplatLodOptions lod{.detail_px = 4, .fade_s = 1};
  SplatStream stream(std::make_unique<PanelSource>(3, 1600, 2), {.lod = lod, .wait = true});
  SplatStreamRaster raster(stream, false);
  raster.apply(stream.settle(panel_camera(1.5f, 12, kSize)));
  const Camera camera = panel_camera(1.5f, 2, kSize);
  double least = 1, start = 0, end = 0;
  EXPECT_EQ(stream.states()[1].shown, 1);
  for (int i = 0; i < 12; ++i) {
    raster.apply(stream.advance(camera, 0.1));
    const RasterResult drawn = raster.draw(camera, {}, false, pool);
    double coverage = 0;
    for (int y = 50; y < 70; ++y) {
      for (int x = 60; x < 140; ++x) coverage += drawn.coverage.at(x, y) / (20.0 * 80);
    }
    if (i == 0) start = coverage;
    end = coverage;
    least = std::min(least, coverage);
  }
  EXPECT_EQ(stream.states()[1].shown, 0) << "it became the finest meanwhile";
  EXPECT_GT(std::min(start, end), 0.9) << "each level covers the panels";
  // What shines through half way is between what either lets through; their splats are not in the same places.
  EXPECT_GT(least, std::min(start, end) - 0.01);
}

}  // namespace
}  // namespace diorama
