#include "tools/eval/evaluate.h"

#include "engine/base/error.h"
#include "tests/cli/picture_capture.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace diorama {
namespace {

TEST(Evaluate, APerfectAssetScoresPerfectly) {
  ThreadPool pool(2);
  JobContext job(pool);
  const Asset asset = quad_asset();
  const Capture capture = picture_capture(asset, 4, 0, pool);
  const EvalReport report = evaluate(asset, "quad.glb", capture, {}, job);
  ASSERT_EQ(report.frames.size(), 2u);
  EXPECT_EQ(report.frames[1].id, "002");
  EXPECT_EQ(report.mean.psnr, kMaxPsnr);
  EXPECT_NEAR(report.mean.ssim, 1.0, 1e-6);  // rounding of the window sums
  EXPECT_EQ(report.mean.flip, 0.0);
  EXPECT_EQ(report.mean.depth_mae_m, 0.0);
  EXPECT_GT(report.mean.coverage, 0.2);
  EXPECT_LT(report.mean.coverage, 1.0);
}

TEST(Evaluate, PsnrFallsByTheKnownOffset) {
  ThreadPool pool(2);
  JobContext job(pool);
  const Asset asset = quad_asset();
  // 5 counts everywhere but where the picture is saturated: at least 10 log10(255^2 / 25).
  const EvalReport report = evaluate(asset, "quad.glb", picture_capture(asset, 2, 5, pool), {}, job);
  EXPECT_GE(report.mean.psnr, 34.15);
  EXPECT_LE(report.mean.psnr, 34.40);
  EXPECT_GT(report.mean.flip, 0.0);
}

TEST(Evaluate, ScoresTransparentCapturesOnWhite) {
  ThreadPool pool(2);
  JobContext job(pool);
  const Asset asset = quad_asset();
  EXPECT_EQ(evaluate(asset, "q", picture_capture(asset, 2, 0, pool, true), {}, job).mean.psnr, kMaxPsnr);
}

TEST(Evaluate, ScalesImagesAndKeepsTheView) {
  ThreadPool pool(2);
  JobContext job(pool);
  const Asset asset = quad_asset();
  const Capture capture = picture_capture(asset, 2, 0, pool);
  const EvalReport report = evaluate(asset, "q", capture, {.scale = 0.5f}, job);
  // Area-filtered sRGB against four linear samples a pixel: alike, not equal. A shift by a pixel costs over 10 dB.
  EXPECT_GT(report.mean.psnr, 28);
}

TEST(Evaluate, MovesCamerasIntoTheAssetsFrame) {
  ThreadPool pool(2);
  JobContext job(pool);
  const Asset still = quad_asset();
  const Capture capture = picture_capture(still, 2, 0, pool);
  Asset turned = still;
  AssetRecord record;
  record.asset_from_capture = rigid_from_quaternion_xyzw({0.5, 0.5, 0.5, 0.5}, {1, 2, 3});
  for (glm::vec3& p : turned.meshes[0].mesh.positions) p = record.asset_from_capture * p;
  turned.record = record;
  // Rounding of the moved vertices may flip a sample at an edge.
  EXPECT_GT(evaluate(turned, "q", capture, {}, job).mean.psnr, 35);
}

TEST(Evaluate, RefusesASplitWithoutFrames) {
  ThreadPool pool(1);
  JobContext job(pool);
  const Asset asset = quad_asset();
  EXPECT_THROW(evaluate(asset, "q", picture_capture(asset, 1, 0, pool), {.split = 1}, job), Error);
  EXPECT_THROW(evaluate(Asset{}, "q", picture_capture(asset, 1, 0, pool), {}, job), Error);
  EXPECT_THROW(evaluate(asset, "q", picture_capture(asset, 1, 0, pool), {.scale = 0.1f}, job), Error);
}

TEST(EvalJson, HasTheDocumentedForm) {
  EvalReport report{.asset = "a.glb"};
  report.frames = {{"f1", 20.5, 0.5, 0.25, std::nullopt, 1.0}};
  report.mean = report.frames[0];
  const auto json = nlohmann::json::parse(to_json(report));
  EXPECT_EQ(json["asset"], "a.glb");
  EXPECT_EQ(json["frames"][0]["id"], "f1");
  EXPECT_EQ(json["frames"][0]["psnr"], 20.5);
  EXPECT_TRUE(json["mean"]["depth_mae_m"].is_null());
  EXPECT_FALSE(json["mean"].contains("id"));
}

}  // namespace
}  // namespace diorama
