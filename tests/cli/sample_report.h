#pragma once

#include "tests/cli/picture_capture.h"
#include "tools/eval/report_page.h"

#include <string>

namespace diorama {

// The report of a small asset on half of `frames` frames; the first scored one gets an id of the test's choice.
inline std::string page_of(int frames, const std::string& first_id) {
  ThreadPool pool(2);
  JobContext job(pool);
  const Asset asset = quad_asset();
  const Capture capture = picture_capture(asset, frames, 5, pool);
  ReportPictures pictures;
  EvalReport report = evaluate(asset, "quad.glb", capture, {}, job, pictures.observer());
  report.frames.front().id = first_id;
  return report_page(report, pictures, {asset, capture, "pictures", "diorama eval quad.glb pictures", {}});
}

}  // namespace diorama
