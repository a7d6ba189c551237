#pragma once

#include "capture/capture.h"

#include <memory>
#include <vector>

namespace diorama {

// What changes a frame's images between the files and the capture's user.
struct ImageCorrection {
  Camera color;         // of the images without the lens
  LensDistortion lens;  // removed from colour and mask
  glm::vec3 gain{1.0f};
  bool is_none() const { return lens.is_none() && gain == glm::vec3(1.0f); }
};

// Hands out `source`'s images with each frame's correction applied. Where a lens is removed there is a mask, 0 where
// the lens never saw.
std::shared_ptr<const FrameSource> make_corrected_source(std::shared_ptr<const FrameSource> source,
                                                         std::vector<ImageCorrection> corrections);

}  // namespace diorama
