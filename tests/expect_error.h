#pragma once

#include "engine/base/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace diorama {

// The Error that `body` throws; a failed test and an empty one if it throws none.
template <class Body>
Error error_of(Body&& body) {
  try {
    body();
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "no diorama::Error was thrown";
  return {ErrorCode::kIo, ""};
}

}  // namespace diorama

// `statement` throws an Error of this code whose message has this part.
#define DIO_EXPECT_ERROR(statement, expected_code, message_part)                \
  do {                                                                          \
    const ::diorama::Error dio_error = ::diorama::error_of([&] { statement; }); \
    EXPECT_EQ(dio_error.code(), expected_code) << dio_error.what();             \
    EXPECT_THAT(dio_error.what(), ::testing::HasSubstr(message_part));          \
  } while (false)
