#pragma once

#include "engine/scene/splat_sequence.h"
#include "streaming/group_coding.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace diorama {

// The scalars of a group's lossy stream before they become codes: [frame][scalar][splat], splats in the streams' order.
using SplatScalars = std::vector<std::vector<std::vector<float>>>;

// `transforms` of each frame are what decoders will have. Turns that do not show (axis_naming.h) are left out, and axes
// thinner than least_scale_m become this.
SplatScalars splat_scalars(const SplatGroup& group, std::span<const uint32_t> order, const NodeMotion& motion,
                           const std::vector<std::vector<NodeTransform>>& transforms, int sh_degree,
                           float least_scale_m, ThreadPool& pool);

// Makes a scalar the same in all frames: its mean.
void hold(SplatScalars& values, size_t scalar);

}  // namespace diorama
