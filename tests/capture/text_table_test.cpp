#include "capture/readers/text_table.h"

#include "tests/capture/sample_capture.h"

namespace diorama {
namespace {

TEST(TextTable, PassesOverCommentsEmptyLinesAndWindowsLineEnds) {
  const TempDir dir;
  write_file(dir / "t.txt", "\xEF\xBB\xBF# head\r\n\r\n1.5 a.png # tail\r\n  +2e0,b.png");
  const TextTable table = TextTable::read(dir / "t.txt");
  ASSERT_EQ(table.lines().size(), 2u);
  EXPECT_EQ(table.number(table.lines()[0], 0), 1.5);
  EXPECT_EQ(table.lines()[0].fields[1], "a.png");
  EXPECT_EQ(table.lines()[0].number, 3u);
  EXPECT_EQ(table.number(table.lines()[1], 0), 2.0);
  EXPECT_EQ(table.lines()[1].fields[1], "b.png");
}

TEST(TextTable, NamesFileAndLineOfWhatIsNotANumber) {
  const TempDir dir;
  for (const char* text : {"1\nnan", "1\ninf", "1\n0x10", "1\n12abc", "1\n1e999", "1\n--1"}) {
    write_file(dir / "t.txt", text);
    const TextTable table = TextTable::read(dir / "t.txt");
    expect_error([&] { table.number(table.lines()[1], 0); }, ErrorCode::kInvalidInput, {"t.txt:2", "finite number"});
  }
}

TEST(TextTable, LimitsTheNumberOfLines) {
  const TempDir dir;
  write_file(dir / "t.txt", "1\n2\n3\n");
  EXPECT_EQ(TextTable::read(dir / "t.txt", 3).lines().size(), 3u);
  EXPECT_THROW(TextTable::read(dir / "t.txt", 2), Error);
}

}  // namespace
}  // namespace diorama
