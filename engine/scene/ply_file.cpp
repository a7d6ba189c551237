#include "engine/scene/ply_file.h"

#include "engine/base/error.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <string_view>

namespace diorama {
namespace {

static_assert(std::endian::native == std::endian::little, "little-endian values are copied as they lie");

constexpr size_t kMaxHeaderBytes = size_t{1} << 20;

struct TypeName {
  const char* name;
  PlyType type;
};
constexpr std::array kTypeNames = {
    TypeName{"char", PlyType::kI8},    TypeName{"int8", PlyType::kI8},     TypeName{"uchar", PlyType::kU8},
    TypeName{"uint8", PlyType::kU8},   TypeName{"short", PlyType::kI16},   TypeName{"int16", PlyType::kI16},
    TypeName{"ushort", PlyType::kU16}, TypeName{"uint16", PlyType::kU16},  TypeName{"int", PlyType::kI32},
    TypeName{"int32", PlyType::kI32},  TypeName{"uint", PlyType::kU32},    TypeName{"uint32", PlyType::kU32},
    TypeName{"float", PlyType::kF32},  TypeName{"float32", PlyType::kF32}, TypeName{"double", PlyType::kF64},
    TypeName{"float64", PlyType::kF64}};

size_t bytes_of(PlyType type) {
  constexpr std::array<size_t, 8> kBytes = {1, 1, 2, 2, 4, 4, 4, 8};
  return kBytes[static_cast<size_t>(type)];
}

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  while (true) {
    const size_t start = line.find_first_not_of(" \t");
    if (start == std::string_view::npos) return words;
    line.remove_prefix(start);
    const size_t end = std::min(line.find_first_of(" \t"), line.size());
    words.push_back(line.substr(0, end));
    line.remove_prefix(end);
  }
}

// Reads the header line by line; lines end in \n, or \r\n as some programs write.
class HeaderReader {
 public:
  explicit HeaderReader(std::span<const std::byte> bytes)
      : text_(reinterpret_cast<const char*>(bytes.data()), std::min(bytes.size(), kMaxHeaderBytes)) {}

  PlyHeader read();

 private:
  std::string_view next_line();
  void take(std::string_view line);
  void take_format(const std::vector<std::string_view>& words);
  void take_element(const std::vector<std::string_view>& words);
  void take_property(const std::vector<std::string_view>& words);
  PlyType type_of(std::string_view word) const;
  [[noreturn]] void fail_line(const char* expected) const;

