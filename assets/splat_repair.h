#pragma once

#include "engine/scene/splat_cloud.h"

#include <cstddef>
#include <string>
#include <vector>

namespace diorama {

// What every reader of splats does to raw values, so that check_splat_cloud accepts them. Each says in `notes` what it
// had to change; `where` names the cloud there.

// Splats with a value that is not finite are left out.
void drop_not_finite(SplatCloud& cloud, const std::string& where, std::vector<std::string>& notes);

// Finite rotations to length 1; those without a direction (0 0 0 0) leave the splat unturned.
void normalize_rotations(SplatCloud& cloud, const std::string& where, std::vector<std::string>& notes);

}  // namespace diorama
