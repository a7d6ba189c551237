#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <vector>

namespace diorama {

// A NumPy array of numbers, first index slowest.
struct NpyArray {
  std::vector<size_t> shape;
  std::vector<double> values;  // as many as the product of `shape`
};

// Format versions 1 to 3, little-endian float32 and float64 ('<f4', '<f8'), C order, at most `max_values` numbers.
// Error kInvalidInput (not a .npy, truncated, longer than its header says), kUnsupported (another type or order).
NpyArray decode_npy(std::span<const std::byte> bytes, size_t max_values = 1'000'000);

NpyArray read_npy(const std::filesystem::path& path, size_t max_values = 1'000'000);  // errors name the file

}  // namespace diorama
