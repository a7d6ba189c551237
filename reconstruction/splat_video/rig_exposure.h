#pragma once

#include "capture/capture.h"
#include "engine/base/job.h"
#include "engine/scene/image.h"
#include "reconstruction/splats/camera_refinement.h"

#include <map>
#include <vector>

namespace diorama {

struct Moments;
struct MomentViews;
struct StartPoint;

// Exposures of a rig's cameras against their mean, by camera: mean gain 1 and mean bias 0 in each channel. Empty: the
// cameras agree.
using RigExposure = std::map<int, Exposure>;

// The picture as it were with the mean exposure. Alpha stays.
void take_out(const Exposure& exposure, ImageRgba8& color);

// From points of the surface and the views that see them: each view's colours against the means of all views. Points
// whose colours do not agree anyway (highlights, edges) hardly count. Empty where too little is seen by two cameras, or
// where exposures explain little.
RigExposure exposure_of(const Capture& capture, const MomentViews& moment, const std::vector<StartPoint>& surface);

// Of the first moment that shows enough, so that all groups have the same. `voxel_m`: of its surface.
RigExposure find_rig_exposure(const Capture& capture, const Moments& moments, float scale, float voxel_m,
                              JobContext& job);

}  // namespace diorama
