#include "capture/synth/synth.h"

#include "capture/synth/scene.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/scene/image_io.h"
#include "tests/test_data.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace diorama {
namespace {

namespace fs = std::filesystem;

constexpr float kUnitM = 0.00025f;

SynthOptions tiny() {
  SynthOptions options;
  options.frames = 3;
  options.width = 48;
  options.height = 36;
  options.samples = 1;
  options.cameras = 2;
  options.light_detail = 0.05f;
  return options;
}

// All files of a capture by their path within.
std::map<std::string, std::vector<std::byte>> files_of(const fs::path& folder) {
  std::map<std::string, std::vector<std::byte>> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) files[fs::relative(entry.path(), folder).string()] = read_file(entry.path());
  }
  return files;
}

SynthStats write_room(const fs::path& folder, const SynthOptions& options, int threads = 2) {
  ThreadPool pool(threads);
  JobContext job(pool);
  return write_synth_room(folder, options, job);
}

nlohmann::json json_of(const fs::path& path) {
  return nlohmann::json::parse(read_text_file(path));
}

std::string error_of(const std::function<void()>& body) {
  try {
    body();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

SynthRay pixel_ray(const Camera& camera, int x, int y) {
  const glm::vec2 center(static_cast<float>(x) + 0.5f, static_cast<float>(y) + 0.5f);
  return {camera.world_from_camera.translation,
          camera.world_from_camera.rotation * unproject_in_camera(camera, center, 1.0f)};
}

const SynthScene& room() {
  static const SynthScene scene = SynthScene::room();
  return scene;
}

TEST(SynthScene, KnownRaysHitTheWallsAtTheirAnalyticDistance) {
  // From a free spot under the ceiling: up to it (y = 2.5), and east above the sofa's picture (x = 2.3).
  const glm::vec3 origin(1.0f, 2.1f, 0.9f);
  const auto up = room().trace({origin, {0, 1, 0}}), east = room().trace({origin, {2, 0, 0}});
  ASSERT_TRUE(up && east);
  EXPECT_NEAR(up->t, 0.4f, 1e-5f);  // float rounding at these coordinates is below 1e-6
  EXPECT_EQ(room().things()[up->thing], "ceiling");
  EXPECT_NEAR(glm::distance(up->normal, glm::vec3(0, -1, 0)), 0, 1e-6f);
  EXPECT_NEAR(east->t, 0.65f, 1e-5f);
  EXPECT_EQ(room().things()[east->thing], "wall");
  EXPECT_NEAR(glm::distance(east->normal, glm::vec3(-1, 0, 0)), 0, 1e-6f);
}

TEST(SynthScene, HitsLieOnTheSurface) {
  for (const SynthView& view : synth_room_views(tiny())) {
    for (int y = 0; y < view.depth.size_px.y; y += 3) {
      for (int x = 0; x < view.depth.size_px.x; x += 3) {
        const auto hit = room().trace(pixel_ray(view.depth, x, y));
        ASSERT_TRUE(hit) << "the room is closed";
        EXPECT_LT(room().distance_to_surface(hit->position), 2e-5f)
            << room().things()[hit->thing];  // rounding over 5 m
        EXPECT_NEAR(glm::length(hit->normal), 1, 1e-5f);
      }
    }
  }
}

TEST(SynthScene, DistanceIsNeverMoreThanAnyRaysAndIsReachedByOne) {
  const glm::vec3 p(0.2f, 1.9f, 0.8f);
  const float distance = room().distance_to_surface(p);
  float nearest = 1e3f;
  constexpr int kSteps = 180;
  for (int i = 0; i < kSteps; ++i) {
    for (int j = 0; j < kSteps; ++j) {
      const float up = 3.14159265f * (static_cast<float>(j) + 0.5f) / kSteps,
                  turn = 6.2831853f * static_cast<float>(i) / kSteps;
      const auto hit = room().trace({p, {std::sin(up) * std::cos(turn), std::cos(up), std::sin(up) * std::sin(turn)}});
      ASSERT_TRUE(hit);
      nearest = std::min(nearest, hit->t);
    }
  }
  EXPECT_LE(distance, nearest + 1e-5f);
  EXPECT_NEAR(distance, nearest,
              2e-3f);  // rays are 2 degrees apart: 0.5 m * (1 / cos 1 degree - 1) and a corner's share
}

TEST(SynthScene, CamerasAreClearOfEverything) {
  SynthOptions options;
  for (const SynthView& view : synth_room_views(options)) {
    EXPECT_GT(room().distance_to_surface(view.depth.world_from_camera.translation), 0.25f) << view.time_s;
  }
}

TEST(SynthScene, NeighbouringFramesOverlap) {
  const std::vector<SynthView> views = synth_room_views(SynthOptions{});
  ASSERT_EQ(views.size(), 60u);
  for (size_t i = 0; i < views.size(); ++i) {
    const Camera &a = views[i].depth, &b = views[(i + 1) % views.size()].depth;
    int seen = 0, all = 0;
    for (int y = 8; y < a.size_px.y; y += 24) {
      for (int x = 8; x < a.size_px.x; x += 24) {
        const auto hit = room().trace(pixel_ray(a, x, y));
        const auto pixel = project(b, hit.value().position);
        ++all;
        seen += pixel && pixel->x > 0 && pixel->y > 0 && pixel->x < 320 && pixel->y < 240 ? 1 : 0;
      }
    }
    EXPECT_GT(seen, all * 7 / 10) << i;
  }
}

TEST(SynthScene, FigureMovesAndStandsOnTheStage) {
  const SynthScene a = SynthScene::performance(0.0), b = SynthScene::performance(0.5),
                   c = SynthScene::performance(0.5, true);
  EXPECT_LT(c.triangle_count(), b.triangle_count());
  const SynthRay ray{{0, 1.2f, 3}, {0, 0, -1}};
  ASSERT_TRUE(a.trace(ray) && c.trace(ray));
  EXPECT_EQ(a.things()[a.trace(ray)->thing], "figure");
  EXPECT_GT(std::abs(a.trace(ray)->t - b.trace(ray)->t), 1e-4f);
  EXPECT_EQ(b.trace(ray)->t, c.trace(ray)->t);
  EXPECT_FALSE(c.trace({{2, 3, 0}, {1, 0, 0}}));
  EXPECT_TRUE(b.trace({{2, 3, 0}, {1, 0, 0}}));
}

TEST(SynthRoom, SameBitsForOneAndTwoThreads) {
  TempDir temp;
  SynthOptions options = tiny();
  options.frames = 2;
  options.depth_noise = options.image_noise = options.motion_blur = options.exposure_drift = 1;
  write_room(temp / "one", options, 1);
  write_room(temp / "two", options, 2);
  EXPECT_EQ(files_of(temp / "one"), files_of(temp / "two"));
}

TEST(SynthRoom, DepthAndIdsAreThoseOfTheExactScene) {
  TempDir temp;
  const SynthOptions options = tiny();
  const SynthStats stats = write_room(temp / "room", options);
  EXPECT_EQ(stats.frames, 3);
  EXPECT_EQ(stats.depth_coverage, 1.0f);
  const std::vector<SynthView> views = synth_room_views(options);
  const nlohmann::json things = json_of(temp / "room/things.json").at("things");
  EXPECT_EQ(things.get<std::vector<std::string>>(), room().things());
  for (size_t i = 0; i < views.size(); ++i) {
    const std::string name = fmt::format("{:06}.png", i);
    const ImageU16 depth = read_grey16(temp / ("room/depth/" + name)), ids = read_grey16(temp / ("room/ids/" + name));
    for (int y = 0; y < depth.height(); ++y) {
      for (int x = 0; x < depth.width(); ++x) {
        const auto hit = room().trace(pixel_ray(views[i].depth, x, y));
        ASSERT_TRUE(hit);
        ASSERT_NEAR(static_cast<float>(depth.at(x, y)) * kUnitM, hit->t, 0.51f * kUnitM);  // half a count
        ASSERT_EQ(ids.at(x, y), hit->thing);
        ASSERT_LT(ids.at(x, y), things.size());
      }
    }
  }
}

TEST(SynthRoom, SeedChangesNoiseAndNothingElse) {
  TempDir temp;
  SynthOptions options = tiny();
  options.frames = 1;
  const auto run = [&](const std::string& name, int seed, float noise) {
    options.seed = seed;
    options.depth_noise = options.image_noise = noise;
    write_room(temp / name, options);
    auto files = files_of(temp / name);
    files.erase("capture.json");  // tells the seed
    return files;
  };
  const auto first = run("a", 1, 1), again = run("b", 1, 1), other = run("c", 2, 1);
  EXPECT_EQ(first, again);
  EXPECT_NE(first.at("depth/000000.png"), other.at("depth/000000.png"));
  EXPECT_NE(first.at("color/000000.png"), other.at("color/000000.png"));
  EXPECT_EQ(first.at("ids/000000.png"), other.at("ids/000000.png"));
}

TEST(SynthRoom, DepthNoiseIsOfASensorsSize) {
  TempDir temp;
  SynthOptions options = tiny();
  options.frames = 1;
  options.depth_noise = 1;
  const SynthStats stats = write_room(temp / "room", options);
  EXPECT_GT(stats.depth_coverage, 0.6f);
  EXPECT_LT(stats.depth_coverage, 1.0f);
  const Camera camera = synth_room_views(options)[0].depth;
  const ImageU16 depth = read_grey16(temp / "room/depth/000000.png");
  std::vector<float> errors;
  for (int y = 0; y < depth.height(); ++y) {
    for (int x = 0; x < depth.width(); ++x) {
      if (depth.at(x, y) == 0) continue;
      errors.push_back(
          std::abs(static_cast<float>(depth.at(x, y)) * kUnitM - room().trace(pixel_ray(camera, x, y))->t));
    }
  }
  std::nth_element(errors.begin(), errors.begin() + static_cast<ptrdiff_t>(errors.size() / 2), errors.end());
  // At 2 to 4 m sigma is 6 to 26 mm (Nguyen et al. 2012), and steps are 11 to 45 mm.
  EXPECT_GT(errors[errors.size() / 2], 0.002f);
  EXPECT_LT(errors[errors.size() / 2], 0.03f);
}

TEST(SynthRoom, UnregisteredColourIsCarriedOverByTheCalibration) {
  TempDir temp;
  SynthOptions options = tiny();
  options.frames = 1;
  options.unregistered = true;
  write_room(temp / "room", options);
  const nlohmann::json json = json_of(temp / "room/capture.json");
  EXPECT_FALSE(json.at("color_registered"));
  const nlohmann::json& camera = json.at("cameras").at(0);
  EXPECT_NE(camera.at("color").at("focal"), camera.at("depth").at("focal"));
  std::array<double, 16> matrix{};
  for (size_t k = 0; k < 16; ++k) matrix[k] = camera.at("color_from_depth").at(k);
  const Rigid color_from_depth = rigid_from_row_major(matrix);
  EXPECT_NEAR(glm::length(color_from_depth.translation), 0.02f, 0.003f);

  const SynthView view = synth_room_views(options)[0];
  const ImageU16 depth = read_grey16(temp / "room/depth/000000.png"), ids = read_grey16(temp / "room/ids/000000.png");
  int same = 0, all = 0;
  for (int y = 0; y < depth.height(); ++y) {
    for (int x = 0; x < depth.width(); ++x) {
      const glm::vec2 center(static_cast<float>(x) + 0.5f, static_cast<float>(y) + 0.5f);
      const glm::vec3 in_depth = unproject_in_camera(view.depth, center, static_cast<float>(depth.at(x, y)) * kUnitM);
      const glm::vec2 pixel = project_in_camera(view.color, color_from_depth * in_depth);
      const glm::vec3 direction = view.color.world_from_camera.rotation * unproject_in_camera(view.color, pixel, 1.0f);
      ++all;
      same += room().trace({view.color.world_from_camera.translation, direction})->thing == ids.at(x, y) ? 1 : 0;
    }
  }
  EXPECT_GT(same, all * 97 / 100);  // the rest is hidden from one of the two cameras

  options.hide_calibration = true;
  write_room(temp / "room", options);
  EXPECT_FALSE(json_of(temp / "room/capture.json").at("cameras").at(0).contains("color_from_depth"));
}

TEST(SynthPerformance, WritesARigWithOneCameraHeldOut) {
  TempDir temp;
  SynthOptions options = tiny();
  options.frames = 1;
  options.cutout = true;
  ThreadPool pool(2);
  JobContext job(pool);
  const SynthStats stats = write_synth_performance(temp / "show", options, job);
  EXPECT_EQ(stats.frames, 2);
  const nlohmann::json json = json_of(temp / "show/capture.json");
  ASSERT_EQ(json.at("cameras").size(), 2u);
  EXPECT_EQ(json.at("cameras").at(0).at("split"), "test");
  EXPECT_EQ(json.at("cameras").at(1).at("split"), "train");
  EXPECT_EQ(json.at("frames").at(1).at("id"), "cam01/0000");
  const ImageRgba8 color = read_rgba8(temp / "show/color/cam01/0000.png");
  const ImageU16 depth = read_grey16(temp / "show/depth/cam01/0000.png");
  EXPECT_EQ(color.at(0, 0).a, 0);
  EXPECT_EQ(depth.at(0, 0), 0);
  EXPECT_EQ(color.at(24, 18).a, 255);
  EXPECT_GT(depth.at(24, 18), 0);
}

TEST(SynthWriter, RefusesFoldersThatAreNotItsOwn) {
  TempDir temp;
  write_file(temp / "mine/letter.txt", "dear");
  write_file(temp / "file", "x");
  EXPECT_THAT(error_of([&] { write_room(temp / "mine", tiny()); }), testing::HasSubstr("new or empty folder"));
  EXPECT_THAT(error_of([&] { write_room(temp / "file", tiny()); }), testing::HasSubstr("is a file"));
  EXPECT_EQ(read_text_file(temp / "mine/letter.txt"), "dear");
  // A synthetic capture with something of the user's in it is not its own either.
  SynthOptions options = tiny();
  options.frames = 1;
  write_room(temp / "room", options);
  write_room(temp / "room", options);
  write_file(temp / "room/fitted.glb", "x");
  EXPECT_THAT(error_of([&] { write_room(temp / "room", options); }), testing::HasSubstr("would be lost"));
}

TEST(SynthWriter, CancelledRunLeavesWhatWasThere) {
  TempDir temp;
  SynthOptions options = tiny();
  options.frames = 1;
  write_room(temp / "room", options);
  const auto before = files_of(temp.path());
  ThreadPool pool(2);
  JobContext job(pool);
  job.on_progress([&](const Progress& progress) {
    if (progress.stage == "frames") job.request_cancel();
  });
  options.frames = 3;
  try {
    write_synth_room(temp / "room", options, job);
    FAIL() << "not cancelled";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kCancelled);
  }
  EXPECT_EQ(files_of(temp.path()), before);
}

TEST(SynthOptions, OutOfRangeIsAnErrorThatNamesTheOption) {
  TempDir temp;
  const auto error_with = [&](auto change) {
    SynthOptions options = tiny();
    change(options);
    return error_of([&] { write_room(temp / "room", options); });
  };
  EXPECT_THAT(error_with([](SynthOptions& o) { o.width = 0; }), testing::HasSubstr("--width"));
  EXPECT_THAT(error_with([](SynthOptions& o) { o.samples = -1; }), testing::HasSubstr("--samples"));
  EXPECT_THAT(error_with([](SynthOptions& o) { o.depth_noise = NAN; }), testing::HasSubstr("--depth-noise"));
  EXPECT_THAT(error_with([](SynthOptions& o) { o.hide_calibration = true; }), testing::HasSubstr("--unregistered"));
  EXPECT_FALSE(fs::exists(temp / "room"));
}

}  // namespace
}  // namespace diorama
