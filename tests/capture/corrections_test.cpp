#include "capture/calibration_file.h"
#include "capture/exposure.h"
#include "capture/rig.h"
#include "engine/scene/color.h"
#include "engine/scene/turn.h"
#include "tests/expect_error.h"

#include <gtest/gtest.h>

#include <atomic>

namespace diorama {
namespace {

constexpr glm::ivec2 kSize{64, 48};
const glm::u8vec4 kGrey(100, 100, 100, 200);

// Frames "a" (held out), "b", "c": grey pictures at poses of their own; counts what it decodes.
class GreySource final : public FrameSource {
 public:
  explicit GreySource(std::shared_ptr<std::atomic<int>> loads) : loads_(std::move(loads)) {}
  FrameImages load(size_t, FrameParts parts) const override {
    ++*loads_;
    FrameImages images;
    if (parts.color) images.color = std::make_shared<const ImageRgba8>(kSize, kGrey);
    if (parts.depth) images.depth_m = std::make_shared<const ImageF32>(kSize, 1.0f);
    return images;
  }

 private:
  std::shared_ptr<std::atomic<int>> loads_;
};

struct Sample {
  std::shared_ptr<std::atomic<int>> loads = std::make_shared<std::atomic<int>>(0);
  Capture capture = make();

 private:
  Capture make() {
    CaptureContent content;
    content.name = "three";
    for (const char* id : {"a", "b", "c"}) {
      Camera camera{kSize, {50, 50}, {32, 24}, {}};
      camera.world_from_camera = {turn_from_vector({0.3, -1.0, 0.2}), {1, 2, static_cast<float>(id[0] - 'a')}};
      content.frames.push_back({.id = id, .color = camera, .depth = camera});
    }
    content.frames[0].split = Split::kTest;
    content.source = std::make_unique<GreySource>(loads);
    return Capture(std::move(content), {});
  }
};

FrameCorrection correction(const std::string& frame) {
  return {frame, {turn_from_vector({0.02, 0, 0}), {0.01f, 0, 0}}, {1.2f, 1.0f, 0.8f}};
}

void expect_same_pose(const Rigid& a, const Rigid& b, float tolerance = 0) {
  EXPECT_LE(glm::length(a.translation - b.translation), tolerance);
  for (int i = 0; i < 3; ++i) EXPECT_LE(glm::length(a.rotation[i] - b.rotation[i]), tolerance);
}

TEST(Corrections, MultiplyShippedPosesFromTheRightAndLeaveOtherFramesAlone) {
  const Sample shipped;
  Sample refined;
  const FrameCorrection wanted = correction("b");
  refined.capture.set_corrections({wanted});
  for (const size_t untouched : {size_t{0}, size_t{2}}) {
    expect_same_pose(refined.capture.frames()[untouched].color.world_from_camera,
                     shipped.capture.frames()[untouched].color.world_from_camera);
  }
  const Rigid expected = shipped.capture.frames()[1].depth->world_from_camera * wanted.shipped_from_refined;
  expect_same_pose(refined.capture.frames()[1].depth->world_from_camera, expected);
  // Exactly equal: registered colour must stay registered.
  expect_same_pose(refined.capture.frames()[1].color.world_from_camera, expected);
}

TEST(Corrections, AreSetInPlaceOfEarlierOnes) {
  const Sample shipped;
  Sample refined;
  refined.capture.set_corrections({correction("b"), correction("c")});
  refined.capture.set_corrections({correction("c")});
  expect_same_pose(refined.capture.frames()[1].color.world_from_camera,
                   shipped.capture.frames()[1].color.world_from_camera);
  EXPECT_EQ(refined.capture.load(1).color->at(0, 0), kGrey);
  EXPECT_NE(refined.capture.load(2).color->at(0, 0), kGrey);
  refined.capture.set_corrections({});
  EXPECT_EQ(refined.capture.load(2).color->at(0, 0), kGrey);
}

TEST(Corrections, BringLoadedColourToTheScenesExposureInLinearLight) {
  Sample sample;
  ASSERT_EQ(sample.capture.load(1).color->at(0, 0), kGrey);  // in the cache, which must not hand it out again
  sample.capture.set_corrections({correction("b")});
  const glm::u8vec4 pixel = sample.capture.load(1).color->at(5, 5);
  const float linear = linear_from_srgb(100.0f / 255);
  EXPECT_EQ(pixel.r, unorm8(srgb_from_linear(1.2f * linear)));
  EXPECT_EQ(pixel.g, 100);
  EXPECT_EQ(pixel.b, unorm8(srgb_from_linear(0.8f * linear)));
  EXPECT_EQ(pixel.a, 200);
  EXPECT_EQ(sample.capture.load(0).color->at(5, 5), kGrey);
  EXPECT_EQ(sample.capture.load(2).color->at(5, 5), kGrey);
}

TEST(Corrections, OfPosesAloneKeepDecodedImages) {
  Sample sample;
  sample.capture.load(1);
  const int before = *sample.loads;
  FrameCorrection pose = correction("b");
  pose.gain = glm::vec3(1.0f);
  sample.capture.set_corrections({pose});
  sample.capture.load(1);
  EXPECT_EQ(*sample.loads, before);
}

TEST(Corrections, OfHeldOutUnknownOrRepeatedFramesAreRefused) {
  Sample sample;
  DIO_EXPECT_ERROR(sample.capture.set_corrections({correction("a")}), ErrorCode::kInvalidInput, "held out");
  DIO_EXPECT_ERROR(sample.capture.set_corrections({correction("z")}), ErrorCode::kInvalidInput, "no frame 'z'");
  DIO_EXPECT_ERROR(sample.capture.set_corrections({correction("b"), correction("b")}), ErrorCode::kInvalidInput,
                   "twice");
  EXPECT_TRUE(sample.capture.corrections().empty());
}

TEST(Corrections, MoveAnUnregisteredColourCameraWithItsDepthCamera) {
  Sample sample;
  const RigCalibration rig{sample.capture.frames()[1].color, {turn_from_vector({0, 0.01, 0}), {-0.02f, 0, 0}}};
  sample.capture.set_calibration(rig);
  sample.capture.set_corrections({correction("b")});
  const Camera camera = color_camera(sample.capture.frames()[1], sample.capture.calibration());
  const Rigid expected =
      sample.capture.frames()[1].depth->world_from_camera * inverse(sample.capture.calibration()->color_from_depth);
  expect_same_pose(camera.world_from_camera, expected);
}

TEST(Corrections, ALensOfTheRigIsRemovedOnLoadingOfEveryFrame) {
  Sample sample;
  RigCalibration rig{sample.capture.frames()[1].color, {}};
  rig.lens.k1 = 0.3;  // a barrel seen straight: the corners need what lies outside the picture
  sample.capture.set_calibration(rig);
  EXPECT_TRUE(sample.capture.frames()[0].has_mask);
  for (size_t frame = 0; frame < 3; ++frame) {
    const FrameImages images = sample.capture.load(frame);
    EXPECT_EQ(images.mask->at(0, 0), 0);
    EXPECT_EQ(images.mask->at(32, 24), 255);
  }
  sample.capture.set_calibration(std::nullopt);
  EXPECT_FALSE(sample.capture.frames()[0].has_mask);
  EXPECT_EQ(sample.capture.load(0).mask, nullptr);
}

TEST(Exposed, IdentityGainChangesNoCode) {
  ImageRgba8 ramp({256, 1});
  for (int x = 0; x < 256; ++x) ramp.at(x, 0) = glm::u8vec4(x, 255 - x, x, x);
  const ImageRgba8 same = exposed(ramp, glm::vec3(1.0f));
  for (int x = 0; x < 256; ++x) EXPECT_EQ(same.at(x, 0), ramp.at(x, 0));
  EXPECT_EQ(exposed(ramp, glm::vec3(50.0f)).at(255, 0).r, 255);
}

}  // namespace
}  // namespace diorama
