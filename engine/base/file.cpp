#include "engine/base/file.h"

#include "engine/base/error.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

namespace diorama {
namespace {

namespace fs = std::filesystem;

uint64_t checked_size(const fs::path& path, uint64_t max_bytes) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (status.type() == fs::file_type::not_found) {
    fail(ErrorCode::kNotFound, "{}: there is no such file", path.string());
  }
  if (error) fail(ErrorCode::kIo, "{}: cannot be looked at: {}", path.string(), error.message());
  if (fs::is_directory(status)) fail(ErrorCode::kInvalidInput, "{}: is a folder, expected a file", path.string());
  if (!fs::is_regular_file(status)) fail(ErrorCode::kInvalidInput, "{}: is not a regular file", path.string());
  const uint64_t size = fs::file_size(path, error);
  if (error) fail(ErrorCode::kIo, "{}: cannot be looked at: {}", path.string(), error.message());
  if (size > max_bytes) {
    fail(ErrorCode::kInvalidInput, "{}: has {} bytes, at most {} are expected here", path.string(), size, max_bytes);
  }
  return size;
}

// Fills as much of `target` as the file has from there on; returns the count.
size_t read_into(const fs::path& path, void* target, size_t count, uint64_t offset = 0) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream) fail(ErrorCode::kIo, "{}: cannot be opened: {}", path.string(), std::strerror(errno));
  stream.seekg(static_cast<std::streamoff>(offset));
  stream.read(static_cast<char*>(target), static_cast<std::streamsize>(count));
  return static_cast<size_t>(stream.gcount());
}

void read_exactly(const fs::path& path, void* target, size_t count, uint64_t offset = 0) {
  const size_t got = read_into(path, target, count, offset);
  if (got != count) fail(ErrorCode::kIo, "{}: read {} of {} bytes", path.string(), got, count);
}

}  // namespace

std::vector<std::byte> read_file(const fs::path& path, uint64_t max_bytes) {
  std::vector<std::byte> bytes(checked_size(path, max_bytes));
  read_exactly(path, bytes.data(), bytes.size());
  return bytes;
}

std::string read_text_file(const fs::path& path, uint64_t max_bytes) {
  std::string text(checked_size(path, max_bytes), '\0');
  read_exactly(path, text.data(), text.size());
  return text;
}

std::vector<std::byte> read_file_head(const fs::path& path, size_t count) {
  std::vector<std::byte> bytes(std::min<uint64_t>(count, checked_size(path, UINT64_MAX)));
  bytes.resize(read_into(path, bytes.data(), bytes.size()));
  return bytes;
}

std::vector<std::byte> read_file_part(const fs::path& path, uint64_t offset, size_t count) {
  const uint64_t size = checked_size(path, UINT64_MAX);
  if (offset > size || count > size - offset) {
    fail(ErrorCode::kIo, "{}: has {} bytes, {} are needed from byte {} on", path.string(), size, count, offset);
  }
  std::vector<std::byte> bytes(count);
  read_exactly(path, bytes.data(), count, offset);
  return bytes;
}

AtomicFile::AtomicFile(fs::path path) : path_(std::move(path)) {
  std::error_code error;
  if (fs::is_symlink(path_, error)) {  // the link stays, its file is replaced
    const fs::path target = fs::weakly_canonical(path_, error);
    if (error) fail(ErrorCode::kIo, "{}: the link cannot be followed: {}", path_.string(), error.message());
    path_ = target;
  }
  const fs::path folder = path_.has_parent_path() ? path_.parent_path() : fs::path(".");
  fs::create_directories(folder, error);
  if (error) fail(ErrorCode::kIo, "{}: the folder cannot be made: {}", folder.string(), error.message());
  if (fs::is_directory(path_, error)) {
    fail(ErrorCode::kInvalidInput, "{}: is a folder, expected the name of a file to write", path_.string());
  }
  if (fs::exists(path_, error) && !fs::is_regular_file(path_, error)) {
    fail(ErrorCode::kInvalidInput, "{}: is a device or pipe, expected the name of a file to write", path_.string());
  }
  // Names that other writers (or a crash) hold are passed over.
  for (int attempt = 0; descriptor_ < 0; ++attempt) {
    temporary_ = folder / fmt::format(".{}.{}.{}.part", path_.filename().string(), ::getpid(), attempt);
    descriptor_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor_ < 0 && (errno != EEXIST || attempt == 1000)) {
      fail(ErrorCode::kIo, "{}: cannot be written: {}", path_.string(), std::strerror(errno));
    }
  }
}

AtomicFile::~AtomicFile() {
  if (descriptor_ < 0) return;
  ::close(descriptor_);
  ::unlink(temporary_.c_str());
}

void AtomicFile::write(std::span<const std::byte> bytes) {
  DIO_CHECK(descriptor_ >= 0);
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail(ErrorCode::kIo, "{}: cannot be written: {}", path_.string(), std::strerror(errno));
    bytes = bytes.subspan(static_cast<size_t>(written));
  }
}

void AtomicFile::commit() {
  DIO_CHECK(descriptor_ >= 0);
  const auto check = [&](int result) {
    if (result != 0) fail(ErrorCode::kIo, "{}: cannot be written: {}", path_.string(), std::strerror(errno));
  };
  check(::fsync(descriptor_));
  check(::rename(temporary_.c_str(), path_.c_str()));
  ::close(descriptor_);
  descriptor_ = -1;
}

void write_file(const fs::path& path, std::span<const std::byte> bytes) {
  AtomicFile file(path);
  file.write(bytes);
  file.commit();
}

void write_file(const fs::path& path, std::string_view text) {
  write_file(path, std::as_bytes(std::span(text)));
}

}  // namespace diorama
