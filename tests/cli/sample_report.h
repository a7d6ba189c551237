#pragma once

#include "tests/cli/picture_capture.h"
#include "tools/eval/report_page.h"

#include <string>

namespace diorama {

// The curve of a fit of 5,000 steps in a minute.
inline std::vector<CurvePoint> sample_curve() {
  std::vector<CurvePoint> curve;
  for (int i = 1; i <= 50; ++i) {
    curve.push_back({100.0 * i, 3 + 0.02 * i * i, 28 - 12.0 / i, 0.02 + 0.2 / i, 15000 + 100.0 * i});
  }
  return curve;
}

// The report of a small asset on half of `frames` frames; the first scored one gets an id of the test's choice.
inline std::string page_of(int frames, const std::string& first_id, const std::vector<CurvePoint>& curve = {},
                           const EvalOptions& options = {}) {
  ThreadPool pool(2);
  JobContext job(pool);
  const Asset asset = quad_asset();
  const Capture capture = picture_capture(asset, frames, 5, pool);
  ReportPictures pictures;
  EvalReport report = evaluate(asset, "quad.glb", capture, options, job, pictures.observer());
  report.frames.front().id = first_id;
  return report_page(report, pictures, {asset, capture, "pictures", "diorama eval quad.glb pictures", {}, curve});
}

}  // namespace diorama
