#pragma once

#include "streaming/splat_video.h"

#include <optional>
#include <span>
#include <vector>

namespace diorama {

// Stands for a splat that shares its place in the base with others.
inline constexpr uint32_t kSharedPlace = 0xffffffff;

// Which splat of the source each decoded one is, told by its place in the base: of a group's first frame. Nothing where
// a decoded splat is none of the source's.
std::optional<std::vector<uint32_t>> matched_splats(const GroupParameters& parameters, std::span<const glm::vec3> base,
                                                    const SplatCloud& source);

// What coding did to a group: `decoded` in the order of the streams, where splat i is splat order[i] of the source.
// Those that share a place are left out.
GroupErrors coding_errors(const GroupParameters& parameters, std::span<const uint32_t> order,
                          std::span<const SplatCloud> source, std::span<const SplatCloud> decoded);

}  // namespace diorama
