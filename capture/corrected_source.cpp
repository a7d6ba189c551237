#include "capture/corrected_source.h"

#include "capture/exposure.h"
#include "capture/readers/undistort.h"
#include "engine/base/error.h"

#include <utility>

namespace diorama {
namespace {

class CorrectedSource final : public FrameSource {
 public:
  CorrectedSource(std::shared_ptr<const FrameSource> source, std::vector<ImageCorrection> corrections)
      : source_(std::move(source)), corrections_(std::move(corrections)) {}

  FrameImages load(size_t frame, FrameParts parts) const override {
    DIO_CHECK(frame < corrections_.size());
    const ImageCorrection& correction = corrections_[frame];
    FrameImages images = source_->load(frame, parts);
    if (!correction.lens.is_none()) remove_lens(correction, parts, images);
    if (images.color && correction.gain != glm::vec3(1.0f)) {
      images.color = std::make_shared<const ImageRgba8>(exposed(*images.color, correction.gain));
    }
    return images;
  }

 private:
  static void remove_lens(const ImageCorrection& correction, FrameParts parts, FrameImages& images) {
    const Camera& camera = correction.color;
    if (images.color) {
      images.color = std::make_shared<const ImageRgba8>(undistorted_color(*images.color, camera, correction.lens));
    }
    if (!parts.mask) return;
    const ImageU8 mask = images.mask ? *images.mask : ImageU8(camera.size_px, 255);
    images.mask = std::make_shared<const ImageU8>(undistorted_mask(mask, camera, correction.lens));
  }

  std::shared_ptr<const FrameSource> source_;
  std::vector<ImageCorrection> corrections_;
};

}  // namespace

std::shared_ptr<const FrameSource> make_corrected_source(std::shared_ptr<const FrameSource> source,
                                                         std::vector<ImageCorrection> corrections) {
  return std::make_shared<CorrectedSource>(std::move(source), std::move(corrections));
}

}  // namespace diorama
