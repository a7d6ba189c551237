#pragma once

#include "reconstruction/light_field/fit_slab.h"

#include <filesystem>
#include <string>

namespace diorama {

struct LightFieldBenchOptions {
  float scale = 0.5f, plane_m = 8.2f;
  int keep_every = 2;
  template <class Visitor>
  void visit(Visitor&& option) {
    option("scale", scale, {0.01, 1}, "size of the images, as a share of the capture's");
    option("keep-every", keep_every, {1, 100}, "rows and columns of the grid that are fitted: every n-th");
    option("plane", plane_m, {0.01, 1e6}, "depth of the plane that kept views are shifted by in the baseline, m");
  }
};

// A direct fit of some views of a planar light field, and how well it shows those between them.
struct LightFieldBench {
  std::string capture;
  glm::ivec2 size_px{0};
  size_t kept = 0, held_out = 0;
  double psnr = 0, least_psnr = 0;  // of the held-out views: mean, and the worst
  double blend_psnr = 0;            // of the four nearest kept views, shifted to a plane and blended
  double render_cpu_ms = 0;         // of a view
  SlabFitStats fit;
};

// Pictures of a held-out view (fit, real, blend, depth) go to `pictures` if it is not empty.
LightFieldBench bench_light_field(const Capture& capture, const LightFieldBenchOptions& options,
                                  const SlabFitOptions& fit, const std::filesystem::path& pictures, JobContext& job);

std::string to_json(const LightFieldBench& bench);
std::string to_text(const LightFieldBench& bench);

}  // namespace diorama
