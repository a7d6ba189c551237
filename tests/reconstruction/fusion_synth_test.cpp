#include "reconstruction/fusion/tsdf_volume.h"
#include "tests/reconstruction/surface_score.h"

#include <gtest/gtest.h>

namespace diorama::test {
namespace {

// The built-in room with exact depth, 1 cm voxels: what fusion itself adds is all that is wrong.
TEST(FusionOfTheSynthRoom, SurfaceIsExactWholeAndFacesTheCameras) {
  ThreadPool pool;
  const SynthScene scene = SynthScene::room();
  std::vector<SynthView> views = synth_room_views(SynthOptions{});
  for (size_t i = views.size(); i-- > 0;) {
    if (i % 8 == 0) views.erase(views.begin() + static_cast<ptrdiff_t>(i));  // held out, as in a capture
  }
  TsdfVolume volume(FusionOptions{.voxel_m = 0.01f, .color = false});
  for (const SynthView& view : views) {
    const ImageF32 depth = trace_depth(scene, view.depth, pool);
    volume.integrate({.depth_camera = view.depth, .depth_m = &depth}, pool);
  }
  const Mesh mesh = volume.extract({}, pool);
  const SurfaceScore score = score_surface(mesh, scene, views, 5, pool);
  RecordProperty("median_mm", std::to_string(score.median_m * 1e3));
  RecordProperty("complete", std::to_string(score.complete));
  EXPECT_LE(score.median_m, 0.002);
  EXPECT_LE(score.p95_m, 0.006);      // a voxel's half, and grazing views of edges
  EXPECT_LE(score.far_share, 0.005);  // neither skirts nor floaters
  EXPECT_GE(score.complete, 0.95);    // mesh within 1 cm that faces the side from which it is seen
}

}  // namespace
}  // namespace diorama::test
