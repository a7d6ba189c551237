// tools/compare/v3_layout.py: what it writes is a performance again, as near as 8 bits and the codec leave it.
#include "assets/splat_sequence.h"
#include "tests/streaming/moving_splats.h"
#include "tests/test_data.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace diorama {
namespace {

bool runs(const std::string& command) {
  return std::system((command + " > /dev/null 2>&1").c_str()) == 0;
}

TEST(V3Layout, APerformanceComesBackNearlyTheSame) {
  if (!runs("ffmpeg -version") || !runs("/usr/bin/python3 -c 'import numpy'")) {
    GTEST_SKIP() << "needs the ffmpeg program and python3-numpy; tools/setup.sh --test installs them";
  }
  const TempDir dir;
  const double times[] = {0, 0.1, 0.2};
  const SplatGroup truth = swaying_sheet(300, 3, 1);
  add_splat_group(dir / "a.groups", truth, times, 1);
  finish_splat_sequence(dir / "a.glb", {.capture_name = "sheet"});
  const std::string script = "/usr/bin/python3 " DIORAMA_V3_LAYOUT " " + (dir / "a.glb").string() + " ";
  ASSERT_TRUE(runs(script + (dir / "b.glb").string() + " --qp 4 --group 2 --keep-partial-group"));
  const SplatSequenceReader decoded(dir / "b.groups");
  ASSERT_EQ(decoded.sequence().frame_count(), 3u);
  EXPECT_EQ(decoded.sequence().groups.size(), 2u);
  for (size_t t = 0; t < 3; ++t) {
    const SplatCloud cloud = decoded.moving(t);
    EXPECT_EQ(cloud.sh_degree, 0);
    ASSERT_EQ(cloud.size(), 300u);
    for (size_t i = 0; i < 300; ++i) {
      // High bytes are exact; a low byte that is off by 64 of 65,535 of 1.3 m is 1.3 mm an axis.
      EXPECT_LT(glm::distance(cloud.positions[i], truth.frames[t].positions[i]), 0.003f);
      EXPECT_NEAR(cloud.opacities[i], truth.frames[t].opacities[i], 0.03f);  // of a range of 0.5 at QP 4, and truncated
      EXPECT_NEAR(cloud.sh[i].x, truth.frames[t].sh[4 * i].x, 0.1f);         // of a range of 2
    }
  }
  ASSERT_TRUE(runs(script + (dir / "c.glb").string() + " --qp 30 --group 2"));
  EXPECT_EQ(SplatSequenceReader(dir / "c.groups").sequence().frame_count(), 2u);  // the rest is no whole group
  EXPECT_FALSE(runs(script + (dir / "d.glb").string() + " --group 4"));
}

}  // namespace
}  // namespace diorama
