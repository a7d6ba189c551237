#pragma once

#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/scene/image_io.h"
#include "tests/test_data.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace diorama {

inline void write_color(const std::filesystem::path& path, glm::ivec2 size_px) {
  write_file(path, encode_png(ImageRgba8(size_px, glm::u8vec4(200, 100, 50, 255))));
}

inline void write_depth(const std::filesystem::path& path, glm::ivec2 size_px, uint16_t count) {
  write_file(path, encode_png(ImageU16(size_px, count)));
}

// That `body` fails with `code` and a sentence that holds all of `parts`.
inline void expect_error(const std::function<void()>& body, ErrorCode code, const std::vector<std::string>& parts) {
  try {
    body();
    ADD_FAILURE() << "no Error was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    for (const std::string& part : parts) EXPECT_THAT(std::string(error.what()), testing::HasSubstr(part));
  }
}

}  // namespace diorama
