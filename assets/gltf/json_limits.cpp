#include "assets/gltf/json_limits.h"

#include "engine/base/error.h"

#include <algorithm>

namespace diorama {
namespace {

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

}  // namespace

nlohmann::ordered_json parse_json_object(std::string_view text, const std::string& name) {
  if (text.size() > kMaxJsonBytes) {
    fail(ErrorCode::kInvalidInput, "{} has {} bytes of JSON, at most {} are read", name, text.size(), kMaxJsonBytes);
  }
  if (nesting_depth(text) > kMaxJsonDepth) {
    fail(ErrorCode::kInvalidInput, "{} nests JSON deeper than {} levels", name, kMaxJsonDepth);
  }
  try {
    nlohmann::ordered_json json = nlohmann::ordered_json::parse(text);
    if (!json.is_object()) {
      fail(ErrorCode::kInvalidInput, "{} holds a JSON {}, expected an object", name, json.type_name());
    }
    return json;
  } catch (const nlohmann::json::parse_error& error) {
    fail(ErrorCode::kInvalidInput, "{} is not valid JSON at byte {}; take the file from its source again", name,
         error.byte);
  }
}

}  // namespace diorama
