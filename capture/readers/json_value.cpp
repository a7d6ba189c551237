#include "capture/readers/json_value.h"

#include "engine/base/error.h"
#include "engine/base/file.h"

#include <algorithm>
#include <cfloat>
#include <cmath>

namespace diorama {
namespace {

const char* kind_of(const nlohmann::json& value) {
  if (value.is_object()) return "an object";
  if (value.is_array()) return "a list";
  if (value.is_string()) return "a text";
  if (value.is_boolean()) return "true or false";
  if (value.is_null()) return "null";
  return "a number";
}

}  // namespace

nlohmann::json parse_json(std::string_view text) {
  try {
    return nlohmann::json::parse(text);
  } catch (const nlohmann::json::parse_error& error) {
    const std::string_view before = text.substr(0, error.byte > 0 ? error.byte - 1 : 0);
    const auto line = 1 + std::count(before.begin(), before.end(), '\n');
    const size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
    fail(ErrorCode::kInvalidInput, "is not sound JSON: it breaks at line {}, column {}", line,
         before.size() - line_start + 1);
  } catch (const nlohmann::json::exception&) {
    fail(ErrorCode::kInvalidInput, "is not sound JSON: it holds a number that no double can");
  }
}

nlohmann::json read_json_file(const std::filesystem::path& path) {
  return with_context(path, [&] { return parse_json(read_text_file(path, kMaxJsonBytes)); });
}

void JsonValue::fail_kind(const char* expected) const {
  fail(ErrorCode::kInvalidInput, "{} is {}, expected {}", where_, kind_of(*value_), expected);
}

std::string JsonValue::child(std::string_view key) const {
  return where_ == "the document" ? std::string(key) : fmt::format("{}.{}", where_, key);
}

std::optional<JsonValue> JsonValue::find(std::string_view key) const {
  if (!value_->is_object()) fail_kind("an object");
  const auto found = value_->find(key);
  if (found == value_->end() || found->is_null()) return std::nullopt;
  return JsonValue(*found, child(key));
}

JsonValue JsonValue::at(std::string_view key) const {
  auto found = find(key);
  if (!found) fail(ErrorCode::kInvalidInput, "{} is missing", child(key));
  return *std::move(found);
}

size_t JsonValue::size() const {
  if (!value_->is_array()) fail_kind("a list");
  return value_->size();
}

JsonValue JsonValue::operator[](size_t index) const {
  DIO_CHECK(index < size());
  return JsonValue((*value_)[index], fmt::format("{}[{}]", where_, index));
}

double JsonValue::number() const {
  if (!value_->is_number()) fail_kind("a number");
  return value_->get<double>();
}

double JsonValue::positive_number() const {
  const double value = number();
  if (!(value >= FLT_MIN && value <= FLT_MAX)) {
    fail(ErrorCode::kInvalidInput, "{} is {}, expected a positive number", where_, value);
  }
  return value;
}

int JsonValue::integer(int low, int high) const {
  const double value = number();
  if (!(value >= low && value <= high && value == std::floor(value))) {
    fail(ErrorCode::kInvalidInput, "{} is {}, expected a whole number from {} to {}", where_, value, low, high);
  }
  return static_cast<int>(value);
}

bool JsonValue::boolean() const {
  if (!value_->is_boolean()) fail_kind("true or false");
  return value_->get<bool>();
}

const std::string& JsonValue::text() const {
  if (!value_->is_string()) fail_kind("a text");
  return value_->get_ref<const std::string&>();
}

glm::dvec2 JsonValue::pair() const {
  if (size() != 2) fail(ErrorCode::kInvalidInput, "{} has {} entries, expected 2", where_, size());
  return {(*this)[0].number(), (*this)[1].number()};
}

std::array<double, 16> JsonValue::matrix() const {
  std::array<double, 16> matrix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  const bool nested = size() > 0 && (*this)[0].is_array();
  const size_t rows = nested ? size() : size() / 4;
  const bool flat_ok = size() == 12 || size() == 16;
  if (nested ? rows != 3 && rows != 4 : !flat_ok) {
    fail(ErrorCode::kInvalidInput, "{} has {} entries, expected a 4x4 matrix by rows", where_, size());
  }
  for (size_t row = 0; row < rows; ++row) {
    if (nested && (*this)[row].size() != 4) {
      fail(ErrorCode::kInvalidInput, "{}[{}] has {} entries, expected 4", where_, row, (*this)[row].size());
    }
    for (size_t column = 0; column < 4; ++column) {
      matrix[4 * row + column] = nested ? (*this)[row][column].number() : (*this)[4 * row + column].number();
    }
  }
  return matrix;
}

Rigid JsonValue::rigid() const {
  return with_context(std::string_view(where_), [&] { return rigid_from_row_major(matrix()); });
}

double JsonValue::number_or(std::string_view key, double otherwise) const {
  const auto value = find(key);
  return value ? value->number() : otherwise;
}

}  // namespace diorama
