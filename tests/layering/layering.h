#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace diorama {

// What is wrong with the source tree below `root`, one sentence each, sorted; empty: nothing.
//
// - A module includes only what stands under it; the table is in layering.cpp.
// - A quoted include names a file of the project by its path from the root.
// - Some libraries belong to one module and stay out of every header. Others (JSON) may stand in a module's
//   internal headers, which then no other module may include, directly or through another header.
// - Every .cpp file is listed in a CMakeLists.txt of its folder or of one above.
std::vector<std::string> layering_violations(const std::filesystem::path& root);

}  // namespace diorama
