#include "assets/sog/zip_archive.h"

#include "engine/base/error.h"

#include <archive.h>
#include <archive_entry.h>

#include <cstring>
#include <memory>

namespace diorama {
namespace {

using Reader = std::unique_ptr<archive, decltype(&archive_read_free)>;
using Writer = std::unique_ptr<archive, decltype(&archive_write_free)>;

std::string reason_of(archive* handle) {
  const char* reason = archive_error_string(handle);
  return reason == nullptr ? "no reason given" : reason;
}

[[noreturn]] void fail_damaged(archive* handle) {
  fail(ErrorCode::kInvalidInput, "its zip is damaged or cut ({})", reason_of(handle));
}

// The entry's data, of which at most `left` bytes are allowed; sizes that the zip tells are not trusted.
std::vector<std::byte> entry_bytes(archive* handle, size_t& left) {
  std::vector<std::byte> bytes;
  for (;;) {
    const void* block = nullptr;
    size_t size = 0;
    la_int64_t offset = 0;
    const int status = archive_read_data_block(handle, &block, &size, &offset);
    if (status == ARCHIVE_EOF) return bytes;
    if (status != ARCHIVE_OK || offset < 0 || static_cast<size_t>(offset) != bytes.size()) fail_damaged(handle);
    if (size > left) fail(ErrorCode::kInvalidInput, "its zip unpacks to more than eight times its size");
    left -= size;
    const auto* data = static_cast<const std::byte*>(block);
    bytes.insert(bytes.end(), data, data + size);
  }
}

la_ssize_t append_to(archive*, void* target, const void* data, size_t size) {
  auto& bytes = *static_cast<std::vector<std::byte>*>(target);
  const auto* begin = static_cast<const std::byte*>(data);
  bytes.insert(bytes.end(), begin, begin + size);
  return static_cast<la_ssize_t>(size);
}

void check_written(int status, archive* handle) {
  if (status != ARCHIVE_OK) fail(ErrorCode::kIo, "the zip cannot be written ({})", reason_of(handle));
}

}  // namespace

bool is_zip(std::span<const std::byte> bytes) {
  return bytes.size() >= 4 && std::memcmp(bytes.data(), "PK\3\4", 4) == 0;
}

std::map<std::string, std::vector<std::byte>> read_zip(std::span<const std::byte> bytes, size_t most_files) {
  const Reader reader(archive_read_new(), &archive_read_free);
  if (!reader) fail(ErrorCode::kIo, "libarchive cannot be started");
  archive* handle = reader.get();
  if (archive_read_support_format_zip_seekable(handle) != ARCHIVE_OK ||
      archive_read_open_memory(handle, bytes.data(), bytes.size()) != ARCHIVE_OK) {
    fail_damaged(handle);
  }
  size_t left = 8 * bytes.size() + (size_t{1} << 20);
  std::map<std::string, std::vector<std::byte>> files;
  for (;;) {
    archive_entry* entry = nullptr;
    const int status = archive_read_next_header(handle, &entry);
    if (status == ARCHIVE_EOF) return files;
    if (status != ARCHIVE_OK) fail_damaged(handle);
    const char* name = archive_entry_pathname(entry);
    if (archive_entry_filetype(entry) != AE_IFREG || name == nullptr) continue;
    if (files.size() == most_files) {
      fail(ErrorCode::kInvalidInput, "its zip holds more than {} files", most_files);
    }
    files[name] = entry_bytes(handle, left);
  }
}

std::vector<std::byte> write_zip(std::span<const NamedBytes> files) {
  std::vector<std::byte> bytes;
  const Writer writer(archive_write_new(), &archive_write_free);
  if (!writer) fail(ErrorCode::kIo, "libarchive cannot be started");
  archive* handle = writer.get();
  check_written(archive_write_set_format_zip(handle), handle);
  check_written(archive_write_set_options(handle, "zip:compression=store"), handle);
  check_written(archive_write_set_bytes_in_last_block(handle, 1), handle);
  check_written(archive_write_open2(handle, &bytes, nullptr, &append_to, nullptr, nullptr), handle);
  for (const NamedBytes& file : files) {
    const std::unique_ptr<archive_entry, decltype(&archive_entry_free)> entry(archive_entry_new(), &archive_entry_free);
    if (!entry) fail(ErrorCode::kIo, "libarchive has no memory for an entry");
    archive_entry_set_pathname(entry.get(), file.name.c_str());
    archive_entry_set_size(entry.get(), static_cast<la_int64_t>(file.bytes.size()));
    archive_entry_set_filetype(entry.get(), AE_IFREG);
    archive_entry_set_perm(entry.get(), 0644);
    archive_entry_set_mtime(entry.get(), 0, 0);
    check_written(archive_write_header(handle, entry.get()), handle);
    const la_ssize_t written = archive_write_data(handle, file.bytes.data(), file.bytes.size());
    if (written != static_cast<la_ssize_t>(file.bytes.size())) check_written(ARCHIVE_FATAL, handle);
  }
  check_written(archive_write_close(handle), handle);
  return bytes;
}

}  // namespace diorama
