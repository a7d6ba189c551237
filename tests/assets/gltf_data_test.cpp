#include "assets/animated_gltf.h"
#include "assets/gltf.h"
#include "engine/base/error.h"
#include "tests/test_data.h"

#include <gtest/gtest.h>

namespace diorama {
namespace {

void expect_bounds(const Asset& asset, glm::vec3 min, glm::vec3 max, float tolerance) {
  const Bounds bounds = bounds_of(asset);
  EXPECT_LE(glm::length(bounds.min - min), tolerance) << bounds.min.x << " " << bounds.min.y << " " << bounds.min.z;
  EXPECT_LE(glm::length(bounds.max - max), tolerance) << bounds.max.x << " " << bounds.max.y << " " << bounds.max.z;
}

// Bounds that follow from the files' accessor.min and max are met within the rounding of their rotations: 1e-6.
TEST(GltfData, FlightHelmetHasSixTexturedPartsWhereItsAccessorsSay) {
  DIO_REQUIRE_TEST_DATA(folder, "gltf");
  const Asset asset = read_gltf(folder / "FlightHelmet/FlightHelmet.gltf");
  EXPECT_EQ(asset.meshes.size(), 6u);
  EXPECT_EQ(asset.textures.size(), 15u);
  expect_bounds(asset, {-0.203642711f, -2.14242937e-05f, -0.171545789f}, {0.162940636f, 0.7160004f, 0.200029165f},
                1e-6f);
}

TEST(GltfData, CatHasWebpTextures) {
  DIO_REQUIRE_TEST_DATA(folder, "gltf");
  const Asset asset = read_gltf(folder / "cat.glb");
  ASSERT_EQ(asset.textures.size(), 3u);
  EXPECT_GE(asset.textures[0].image.width(), 256);
  expect_bounds(asset, {-0.395592004f, -1, -0.667200983f}, {0.395592004f, 1, 0.667200983f}, 1e-6f);
}

TEST(GltfData, MorphStressTestStandsUnmorphedAtItsFirstKey) {
  DIO_REQUIRE_TEST_DATA(folder, "gltf");
  const Asset asset = read_gltf(folder / "morph-stress-test.glb");
  EXPECT_EQ(asset.meshes.size(), 2u);
  expect_bounds(asset, {-2, -0.1f, -0.5f}, {2, 0.5f, 0.5f}, 1e-6f);
}

TEST(GltfData, SimpleSkinIsTheStripOfItsTutorial) {
  DIO_REQUIRE_TEST_DATA(folder, "gltf");
  // Base64 buffers; the joints' inverse bind matrices move the strip of 1 x 2 by -0.5 in x.
  expect_bounds(read_gltf(folder / "SimpleSkin/SimpleSkin.gltf"), {-0.5f, 0, 0}, {0.5f, 2, 0}, 1e-6f);
}

TEST(GltfData, SkinnedFiguresStandUprightOnTheGround) {
  DIO_REQUIRE_TEST_DATA(folder, "gltf");
  // CesiumMan is about as tall as its bind pose (1.51 along z of its mesh), the root turns z to y; he walks along z.
  const Bounds man = bounds_of(read_gltf(folder / "CesiumMan.glb"));
  EXPECT_NEAR(man.max.y - man.min.y, 1.5f, 0.1f) << "a step bends the knees";
  EXPECT_NEAR(man.min.y, 0.0f, 0.05f) << "the soles are 1 cm thick";
  EXPECT_GT(man.max.z - man.min.z, man.max.x - man.min.x) << "arms and legs swing along z";
  // The fox: 78.9 units to the ears, 154.7 from nose to tail in the bind pose; in "Survey" it turns its head and tail.
  const Bounds fox = bounds_of(read_gltf(folder / "Fox.glb"));
  EXPECT_NEAR(fox.max.y, 78.9f, 10.0f);
  EXPECT_NEAR(fox.min.y, 0.0f, 1.0f);
  EXPECT_NEAR(fox.max.z - fox.min.z, 154.7f, 25.0f);
}

TEST(GltfData, SunglassesLieOnTheirLenses) {
  DIO_REQUIRE_TEST_DATA(folder, "gltf");
  const Asset asset = read_gltf(folder / "SunglassesKhronos.glb");
  EXPECT_EQ(asset.meshes.size(), 8u);
  // A frame of ordinary size: 150 mm wide, 58 mm high, temples of 161 mm.
  const glm::vec3 size = bounds_of(asset).max - bounds_of(asset).min;
  EXPECT_LE(glm::length(size - glm::vec3(0.1505f, 0.0576f, 0.1615f)), 5e-4f) << "given to half a millimetre";
}

// Mean way of the vertices between two poses.
float mean_way(const std::vector<MeshPart>& a, const std::vector<MeshPart>& b) {
  double sum = 0;
  size_t count = 0;
  for (size_t part = 0; part < a.size(); ++part) {
    for (size_t i = 0; i < a[part].mesh.positions.size(); ++i, ++count) {
      sum += glm::length(a[part].mesh.positions[i] - b[part].mesh.positions[i]);
    }
  }
  return static_cast<float>(sum / static_cast<double>(count));
}

TEST(GltfData, FiguresWalkInCircles) {
  DIO_REQUIRE_TEST_DATA(folder, "gltf");
  const AnimatedGltf man(folder / "CesiumMan.glb");
  ASSERT_EQ(man.animations().size(), 1u);
  const double duration = man.animations()[0].duration_s;
  const auto start = man.meshes_at(0, 0);
  EXPECT_GT(mean_way(start, man.meshes_at(0, duration / 2)), 0.05f) << "the other foot is in front";
  EXPECT_LT(mean_way(start, man.meshes_at(0, duration)), 0.05f) << "a step ends as it began";
  const AnimatedGltf fox(folder / "Fox.glb");
  ASSERT_EQ(fox.animations().size(), 3u);
  EXPECT_EQ(fox.animations()[2].name, "Run");
  EXPECT_GT(mean_way(fox.meshes_at(0, 0), fox.meshes_at(2, 0.3)), 1.0f) << "of some 150 units";
}

TEST(GltfData, MorphTargetsAndJointsMove) {
  DIO_REQUIRE_TEST_DATA(folder, "gltf");
  const AnimatedGltf morph(folder / "morph-stress-test.glb");
  ASSERT_FALSE(morph.animations().empty());
  EXPECT_GT(mean_way(morph.meshes_at(0, 0), morph.meshes_at(0, 1.5)), 0.01f) << "blocks stretch one after another";
  const AnimatedGltf strip(folder / "SimpleSkin" / "SimpleSkin.gltf");
  // Its tutorial: the upper joint turns by a quarter one way within a second, back, and the other way.
  const Mesh bent = strip.meshes_at(0, 1.0).at(0).mesh;
  EXPECT_GT(bounds_of(bent).max.x - bounds_of(bent).min.x, 1.2f);
}

TEST(GltfData, ScenesThatAreWrittenAgainStayTheSame) {
  DIO_REQUIRE_TEST_DATA(folder, "gltf");
  for (const char* name : {"Fox.glb", "CesiumMan.glb", "cat.glb", "SunglassesKhronos.glb"}) {
    const std::vector<std::byte> once = encode_glb(read_gltf(folder / name));
    EXPECT_EQ(encode_glb(parse_glb(once, name)), once) << name;
  }
}

}  // namespace
}  // namespace diorama
