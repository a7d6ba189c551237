#include "capture/readers/text_table.h"

#include "engine/base/error.h"
#include "engine/base/file.h"

#include <charconv>
#include <cmath>

namespace diorama {
namespace {

constexpr uint64_t kMaxTextBytes = uint64_t{256} << 20;
constexpr std::string_view kBlanks = " \t\r\v\f,";

std::vector<std::string_view> fields_of(std::string_view line) {
  std::vector<std::string_view> fields;
  line = line.substr(0, line.find('#'));
  while (true) {
    const size_t begin = line.find_first_not_of(kBlanks);
    if (begin == std::string_view::npos) return fields;
    line.remove_prefix(begin);
    const size_t end = std::min(line.find_first_of(kBlanks), line.size());
    fields.push_back(line.substr(0, end));
    line.remove_prefix(end);
  }
}

}  // namespace

TextTable TextTable::read(const std::filesystem::path& path, size_t max_lines) {
  TextTable table;
  table.path_ = path;
  const std::string text = read_text_file(path, kMaxTextBytes);
  table.text_.assign(text.begin(), text.end());
  std::string_view rest(table.text_.data(), table.text_.size());
  if (rest.starts_with("\xEF\xBB\xBF")) rest.remove_prefix(3);
  for (size_t number = 1; !rest.empty(); ++number) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    Line line{number, fields_of(rest.substr(0, end))};
    if (!line.fields.empty()) table.lines_.push_back(std::move(line));
    if (table.lines_.size() > max_lines) {
      fail(ErrorCode::kInvalidInput, "{}: has more than {} lines, more than any capture has", path.string(), max_lines);
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return table;
}

std::string TextTable::where(const Line& line) const {
  return fmt::format("{}:{}", path_.string(), line.number);
}

void TextTable::require_fields(const Line& line, size_t count, std::string_view meaning) const {
  if (line.fields.size() == count) return;
  fail(ErrorCode::kInvalidInput, "{}: has {} fields, expected {} ({})", where(line), line.fields.size(), count,
       meaning);
}

double TextTable::number(const Line& line, size_t field) const {
  DIO_CHECK(field < line.fields.size());
  const std::string_view text = line.fields[field];
  double value = 0;
  const char* const begin = text.data() + (text.starts_with('+') ? 1 : 0);
  const auto [end, error] = std::from_chars(begin, text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) {
    fail(ErrorCode::kInvalidInput, "{}: field {} is '{}', expected a finite number", where(line), field + 1,
         text.substr(0, 40));
  }
  return value;
}

}  // namespace diorama
