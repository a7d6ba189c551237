#include "reconstruction/mesh/fit_mesh.h"
#include "tests/test_data.h"

#include <gtest/gtest.h>

namespace diorama::test {
namespace {

TEST(FusionOfRedkitchen, GivesARoomOfSaneSizeAndBoundedMemory) {
  DIO_REQUIRE_TEST_DATA(path, "7scenes_redkitchen");
  ThreadPool pool;
  JobContext job(pool);
  const Capture capture = open_capture(path);
  const MeshFit fit = fit_mesh(capture, MeshFitOptions{}, job);
  EXPECT_EQ(fit.stats.frames, 140u);
  EXPECT_GT(fit.stats.triangles_fused, 80'000u);  // 93,551 vertices is what Open3D finds in the first 100 frames
  EXPECT_LT(fit.stats.triangles_fused, 500'000u);
  EXPECT_LE(fit.stats.triangles, fit.stats.triangles_fused);
  const Bounds bounds = bounds_of(fit.asset);
  const glm::vec3 size = bounds.max - bounds.min;
  EXPECT_GT(std::min({size.x, size.y, size.z}), 1.0f);
  EXPECT_LT(std::max({size.x, size.y, size.z}), 12.0f);
}

}  // namespace
}  // namespace diorama::test
