#include "tools/eval/report_page.h"

#include "tests/cli/sample_report.h"
#include "tools/eval/chart_svg.h"
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

TEST(ReportPage, ShowsTheFitsCurvesOverStepsAndSeconds) {
  const std::string page = page_of(4, "plain", sample_curve());
  EXPECT_EQ(count_of(page, "<polyline"), 6u);
  EXPECT_THAT(page, HasSubstr("step 5000, 53.0 s: 27.76 dB, loss 0.0240, 20000 splats"));
  EXPECT_EQ(count_of(page_of(4, "plain", {sample_curve().front()}), "<polyline"), 0u);  // a point is no curve
}

TEST(ReportPage, CurvesOfLongFitsStaySmallAndKeepTheirEnd) {
  std::vector<CurvePoint> curve(20000);
  for (size_t i = 0; i < curve.size(); ++i)
    curve[i] = {static_cast<double>(i + 1), 0.1 * static_cast<double>(i), 20, 0.1, 10};
  const std::vector<CurvePoint> thinned = thinned_curve(curve);
  EXPECT_EQ(thinned.size(), kMaxCurvePoints);
  EXPECT_EQ(thinned.back().step, 20000);
  EXPECT_NEAR(thinned.front().psnr, 20, 1e-9);  // rounding of a mean
}

TEST(ReportPage, AxisMarksEncloseTheValues) {
  using testing::ElementsAre;
  EXPECT_THAT(axis_ticks(0, 5000), ElementsAre(0, 1000, 2000, 3000, 4000, 5000));
  EXPECT_THAT(axis_ticks(16.2, 27.8), ElementsAre(15, 20, 25, 30));
  for (const auto& [low, high] :
       {std::pair(7.0, 7.0), std::pair(0.0, 0.0), std::pair(-3.0, 1e6), std::pair(0.0, 1e-7)}) {
    const std::vector<double> ticks = axis_ticks(low, high);
    EXPECT_LE(ticks.front(), low);
    EXPECT_GE(ticks.back(), high);
    EXPECT_GE(ticks.size(), 2u);
    EXPECT_LE(ticks.size(), 7u);
  }
}

TEST(ReportPage, AlignedScoresStandApart) {
  EXPECT_THAT(page_of(4, "plain", {}, {.align_exposure = true}), HasSubstr("scores of their own"));
  EXPECT_THAT(page_of(4, "plain"), Not(HasSubstr("aligned")));
}

TEST(ReportPage, TheSameScoresGiveTheSameBytes) {
  EXPECT_EQ(page_of(6, "a"), page_of(6, "a"));
}

}  // namespace
}  // namespace diorama
