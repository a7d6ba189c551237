#include "assets/gltf/uri.h"

#include "engine/base/error.h"

#include <algorithm>
#include <array>

namespace diorama {
namespace {

constexpr std::string_view kDataScheme = "data:";
constexpr std::string_view kBase64Mark = ";base64,";

int base64_value(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+' || c == '-') return 62;
  if (c == '/' || c == '_') return 63;
  return -1;
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string percent_decoded(std::string_view uri) {
  std::string text;
  for (size_t i = 0; i < uri.size(); ++i) {
    const bool escaped =
        uri[i] == '%' && i + 2 < uri.size() && hex_value(uri[i + 1]) >= 0 && hex_value(uri[i + 2]) >= 0;
    if (!escaped) {
      text += uri[i];
      continue;
    }
    text += static_cast<char>(16 * hex_value(uri[i + 1]) + hex_value(uri[i + 2]));
    i += 2;
  }
  return text;
}

}  // namespace

bool is_data_uri(std::string_view uri) {
  return uri.starts_with(kDataScheme);
}

std::vector<std::byte> decode_data_uri(std::string_view uri) {
  const size_t mark = uri.find(kBase64Mark);
  if (mark == std::string_view::npos) fail(ErrorCode::kInvalidInput, "the data URI is not in base64");
  std::string_view text = uri.substr(mark + kBase64Mark.size());
  while (text.ends_with('=')) text.remove_suffix(1);
  std::vector<std::byte> bytes;
  bytes.reserve(text.size() / 4 * 3 + 2);
  uint32_t bits = 0;
  int bit_count = 0;
  for (const char c : text) {
    const int value = base64_value(c);
    if (value < 0) fail(ErrorCode::kInvalidInput, "the data URI has characters outside base64");
    bits = (bits << 6 | static_cast<uint32_t>(value)) & 0xffff;
    bit_count += 6;
    if (bit_count < 8) continue;
    bit_count -= 8;
    bytes.push_back(static_cast<std::byte>(bits >> bit_count & 0xff));
  }
  return bytes;
}

std::filesystem::path resolve_uri(std::string_view uri, const std::filesystem::path& folder) {
  const std::string text = percent_decoded(uri);
  const std::filesystem::path path(text);
  const bool leaves = std::find(path.begin(), path.end(), "..") != path.end();
  // A colon before the first slash is a scheme or a drive letter; a NUL would cut the name.
  const bool foreign = text.find(':') < text.find('/') || text.find_first_of(std::string_view("\\\0", 2)) != text.npos;
  if (text.empty() || path.is_absolute() || leaves || foreign) {
    fail(ErrorCode::kInvalidInput, "the URI \"{}\" leads out of the asset's folder; only files inside it are read",
         text.substr(0, 200));
  }
  return folder / path;
}

}  // namespace diorama
