#pragma once

#include "engine/base/thread_pool.h"
#include "engine/scene/splat_cloud.h"

#include <cstddef>

namespace diorama {

// The cloud with `target` splats (or as it is, where it has no more): neighbours are merged pair by pair, those first
// that look most alike. A merged splat has the first two moments of its pair, weighed by opacity times mean projected
// area, and as much of that in all; SH are means by the same weights. In rounds, each of which merges at most a sixth
// of the splats: seconds for a million on two cores. The same bits for any number of threads. The order is kept, a
// merged splat stands where the first of its pair stood. Error kInvalidInput: target 0, or what check_splat_cloud
// refuses.
SplatCloud decimate(const SplatCloud& cloud, size_t target, ThreadPool& pool);

}  // namespace diorama
