#include "capture/capture.h"

#include "capture/frame_cache.h"
#include "engine/base/error.h"

namespace diorama {

struct Capture::Impl {
  CaptureContent content;  // its frames and source are moved to the shared ones
  std::shared_ptr<const std::vector<Frame>> frames;
  FrameCache cache;
};

Capture::Capture(CaptureContent content, CaptureOptions options) {
  DIO_CHECK(content.source != nullptr);
  DIO_CHECK(options.cache_mb > 0);
  const std::shared_ptr<const FrameSource> source = std::move(content.source);
  const auto frames = std::make_shared<const std::vector<Frame>>(std::move(content.frames));
  const auto cache_bytes = static_cast<size_t>(static_cast<double>(options.cache_mb) * 1048576.0);
  impl_.reset(new Impl{std::move(content), frames, FrameCache(source, frames, cache_bytes)});
}

Capture::~Capture() = default;
Capture::Capture(Capture&&) noexcept = default;

const std::string& Capture::name() const {
  return impl_->content.name;
}

const std::vector<Frame>& Capture::frames() const {
  return *impl_->frames;
}

const CaptureConventions& Capture::conventions() const {
  return impl_->content.conventions;
}

const std::optional<RigCalibration>& Capture::calibration() const {
  return impl_->content.calibration;
}

void Capture::set_calibration(std::optional<RigCalibration> calibration) {
  impl_->content.calibration = std::move(calibration);
}

const std::vector<std::string>& Capture::warnings() const {
  return impl_->content.warnings;
}

std::vector<size_t> Capture::frames_of(Split split) const {
  std::vector<size_t> indices;
  for (size_t i = 0; i < frames().size(); ++i) {
    if (frames()[i].split == split) indices.push_back(i);
  }
  return indices;
}

FrameImages Capture::load(size_t frame, FrameParts parts) const {
  return impl_->cache.load(frame, parts);
}

void Capture::prefetch(ThreadPool& pool, size_t frame, FrameParts parts) const {
  impl_->cache.prefetch(pool, frame, parts);
}

}  // namespace diorama
