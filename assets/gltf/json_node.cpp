#include "assets/gltf/json_node.h"

#include "engine/base/error.h"

#include <algorithm>
#include <cmath>

namespace diorama {
namespace {

using Json = nlohmann::json;

// Deepest nesting of brackets outside strings; right for JSON, and an upper bound for what a parser accepts of the
// rest.
int nesting_depth(std::string_view text) {
  int depth = 0, deepest = 0;
  bool in_string = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      deepest = std::max(deepest, ++depth);
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return deepest;
}

std::string shown(const Json& value) {
  if (value.is_structured() || value.is_string()) return fmt::format("a JSON {}", value.type_name());
  return value.dump();
}

}  // namespace

Json parse_json_object(std::string_view text, const std::string& name) {
  if (text.size() > kMaxJsonBytes) {
    fail(ErrorCode::kInvalidInput, "{} has {} bytes of JSON, at most {} are read", name, text.size(), kMaxJsonBytes);
  }
  if (nesting_depth(text) > kMaxJsonDepth) {
    fail(ErrorCode::kInvalidInput, "{} nests JSON deeper than {} levels", name, kMaxJsonDepth);
  }
  try {
    Json json = Json::parse(text);
    if (!json.is_object()) {
      fail(ErrorCode::kInvalidInput, "{} holds a JSON {}, expected an object", name, json.type_name());
    }
    return json;
  } catch (const Json::parse_error& error) {
    fail(ErrorCode::kInvalidInput, "{} is not valid JSON at byte {}; take the file from its source again", name,
         error.byte);
  } catch (const Json::out_of_range&) {
    fail(ErrorCode::kInvalidInput, "{} holds a number that is too large for a double", name);
  }
}

void JsonNode::expect(bool ok, const char* what) const {
  if (!ok) fail(ErrorCode::kInvalidInput, "{} is {}, expected {}", where_, shown(*value_), what);
}

std::optional<JsonNode> JsonNode::find(const char* key) const {
  expect(value_->is_object(), "an object");
  const auto found = value_->find(key);
  if (found == value_->end()) return std::nullopt;
  return JsonNode(*found, where_.empty() ? key : fmt::format("{}.{}", where_, key));
}

JsonNode JsonNode::at(const char* key) const {
  std::optional<JsonNode> member = find(key);
  if (!member) fail(ErrorCode::kInvalidInput, "{}.{} is missing", where_, key);
  return *std::move(member);
}

std::vector<JsonNode> JsonNode::elements() const {
  expect(value_->is_array(), "an array");
  std::vector<JsonNode> nodes;
  nodes.reserve(value_->size());
  for (size_t i = 0; i < value_->size(); ++i) nodes.emplace_back((*value_)[i], fmt::format("{}[{}]", where_, i));
  return nodes;
}

std::vector<JsonNode> JsonNode::elements(const char* key) const {
  const std::optional<JsonNode> array = find(key);
  return array ? array->elements() : std::vector<JsonNode>{};
}

uint64_t JsonNode::whole_number() const {
  constexpr uint64_t kMax = uint64_t{1} << 53;
  if (value_->is_number_float()) {  // 3.0 is a whole number to JSON
    const auto number = value_->get<double>();
    expect(number >= 0 && number <= static_cast<double>(kMax) && number == std::floor(number), "a whole number");
    return static_cast<uint64_t>(number);
  }
  expect(value_->is_number_unsigned() && value_->get<uint64_t>() <= kMax, "a whole number");
  return value_->get<uint64_t>();
}

double JsonNode::number() const {
  expect(value_->is_number() && std::isfinite(value_->get<double>()), "a number");
  return value_->get<double>();
}

bool JsonNode::boolean() const {
  expect(value_->is_boolean(), "true or false");
  return value_->get<bool>();
}

std::string JsonNode::text() const {
  expect(value_->is_string(), "a string");
  return value_->get<std::string>();
}

std::string JsonNode::file_name() const {
  std::string name = text();
  const bool plain = !name.empty() && name != "." && name != ".." && name.find_first_of("/\\:") == std::string::npos &&
                     name.find('\0') == std::string::npos;
  if (!plain) {
    fail(ErrorCode::kInvalidInput, "{} is \"{}\", expected a plain name in the same folder", where_, name);
  }
  return name;
}

void JsonNode::numbers(std::span<double> target) const {
  if (!value_->is_array() || value_->size() != target.size()) {
    fail(ErrorCode::kInvalidInput, "{} is no array of {} numbers", where_, target.size());
  }
  const std::vector<JsonNode> nodes = elements();
  std::transform(nodes.begin(), nodes.end(), target.begin(), [](const JsonNode& node) { return node.number(); });
}

uint64_t JsonNode::whole_number(const char* key, uint64_t absent) const {
  const std::optional<JsonNode> member = find(key);
  return member ? member->whole_number() : absent;
}

double JsonNode::number(const char* key, double absent) const {
  const std::optional<JsonNode> member = find(key);
  return member ? member->number() : absent;
}

bool JsonNode::boolean(const char* key, bool absent) const {
  const std::optional<JsonNode> member = find(key);
  return member ? member->boolean() : absent;
}

std::string JsonNode::text(const char* key, const std::string& absent) const {
  const std::optional<JsonNode> member = find(key);
  return member ? member->text() : absent;
}

size_t JsonNode::index(size_t count, const char* array) const {
  const uint64_t value = whole_number();
  if (value >= count) {
    fail(ErrorCode::kInvalidInput, "{} is {}, but the file has only {} {}", where_, value, count, array);
  }
  return value;
}

std::optional<size_t> JsonNode::index(const char* key, size_t count, const char* array) const {
  const std::optional<JsonNode> member = find(key);
  if (!member) return std::nullopt;
  return member->index(count, array);
}

}  // namespace diorama
