#include "capture/capture.h"
#include "capture/readers/reader.h"
#include "engine/base/error.h"
#include "engine/base/options.h"

#include <array>
#include <string_view>
#include <utility>

namespace diorama {
namespace {

namespace fs = std::filesystem;

const CaptureReader* reader_called(std::string_view name) {
  for (const CaptureReader& reader : capture_readers()) {
    if (reader.name == name) return &reader;
  }
  return nullptr;
}

// The layouts that may be opened by the file that describes them.
const CaptureReader* reader_of_file(const fs::path& file) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kFiles = {
      {{"capture.json", "synth"}, {"transforms.json", "transforms"}, {"transforms_train.json", "transforms"}}};
  for (const auto& [name, format] : kFiles) {
    if (file.filename().string() == name) return reader_called(format);
  }
  return nullptr;
}

const CaptureReader& detected_reader(const fs::path& folder) {
  std::string looked_for;
  for (const CaptureReader& reader : capture_readers()) {
    if (reader.matches(folder)) return reader;
    looked_for += fmt::format("{}{} ({})", looked_for.empty() ? "" : "; ", reader.name, reader.files);
  }
  std::error_code ignored;
  fail(ErrorCode::kInvalidInput, "{}: {}, expected a capture in one of these layouts: {}", folder.string(),
       fs::is_empty(folder, ignored) ? "the folder is empty" : "no capture is recognised here", looked_for);
}

std::string folder_name(const fs::path& folder) {
  std::error_code error;
  const fs::path whole = fs::weakly_canonical(fs::absolute(folder), error);
  return (error ? folder : whole).filename().string();
}

struct Place {
  fs::path folder;
  const CaptureReader* reader = nullptr;  // null: not told by the path
};

Place place_of(const fs::path& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (status.type() == fs::file_type::not_found) {
    fail(ErrorCode::kNotFound,
         "{}: there is no such capture; check the path, or make one to try with `diorama synth room -o {}`",
         path.string(), path.string());
  }
  if (error) fail(ErrorCode::kIo, "{}: cannot be looked at: {}", path.string(), error.message());
  if (fs::is_directory(status)) return {path, nullptr};
  const CaptureReader* reader = reader_of_file(path);
  if (reader == nullptr) {
    fail(ErrorCode::kInvalidInput,
         "{}: is a file, expected the folder of a capture (or its transforms.json or capture.json)", path.string());
  }
  return {path.has_parent_path() ? path.parent_path() : fs::path("."), reader};
}

}  // namespace

std::vector<std::string> capture_format_names() {
  std::vector<std::string> names{"auto"};
  for (const CaptureReader& reader : capture_readers()) names.emplace_back(reader.name);
  return names;
}

Capture open_capture(const fs::path& path, const CaptureOptions& options) {
  CaptureOptions checked = options;
  check_options(option_fields(checked));
  const Place place = place_of(path);
  const CaptureReader* reader = place.reader;
  if (options.format > 0) reader = &capture_readers()[static_cast<size_t>(options.format - 1)];
  if (reader == nullptr) reader = &detected_reader(place.folder);
  CaptureContent content = with_context(place.folder, [&] {
    CaptureContent read = reader->read(place.folder, options);
    finish_content(read);
    return read;
  });
  if (content.name.empty()) content.name = folder_name(place.folder);
  return Capture(std::move(content), options);
}

}  // namespace diorama