  std::string_view text_;
  size_t offset_ = 0;
  int line_number_ = 0;
  std::string_view line_;
  bool has_format_ = false;
  PlyHeader header_;
};

void HeaderReader::fail_line(const char* expected) const {
  // Long lines, and such of other bytes, are cut to what a message can hold.
  std::string shown(line_.substr(0, 60));
  std::replace_if(
      shown.begin(), shown.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  fail(ErrorCode::kInvalidInput, "line {} of the PLY header is '{}', expected {}", line_number_, shown, expected);
}

std::string_view HeaderReader::next_line() {
  const size_t end = text_.find('\n', offset_);
  if (end == std::string_view::npos) {
    fail(ErrorCode::kInvalidInput, "the PLY header has no end_header in its first {} bytes", text_.size());
  }
  line_ = text_.substr(offset_, end - offset_);
  if (line_.ends_with('\r')) line_.remove_suffix(1);
  offset_ = end + 1;
  ++line_number_;
  return line_;
}

PlyType HeaderReader::type_of(std::string_view word) const {
  for (const TypeName& known : kTypeNames) {
    if (word == known.name) return known.type;
  }
  fail_line("a type of PLY, as float");
}

void HeaderReader::take_format(const std::vector<std::string_view>& words) {
  if (words.size() != 3 || words[2] != "1.0") fail_line("'format ascii|binary_little_endian|binary_big_endian 1.0'");
  if (words[1] == "ascii") {
    header_.format = PlyFormat::kAscii;
  } else if (words[1] == "binary_little_endian") {
    header_.format = PlyFormat::kBinaryLittleEndian;
  } else if (words[1] == "binary_big_endian") {
    header_.format = PlyFormat::kBinaryBigEndian;
  } else {
    fail_line("'format ascii|binary_little_endian|binary_big_endian 1.0'");
  }
  has_format_ = true;
}

void HeaderReader::take_element(const std::vector<std::string_view>& words) {
  PlyElement element;
  if (words.size() != 3) fail_line("'element NAME COUNT'");
  const auto [end, error] = std::from_chars(words[2].data(), words[2].data() + words[2].size(), element.count);
  if (error != std::errc{} || end != words[2].data() + words[2].size()) fail_line("'element NAME COUNT'");
  element.name = words[1];
  header_.elements.push_back(std::move(element));
}

void HeaderReader::take_property(const std::vector<std::string_view>& words) {
  const bool is_list = words.size() == 5 && words[1] == "list";
  if (header_.elements.empty() || (!is_list && words.size() != 3)) fail_line("'property TYPE NAME' of an element");
  if (is_list) type_of(words[2]);
  std::vector<PlyProperty>& properties = header_.elements.back().properties;
  properties.push_back({std::string(words.back()), type_of(words[words.size() - 2]), is_list});
}

void HeaderReader::take(std::string_view line) {
  const std::vector<std::string_view> words = words_of(line);
  if (words.empty() || words[0] == "obj_info") return;
  if (words[0] == "comment") {
    line.remove_prefix(std::min(line.find("comment") + std::string_view("comment ").size(), line.size()));
    header_.comments.emplace_back(line);
  } else if (words[0] == "format") {
    take_format(words);
  } else if (words[0] == "element") {
    take_element(words);
  } else if (words[0] == "property") {
    take_property(words);
  } else {
    fail_line("format, comment, element, property or end_header");
  }
}

PlyHeader HeaderReader::read() {
  if (next_line() != "ply") fail_line("'ply'");
  while (next_line() != "end_header") take(line_);
  if (!has_format_) fail(ErrorCode::kInvalidInput, "the PLY header has no line 'format ...'");
  header_.bytes = offset_;
  return std::move(header_);
}

// Fewest bytes that a row takes: of text, a digit and what parts it from the next for each value.
uint64_t row_bytes(const PlyElement& element, PlyFormat format) {
  uint64_t bytes = 0;
  for (const PlyProperty& property : element.properties) {
    bytes += format == PlyFormat::kAscii ? 2 : bytes_of(property.type);
  }
  return bytes;
}

template <class T>
double load_as_double(const std::byte* place, bool swapped) {
  std::array<std::byte, sizeof(T)> bytes;
  std::memcpy(bytes.data(), place, sizeof(T));
  if (swapped) std::reverse(bytes.begin(), bytes.end());
  T value;
  std::memcpy(&value, bytes.data(), sizeof(T));
  return static_cast<double>(value);
}

double load_value(const std::byte* place, PlyType type, bool swapped) {
  switch (type) {
    case PlyType::kI8:
      return load_as_double<int8_t>(place, swapped);
    case PlyType::kU8:
      return load_as_double<uint8_t>(place, swapped);
    case PlyType::kI16:
      return load_as_double<int16_t>(place, swapped);
    case PlyType::kU16:
      return load_as_double<uint16_t>(place, swapped);
    case PlyType::kI32:
      return load_as_double<int32_t>(place, swapped);
    case PlyType::kU32:
      return load_as_double<uint32_t>(place, swapped);
    case PlyType::kF64:
      return load_as_double<double>(place, swapped);
    default:
      return load_as_double<float>(place, swapped);
  }
}

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

// The numbers of a text body, one after the other.
class NumberReader {
 public:
  explicit NumberReader(std::span<const std::byte> body)
      : next_(reinterpret_cast<const char*>(body.data())), end_(next_ + body.size()) {}

  double take(const PlyElement& element, size_t row) {
    while (next_ != end_ && is_blank(*next_)) ++next_;
    if (next_ != end_ && *next_ == '+') ++next_;
    double value = 0;
    const auto [after, error] = std::from_chars(next_, end_, value);
    if (error == std::errc::result_out_of_range) value = std::numeric_limits<double>::quiet_NaN();
    if (after == next_ || (after != end_ && !is_blank(*after))) {
      fail(ErrorCode::kInvalidInput, "row {} of its {} is cut, or holds a word that is not a number", row,
           element.name);
    }
    next_ = after;
    return value;
  }

 private:
  const char* next_;
  const char* end_;
};

void for_each_text_row(const PlyTable& table, std::span<const size_t> columns,
                       const std::function<void(size_t, std::span<const double>)>& visit) {
  NumberReader numbers(table.body);
  std::vector<double> row(table.element->properties.size()), values(columns.size());
  for (size_t i = 0; i < table.element->count; ++i) {
    for (double& value : row) value = numbers.take(*table.element, i);
    for (size_t c = 0; c < columns.size(); ++c) values[c] = row[columns[c]];
    visit(i, values);
  }
}

void for_each_binary_row(const PlyTable& table, std::span<const size_t> columns,
                         const std::function<void(size_t, std::span<const double>)>& visit) {
  struct Field {
    size_t offset;
    PlyType type;
  };
  std::vector<size_t> offsets;
  size_t stride = 0;
  for (const PlyProperty& property : table.element->properties) {
    offsets.push_back(stride);
    stride += bytes_of(property.type);
  }
  std::vector<Field> fields;
  for (const size_t column : columns) fields.push_back({offsets[column], table.element->properties[column].type});
  const bool swapped = table.format == PlyFormat::kBinaryBigEndian;
  std::vector<double> values(columns.size());
  for (size_t i = 0; i < table.element->count; ++i) {
    const std::byte* row = table.body.data() + i * stride;
    for (size_t c = 0; c < fields.size(); ++c) values[c] = load_value(row + fields[c].offset, fields[c].type, swapped);
    visit(i, values);
  }
}

}  // namespace

std::optional<size_t> PlyElement::find(const std::string& property) const {
  for (size_t i = 0; i < properties.size(); ++i) {
    if (properties[i].name == property) return i;
  }
  return std::nullopt;
}

float ply_float(double value) {
  if (std::abs(value) <= static_cast<double>(std::numeric_limits<float>::max())) return static_cast<float>(value);
  return std::isnan(value) ? std::numeric_limits<float>::quiet_NaN() : std::numeric_limits<float>::infinity();
}

bool is_ply(std::span<const std::byte> bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  return text.starts_with("ply\n") || text.starts_with("ply\r\n");
}

PlyHeader parse_ply_header(std::span<const std::byte> bytes) {
  return HeaderReader(bytes).read();
}

PlyTable find_ply_table(const PlyHeader& header, std::span<const std::byte> bytes, const std::string& name) {
  PlyTable table{.format = header.format, .body = bytes.subspan(header.bytes)};
  for (const PlyElement& element : header.elements) {
    if (std::any_of(element.properties.begin(), element.properties.end(),
                    [](const PlyProperty& property) { return property.is_list; })) {
      fail(ErrorCode::kUnsupported, "the PLY's element {} has lists, which files of splats do not have", element.name);
    }
    const uint64_t row = row_bytes(element, header.format);
    // A text's last value may have nothing behind it.
    const uint64_t there = table.body.size() + (header.format == PlyFormat::kAscii ? 1 : 0);
    if (element.count > (row > 0 ? there / row : 0)) {
      fail(ErrorCode::kInvalidInput,
           "the PLY header promises {} rows of {} at {} bytes or more, but {} bytes are left in the file",
           element.count, element.name, row, table.body.size());
    }
    if (element.name == name) {
      table.element = &element;
      return table;
    }
    if (header.format == PlyFormat::kAscii) {
      fail(ErrorCode::kUnsupported, "the PLY is text and has an element {} before {}, which is not read", element.name,
           name);
    }
    table.body = table.body.subspan(row * element.count);
  }
  fail(ErrorCode::kInvalidInput, "the PLY has no element {}", name);
}

void for_each_ply_row(const PlyTable& table, std::span<const size_t> columns,
                      const std::function<void(size_t row, std::span<const double> values)>& visit) {
  if (table.format == PlyFormat::kAscii) {
    for_each_text_row(table, columns, visit);
  } else {
    for_each_binary_row(table, columns, visit);
  }
}

}  // namespace diorama
