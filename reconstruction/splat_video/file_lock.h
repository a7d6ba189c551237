#pragma once

#include "engine/base/job.h"

#include <filesystem>

namespace diorama {

// Keeps other processes out while it lives; a process that dies lets go of it. The file stays.
class FileLock {
 public:
  // Makes the file and its folder where they are not there, and waits until no other process holds it. Error kIo: the
  // file can't be made; kCancelled.
  FileLock(const std::filesystem::path& path, JobContext& job);
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  int descriptor_ = -1;
};

}  // namespace diorama
