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

TEST(Evaluate, AlignedScoresUndoABrightnessChangeAndStandApart) {
  ThreadPool pool(2);
  JobContext job(pool);
  const Asset asset = quad_asset();
  const Capture capture = picture_capture(asset, 2, 40, pool);
  const EvalReport plain = evaluate(asset, "quad.glb", capture, {}, job);
  const EvalReport report = evaluate(asset, "quad.glb", capture, {.align_exposure = true}, job);
  EXPECT_EQ(report.mean.psnr, plain.mean.psnr);
  EXPECT_FALSE(plain.mean.aligned);
  ASSERT_TRUE(report.mean.aligned);
  // Only what the asset covers is aligned, and saturated pixels keep the alignment from being exact.
  EXPECT_GT(report.mean.aligned->psnr, plain.mean.psnr);
  const auto json = nlohmann::json::parse(to_json(report));
  EXPECT_EQ(json["frames"][0]["exposure_aligned"]["gain"].size(), 3u);
  EXPECT_GT(json["mean"]["exposure_aligned"]["psnr"], json["mean"]["psnr"]);
  EXPECT_FALSE(nlohmann::json::parse(to_json(plain))["mean"].contains("exposure_aligned"));
  EXPECT_NE(to_text(report).find("exposure aligned"), std::string::npos);
}

TEST(ExposureAlignment, FindsGainAndBiasOfTheCoveredPixelsAlone) {
  ImageRgba8 picture({16, 16}), truth({16, 16});
  ImageF32 coverage({16, 16}, 1.0f);
  ImageU8 mask({16, 16}, 1);
  for (int y = 0; y < 16; ++y) {
    for (int x = 0; x < 16; ++x) {
      const auto value = static_cast<uint8_t>(20 + 5 * x + 3 * y);
      picture.at(x, y) = glm::u8vec4(value, value / 2, 77, 255);
      truth.at(x, y) = glm::u8vec4(value + value / 2 + 10, value / 4 + 5, 87, 255);
      if (x == 0) {
        coverage.at(x, y) = 0.2f;
        truth.at(x, y) = glm::u8vec4(255);
      }
      if (y == 3) {
        mask.at(x, y) = 0;
        truth.at(x, y) = glm::u8vec4(0);
      }
    }
  }
  const ExposureAlignment found = align_exposure(picture, coverage, truth, mask);
  EXPECT_NEAR(found.gain.x, 1.5, 0.01);  // integer values: half a count of 100
  EXPECT_NEAR(found.gain.y, 0.5, 0.01);
  EXPECT_NEAR(found.bias.x, 10 / 255.0, 1 / 255.0);
  EXPECT_EQ(found.gain.z, 1);  // an even channel tells no gain
  EXPECT_NEAR(found.bias.z, 10 / 255.0, 1e-9);
  const ImageRgba8 aligned = exposed(picture, coverage, found);
  EXPECT_EQ(aligned.at(0, 5), picture.at(0, 5));
  EXPECT_NEAR(aligned.at(9, 9).r, truth.at(9, 9).r, 1);
}

TEST(ExposureAlignment, WithoutACoveredPixelNothingChanges) {
  const ImageRgba8 picture({4, 4}, glm::u8vec4(9)), truth({4, 4}, glm::u8vec4(200));
  const ExposureAlignment found = align_exposure(picture, ImageF32({4, 4}), truth, {});
  EXPECT_EQ(found.gain, glm::dvec3(1));
  EXPECT_EQ(found.bias, glm::dvec3(0));
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
