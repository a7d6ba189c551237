#pragma once

#include "engine/base/thread_pool.h"
#include "streaming/kept_splats.h"

namespace diorama {

// How many pixels each splat of a group fills, seen from all around in its first, middle and last frame: what lies
// inside, behind others, fills none.
SplatWeights seen_weights(const SplatGroup& group, ThreadPool& pool);

}  // namespace diorama
