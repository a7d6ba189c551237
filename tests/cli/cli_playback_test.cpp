// diorama render of an asset that moves.
#include "engine/base/file.h"
#include "engine/scene/image_io.h"
#include "tests/cli/cli_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace diorama {
namespace {

using ::testing::HasSubstr;

// A square of 1 m that is shown from 0 to 1 s and then hidden by a scale of 0 (STEP), and a second animation, empty.
constexpr const char* kBlink = R"({"asset":{"version":"2.0"},"scene":0,"scenes":[{"nodes":[0]}],
"nodes":[{"mesh":0}],"meshes":[{"primitives":[{"attributes":{"POSITION":0},"indices":1,"material":0}]}],
"materials":[{"doubleSided":true,"extensions":{"KHR_materials_unlit":{}}}],"extensionsUsed":["KHR_materials_unlit"],
"buffers":[{"byteLength":108,"uri":"blink.bin"}],
"bufferViews":[{"buffer":0,"byteLength":48},{"buffer":0,"byteOffset":48,"byteLength":12},
{"buffer":0,"byteOffset":60,"byteLength":12},{"buffer":0,"byteOffset":72,"byteLength":36}],
"accessors":[{"bufferView":0,"componentType":5126,"count":4,"type":"VEC3"},
{"bufferView":1,"componentType":5123,"count":6,"type":"SCALAR"},
{"bufferView":2,"componentType":5126,"count":3,"type":"SCALAR"},
{"bufferView":3,"componentType":5126,"count":3,"type":"VEC3"}],
"animations":[{"name":"blink","samplers":[{"input":2,"output":3,"interpolation":"STEP"}],
"channels":[{"sampler":0,"target":{"node":0,"path":"scale"}}]},{"name":"rest","samplers":[],"channels":[]}]})";

template <class T>
void append(std::vector<std::byte>& bytes, std::initializer_list<T> values) {
  for (const T value : values) {
    const auto part = std::as_bytes(std::span(&value, 1));
    bytes.insert(bytes.end(), part.begin(), part.end());
  }
}

std::string write_blink(const TempDir& dir) {
  std::vector<std::byte> bytes;
  append<float>(bytes, {0, 0, 0, 1, 0, 0, 1, 1, 0, 0, 1, 0});
  append<uint16_t>(bytes, {0, 1, 2, 0, 2, 3});
  append<float>(bytes, {0, 1, 2});
  append<float>(bytes, {1, 1, 1, 0, 0, 0, 0, 0, 0});
  write_file(dir / "blink.bin", bytes);
  write_file(dir / "blink.gltf", kBlink);
  return (dir / "blink.gltf").string();
}

bool shows_something(const std::string& path) {
  const ImageRgba8 picture = read_rgba8(path);
  return std::ranges::any_of(picture.pixels(), [](glm::u8vec4 p) { return p.x > 0; });
}

TEST(CliPlayback, ATimeOfTheAnimationIsDrawn) {
  const TempDir dir;
  const std::string render = "render " + write_blink(dir) + " --size 32x24 -o ", shown = (dir / "a.png").string(),
                    hidden = (dir / "b.png").string();
  ASSERT_EQ(run_cli(render + shown + " --time 0.9 --animation blink").exit_code, 0);
  ASSERT_EQ(run_cli(render + hidden + " --time 1.1").exit_code, 0);
  EXPECT_TRUE(shows_something(shown));
  EXPECT_FALSE(shows_something(hidden));
}

TEST(CliPlayback, AnAnimationRunsOnceThroughForOneView) {
  const TempDir dir;
  const std::string pictures = (dir / "blink.png").string();
  const CliResult result = run_cli("render " + write_blink(dir) + " --size 32x24 --animate --fps 4 -o " + pictures);
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("8 pictures of 32x24"));  // 2 s
  EXPECT_TRUE(shows_something((dir / "blink-0003.png").string()));
  EXPECT_FALSE(shows_something((dir / "blink-0004.png").string()));
}

TEST(CliPlayback, AlongViewsTheAnimationGoesOnAndOn) {
  const TempDir dir;
  const CliResult result = run_cli("render " + write_blink(dir) + " --size 32x24 --animate --fps 1 --orbit 5 -o " +
                                   (dir / "o.png").string());
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_TRUE(shows_something((dir / "o-0002.png").string()));  // 2 s in: the start again
  EXPECT_FALSE(shows_something((dir / "o-0003.png").string()));
}

TEST(CliPlayback, UnknownAnimationsAreNamedBesideThoseThatAreThere) {
  const TempDir dir;
  const CliResult result = run_cli("render " + write_blink(dir) + " --animation jump -o " + (dir / "a.png").string());
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("no animation 'jump', choose one of: 0 'blink' (2 s), 1 'rest' (0 s)"));
  const CliResult still = run_cli("render " + Sample::get().mesh + " --time 1 -o " + (dir / "b.png").string());
  EXPECT_THAT(still.err, HasSubstr("has no animations"));
}

}  // namespace
}  // namespace diorama
