#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace diorama {

inline constexpr uint64_t kMaxFileBytes = uint64_t{4} << 30;

// Whole file. Error kNotFound (missing), kInvalidInput (a folder, or larger than max_bytes), kIo.
std::vector<std::byte> read_file(const std::filesystem::path& path, uint64_t max_bytes = kMaxFileBytes);
std::string read_text_file(const std::filesystem::path& path, uint64_t max_bytes = uint64_t{256} << 20);

// At most the first `count` bytes: enough to tell a format by its magic.
std::vector<std::byte> read_file_head(const std::filesystem::path& path, size_t count);

// These bytes of a file. Error as read_file, and kIo where the file ends before.
std::vector<std::byte> read_file_part(const std::filesystem::path& path, uint64_t offset, size_t count);

// A file written beside its place and renamed at the end: a crash or a full disk leaves the old one whole. Parent
// folders are made. Error kIo names the path and the system's reason; kInvalidInput: a folder, device or pipe has the
// name.
class AtomicFile {
 public:
  explicit AtomicFile(std::filesystem::path path);
  ~AtomicFile();  // without commit(): the new data is dropped
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(std::span<const std::byte> bytes);
  void write(std::string_view text) { write(std::as_bytes(std::span(text))); }
  void commit();  // synced to disk, then renamed

  // Where the data goes until commit(), for libraries that open files themselves.
  const std::filesystem::path& temporary_path() const { return temporary_; }

 private:
  std::filesystem::path path_, temporary_;
  int descriptor_ = -1;
};

void write_file(const std::filesystem::path& path, std::span<const std::byte> bytes);
void write_file(const std::filesystem::path& path, std::string_view text);

}  // namespace diorama
