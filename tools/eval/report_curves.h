#pragma once

#include <string>
#include <vector>

namespace diorama {

// A point of a fit's curves: what training saw since the point before.
struct CurvePoint {
  double step = 0, seconds = 0;  // since the start of the fit
  double psnr = 0, loss = 0;     // of the training views
  double splats = 0;
};

// At most this many points are drawn; of longer fits each is the mean of its neighbours.
inline constexpr size_t kMaxCurvePoints = 300;
std::vector<CurvePoint> thinned_curve(const std::vector<CurvePoint>& curve);

// Charts of PSNR, loss and number of splats as inline SVG, over steps and over seconds; empty for less than two points.
std::string curves_section(const std::vector<CurvePoint>& curve);

}  // namespace diorama
