#include "capture/calibration_file.h"

#include "capture/rig.h"
#include "engine/scene/turn.h"
#include "tests/expect_error.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace diorama {
namespace {

using nlohmann::json;

CaptureCalibration sample() {
  CaptureCalibration calibration;
  calibration.rig =
      RigCalibration{{{640, 480}, {525, 526}, {319, 241}, {}}, {glm::mat3(1.0f), {-0.02f, 0.001f, 0.003f}}};
  calibration.rig->lens = {0.05, -0.1, 0, 0.001, -0.002};
  calibration.frames = {
      {"frame-000000", {turn_from_vector({0.01, -0.02, 0.03}), {0.001f, 0.002f, -0.003f}}, {1.1f, 1, 0.9f}},
      {"frame-000005", Rigid{}, {0.97f, 1.01f, 1.02f}}};
  return calibration;
}

TEST(CalibrationFile, ComesBackAsWritten) {
  const CaptureCalibration written = sample(), read = capture_calibration_from_json(to_json(written));
  ASSERT_TRUE(read.rig.has_value());
  EXPECT_EQ(read.rig->color.focal_px, written.rig->color.focal_px);
  EXPECT_EQ(read.rig->lens.k2, written.rig->lens.k2);
  EXPECT_EQ(read.rig->lens.p2, written.rig->lens.p2);
  ASSERT_EQ(read.frames.size(), 2u);
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(read.frames[i].frame, written.frames[i].frame);
    EXPECT_LT(glm::length(read.frames[i].gain - written.frames[i].gain), 2e-6f);  // written to 1e-6
    const Rigid &a = read.frames[i].shipped_from_refined, &b = written.frames[i].shipped_from_refined;
    EXPECT_LT(glm::length(a.translation - b.translation), 2e-7f);  // written to 0.1 um
    // A float matrix holds angles to about 1e-7.
    EXPECT_LT(glm::length(turn_vector(a.rotation) - turn_vector(b.rotation)), 1e-6);
  }
}

TEST(CalibrationFile, MayHoldCorrectionsWithoutARigAndARigAlone) {
  CaptureCalibration frames_only = sample();
  frames_only.rig.reset();
  EXPECT_FALSE(capture_calibration_from_json(to_json(frames_only)).rig.has_value());
  const CaptureCalibration rig_only = capture_calibration_from_json(to_json(*sample().rig));
  EXPECT_TRUE(rig_only.rig.has_value());
  EXPECT_TRUE(rig_only.frames.empty());
}

TEST(CalibrationFile, RefusesWhatItCannotHonour) {
  const json good = json::parse(to_json(sample()));
  const auto expect_refused = [&](const char* pointer, const json& value, const char* message,
                                  ErrorCode code = ErrorCode::kInvalidInput) {
    json bad = good;
    bad[json::json_pointer(pointer)] = value;
    DIO_EXPECT_ERROR(capture_calibration_from_json(bad.dump()), code, message);
  };
  expect_refused("/version", 3, "version 3", ErrorCode::kUnsupported);
  expect_refused("/version", "2", "version", ErrorCode::kUnsupported);
  expect_refused("/frames", 7, "'frames' is 7");
  expect_refused("/frames/1", json::array(), "frames[1]");
  expect_refused("/frames/1/id", 5, "frames[1]");
  expect_refused("/frames/0/gain", {1, 1}, "frames[0].gain");
  expect_refused("/frames/0/gain", {1, 0, 1}, "frames[0].gain");
  expect_refused("/frames/0/gain", {1, "x", 1}, "frames[0].gain");
  expect_refused("/frames/0/turn_deg", {0, 400, 0}, "frames[0].turn_deg");
  expect_refused("/frames/0/shift_mm", {0, 1e9, 0}, "frames[0].shift_mm");
  expect_refused("/frames/0/shift_mm", nullptr, "frames[0].shift_mm");
  expect_refused("/distortion", 4, "'distortion'");
  expect_refused("/distortion/k1", "x", "distortion k1");
  expect_refused("/distortion/k1", 1e6, "distortion k1");
  expect_refused("/distortion/k9", 0, "'k9'");
  expect_refused("/focal", {0, 5}, "focal");
  json half = good;
  half["frames"][0].erase("shift_mm");
  DIO_EXPECT_ERROR(capture_calibration_from_json(half.dump()), ErrorCode::kInvalidInput, "no 'shift_mm'");
  for (const char* text : {"", "[]", "{", "{}", "{\"frames\":{}}", "nonsense"}) {
    EXPECT_THROW(capture_calibration_from_json(text), Error) << text;
  }
}

}  // namespace
}  // namespace diorama
