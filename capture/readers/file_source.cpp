#include "capture/readers/reader.h"
#include "capture/readers/undistort.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/scene/image_io.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>

namespace diorama {
namespace {

// Decodes a file whose header says the expected size; a header that lies is found before memory is taken for it.
template <class Decode>
auto decode_sized(const std::filesystem::path& path, glm::ivec2 expected, const char* what, Decode&& decode) {
  return with_context(path, [&] {
    const std::vector<std::byte> bytes = read_file(path);
    const glm::ivec2 size = probe_image(bytes).size_px;
    if (size != expected) {
      fail(ErrorCode::kInvalidInput, "the {} image is {}x{}, expected {}x{} as the frame's camera says", what, size.x,
           size.y, expected.x, expected.y);
    }
    return decode(bytes);
  });
}

// Depth that is registered shares the colour camera's lens, so its K is the colour K at another resolution.
bool shares_lens(const Camera& color, const Camera& depth) {
  const Camera scaled = resized(color, depth.size_px);
  const auto close = [](glm::vec2 a, glm::vec2 b) {
    const glm::vec2 difference = glm::abs(a - b);
    return std::max(difference.x, difference.y) <= 1e-3f * std::max(std::abs(b.x), std::abs(b.y));
  };
  return close(scaled.focal_px, depth.focal_px) && close(scaled.center_px, depth.center_px) &&
         color.world_from_camera.rotation == depth.world_from_camera.rotation &&
         color.world_from_camera.translation == depth.world_from_camera.translation;
}

class FileFrameSource final : public FrameSource {
 public:
  FileFrameSource(std::vector<FrameFiles> files, const std::vector<Frame>& frames, const DepthEncoding& depth,
                  ConfidenceEncoding confidence, float depth_max_m)
      : files_(std::move(files)), depth_m_of_count_(65536), confidence_(confidence) {
    DIO_CHECK(files_.size() == frames.size());
    DIO_CHECK(depth.unit_m > 0 && confidence.highest > 0);
    cameras_.reserve(frames.size());
    for (const Frame& frame : frames) {
      cameras_.push_back(
          {frame.color, frame.depth, frame.has_mask, frame.depth && shares_lens(frame.color, *frame.depth)});
    }
    for (size_t count = 0; count < depth_m_of_count_.size(); ++count) {
      const auto depth_m = static_cast<float>(static_cast<double>(count) * depth.unit_m);
      depth_m_of_count_[count] = depth_max_m > 0 && depth_m > depth_max_m ? 0.0f : depth_m;
    }
    for (const uint16_t count : depth.invalid) depth_m_of_count_[count] = 0;
  }

  FrameImages load(size_t frame, FrameParts parts) const override {
    DIO_CHECK(frame < files_.size());
    const FrameFiles& files = files_[frame];
    const FrameCameras& cameras = cameras_[frame];
    const bool depth_exists = !files.depth.empty() && cameras.depth;
    const bool mask_exists = !files.mask.empty() || (cameras.has_mask && !files.distortion.is_none());
    FrameImages images;
    if (parts.color && !files.color.empty()) images.color = load_color(files, cameras);
    if (parts.depth && depth_exists) images.depth_m = load_depth(files, cameras);
    if (parts.confidence && !files.confidence.empty() && cameras.depth)
      images.confidence = load_confidence(files, cameras);
    if (parts.mask && mask_exists) images.mask = load_mask(files, cameras);
    return images;
  }

 private:
  struct FrameCameras {
    Camera color;
    std::optional<Camera> depth;
    bool has_mask = false;
    bool depth_shares_lens = false;
  };

  static std::shared_ptr<const ImageRgba8> load_color(const FrameFiles& files, const FrameCameras& cameras) {
    ImageRgba8 image = decode_sized(files.color, cameras.color.size_px, "colour", decode_rgba8);
    if (!files.distortion.is_none()) image = undistorted_color(image, cameras.color, files.distortion);
    return std::make_shared<const ImageRgba8>(std::move(image));
  }

  ImageU16 load_counts(const std::filesystem::path& path, const FrameFiles& files, const FrameCameras& cameras,
                       const char* what) const {
    ImageU16 counts = decode_sized(path, cameras.depth->size_px, what, decode_grey16);
    if (!files.distortion.is_none() && cameras.depth_shares_lens) {
      counts = undistorted_depth(counts, *cameras.depth, files.distortion);
    }
    return counts;
  }

  std::shared_ptr<const ImageF32> load_depth(const FrameFiles& files, const FrameCameras& cameras) const {
    const ImageU16 counts = load_counts(files.depth, files, cameras, "depth");
    auto depth_m = std::make_shared<ImageF32>(counts.size_px());
    std::transform(counts.pixels().begin(), counts.pixels().end(), depth_m->pixels().begin(),
                   [&](uint16_t count) { return depth_m_of_count_[count]; });
    return depth_m;
  }

  std::shared_ptr<const ImageF32> load_confidence(const FrameFiles& files, const FrameCameras& cameras) const {
    const ImageU16 counts = load_counts(files.confidence, files, cameras, "confidence");
    auto confidence = std::make_shared<ImageF32>(counts.size_px());
    std::transform(counts.pixels().begin(), counts.pixels().end(), confidence->pixels().begin(),
                   [&](uint16_t count) { return std::min(1.0f, static_cast<float>(count) / confidence_.highest); });
    return confidence;
  }

  static std::shared_ptr<const ImageU8> load_mask(const FrameFiles& files, const FrameCameras& cameras) {
    ImageU8 mask(cameras.color.size_px, 255);
    if (!files.mask.empty()) {
      // Masks come in grey and in RGB.
      const ImageRgba8 stored = decode_sized(files.mask, cameras.color.size_px, "mask", decode_rgba8);
      std::transform(stored.pixels().begin(), stored.pixels().end(), mask.pixels().begin(),
                     [](glm::u8vec4 pixel) { return pixel.r; });
    }
    if (!files.distortion.is_none()) mask = undistorted_mask(mask, cameras.color, files.distortion);
    return std::make_shared<const ImageU8>(std::move(mask));
  }

  std::vector<FrameFiles> files_;
  std::vector<FrameCameras> cameras_;
  std::vector<float> depth_m_of_count_;  // 256 KiB
  ConfidenceEncoding confidence_;
};

}  // namespace

std::unique_ptr<FrameSource> make_file_source(std::vector<FrameFiles> files, const std::vector<Frame>& frames,
                                              DepthEncoding depth, ConfidenceEncoding confidence, float depth_max_m) {
  return std::make_unique<FileFrameSource>(std::move(files), frames, depth, confidence, depth_max_m);
}

}  // namespace diorama
