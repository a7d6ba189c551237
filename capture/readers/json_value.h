#pragma once

#include "engine/scene/rigid.h"

#include <glm/glm.hpp>
#include <nlohmann/json.hpp>

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace diorama {

// Room for 100,000 frames with all that they can carry; the parsed form takes up to sixteen times as much.
inline constexpr uint64_t kMaxJsonBytes = uint64_t{64} << 20;

// Text from outside to JSON; comments are not accepted. Error kInvalidInput names line and column.
nlohmann::json parse_json(std::string_view text);
nlohmann::json read_json_file(const std::filesystem::path& path);

// A look at a JSON value that knows where it stands: errors say "frames[12].w is a text, expected a number". The
// document must outlive it.
class JsonValue {
 public:
  explicit JsonValue(const nlohmann::json& value, std::string where = "the document")
      : value_(&value), where_(std::move(where)) {}

  const std::string& where() const { return where_; }

  // Of an object. A key that is absent or null is nothing; at() makes that an Error.
  std::optional<JsonValue> find(std::string_view key) const;
  JsonValue at(std::string_view key) const;
  bool is_object() const { return value_->is_object(); }

  // Of an array.
  bool is_array() const { return value_->is_array(); }
  size_t size() const;
  JsonValue operator[](size_t index) const;

  // The value itself; another kind is an Error. Numbers are finite; integers are in [low, high] (2.0 is one).
  double number() const;
  double positive_number() const;  // that a float can hold, too
  int integer(int low, int high) const;
  bool boolean() const;
  bool is_text() const { return value_->is_string(); }
  const std::string& text() const;
  glm::dvec2 pair() const;

  // A 4x4 matrix, row-major: nested or flat, with or without the last row.
  std::array<double, 16> matrix() const;
  // The same as a rigid motion; the error says where.
  Rigid rigid() const;

  // The number at `key`, else `otherwise`.
  double number_or(std::string_view key, double otherwise) const;

 private:
  [[noreturn]] void fail_kind(const char* expected) const;
  std::string child(std::string_view key) const;

  const nlohmann::json* value_;
  std::string where_;
};

}  // namespace diorama
