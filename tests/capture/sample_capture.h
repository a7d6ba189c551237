#pragma once

#include "capture/capture.h"
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

// Pieces of tiny captures, written to a TempDir.

inline void write_color(const std::filesystem::path& path, glm::ivec2 size, glm::u8vec4 color = {200, 100, 50, 255}) {
  const ImageRgba8 image(size, color);
  write_file(path, path.extension() == ".jpg" ? encode_jpeg(image, 95) : encode_png(image));
}

inline void write_depth(const std::filesystem::path& path, glm::ivec2 size, uint16_t counts = 1500) {
  write_file(path, encode_png(ImageU16(size, counts)));
}

// Opens, loads every frame, and returns the message of the Error that this must end with.
inline std::string error_of(const std::filesystem::path& path, ErrorCode expected_code = ErrorCode::kInvalidInput,
                            const CaptureOptions& options = {}) {
  try {
    const Capture capture = open_capture(path, options);
    for (size_t i = 0; i < capture.frames().size(); ++i) capture.load(i);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), expected_code) << error.what();
    return error.what();
  }
  return "no error";
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

inline CaptureOptions forced(const std::string& format) {
  CaptureOptions options;
  const auto names = capture_format_names();
  options.format = static_cast<int>(std::find(names.begin(), names.end(), format) - names.begin());
  return options;
}

}  // namespace diorama
