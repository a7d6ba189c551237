#include "streaming/web_address.h"

#include "streaming/byte_source.h"

#include <curl/curl.h>

#include <memory>
#include <string_view>

namespace diorama {
namespace {

struct UrlDeleter {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};

std::string part_of(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, 0) != CURLUE_OK) return "";
  std::string result = text;
  curl_free(text);
  return result;
}

// All but the characters that mean themselves anywhere in a URL (RFC 3986, unreserved).
std::string encoded(const std::string& name) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string result;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (letter || c == '-' || c == '.' || c == '_' || c == '~') {
      result += c;
    } else {
      result += '%';
      result += kDigits[byte >> 4];
      result += kDigits[byte & 15];
    }
  }
  return result;
}

std::string decoded(const std::string& name) {
  int length = 0;
  char* const text = curl_easy_unescape(nullptr, name.c_str(), static_cast<int>(name.size()), &length);
  DIO_CHECK(text != nullptr);
  std::string result(text, static_cast<size_t>(length));
  curl_free(text);
  return result;
}

}  // namespace

std::string WebAddress::beside(const std::string& name) const {
  return name == file ? url : stem + encoded(name);
}

std::string WebAddress::shown_beside(const std::string& name) const {
  return shown_stem_ + encoded(name);
}

WebAddress parse_web_address(const std::string& url) {
  const std::unique_ptr<CURLU, UrlDeleter> parts(curl_url());
  DIO_CHECK(parts != nullptr);
  constexpr size_t kMostCharacters = 8192;
  if (url.size() > kMostCharacters || curl_url_set(parts.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK) {
    fail(ErrorCode::kInvalidInput, "{}: is no URL; expected one like https://host/folder/show.glb",
         url.substr(0, kMostCharacters));
  }
  WebAddress address;
  address.url = url;
  address.secure = part_of(parts.get(), CURLUPART_SCHEME) == "https";
  const std::string path = part_of(parts.get(), CURLUPART_PATH);
  const size_t slash = path.rfind('/');
  const std::string folder = path.substr(0, slash == path.npos ? 0 : slash + 1);
  address.file = decoded(path.substr(folder.size()));
  if (address.file.empty()) {
    fail(ErrorCode::kInvalidInput, "{}: names no file; give the URL of the .glb that `diorama stream pack` made", url);
  }
  check_file_name(address.file);
  const auto set = [&](CURLUPart part, const char* value) { curl_url_set(parts.get(), part, value, 0); };
  set(CURLUPART_QUERY, nullptr);
  set(CURLUPART_FRAGMENT, nullptr);
  set(CURLUPART_PATH, folder.c_str());
  address.stem = part_of(parts.get(), CURLUPART_URL);
  set(CURLUPART_USER, nullptr);
  set(CURLUPART_PASSWORD, nullptr);
  address.shown_stem_ = part_of(parts.get(), CURLUPART_URL);
  address.shown = address.shown_beside(address.file);
  return address;
}

}  // namespace diorama
