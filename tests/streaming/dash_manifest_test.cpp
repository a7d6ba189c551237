#include "streaming/dash_manifest.h"

#include "engine/base/file.h"
#include "tests/expect_error.h"
#include "tests/streaming/coded_show.h"

namespace diorama {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class DashManifest : public testing::Test {
 protected:
  // The show's with a piece replaced.
  std::vector<std::string> problems_with(const std::string& piece, const std::string& by) const {
    std::string text = text_;
    const size_t at = text.find(piece);
    EXPECT_NE(at, text.npos) << piece;
    text.replace(at, piece.size(), by);
    return manifest_problems(text, video_, "show.mpd");
  }

  const SplatVideo& video_ = CodedShow::get().video;
  std::string text_ = read_text_file(CodedShow::get().folder / "show.mpd");
};

TEST_F(DashManifest, WhatPackWritesSaysWhatTheExtensionSays) {
  EXPECT_THAT(manifest_problems(text_, video_, "show.mpd"), IsEmpty());
  EXPECT_EQ(parse_mpd(text_, "show.mpd").size(), 1 + video_.representations.size());
}

TEST_F(DashManifest, WrongNumbersAreNamed) {
  const ByteRange second = video_.exact_segments[1];
  const std::string range = fmt::format("{}-{}", second.offset, second.offset + second.bytes - 1);
  EXPECT_THAT(problems_with(range, fmt::format("{}-{}", second.offset, second.offset + second.bytes)),
              ElementsAre(HasSubstr("show.mpd: segment 1 of \"exact\" is")));
  EXPECT_THAT(problems_with("d=\"18000\"", "d=\"18100\""), ElementsAre(HasSubstr("segment 0 of \"exact\" lasts")));
  EXPECT_THAT(problems_with("<SegmentURL mediaRange=\"" + range + "\"/>", ""),
              ElementsAre(HasSubstr("the number of segments of \"exact\" is 4, the .glb says 5")));
  EXPECT_THAT(problems_with("width=\"", "width=\"1"), ElementsAre(HasSubstr("the width of")));
  EXPECT_THAT(problems_with(video_.exact.file, "other.mp4"), ElementsAre(HasSubstr("the file of \"exact\"")));
  EXPECT_THAT(problems_with("id=\"exact\"", "id=\"exactly\""), ElementsAre(HasSubstr("has no stream \"exact\"")));
  EXPECT_THAT(problems_with(range, "12"), ElementsAre(HasSubstr("expected two numbers with a dash")));
  EXPECT_THAT(problems_with(range, "9-5"), ElementsAre(HasSubstr("a segment's range is \"9-5\"")));
  EXPECT_THAT(problems_with("</Period>", ""), ElementsAre(HasSubstr("is no XML")));
}

TEST_F(DashManifest, DamagedManifestsAreRefused) {
  for (size_t bytes = 0; bytes < text_.size(); bytes += 13) {
    EXPECT_FALSE(manifest_problems(text_.substr(0, bytes), video_, "cut.mpd").empty()) << bytes;
  }
  DIO_EXPECT_ERROR(parse_mpd("<MPD><Period/><Period/></MPD>", "a.mpd"), ErrorCode::kInvalidInput,
                   "a.mpd: is no static");
  DIO_EXPECT_ERROR(parse_mpd("<MPD type='dynamic'><Period/></MPD>", "a.mpd"), ErrorCode::kInvalidInput, "no static");
  const std::string repeated =
      "<MPD><Period><AdaptationSet><Representation id='a' width='1' height='1'><SegmentList><Initialization "
      "range='0-9'/><SegmentTimeline><S d='1' r='99999999999'/></SegmentTimeline></SegmentList></Representation>"
      "</AdaptationSet></Period></MPD>";
  DIO_EXPECT_ERROR(parse_mpd(repeated, "a.mpd"), ErrorCode::kInvalidInput, "more than a million");
}

}  // namespace
}  // namespace diorama
