#include "engine/base/file.h"

#include "tests/expect_error.h"
#include "tests/test_data.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <string>
#include <vector>

namespace diorama {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename().string());
  return names;
}

// Files of this process cannot grow past `bytes` while it lives: what a full disk does.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : old_handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, old_handler_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit before_{};
  void (*old_handler_)(int);
};

TEST(File, RoundTripsBytesAndText) {
  const TempDir folder;
  std::string text = "line\n\0with a zero";
  text += '\xff';
  write_file(folder / "deep/er/a.bin", text);
  EXPECT_EQ(read_text_file(folder / "deep/er/a.bin"), text);
  const auto bytes = read_file(folder / "deep/er/a.bin");
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()), text);
  EXPECT_THAT(names_in(folder / "deep/er"), testing::ElementsAre("a.bin"));
}

TEST(File, EmptyFileIsEmpty) {
  const TempDir folder;
  write_file(folder / "a", "");
  EXPECT_TRUE(read_file(folder / "a").empty());
  EXPECT_TRUE(read_file_head(folder / "a", 8).empty());
}

TEST(File, HeadIsAtMostTheFile) {
  const TempDir folder;
  write_file(folder / "a", "abcdef");
  EXPECT_EQ(read_file_head(folder / "a", 4).size(), 4u);
  EXPECT_EQ(read_file_head(folder / "a", 1000).size(), 6u);
}

TEST(File, WhatCannotBeReadIsNamed) {
  const TempDir folder;
  write_file(folder / "big", std::string(100, 'x'));
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  const std::string name = folder.path().string();
  DIO_EXPECT_ERROR(read_file(folder / "none"), ErrorCode::kNotFound, name + "/none: there is no such file");
  DIO_EXPECT_ERROR(read_file(folder / "big" / "x"), ErrorCode::kNotFound, "big/x");
  DIO_EXPECT_ERROR(read_file(folder.path()), ErrorCode::kInvalidInput, name + ": is a folder, expected a file");
  DIO_EXPECT_ERROR(read_file(folder / "pipe"), ErrorCode::kInvalidInput, "pipe: is not a regular file");
  DIO_EXPECT_ERROR(read_file(folder / "big", 99), ErrorCode::kInvalidInput, "has 100 bytes, at most 99");
  EXPECT_NO_THROW(read_file(folder / "big", 100));
  DIO_EXPECT_ERROR(read_text_file(folder / "none"), ErrorCode::kNotFound, "none");
  DIO_EXPECT_ERROR(read_file_head(folder / "none", 1), ErrorCode::kNotFound, "none");
}

TEST(AtomicFile, OldFileStaysUntilCommit) {
  const TempDir folder;
  write_file(folder / "a", "old");
  AtomicFile file(folder / "a");
  file.write("new");
  EXPECT_EQ(read_text_file(folder / "a"), "old");
  file.commit();
  EXPECT_EQ(read_text_file(folder / "a"), "new");
  EXPECT_THAT(names_in(folder.path()), testing::ElementsAre("a"));
}

TEST(AtomicFile, DroppedFileLeavesNothing) {
  const TempDir folder;
  AtomicFile(folder / "a").write("new");
  EXPECT_THAT(names_in(folder.path()), testing::IsEmpty());
}

TEST(AtomicFile, CrashLeavesTheOldFileWhole) {
  const TempDir folder;
  write_file(folder / "a", "old");
  const pid_t child = ::fork();
  if (child == 0) {
    AtomicFile file(folder / "a");
    file.write(std::string(100000, 'n'));
    ::_exit(0);  // no destructor runs, as in a crash
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(read_text_file(folder / "a"), "old");
}

TEST(AtomicFile, FullDiskLeavesTheOldFileAndRemovesTheNew) {
  const TempDir folder;
  write_file(folder / "a", "old");
  {
    const FileSizeLimit limit(1000);
    DIO_EXPECT_ERROR(write_file(folder / "a", std::string(5000, 'n')), ErrorCode::kIo,
                     "a: cannot be written: File too large");
  }
  EXPECT_EQ(read_text_file(folder / "a"), "old");
  EXPECT_THAT(names_in(folder.path()), testing::ElementsAre("a"));
}

TEST(AtomicFile, FolderInTheWayIsAnError) {
  const TempDir folder;
  fs::create_directory(folder / "a");
  DIO_EXPECT_ERROR(AtomicFile(folder / "a"), ErrorCode::kInvalidInput, "a: is a folder");
  write_file(folder / "f", "x");
  DIO_EXPECT_ERROR(AtomicFile(folder / "f" / "b"), ErrorCode::kIo, "f: the folder cannot be made");
  // It may come between opening and commit; the temporary file goes all the same.
  {
    AtomicFile file(folder / "late");
    fs::create_directory(folder / "late");
    DIO_EXPECT_ERROR(file.commit(), ErrorCode::kIo, "late: cannot be written");
  }
  EXPECT_THAT(names_in(folder.path()), testing::UnorderedElementsAre("a", "f", "late"));
}

TEST(AtomicFile, DevicesAreNeverReplaced) {
  const TempDir folder;
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  DIO_EXPECT_ERROR(AtomicFile(folder / "pipe"), ErrorCode::kInvalidInput, "pipe: is a device or pipe");
  EXPECT_TRUE(fs::is_fifo(folder / "pipe"));
}

TEST(AtomicFile, LinkStaysALink) {
  const TempDir folder;
  write_file(folder / "real/a", "old");
  fs::create_symlink("real/a", folder / "link");
  write_file(folder / "link", "new");
  EXPECT_TRUE(fs::is_symlink(folder / "link"));
  EXPECT_EQ(read_text_file(folder / "real/a"), "new");
}

TEST(AtomicFile, TwoWritersOfOneNameDoNotMix) {
  const TempDir folder;
  AtomicFile first(folder / "a"), second(folder / "a");
  EXPECT_NE(first.temporary_path(), second.temporary_path());
  first.write("first");
  second.write("second one");
  second.commit();
  first.commit();
  EXPECT_EQ(read_text_file(folder / "a"), "first");
}

TEST(AtomicFile, UseAfterCommitIsABug) {
  const TempDir folder;
  AtomicFile file(folder / "a");
  file.commit();
  EXPECT_THROW(file.write("x"), Bug);
  EXPECT_THROW(file.commit(), Bug);
}

}  // namespace
}  // namespace diorama
