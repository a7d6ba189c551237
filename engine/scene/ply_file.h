#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace diorama {

enum class PlyFormat { kAscii, kBinaryLittleEndian, kBinaryBigEndian };
enum class PlyType { kI8, kU8, kI16, kU16, kI32, kU32, kF32, kF64 };

struct PlyProperty {
  std::string name;
  PlyType type = PlyType::kF32;
  bool is_list = false;
};

struct PlyElement {
  std::string name;
  uint64_t count = 0;
  std::vector<PlyProperty> properties;

  std::optional<size_t> find(const std::string& property) const;
};

struct PlyHeader {
  PlyFormat format = PlyFormat::kAscii;
  std::vector<std::string> comments;  // without the word "comment" and the blank behind it
  std::vector<PlyElement> elements;
  size_t bytes = 0;  // the body starts here
};

bool is_ply(std::span<const std::byte> bytes);

// Error kInvalidInput: not a PLY header (with the line), longer than 1 MiB, a type or format that PLY does not have.
PlyHeader parse_ply_header(std::span<const std::byte> bytes);

// The file's element of this name; the bytes from its first row on, checked to hold all of its rows. Error
// kInvalidInput: no such element, a body that is too short for its rows; kUnsupported: lists in or before it.
struct PlyTable {
  PlyFormat format = PlyFormat::kAscii;
  const PlyElement* element = nullptr;
  std::span<const std::byte> body;
};
PlyTable find_ply_table(const PlyHeader& header, std::span<const std::byte> bytes, const std::string& element);

// A column's value as a float; infinite where a float cannot hold it.
float ply_float(double value);

// Calls `visit` for each row with the values of the named columns (indices into element->properties), in their order.
// Error kInvalidInput: text that is not a number, or ends early.
void for_each_ply_row(const PlyTable& table, std::span<const size_t> columns,
                      const std::function<void(size_t row, std::span<const double> values)>& visit);

}  // namespace diorama
