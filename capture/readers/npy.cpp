#include "capture/readers/npy.h"

#include "engine/base/error.h"
#include "engine/base/file.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace diorama {
namespace {

constexpr std::string_view kMagic("\x93NUMPY", 6);

size_t read_little_endian(std::span<const std::byte> bytes) {
  size_t value = 0;
  for (size_t i = bytes.size(); i-- > 0;) value = (value << 8) | std::to_integer<size_t>(bytes[i]);
  return value;
}

struct NpyLayout {
  std::string_view header;  // the Python dict
  std::span<const std::byte> data;
};

NpyLayout split(std::span<const std::byte> bytes) {
  constexpr size_t kVersionEnd = 8;
  if (bytes.size() < kVersionEnd || std::memcmp(bytes.data(), kMagic.data(), kMagic.size()) != 0) {
    fail(ErrorCode::kInvalidInput, "is not a NumPy array (.npy): its first bytes are not \\x93NUMPY");
  }
  const auto version = std::to_integer<int>(bytes[6]);
  if (version < 1 || version > 3) {
    fail(ErrorCode::kUnsupported, "is a .npy of version {}, expected 1 to 3", version);
  }
  const size_t length_bytes = version == 1 ? 2 : 4;
  const size_t header_begin = kVersionEnd + length_bytes;
  if (bytes.size() < header_begin) fail(ErrorCode::kInvalidInput, "the .npy is cut off in its header");
  const size_t header_size = read_little_endian(bytes.subspan(kVersionEnd, length_bytes));
  if (header_size > bytes.size() - header_begin) fail(ErrorCode::kInvalidInput, "the .npy is cut off in its header");
  const auto header = bytes.subspan(header_begin, header_size);
  return {{reinterpret_cast<const char*>(header.data()), header.size()}, bytes.subspan(header_begin + header_size)};
}

// What follows "'key':" in the header, without leading blanks.
std::string_view entry(std::string_view header, std::string_view key) {
  const size_t found = header.find(key);
  const size_t colon = found == std::string_view::npos ? found : header.find(':', found + key.size());
  const size_t begin = colon == std::string_view::npos ? colon : header.find_first_not_of(' ', colon + 1);
  if (begin == std::string_view::npos) fail(ErrorCode::kInvalidInput, "the .npy header has no {}", key);
  return header.substr(begin);
}

size_t value_size(std::string_view header) {
  const std::string_view type = entry(header, "'descr'");
  if (type.starts_with("'<f8'")) return 8;
  if (type.starts_with("'<f4'")) return 4;
  fail(ErrorCode::kUnsupported, "the .npy holds {}, expected '<f4' or '<f8' (save it as float64)",
       type.substr(0, type.find(',')).substr(0, 24));
}

std::vector<size_t> shape_of(std::string_view header, size_t max_values) {
  std::string_view text = entry(header, "'shape'");
  const size_t end = text.find(')');
  if (!text.starts_with('(') || end == std::string_view::npos) {
    fail(ErrorCode::kInvalidInput, "the .npy header has no shape like (20, 17)");
  }
  text = text.substr(1, end - 1);
  std::vector<size_t> shape;
  size_t total = 1;
  while (true) {
    text.remove_prefix(std::min(text.find_first_not_of(" ,"), text.size()));
    if (text.empty()) return shape;
    size_t size = 0;
    const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), size);
    if (error != std::errc{} || size == 0 || size > max_values / total) {
      fail(ErrorCode::kInvalidInput, "the .npy has the shape ({}), expected 1 to {} numbers in all", text, max_values);
    }
    total *= size;
    shape.push_back(size);
    text.remove_prefix(static_cast<size_t>(rest - text.data()));
  }
}

}  // namespace

NpyArray decode_npy(std::span<const std::byte> bytes, size_t max_values) {
  const NpyLayout layout = split(bytes);
  const size_t size = value_size(layout.header);
  if (entry(layout.header, "'fortran_order'").starts_with("True")) {
    fail(ErrorCode::kUnsupported, "the .npy is in Fortran order, expected C order (np.ascontiguousarray)");
  }
  NpyArray array{shape_of(layout.header, max_values), {}};
  size_t count = 1;
  for (const size_t length : array.shape) count *= length;
  if (layout.data.size() != count * size) {
    fail(ErrorCode::kInvalidInput, "the .npy holds {} bytes of numbers, its header says {}", layout.data.size(),
         count * size);
  }
  array.values.resize(count);
  for (size_t i = 0; i < count; ++i) {
    const std::byte* const source = layout.data.data() + i * size;
    float single = 0;
    if (size == 4) std::memcpy(&single, source, 4);
    if (size == 4) array.values[i] = static_cast<double>(single);
    if (size == 8) std::memcpy(&array.values[i], source, 8);
  }
  return array;
}

NpyArray read_npy(const std::filesystem::path& path, size_t max_values) {
  return with_context(path, [&] { return decode_npy(read_file(path, uint64_t{1} << 30), max_values); });
}

}  // namespace diorama
