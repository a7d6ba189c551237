#include "tools/eval/report_page.h"

#include "tests/cli/sample_report.h"
#include "tools/eval/page_text.h"

#include <gmock/gmock.h>

#include <cstdlib>

namespace diorama {
namespace {

using testing::HasSubstr;
using testing::Not;

size_t count_of(const std::string& text, const std::string& word) {
  size_t count = 0;
  for (size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++count;
  return count;
}

TEST(PageText, OutsideTextCannotBecomeMarkup) {
  EXPECT_EQ(html_escaped("<a href=\"x\">'&"), "&lt;a href=&quot;x&quot;&gt;&#39;&amp;");
  EXPECT_THAT(json_for_script(R"({"id":"</script><b>"})"), Not(HasSubstr("</script")));
  EXPECT_EQ(shell_word("plain-1.glb"), "plain-1.glb");
  EXPECT_EQ(shell_word("it's"), "'it'\\''s'");
}

TEST(PageText, DataUriIsBase64) {
  const std::string text = "Man";
  EXPECT_EQ(data_uri("text/plain", std::as_bytes(std::span(text))), "data:text/plain;base64,TWFu");
  EXPECT_EQ(data_uri("a/b", std::as_bytes(std::span(text).first(2))), "data:a/b;base64,TWE=");
}

TEST(ReportPictures, AreTwentyFourOfAThousandEvenlySpread) {
  size_t pictured = 0;
  for (size_t i = 0; i < 1000; ++i) pictured += is_pictured(i, 1000) ? 1 : 0;
  EXPECT_EQ(pictured, kMaxPicturedFrames);
  EXPECT_TRUE(is_pictured(0, 1000));
  EXPECT_TRUE(is_pictured(2, 3));
}

TEST(ReportPage, HasARowForEveryFrameAndNeedsNoNetwork) {
  const std::string page = page_of(120, "plain");
  EXPECT_EQ(count_of(page, "<tr"), 60u + 2u);  // 60 held-out frames, the heading and the mean
  EXPECT_THAT(page, Not(HasSubstr("http:")));
  EXPECT_THAT(page, Not(HasSubstr("https:")));
  EXPECT_THAT(page, HasSubstr("name=\"viewport\""));
  EXPECT_THAT(page, HasSubstr("prefers-color-scheme"));
  EXPECT_THAT(page, HasSubstr("diorama eval quad.glb pictures"));
}

TEST(ReportPage, AFrameCannotInjectMarkup) {
  const std::string page = page_of(4, "</script><b>bold");
  EXPECT_THAT(page, Not(HasSubstr("</script><b>")));
  EXPECT_THAT(page, Not(HasSubstr("<b>bold")));
}

TEST(ReportPage, TheSameScoresGiveTheSameBytes) {
  EXPECT_EQ(page_of(6, "a"), page_of(6, "a"));
}

}  // namespace
}  // namespace diorama
