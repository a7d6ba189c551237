#pragma once

#include "tools/eval/report_page.h"

#include <string>

namespace diorama {

// The parts of a report page, as HTML.
std::string summary_section(const EvalReport& report);
std::string table_section(const EvalReport& report);
std::string calibration_section(const ReportContext& context);  // empty where colour and depth share a camera
std::string repeat_section(const ReportContext& context);
std::string facts_section(const ReportContext& context);

// "22.31 dB", "0.7810", "11.8 mm", "98.4 %"; "none" for a depth error that there is not.
std::string psnr_text(double psnr);
std::string depth_error_text(const std::optional<double>& depth_mae_m);

}  // namespace diorama
