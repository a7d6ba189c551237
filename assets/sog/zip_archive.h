#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace diorama {

struct NamedBytes {
  std::string name;
  std::vector<std::byte> bytes;
};

bool is_zip(std::span<const std::byte> bytes);

// The regular files of a zip by their names in it. Error kInvalidInput: damage, more than `most_files`, or more than
// eight times the zip's bytes (and 1 MiB) unpacked.
std::map<std::string, std::vector<std::byte>> read_zip(std::span<const std::byte> bytes, size_t most_files);

// A zip of these files in their order, not compressed; the same bytes at any time and place.
std::vector<std::byte> write_zip(std::span<const NamedBytes> files);

}  // namespace diorama
