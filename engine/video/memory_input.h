#pragma once

#include "engine/base/error.h"
#include "engine/video/ffmpeg.h"

#include <algorithm>
#include <cstring>
#include <span>
#include <vector>

namespace diorama {

// Bytes that a demuxer reads and seeks in: two runs, one after the other. Copied.
class MemoryInput {
 public:
  MemoryInput(std::span<const std::byte> a, std::span<const std::byte> b) : bytes_(a.begin(), a.end()) {
    constexpr int kBufferBytes = 1 << 16;
    bytes_.insert(bytes_.end(), b.begin(), b.end());
    auto* const buffer = static_cast<unsigned char*>(ffmpeg().av_malloc(kBufferBytes));
    DIO_CHECK(buffer != nullptr);
    context_ =
        ffmpeg().avio_alloc_context(buffer, kBufferBytes, 0, this, &MemoryInput::read, nullptr, &MemoryInput::seek);
    DIO_CHECK(context_ != nullptr);
  }
  ~MemoryInput() {
    ffmpeg().av_freep(&context_->buffer);
    ffmpeg().avio_context_free(&context_);
  }
  MemoryInput(const MemoryInput&) = delete;
  MemoryInput& operator=(const MemoryInput&) = delete;

  AVIOContext* context() { return context_; }

 private:
  static int read(void* opaque, uint8_t* out, int size) {
    auto& self = *static_cast<MemoryInput*>(opaque);
    const size_t count = std::min(static_cast<size_t>(size), self.bytes_.size() - self.at_);
    if (count == 0) return AVERROR_EOF;
    std::memcpy(out, self.bytes_.data() + self.at_, count);
    self.at_ += count;
    return static_cast<int>(count);
  }
  static int64_t seek(void* opaque, int64_t offset, int whence) {
    auto& self = *static_cast<MemoryInput*>(opaque);
    const auto size = static_cast<int64_t>(self.bytes_.size());
    if (whence == AVSEEK_SIZE) return size;
    const int64_t base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? static_cast<int64_t>(self.at_) : size;
    if (offset < -base || offset > size - base) return AVERROR(EINVAL);
    self.at_ = static_cast<size_t>(base + offset);
    return base + offset;
  }

  std::vector<std::byte> bytes_;
  size_t at_ = 0;
  AVIOContext* context_ = nullptr;
};

}  // namespace diorama
