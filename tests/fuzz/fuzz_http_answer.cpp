// What a web server may say: status, Content-Range, Content-Encoding, ETag and length, a line each, and a URL. A
// verdict that lets bytes come lets those come that were asked for.
#include "engine/base/error.h"
#include "streaming/byte_source.h"
#include "streaming/http_answer.h"
#include "streaming/web_address.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <sstream>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace diorama;
  std::istringstream lines(std::string(reinterpret_cast<const char*>(data), size));
  std::string status, length, url;
  HttpAnswer answer;
  std::getline(lines, status);
  std::getline(lines, answer.content_range);
  std::getline(lines, answer.content_encoding);
  std::getline(lines, answer.etag);
  std::getline(lines, length);
  std::getline(lines, url);
  answer.status = std::strtol(status.c_str(), nullptr, 10);
  if (!length.empty()) answer.length = std::strtoull(length.c_str(), nullptr, 10);
  RemoteFile known;
  const HttpVerdict verdict = judge(answer, {"a", 10, 90}, 1 << 20, known, "fuzz");
  if (!verdict.failure && verdict.body == HttpBody::kRange) {
    const auto range = parse_content_range(answer.content_range);
    DIO_CHECK(range && range->first == 10 && range->last == 99);
  }
  try {
    const WebAddress address = parse_web_address(url);
    check_file_name(address.file);
    DIO_CHECK(address.beside("a/../b").find("/../") == std::string::npos || url.find("/../") != std::string::npos);
  } catch (const Error&) {
  }
  return 0;
}
