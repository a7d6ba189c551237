#include "engine/base/error.h"

#include "tests/expect_error.h"

namespace diorama {
namespace {

TEST(Error, CarriesCodeAndFormattedMessage) {
  DIO_EXPECT_ERROR(fail(ErrorCode::kNotFound, "frame {}: {} is missing", 7, "depth"), ErrorCode::kNotFound,
                   "frame 7: depth is missing");
}

TEST(Error, ContextIsPutInFrontOnce) {
  const auto body = [] { fail(ErrorCode::kUnsupported, "version 9"); };
  const Error error = error_of([&] { with_context("a.glb", [&] { with_context("a.glb", body); }); });
  EXPECT_EQ(error.code(), ErrorCode::kUnsupported);
  EXPECT_STREQ(error.what(), "a.glb: version 9");
}

TEST(Error, ContextsNestFromTheOutside) {
  const auto body = [] { fail(ErrorCode::kIo, "x"); };
  const Error error =
      error_of([&] { with_context(std::filesystem::path("dir/f"), [&] { with_context("frame 3", body); }); });
  EXPECT_STREQ(error.what(), "dir/f: frame 3: x");
}

TEST(Error, ContextPassesResultsAndReferencesThrough) {
  int value = 1;
  with_context(std::string("c"), [&]() -> int& { return value; }) = 5;
  EXPECT_EQ(value, 5);
}

TEST(Error, ContextLeavesBugsAlone) {
  EXPECT_THROW(with_context("c", [] { DIO_CHECK(false); }), Bug);
}

TEST(Check, ThrowsABugThatNamesConditionAndPlace) {
  try {
    DIO_CHECK(1 + 1 == 3);
    FAIL();
  } catch (const Bug& bug) {
    EXPECT_THAT(bug.what(), testing::HasSubstr("check failed: 1 + 1 == 3 ("));
    EXPECT_THAT(bug.what(), testing::HasSubstr("error_test.cpp:"));
  }
  EXPECT_NO_THROW(DIO_CHECK(true));
}

}  // namespace
}  // namespace diorama
