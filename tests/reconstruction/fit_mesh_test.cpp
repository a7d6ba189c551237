#include "reconstruction/mesh/fit_mesh.h"

#include "engine/base/error.h"
#include "engine/base/file.h"
#include "reconstruction/fusion/bench_fusion.h"
#include "tests/reconstruction/memory_capture.h"
#include "tests/test_data.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

namespace diorama::test {
namespace {

using ::testing::HasSubstr;

constexpr MeshFitOptions kQuick{.fusion = {.voxel_m = 0.03f}, .extract = {.min_weight = 0.2f, .min_component = 50}};

glm::u8vec3 paint(glm::vec3 p) {
  return p.z > 0 ? glm::u8vec3(220, 30, 30) : glm::u8vec3(30, 30, 220);
}

Capture ball(const std::function<void(CaptureContent&)>& change = {}) {
  return memory_capture(sphere({0, 0, 0}, 0.4f), paint, cameras_around({0, 0, 0}, 1.3f, 20), change);
}

bool same_bits(const Mesh& a, const Mesh& b) {
  const auto same = [](const auto& x, const auto& y) {
    return x.size() == y.size() && std::memcmp(x.data(), y.data(), x.size() * sizeof(x[0])) == 0;
  };
  return same(a.positions, b.positions) && same(a.normals, b.normals) && same(a.colors_linear, b.colors_linear) &&
         same(a.triangles, b.triangles);
}

std::string message_of(const std::function<void()>& body) {
  try {
    body();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

// Asks for cancellation once the stage has made so many steps.
void cancel_at(JobContext& job, const std::string& stage, uint64_t step) {
  job.on_progress([&job, stage, step](const Progress& progress) {
    if (progress.stage == stage && progress.step == step) job.request_cancel();
  });
}

TEST(FitMesh, GivesAnUprightUnlitAssetWithItsRecord) {
  ThreadPool pool(2);
  JobContext job(pool);
  const MeshFit fit = fit_mesh(ball(), kQuick, job);  // captures are +Z up unless they say otherwise
  ASSERT_EQ(fit.asset.meshes.size(), 1u);
  const Mesh& mesh = fit.asset.meshes[0].mesh;
  check_mesh(mesh);
  EXPECT_TRUE(fit.asset.materials.at(fit.asset.meshes[0].material.value()).unlit);
  EXPECT_EQ(fit.stats.frames, 20u);
  EXPECT_EQ(fit.stats.triangles, mesh.triangles.size());
  EXPECT_LE(fit.stats.triangles, fit.stats.triangles_fused);
  for (size_t i = 0; i < mesh.positions.size(); ++i) {
    EXPECT_NEAR(glm::length(mesh.positions[i]), 0.4f, 0.015f);  // half a voxel
    EXPECT_GT(glm::dot(mesh.normals[i], glm::normalize(mesh.positions[i])), 0.7f);
    if (mesh.positions[i].y < 0.06f) continue;
    EXPECT_GT(mesh.colors_linear[i].x, mesh.colors_linear[i].z) << "red is up";
  }
  const AssetRecord& record = fit.asset.record.value();
  EXPECT_EQ(record.representation, "mesh");
  EXPECT_EQ(record.capture_name, "scene");
  EXPECT_THAT(record.options_json, HasSubstr("\"voxel\":0.03"));
  EXPECT_FALSE(record.tool_version.empty());
}

TEST(FitMesh, LeavesTestFramesAlone) {
  ThreadPool pool(2);
  JobContext job(pool);
  const Capture capture = ball([](CaptureContent& content) {
    for (size_t i = 0; i < content.frames.size(); i += 4) content.frames[i].split = Split::kTest;
  });
  EXPECT_EQ(fit_mesh(capture, kQuick, job).stats.frames, 15u);
}

TEST(FitMesh, NoDepthIsAnErrorThatSaysSo) {
  ThreadPool pool(2);
  JobContext job(pool);
  const Capture capture = ball([](CaptureContent& content) {
    for (Frame& frame : content.frames) frame.depth.reset();
  });
  EXPECT_THAT(message_of([&] { fit_mesh(capture, kQuick, job); }), HasSubstr("no training frame has depth"));
}

TEST(FitMesh, NothingSeenOftenEnoughIsAnErrorThatSaysWhatToDo) {
  ThreadPool pool(2);
  JobContext job(pool);
  MeshFitOptions options = kQuick;
  options.extract.min_weight = 1e5f;
  EXPECT_THAT(message_of([&] { fit_mesh(ball(), options, job); }), HasSubstr("--min-weight"));
}

TEST(FitMesh, BudgetIsKept) {
  ThreadPool pool(2);
  JobContext job(pool);
  MeshFitOptions options = kQuick;
  options.max_triangles = 300;
  EXPECT_LE(fit_mesh(ball(), options, job).stats.triangles, 300u);
}

TEST(FitMesh, ThreadCountDoesNotChangeABit) {
  ThreadPool one(1), two(2);
  JobContext a(one), b(two);
  EXPECT_TRUE(
      same_bits(fit_mesh(ball(), kQuick, a).asset.meshes[0].mesh, fit_mesh(ball(), kQuick, b).asset.meshes[0].mesh));
}

TEST(FitMesh, ResumedAfterCancellationEndsWithTheSameBits) {
  ThreadPool pool(2);
  JobContext whole(pool);
  const MeshFit expected = fit_mesh(ball(), kQuick, whole);
  const auto stops = {std::pair<std::string, uint64_t>("fuse", 1), {"fuse", 12}, {"fuse", 20}, {"extract", 1}};
  for (const auto& [stage, step] : stops) {
    TempDir folder;
    JobContext stopped(pool);
    stopped.checkpoint_dir = folder.path();
    cancel_at(stopped, stage, step);
    EXPECT_THROW(fit_mesh(ball(), kQuick, stopped), Error);
    ASSERT_TRUE(std::filesystem::exists(folder / "fusion.json")) << stage << " " << step;
    JobContext resumed(pool);
    resumed.checkpoint_dir = folder.path();
    resumed.resume = true;
    EXPECT_TRUE(same_bits(fit_mesh(ball(), kQuick, resumed).asset.meshes[0].mesh, expected.asset.meshes[0].mesh))
        << stage << " " << step;
    EXPECT_TRUE(std::filesystem::is_empty(folder.path())) << "a finished fit leaves no checkpoint";
  }
}

TEST(FitMesh, ForeignOrDamagedCheckpointsAreRefused) {
  ThreadPool pool(2);
  TempDir folder;
  JobContext stopped(pool);
  stopped.checkpoint_dir = folder.path();
  cancel_at(stopped, "fuse", 3);
  EXPECT_THROW(fit_mesh(ball(), kQuick, stopped), Error);

  JobContext resumed(pool);
  resumed.checkpoint_dir = folder.path();
  resumed.resume = true;
  MeshFitOptions other = kQuick;
  other.fusion.voxel_m = 0.04f;
  EXPECT_THAT(message_of([&] { fit_mesh(ball(), other, resumed); }), HasSubstr("other options"));

  for (const char* text : {"", "{", "[]", "{\"of\":1,\"frames_done\":-1}", "{\"of\":{},\"frames_done\":99}"}) {
    write_file(folder / "fusion.json", std::string_view(text));
    EXPECT_THAT(message_of([&] { fit_mesh(ball(), kQuick, resumed); }), HasSubstr("fusion.json")) << text;
  }
}

TEST(FitMesh, ResumeWithoutACheckpointStartsAnew) {
  ThreadPool pool(2);
  TempDir folder;
  JobContext job(pool);
  job.checkpoint_dir = folder.path();
  job.resume = true;
  EXPECT_EQ(fit_mesh(ball(), kQuick, job).stats.frames, 20u);
}

// A rig whose colour camera looks from 15 cm aside; without the calibration the picture would land 15 cm off.
TEST(FitMesh, ColourFollowsTheRigCalibration) {
  ThreadPool pool(2);
  JobContext job(pool);
  const Rigid color_from_depth{glm::mat3(1.0f), glm::vec3(-0.15f, 0, 0)};
  std::vector<Frame> rendered;
  const auto cameras = cameras_around({0, 0, 0}, 1.3f, 20);
  const Capture capture = ball([&](CaptureContent& content) {
    for (Frame& frame : content.frames) {
      frame.color = frame.depth.value();
      frame.color.world_from_camera = frame.depth->world_from_camera * inverse(color_from_depth);
    }
    content.conventions.color_registered = false;
    content.calibration = RigCalibration{cameras[0], color_from_depth};
  });
  const MeshFit fit = fit_mesh(capture, kQuick, job);
  const Mesh& mesh = fit.asset.meshes[0].mesh;
  size_t wrong = 0, sure = 0;
  for (size_t i = 0; i < mesh.positions.size(); ++i) {
    const float height = mesh.positions[i].y;  // +Z of the capture
    if (std::abs(height) < 0.06f) continue;
    ++sure;
    if ((mesh.colors_linear[i].x > mesh.colors_linear[i].z) != (height > 0)) ++wrong;
  }
  EXPECT_GT(sure, 300u);
  EXPECT_EQ(wrong, 0u);
  EXPECT_THAT(fit.asset.record->calibration_json, HasSubstr("color_from_depth"));
}

TEST(BenchFusion, CountsWhatItDid) {
  ThreadPool pool(2);
  JobContext job(pool);
  const FusionBench bench = bench_fusion(ball(), FusionOptions{.voxel_m = 0.03f}, 7, 3, job);
  EXPECT_EQ(bench.frames, 7u);
  EXPECT_EQ(bench.integration_fps_of.size(), 3u);
  EXPECT_GT(bench.integration_fps, 0);
  EXPECT_GT(bench.blocks, 10u);
  EXPECT_GT(bench.triangles, 100u);
  EXPECT_GT(bench.peak_memory_mb, 1);
  EXPECT_THAT(to_json(bench), HasSubstr("\"integration_fps\""));
}

}  // namespace
}  // namespace diorama::test
