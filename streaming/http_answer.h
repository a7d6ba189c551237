#pragma once

#include "streaming/byte_source.h"

#include <optional>
#include <string>

namespace diorama {

// What a web server says of a file before its bytes come.
struct HttpAnswer {
  long status = 0;
  std::string content_range;     // of 206: "bytes 0-99/1234"
  std::string content_encoding;  // empty or "identity" where bytes come as they are
  std::string etag;
  std::optional<uint64_t> length;  // of what comes
};

// What is known of a file from answers so far.
struct RemoteFile {
  std::optional<uint64_t> bytes;
  std::string etag;
};

// Where the bytes that are asked for stand in what comes.
enum class HttpBody { kRange, kWholeFile };

struct HttpVerdict {
  HttpBody body = HttpBody::kWholeFile;
  std::optional<FetchFailure> failure;
};

// Judges the answer to a request; `name` is for messages. What it says of the file goes to `known`, and what differs
// from that is a failure.
HttpVerdict judge(const HttpAnswer& answer, const ByteRequest& request, uint64_t most_without_ranges, RemoteFile& known,
                  const std::string& name);

// "bytes FIRST-LAST/TOTAL" (RFC 9110, 14.4); total is absent where it is "*". Nothing if it is not of that form.
struct ContentRange {
  uint64_t first = 0, last = 0;
  std::optional<uint64_t> total;
};
std::optional<ContentRange> parse_content_range(const std::string& text);

}  // namespace diorama
