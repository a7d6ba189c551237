#pragma once

#include "engine/base/job.h"
#include "engine/nn/slab_field.h"
#include "reconstruction/light_field/light_field_views.h"

#include <span>
#include <vector>

namespace diorama {

// Depths between which nearly all is that the views see.
struct DepthRange {
  float near_m = 0, far_m = 0;
};

// From how well each view agrees with the kept views next to it at depths from infinity to nearest_m. Error
// kInvalidInput: the views have no texture in common.
DepthRange find_depth_range(std::span<const LightFieldView> views, float nearest_m, JobContext& job);

// Leaves those cells of the field occupied in which some view agrees with its neighbours nearly as well as anywhere
// along its rays. What has no texture stays possible everywhere.
void find_occupancy(std::span<const LightFieldView> views, const Rigid& slab_from_world, SlabField& field,
                    JobContext& job);

}  // namespace diorama
