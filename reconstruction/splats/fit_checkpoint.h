#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace diorama {

// The state of a stopped fit of splats, one file in the job's folder. `identity` (fit_identity) says of which fit.
void save_fit_state(const std::filesystem::path& folder, const std::string& identity, std::span<const std::byte> state);

// Nothing where the folder has none. Error kInvalidInput: damage, or the state of another fit.
std::optional<std::vector<std::byte>> load_fit_state(const std::filesystem::path& folder, const std::string& identity);

}  // namespace diorama
