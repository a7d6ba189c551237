#include "reconstruction/splat_video/file_lock.h"

#include "engine/base/error.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

namespace diorama {

FileLock::FileLock(const std::filesystem::path& path, JobContext& job) {
  constexpr std::chrono::milliseconds kLookEvery(50);
  std::error_code error;
  std::filesystem::create_directories(path.parent_path(), error);
  descriptor_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor_ < 0) fail(ErrorCode::kIo, "{}: cannot be made: {}", path.string(), std::strerror(errno));
  try {
    while (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
      if (errno != EWOULDBLOCK && errno != EINTR) {
        fail(ErrorCode::kIo, "{}: cannot be locked: {}", path.string(), std::strerror(errno));
      }
      job.check_cancelled();
      std::this_thread::sleep_for(kLookEvery);
    }
  } catch (...) {
    ::close(descriptor_);
    throw;
  }
}

FileLock::~FileLock() {
  ::close(descriptor_);
}

}  // namespace diorama
