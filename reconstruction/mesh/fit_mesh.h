#pragma once

#include "assets/asset.h"
#include "capture/capture.h"
#include "engine/base/job.h"
#include "reconstruction/fusion/tsdf_volume.h"

namespace diorama {

struct MeshFitOptions {
  FusionOptions fusion;
  ExtractOptions extract;
  int max_triangles = 0;              // 0: none
  float simplify_error_m = 0.002f;    // surface may move this far; 0: no simplification unless max_triangles asks
  float simplify_color_step = 0.04f;  // sRGB [0, 1]; vertices stay where neighbours differ by more; 0: off
  template <class Visitor>
  void visit(Visitor&& option) {
    fusion.visit(option);
    extract.visit(option);
    option("max-triangles", max_triangles, {0, 1e9}, "budget of triangles; 0: none");
    option("simplify-error", simplify_error_m, {0, 1}, "how far simplification may move the surface, m; 0: none");
    option("simplify-color", simplify_color_step, {0, 1},
           "vertices stay where the sRGB colours (0 to 1) of neighbours differ by more; 0: off");
  }
};

struct MeshFitStats {
  size_t frames = 0, triangles_fused = 0, triangles = 0, vertices = 0;
  double fuse_s = 0, extract_s = 0, simplify_s = 0;
};

struct MeshFit {
  Asset asset;  // record->representation "mesh"; +Y up through record->asset_from_capture
  MeshFitStats stats;
};

// Fuses the training frames' depth and colour into one simplified, vertex-coloured mesh. Where the capture carries a
// rig calibration, the colour camera follows it. Error kInvalidInput: no training frame has depth. With a checkpoint
// folder the volume is saved on cancellation, and `resume` goes on from it to the same bits.
MeshFit fit_mesh(const Capture& capture, const MeshFitOptions& options, JobContext& job);

}  // namespace diorama
