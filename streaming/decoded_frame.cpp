#include "streaming/decoded_frame.h"

namespace diorama {

const SplatCloud& FrameDequantizer::splats(const DecodedFrame& frame) {
  if (frame.first_exact != base_) {
    base_.reset();
    dequantizer_.emplace(frame.parameters(), frame.layouts(), *frame.first_exact, pool_);
    base_ = frame.first_exact;
  }
  dequantizer_->decode(frame.exact, frame.lossy, cloud_);
  return cloud_;
}

}  // namespace diorama
