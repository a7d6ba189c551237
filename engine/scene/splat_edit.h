#pragma once

#include "engine/base/thread_pool.h"
#include "engine/scene/splat_cloud.h"

#include <cstdint>
#include <vector>

namespace diorama {

// Steps that change a cloud of splats; decimate(), transform() and morton_order() are others. Those that say which
// splats stay return one entry a splat, 1 or 0, and are the same for any number of threads.
using SplatMask = std::vector<uint8_t>;

// A part of space by the splats' centres, its surface included.
struct SplatRegion {
  enum class Kind { kBox, kSphere } kind = Kind::kBox;
  Bounds box;              // of kBox
  glm::vec3 center{0.0f};  // of kSphere
  float radius_m = 0;      //
  bool contains(glm::vec3 point) const;
};

SplatMask mask_inside(const SplatCloud& cloud, const SplatRegion& region);
SplatMask mask_outside(const SplatCloud& cloud, const SplatRegion& region);

// Opacity at least, and the longest of the three standard deviations at most.
SplatMask mask_opacity(const SplatCloud& cloud, float least);
SplatMask mask_size(const SplatCloud& cloud, float most_m);

struct FloaterOptions {
  int neighbours = 16;
  float strength = 3;  // how many deviations from the usual a splat may lie; less removes more
};

// What is not a floater: a splat whose distance to its neighbours (root of the mean square of the nearest ones), or
// whose own size beside that distance, is usual. Usual is judged by median and median deviation of the logarithms, so
// that neither the scene's scale nor the floaters themselves move the bound. A cloud of no more splats than neighbours
// stays whole. About 2 s for a million splats on two cores.
SplatMask mask_floaters(const SplatCloud& cloud, const FloaterOptions& options, ThreadPool& pool);

SplatCloud masked(const SplatCloud& cloud, const SplatMask& keep);

// Both clouds' splats, with the higher SH degree of the two.
SplatCloud joined(const SplatCloud& first, const SplatCloud& second);

// Drops the coefficients beyond a degree from 0 to 3; a lower one stays.
void limit_sh_degree(SplatCloud& cloud, int degree);

// Coefficients of exactly this degree: higher ones are left out, missing ones are 0.
void set_sh_degree(SplatCloud& cloud, int degree);

}  // namespace diorama
