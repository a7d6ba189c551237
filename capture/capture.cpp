#include "capture/capture.h"

#include "capture/corrected_source.h"
#include "capture/frame_cache.h"
#include "capture/rig.h"
#include "engine/base/error.h"

#include <algorithm>
#include <unordered_map>

namespace diorama {
namespace {

using Frames = std::shared_ptr<const std::vector<Frame>>;

void move_to_refined_pose(Frame& frame, const Rigid& shipped_from_refined) {
  Rigid& color = frame.color.world_from_camera;
  if (!frame.depth) {
    color = color * shipped_from_refined;
    return;
  }
  Rigid& depth = frame.depth->world_from_camera;
  const bool one_pose = color.rotation == depth.rotation && color.translation == depth.translation;
  const Rigid depth_from_color = inverse(depth) * color;
  depth = depth * shipped_from_refined;
  color = one_pose ? depth : depth * depth_from_color;
}

// Index of each correction's frame.
std::vector<size_t> corrected_frames(const std::string& capture, const std::vector<Frame>& frames,
                                     const std::vector<FrameCorrection>& corrections) {
  std::unordered_map<std::string_view, size_t> place;
  for (size_t i = 0; i < frames.size(); ++i) place.emplace(frames[i].id, i);
  std::vector<bool> seen(frames.size(), false);
  std::vector<size_t> indices;
  for (const FrameCorrection& correction : corrections) {
    const auto found = place.find(correction.frame);
    if (found == place.end()) {
      fail(ErrorCode::kInvalidInput, "{}: has no frame '{}', which the calibration corrects; calibrate this capture",
           capture, correction.frame);
    }
    if (frames[found->second].split != Split::kTrain) {
      fail(ErrorCode::kInvalidInput,
           "{}: frame '{}' is held out, but the calibration corrects it; calibrate with this split", capture,
           correction.frame);
    }
    if (seen[found->second]) {
      fail(ErrorCode::kInvalidInput, "{}: the calibration corrects frame '{}' twice", capture, correction.frame);
    }
    seen[found->second] = true;
    indices.push_back(found->second);
  }
  return indices;
}

}  // namespace

struct Capture::Impl {
  CaptureContent content;  // its frames and source are moved to the shared ones
  std::shared_ptr<const FrameSource> source;
  Frames shipped, frames;  // as the reader found them; with corrections and calibration
  size_t cache_bytes;
  FrameCache cache;
  std::vector<FrameCorrection> corrections = {};
  std::vector<glm::vec3> gains = {};  // of each frame; empty: all 1

  // Poses, masks and images after a change of calibration or corrections. Decoded images are kept where they stay
  // valid.
  void rebuild(bool images_change) {
    auto refined = std::make_shared<std::vector<Frame>>(*shipped);
    const std::vector<size_t> indices = corrected_frames(content.name, *refined, corrections);
    for (size_t i = 0; i < indices.size(); ++i) {
      move_to_refined_pose((*refined)[indices[i]], corrections[i].shipped_from_refined);
    }
    const LensDistortion lens = content.calibration ? content.calibration->lens : LensDistortion{};
    for (Frame& frame : *refined) frame.has_mask = frame.has_mask || (frame.has_color && !lens.is_none());
    frames = std::move(refined);
    if (images_change) cache = FrameCache(corrected_source(lens), frames, cache_bytes);
  }

  std::shared_ptr<const FrameSource> corrected_source(const LensDistortion& lens) const {
    std::vector<ImageCorrection> images(frames->size());
    for (size_t i = 0; i < images.size(); ++i) {
      const Frame& frame = (*frames)[i];
      if (!lens.is_none() && frame.has_color) images[i] = {color_camera(frame, content.calibration), lens};
      if (!gains.empty()) images[i].gain = gains[i];
    }
    const bool none = std::all_of(images.begin(), images.end(), [](const ImageCorrection& c) { return c.is_none(); });
    return none ? source : make_corrected_source(source, std::move(images));
  }
};

Capture::Capture(CaptureContent content, CaptureOptions options) {
  DIO_CHECK(content.source != nullptr);
  DIO_CHECK(options.cache_mb > 0);
  const std::shared_ptr<const FrameSource> source = std::move(content.source);
  const auto frames = std::make_shared<const std::vector<Frame>>(std::move(content.frames));
  const auto cache_bytes = static_cast<size_t>(static_cast<double>(options.cache_mb) * 1048576.0);
  const bool has_lens = content.calibration && !content.calibration->lens.is_none();
  impl_.reset(
      new Impl{std::move(content), source, frames, frames, cache_bytes, FrameCache(source, frames, cache_bytes)});
  if (has_lens) impl_->rebuild(true);
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
  const auto has_lens = [](const std::optional<RigCalibration>& rig) { return rig && !rig->lens.is_none(); };
  const bool images_change = has_lens(impl_->content.calibration) || has_lens(calibration);
  impl_->content.calibration = std::move(calibration);
  if (images_change) impl_->rebuild(true);
}

void Capture::set_corrections(std::vector<FrameCorrection> corrections) {
  const std::vector<size_t> indices = corrected_frames(name(), *impl_->shipped, corrections);
  std::vector<glm::vec3> gains(frames().size(), glm::vec3(1.0f));
  for (size_t i = 0; i < indices.size(); ++i) gains[indices[i]] = corrections[i].gain;
  if (std::all_of(gains.begin(), gains.end(), [](glm::vec3 gain) { return gain == glm::vec3(1.0f); })) gains.clear();
  const bool images_change = gains != impl_->gains;
  impl_->corrections = std::move(corrections);
  impl_->gains = std::move(gains);
  impl_->rebuild(images_change);
}

const std::vector<FrameCorrection>& Capture::corrections() const {
  return impl_->corrections;
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

bool Capture::has_points() const {
  return !impl_->content.points_file.empty();
}

SparsePoints Capture::load_points() const {
  if (!has_points()) fail(ErrorCode::kInvalidInput, "{}: has no file of points", name());
  return read_sparse_points(impl_->content.points_file);
}

void Capture::prefetch(ThreadPool& pool, size_t frame, FrameParts parts) const {
  impl_->cache.prefetch(pool, frame, parts);
}

}  // namespace diorama
