#pragma once

#include "tools/eval/report_curves.h"
#include "tools/eval/report_pictures.h"

#include <string>
#include <utility>
#include <vector>

namespace diorama {

// What a report tells beside the scores.
struct ReportContext {
  const Asset& asset;
  const Capture& capture;
  std::string capture_path, command_line;                  // command_line: as it was typed, quoted for a shell
  std::vector<std::pair<std::string, std::string>> facts;  // of the fit: name and value
  std::vector<CurvePoint> curve{};                         // of the fit; empty where it has none
};

// One self-contained HTML page: it needs no network and no other file. Its size is bounded by ReportPictures, but for a
// row a frame. The same scores give the same bytes.
std::string report_page(const EvalReport& report, const ReportPictures& pictures, const ReportContext& context);

}  // namespace diorama
