#pragma once

#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace diorama {

inline constexpr size_t kMaxJsonBytes = size_t{64} << 20;  // nlohmann-json needs up to 16 times that in memory
inline constexpr int kMaxJsonDepth = 64;                   // glTF itself needs 8; writing JSON back recurses

// Error kInvalidInput: longer or deeper than the above, not JSON (with the place), or not an object.
nlohmann::json parse_json_object(std::string_view text, const std::string& name);

// A JSON value and where it stands, so that every complaint names the place ("accessors[3].count"). All getters throw
// Error kInvalidInput for a wrong type or a value out of range. Refers to the document, which must outlive it.
class JsonNode {
 public:
  JsonNode(const nlohmann::json& value, std::string where) : value_(&value), where_(std::move(where)) {}

  const nlohmann::json& value() const { return *value_; }
  const std::string& where() const { return where_; }

  // Members of an object.
  std::optional<JsonNode> find(const char* key) const;
  JsonNode at(const char* key) const;

  // Elements of an array.
  std::vector<JsonNode> elements() const;
  std::vector<JsonNode> elements(const char* key) const;  // empty when there is no such member

  uint64_t whole_number() const;  // 0 .. 2^53
  double number() const;          // finite
  bool boolean() const;
  std::string text() const;
  std::string file_name() const;                 // plain, of a file or folder beside this one: no separators, no ".."
  void numbers(std::span<double> target) const;  // an array of exactly that many

  // Members with a value for their absence.
  uint64_t whole_number(const char* key, uint64_t absent) const;
  double number(const char* key, double absent) const;
  bool boolean(const char* key, bool absent) const;
  std::string text(const char* key, const std::string& absent) const;

  // Index into an array of `count` elements that messages call `array`.
  size_t index(size_t count, const char* array) const;
  std::optional<size_t> index(const char* key, size_t count, const char* array) const;

 private:
  void expect(bool ok, const char* what) const;

  const nlohmann::json* value_;
  std::string where_;
};

}  // namespace diorama
