#pragma once

#include "tools/bench/bench_render.h"

namespace diorama {

// The part of bench_render() for an asset of splats alone: fills in what it measures.
void bench_splat_render(const Asset& asset, std::span<const Camera> cameras, const RenderBenchOptions& options,
                        const BackendOptions& backend, JobContext& job, RenderBench& result);

// Splats [first, end) of the cloud as their share of `target` splats of the whole: each becomes target / size of them
// (on average), spread over its own Gaussian and smaller by the square root of that, so that the picture stays about
// the same and so does the area that all of them cover. With target < size most are left out and the others grow.
SplatCloud replicated(const SplatCloud& cloud, size_t target, size_t first, size_t end);

}  // namespace diorama
