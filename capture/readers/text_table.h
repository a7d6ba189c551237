#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace diorama {

// A text file of fields between blanks, as trajectories and file lists are: '#' begins a comment, empty lines and a
// byte order mark are passed over.
class TextTable {
 public:
  struct Line {
    size_t number = 0;  // in the file, from 1
    std::vector<std::string_view> fields;
  };

  // Error as read_text_file's, and kInvalidInput for more than `max_lines` lines of fields.
  static TextTable read(const std::filesystem::path& path, size_t max_lines = 1'000'000);

  const std::vector<Line>& lines() const { return lines_; }

  // Error kInvalidInput, naming file and line, unless the line has `count` fields ("time path").
  void require_fields(const Line& line, size_t count, std::string_view meaning) const;

  // A field as a finite number. Error kInvalidInput names file, line and field.
  double number(const Line& line, size_t field) const;

  std::string where(const Line& line) const;  // "rgb.txt:12" with the whole path

 private:
  std::filesystem::path path_;
  std::vector<char> text_;  // never moved by a small-string copy: the fields point into it
  std::vector<Line> lines_;
};

}  // namespace diorama
