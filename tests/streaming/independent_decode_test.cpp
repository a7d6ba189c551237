// What a program without a line of Diorama makes of our streams, by tools/compare/decode_splat_video.py.
#include "assets/gltf.h"
#include "engine/base/file.h"
#include "engine/scene/splat_transform.h"
#include "streaming/pack_splat_video.h"
#include "streaming/splat_video_reader.h"
#include "tests/streaming/moving_splats.h"
#include "tests/test_data.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <sstream>

namespace diorama {
namespace {

bool runs(const std::string& command) {
  return std::system((command + " > /dev/null 2>&1").c_str()) == 0;
}

// Each line of OUT.txt.
std::vector<std::vector<double>> table_of(const std::filesystem::path& path) {
  std::vector<std::vector<double>> rows;
  std::istringstream lines(read_text_file(path));
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::vector<double> row;
    for (double value = 0; words >> value;) row.push_back(value);
    rows.push_back(std::move(row));
  }
  return rows;
}

TEST(IndependentDecode, ThePageSufficesToReadAGroup) {
  if (!runs("ffmpeg -version") || !runs("/usr/bin/python3 -c 'import numpy'")) {
    GTEST_SKIP() << "needs the ffmpeg program and python3-numpy; tools/setup.sh --test installs them";
  }
  const TempDir dir;
  const double times[] = {0, 0.1, 0.2, 0.3};
  add_splat_group(dir / "a.groups", swaying_sheet(700, 4), times, 1);
  finish_splat_sequence(dir / "a.glb", {.capture_name = "sheet"});
  ThreadPool pool(2);
  JobContext job(pool);
  for (const char* const codec : {"hevc", "h264"}) {
    const std::filesystem::path glb = dir / (std::string(codec) + ".glb");
    pack_splat_video(SplatSequenceReader(dir / "a.groups"), glb,
                     {.codec = std::string(codec) == "h264", .best_qp = 10, .representations = 1}, job);
    const std::string out = (dir / "out.txt").string();
    ASSERT_TRUE(runs("/usr/bin/python3 " DIORAMA_DECODE_SPLAT_VIDEO " " + glb.string() + " q10 2 " + out)) << codec;
    const auto rows = table_of(out);
    SplatVideoReader reader(read_gltf(glb), glb, pool);
    const SplatCloud& cloud = reader.moving(2);
    ASSERT_EQ(rows.size(), cloud.size());
    for (size_t i = 0; i < rows.size(); ++i) {
      const auto& row = rows[i];
      ASSERT_EQ(row.size(), 14u);
      const glm::vec4 q = cloud.rotations_xyzw[i];
      // Ours is in single precision; the places are within 2 m.
      for (int axis = 0; axis < 3; ++axis) {
        ASSERT_NEAR(cloud.positions[i][axis], row[static_cast<size_t>(axis)], 2e-6) << i;
        ASSERT_NEAR(cloud.scales[i][axis] / row[static_cast<size_t>(3 + axis)], 1, 1e-4) << i;
        ASSERT_NEAR(0.5f + kShC0 * cloud.sh[i][axis], row[static_cast<size_t>(11 + axis)], 1e-5) << i;
      }
      ASSERT_NEAR(std::abs(q.x * row[6] + q.y * row[7] + q.z * row[8] + q.w * row[9]), 1, 1e-5) << i;
      ASSERT_NEAR(cloud.opacities[i], row[10], 1e-5) << i;
    }
  }
}

}  // namespace
}  // namespace diorama
