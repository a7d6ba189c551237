#pragma once

#include "engine/raster/splat_rasterizer.h"

#include <array>
#include <vector>

namespace diorama {

// The textbook's formulas in double precision, pixel by pixel over all splats: what the rasteriser is held against.
struct ReferenceCamera {
  glm::dmat3 rotation{1.0};  // camera_from_world
  glm::dvec3 translation{0.0};
  glm::dvec2 focal_px{1.0}, center_px{0.0};
  glm::ivec2 size_px{1};

  explicit ReferenceCamera(const Camera& camera);
  // p_in_camera' = exp(rotation_vector) * p_in_camera + offset
  void move(glm::dvec3 rotation_vector, glm::dvec3 offset);
};

// Which splat is drawn at which pixel, and which values are at a bound, so that central differences stay on one side
// of all steps.
struct ReferenceChoices {
  enum class Alpha : uint8_t { kSkipped, kDrawn, kBounded };
  std::vector<Alpha> alpha;                 // [splat][pixel]
  std::vector<std::array<bool, 3>> colors;  // [splat]: above 0
  std::vector<int> order;                   // near to far, of the splats that are drawn
  double margin = 1;                        // least relative distance of anything from such a step
};

using ReferencePlanes = std::vector<std::vector<double>>;  // [plane][pixel]

// With `choices` that are not empty, keeps to them; else fills them in.
ReferencePlanes render_reference(const std::vector<double>& records, SplatLayout layout, const ReferenceCamera& camera,
                                 const SplatRasterOptions& options, ReferenceChoices& choices);

}  // namespace diorama
