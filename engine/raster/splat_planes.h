#pragma once

#include "engine/base/aligned_vector.h"
#include "engine/base/error.h"

#include <glm/glm.hpp>

#include <span>

namespace diorama {

// The planes of a drawn picture, or of a loss's derivatives with respect to it.
enum class SplatPlane {
  kRed,      // sum of w * colour + (1 - alpha) * background; w = alpha_i * transmittance before splat i
  kGreen,    //
  kBlue,     //
  kAlpha,    // sum of w
  kDepth,    // sum of w * z of the centres (planar z in metres, not divided by alpha)
  kNormalX,  // sum of w * n in the camera's frame; n = shortest axis, turned to the camera, of length 1
  kNormalY,
  kNormalZ,
};

// Which planes there are; red, green, blue and alpha always.
struct SplatChannels {
  bool depth = false;
  bool normals = false;  // needs depth
  constexpr int count() const { return normals ? 8 : depth ? 5 : 4; }
  bool operator==(const SplatChannels&) const = default;
};

// Planes of floats. Rows start on cache lines and are padded to kRowMultiple, columns to kColumnMultiple pixels: whole
// vectors may be read and written up to stride() in a row. What stands in the padding never matters to the rasteriser
// (after forward() it is finite).
class SplatPlanes {
 public:
  static constexpr int kRowMultiple = 16, kColumnMultiple = 32;

  // Keeps its memory where the new size needs no more. Values are not kept.
  void resize(glm::ivec2 size_px, SplatChannels channels);
  void fill(float value) { values_.assign(values_.size(), value); }

  glm::ivec2 size_px() const { return size_px_; }
  SplatChannels channels() const { return channels_; }
  size_t stride() const { return stride_; }                // floats from row to row
  size_t plane_stride() const { return stride_ * rows_; }  // floats from plane to plane
  float* data() { return values_.data(); }
  const float* data() const { return values_.data(); }

  // Row y of the picture without its padding.
  std::span<float> row(SplatPlane plane, int y) { return {values_.data() + offset(plane, y), width()}; }
  std::span<const float> row(SplatPlane plane, int y) const { return {values_.data() + offset(plane, y), width()}; }

 private:
  size_t width() const { return static_cast<size_t>(size_px_.x); }
  size_t offset(SplatPlane plane, int y) const {
    return static_cast<size_t>(plane) * plane_stride() + static_cast<size_t>(y) * stride_;
  }

  glm::ivec2 size_px_{0};
  SplatChannels channels_;
  size_t stride_ = 0, rows_ = 0;
  AlignedVector<float> values_;
};

}  // namespace diorama
