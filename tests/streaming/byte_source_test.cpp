#include "streaming/byte_source.h"

#include "engine/base/file.h"
#include "streaming/http_answer.h"
#include "streaming/web_address.h"
#include "tests/expect_error.h"
#include "tests/streaming/web_server.h"
#include "tests/test_data.h"

namespace diorama {
namespace {

using testing::HasSubstr;

std::string text_of(const std::vector<std::byte>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// A file of 1000 digits, in a folder and on a server.
class ByteSourceTest : public testing::Test {
 protected:
  ByteSourceTest() {
    for (int i = 0; i < 1000; ++i) digits_ += static_cast<char>('0' + i * i % 10);
    write_file(folder_ / "show.glb", digits_);
    write_file(folder_ / "a b#c.mp4", std::string_view("stream"));
  }

  // What a source finds when its server answers thus.
  FetchResult fetched(const WebServer::Answer& answer, ByteRequest request = {"a.mp4", 10, 90},
                      const HttpOptions& options = {}) {
    WebServer server(answer);
    const auto source = open_byte_source(server.url("/show.glb"), options);
    return source->fetch(std::move(request)).wait();
  }
  FetchFailure failure(const WebServer::Answer& answer, ByteRequest request = {"a.mp4", 10, 90},
                       const HttpOptions& options = {}) {
    const FetchResult result = fetched(answer, std::move(request), options);
    EXPECT_TRUE(result.failure.has_value());
    EXPECT_TRUE(result.bytes.empty());
    return result.failure.value_or(FetchFailure{});
  }
  WebReply part(size_t first, size_t last) const {
    return {.status = 206,
            .headers = fmt::format("Content-Range: bytes {}-{}/1000\r\n", first, last),
            .body = digits_.substr(first, last - first + 1)};
  }

  TempDir folder_;
  std::string digits_;
};

TEST_F(ByteSourceTest, FoldersGivePartsAndWholeFiles) {
  const auto source = open_byte_source((folder_ / "show.glb").string());
  EXPECT_TRUE(source->is_local());
  EXPECT_EQ(source->entry(), "show.glb");
  EXPECT_EQ(text_of(source->fetch({"show.glb", 100, 50}).wait().bytes), digits_.substr(100, 50));
  EXPECT_EQ(text_of(source->fetch({.file = "show.glb", .bytes = 1000, .whole = true}).wait().bytes), digits_);
  EXPECT_EQ(source->fetch({.file = "none", .bytes = 10, .whole = true}).wait().failure->code, ErrorCode::kNotFound);
  EXPECT_EQ(source->fetch({"show.glb", 990, 11}).wait().failure->problem, FetchProblem::kPermanent);
  EXPECT_TRUE(source->fetch({.file = "show.glb", .bytes = 999, .whole = true}).wait().failure.has_value());
}

TEST_F(ByteSourceTest, ServersGivePartsAndWholeFilesOverFewConnections) {
  WebServer server([&](const WebRequest& request) {
    return file_reply(folder_.path(),
                      {request.path == "/a%20b%23c.mp4" ? "/a b#c.mp4" : request.path, request.headers});
  });
  const auto source = open_byte_source(server.url("/show.glb"));
  EXPECT_FALSE(source->is_local());
  for (size_t i = 0; i < 20; ++i) {
    EXPECT_EQ(text_of(source->fetch({"show.glb", 10 * i, 50}).wait().bytes), digits_.substr(10 * i, 50));
  }
  EXPECT_EQ(text_of(source->fetch({.file = "show.glb", .bytes = 1000, .whole = true}).wait().bytes), digits_);
  EXPECT_EQ(text_of(source->fetch({"a b#c.mp4", 1, 3}).wait().bytes), "tre");
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(ByteSourceTest, RequestsRunSideBySideAndCanBeGivenUp) {
  std::atomic<int> begun = 0;
  WebServer server([&](const WebRequest& request) {
    ++begun;
    return request.path == "/slow.mp4" ? WebReply{.silent = true} : file_reply(folder_.path(), request);
  });
  const auto source = open_byte_source(server.url("/show.glb"));
  std::vector<Fetch> slow;
  for (int i = 0; i < 3; ++i) slow.push_back(source->fetch({"slow.mp4", 0, 10}));
  EXPECT_EQ(source->fetch({"show.glb", 0, 1000}).wait().bytes.size(), 1000u);
  EXPECT_FALSE(slow[0].poll().has_value());
  slow.clear();
  for (int i = 0; i < 10; ++i) slow.push_back(source->fetch({"slow.mp4", 0, 10}));  // would fill all places
  slow.clear();
  EXPECT_EQ(source->fetch({"show.glb", 0, 1000}).wait().bytes.size(), 1000u);
}

TEST_F(ByteSourceTest, AServerWithoutRangesIsAskedOnceForAFile) {
  std::atomic<int> asked = 0;
  WebServer server([&](const WebRequest&) {
    ++asked;
    return WebReply{.body = digits_};
  });
  const auto source = open_byte_source(server.url("/show.glb"));
  for (size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(text_of(source->fetch({"a.mp4", 100 * i, 50}).wait().bytes), digits_.substr(100 * i, 50));
  }
  EXPECT_EQ(asked, 1);
  EXPECT_THAT(source->fetch({"a.mp4", 990, 11}).wait().failure->message, HasSubstr("has 1000 bytes"));
  const FetchFailure large = failure([&](const WebRequest&) { return WebReply{.body = digits_}; }, {"a.mp4", 0, 10},
                                     {.most_without_ranges = 999});
  EXPECT_EQ(large.problem, FetchProblem::kPermanent);
  EXPECT_THAT(large.message, HasSubstr("answers no byte ranges"));
}

TEST_F(ByteSourceTest, BadAnswersAreToldApart) {
  const auto status = [&](int code) {
    return failure([code](const WebRequest&) { return WebReply{.status = code, .body = "sorry"}; });
  };
  EXPECT_EQ(status(404).problem, FetchProblem::kPermanent);
  EXPECT_EQ(status(404).code, ErrorCode::kNotFound);
  EXPECT_THAT(status(404).message, HasSubstr("a.mp4: the server has no such file"));
  EXPECT_EQ(status(403).problem, FetchProblem::kPermanent);
  EXPECT_EQ(status(416).problem, FetchProblem::kPermanent);
  EXPECT_EQ(status(500).problem, FetchProblem::kServer);
  EXPECT_EQ(status(503).problem, FetchProblem::kServer);
  EXPECT_EQ(status(204).problem, FetchProblem::kPermanent);
  const FetchFailure other = failure([&](const WebRequest&) { return part(11, 100); });
  EXPECT_EQ(other.problem, FetchProblem::kPermanent);
  EXPECT_THAT(other.message, HasSubstr("answers with bytes 11 to 100, asked for were 10 to 99"));
  EXPECT_EQ(failure([&](const WebRequest&) { return WebReply{.status = 206, .body = digits_}; }).problem,
            FetchProblem::kPermanent);
  EXPECT_THAT(failure([&](const WebRequest&) {
                WebReply reply = part(10, 99);
                reply.body += "more";
                return reply;
              }).message,
              HasSubstr("more than 90 bytes"));
  EXPECT_THAT(failure([&](const WebRequest&) {
                WebReply reply = part(10, 99);
                reply.headers += "Content-Encoding: gzip\r\n";
                return reply;
              }).message,
              HasSubstr("gzip"));
}

TEST_F(ByteSourceTest, CutConnectionsAndSilenceAreOfTheMoment) {
  EXPECT_EQ(failure([&](const WebRequest&) {
              WebReply reply = part(10, 99);
              reply.cut_after = 50;
              return reply;
            }).problem,
            FetchProblem::kServer);
  EXPECT_EQ(failure([&](const WebRequest&) {
              WebReply reply = part(10, 99);
              reply.body.resize(50);  // shorter than the range that it states, and honest about that
              return reply;
            }).problem,
            FetchProblem::kServer);
  const FetchFailure silent =
      failure([](const WebRequest&) { return WebReply{.silent = true}; }, {"a.mp4", 10, 90}, {.silence_s = 1});
  EXPECT_EQ(silent.problem, FetchProblem::kNetwork);
  std::string gone;
  {
    WebServer server([](const WebRequest&) { return WebReply{}; });
    gone = server.url("/show.glb");
  }
  EXPECT_EQ(open_byte_source(gone)->fetch({"a.mp4", 0, 1}).wait().failure->problem, FetchProblem::kNetwork);
}

TEST_F(ByteSourceTest, AFileThatChangesIsNoticed) {
  for (const bool by_tag : {true, false}) {
    int asked = 0;
    WebServer server([&](const WebRequest&) {
      ++asked;
      WebReply reply = part(0, 9);
      if (by_tag) reply.headers += fmt::format("ETag: \"{}\"\r\n", asked);
      if (!by_tag && asked > 1) reply.headers = "Content-Range: bytes 0-9/1001\r\n";
      return reply;
    });
    const auto source = open_byte_source(server.url("/show.glb"));
    EXPECT_EQ(source->fetch({"a.mp4", 0, 10}).wait().bytes.size(), 10u);
    const FetchResult second = source->fetch({"a.mp4", 0, 10}).wait();
    ASSERT_TRUE(second.failure.has_value());
    EXPECT_EQ(second.failure->problem, FetchProblem::kChanged);
    EXPECT_THAT(second.failure->message, HasSubstr("changed on the server"));
  }
}

TEST_F(ByteSourceTest, RedirectsLeadToServersAlone) {
  write_file(folder_ / "secret", std::string_view("secret"));
  const std::string file_url = "file://" + (folder_ / "secret").string();
  const FetchFailure failed =
      failure([&](const WebRequest&) { return WebReply{.status = 302, .headers = "Location: " + file_url + "\r\n"}; });
  EXPECT_EQ(failed.problem, FetchProblem::kPermanent);
  EXPECT_EQ(failure([](const WebRequest& request) {
              return WebReply{.status = 302, .headers = "Location: " + request.path + "\r\n"};
            }).problem,
            FetchProblem::kPermanent);
  const FetchResult moved = fetched([&](const WebRequest& request) {
    return request.path == "/b" ? part(10, 99) : WebReply{.status = 302, .headers = "Location: /b\r\n"};
  });
  EXPECT_EQ(text_of(moved.bytes), digits_.substr(10, 90));
}

TEST_F(ByteSourceTest, NamesThatLeadElsewhereAreRefused) {
  const auto source = open_byte_source((folder_ / "show.glb").string());
  for (const char* name : {"", ".", "..", "../a", "a/b", "a\\b", "/etc/passwd", "a\nb"}) {
    DIO_EXPECT_ERROR(source->fetch({name, 0, 1}), ErrorCode::kInvalidInput, "is no name of a file beside");
  }
  DIO_EXPECT_ERROR(open_byte_source("ftp://host/show.glb"), ErrorCode::kUnsupported, "over ftp");
  DIO_EXPECT_ERROR(open_byte_source("file:///etc/passwd"), ErrorCode::kUnsupported, "over file");
  DIO_EXPECT_ERROR(open_byte_source("http://host/folder/"), ErrorCode::kInvalidInput, "names no file");
  DIO_EXPECT_ERROR(open_byte_source("http://host/a%2Fb"), ErrorCode::kInvalidInput, "is no name");
  DIO_EXPECT_ERROR(open_byte_source("http://"), ErrorCode::kInvalidInput, "is no URL");
  DIO_EXPECT_ERROR(open_byte_source("folder/"), ErrorCode::kInvalidInput, "names no file");
}

TEST(WebAddress, FilesLieBesideTheEntry) {
  const WebAddress address = parse_web_address("https://me:word@host:81/a/b%20c/show.glb?token=1#x");
  EXPECT_EQ(address.file, "show.glb");
  EXPECT_TRUE(address.secure);
  EXPECT_EQ(address.beside("show.glb"), "https://me:word@host:81/a/b%20c/show.glb?token=1#x");
  EXPECT_EQ(address.beside("x?y%.mp4"), "https://me:word@host:81/a/b%20c/x%3Fy%25.mp4");
  EXPECT_EQ(address.shown, "https://host:81/a/b%20c/show.glb");
}

TEST(ContentRange, IsReadStrictly) {
  const auto range = parse_content_range("bytes 5-9/20");
  ASSERT_TRUE(range.has_value());
  EXPECT_EQ(range->first, 5u);
  EXPECT_EQ(range->last, 9u);
  EXPECT_EQ(range->total, 20u);
  EXPECT_FALSE(parse_content_range("bytes 5-9/*")->total.has_value());
  for (const char* bad : {"", "bytes", "bytes 5-9", "bytes 9-5/20", "bytes 5-9/9", "bytes -9/20", "items 5-9/20",
                          "bytes 5-9/20x", "bytes 99999999999999999999-9/20", "bytes */20"}) {
    EXPECT_FALSE(parse_content_range(bad).has_value()) << bad;
  }
}

}  // namespace
}  // namespace diorama
