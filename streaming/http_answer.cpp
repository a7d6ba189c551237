#include "streaming/http_answer.h"

#include <charconv>
#include <string_view>

namespace diorama {
namespace {

// Takes a whole number off the front; nothing if there is none.
std::optional<uint64_t> take_number(std::string_view& text) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  return value;
}

bool take(std::string_view& text, std::string_view word) {
  if (!text.starts_with(word)) return false;
  text.remove_prefix(word.size());
  return true;
}

template <class... Args>
FetchFailure failure(FetchProblem problem, ErrorCode code, fmt::format_string<Args...> format, Args&&... args) {
  return {problem, code, fmt::format(format, std::forward<Args>(args)...)};
}

FetchFailure refused(long status, const std::string& name) {
  if (status == 404 || status == 410) {
    return failure(FetchProblem::kPermanent, ErrorCode::kNotFound,
                   "{}: the server has no such file (status {}); look at its name and whether all files were copied",
                   name, status);
  }
  const bool passing = status == 408 || status == 425 || status == 429 || (status >= 500 && status < 600);
  return failure(passing ? FetchProblem::kServer : FetchProblem::kPermanent, ErrorCode::kIo,
                 "{}: the server answers with status {}, expected 200 or 206", name, status);
}

// A strong validator alone tells files apart (RFC 9110, 8.8.1).
std::string strong(const std::string& etag) {
  return etag.starts_with('"') ? etag : "";
}

std::optional<FetchFailure> compare(std::optional<uint64_t> bytes, const std::string& etag, RemoteFile& known,
                                    const std::string& name) {
  const bool other_size = bytes && known.bytes && *bytes != *known.bytes;
  const bool other_tag = !strong(etag).empty() && !known.etag.empty() && strong(etag) != known.etag;
  if (other_size || other_tag) {
    return failure(FetchProblem::kChanged, ErrorCode::kInvalidInput,
                   "{}: changed on the server while it was read ({}); open it again", name,
                   other_size ? fmt::format("{} bytes, before {}", *bytes, *known.bytes)
                              : fmt::format("ETag {}, before {}", etag, known.etag));
  }
  if (bytes) known.bytes = bytes;
  if (!strong(etag).empty()) known.etag = etag;
  return std::nullopt;
}

std::optional<FetchFailure> judge_range(const HttpAnswer& answer, const ByteRequest& request, RemoteFile& known,
                                        const std::string& name) {
  const std::optional<ContentRange> range = parse_content_range(answer.content_range);
  if (!range || request.whole) {
    return failure(FetchProblem::kPermanent, ErrorCode::kInvalidInput,
                   "{}: the server answers with a part of the file, \"{}\", that it was not asked for", name,
                   answer.content_range);
  }
  if (auto changed = compare(range->total, answer.etag, known, name)) return changed;
  if (range->first != request.offset || range->last != request.offset + request.bytes - 1) {
    return failure(FetchProblem::kPermanent, ErrorCode::kInvalidInput,
                   "{}: the server answers with bytes {} to {}, asked for were {} to {}; the file is cut short or not "
                   "the one that belongs to the .glb",
                   name, range->first, range->last, request.offset, request.offset + request.bytes - 1);
  }
  return std::nullopt;
}

std::optional<FetchFailure> judge_whole(const HttpAnswer& answer, const ByteRequest& request, uint64_t most,
                                        RemoteFile& known, const std::string& name) {
  if (answer.length && *answer.length > (request.whole ? request.bytes : most)) {
    return request.whole ? failure(FetchProblem::kPermanent, ErrorCode::kInvalidInput,
                                   "{}: has {} bytes, expected at most {}", name, *answer.length, request.bytes)
                         : failure(FetchProblem::kPermanent, ErrorCode::kUnsupported,
                                   "{}: the server answers no byte ranges, and the whole file has {} bytes, more than "
                                   "{}; use a server that answers ranges",
                                   name, *answer.length, most);
  }
  if (auto changed = compare(answer.length, answer.etag, known, name)) return changed;
  if (!request.whole && answer.length && *answer.length < request.offset + request.bytes) {
    return failure(FetchProblem::kPermanent, ErrorCode::kInvalidInput,
                   "{}: has {} bytes, the .glb says at least {}; copy the file again", name, *answer.length,
                   request.offset + request.bytes);
  }
  return std::nullopt;
}

}  // namespace

std::optional<ContentRange> parse_content_range(const std::string& text) {
  std::string_view rest = text;
  if (!take(rest, "bytes ")) return std::nullopt;
  const auto first = take_number(rest);
  if (!first || !take(rest, "-")) return std::nullopt;
  const auto last = take_number(rest);
  if (!last || *last < *first || !take(rest, "/")) return std::nullopt;
  if (rest == "*") return ContentRange{*first, *last, std::nullopt};
  const auto total = take_number(rest);
  if (!total || !rest.empty() || *total <= *last) return std::nullopt;
  return ContentRange{*first, *last, total};
}

HttpVerdict judge(const HttpAnswer& answer, const ByteRequest& request, uint64_t most_without_ranges, RemoteFile& known,
                  const std::string& name) {
  if (answer.status == 416) {
    return {HttpBody::kRange,
            failure(FetchProblem::kPermanent, ErrorCode::kInvalidInput,
                    "{}: the server says that the file ends before byte {} (status 416); copy the file again", name,
                    request.offset + request.bytes)};
  }
  if (answer.status != 200 && answer.status != 206) return {HttpBody::kWholeFile, refused(answer.status, name)};
  if (!answer.content_encoding.empty() && answer.content_encoding != "identity") {
    return {HttpBody::kWholeFile,
            failure(FetchProblem::kPermanent, ErrorCode::kUnsupported,
                    "{}: the server sends it as \"{}\", expected the file's own bytes; switch that off", name,
                    answer.content_encoding)};
  }
  if (answer.status == 206) return {HttpBody::kRange, judge_range(answer, request, known, name)};
  return {HttpBody::kWholeFile, judge_whole(answer, request, most_without_ranges, known, name)};
}

}  // namespace diorama
