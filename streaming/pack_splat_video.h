#pragma once

#include "assets/splat_sequence.h"
#include "engine/base/job.h"
#include "streaming/splat_video.h"

#include <filesystem>
#include <functional>
#include <vector>

namespace diorama {

struct PackOptions {
  int codec = 0;  // of the lossy streams: hevc, h264
  int best_qp = 16, qp_step = 6, representations = 3;
  float most_mbps = 0, rate_share = 0.5f;
  int most_width_px = 1280, most_height_px = 720;
  CodingOptions coding;
  template <class Visitor>
  void visit(Visitor&& option) {
    option("codec", codec, {"hevc", "h264"}, "codec of the lossy streams; the exact one is HEVC");
    option("qp", best_qp, {1, 51}, "quantiser of the best representation's lossy stream; more is smaller and coarser");
    option("qp-step", qp_step, {1, 25}, "by how much each next representation is coarser");
    option("representations", representations, {1, 6}, "choices of quality for a player");
    option("mbps", most_mbps, {0, 1000},
           "Mbit in any second of the best representation, both streams; where --qp needs more, quantisers get "
           "coarser; 0: what the streams' levels allow");
    option("rate-share", rate_share, {0.1, 1},
           "with --mbps, each next representation gets this share of the one before");
    option("max-width", most_width_px, {64, 8192}, "of the pictures, where the splats fit into that, px");
    option("max-height", most_height_px, {64, 8192}, "of the pictures, where the splats fit into that, px");
    coding.visit(option);
  }
};

// How much each splat of a group is seen, for CodingOptions::prune.
using WeighSplats = std::function<SplatWeights(const SplatGroup&, ThreadPool&)>;

// Codes a performance, group by group: NAME.glb with the first frame and the extension, NAME_exact.mp4, a NAME_qQP.mp4
// for each representation, and the DASH manifest NAME.mpd; NAME.glb comes last. Quantisers get coarser in the seconds
// that would have more bits than the stream's level or --mbps allows. Without `weigh` splats count by what they cover.
// Error: kInvalidInput (frames that are not evenly spaced in time, no frame with splats), what encode_codes and
// encode_group refuse, kIo.
SplatVideo pack_splat_video(const SplatSequenceReader& source, const std::filesystem::path& glb,
                            const PackOptions& options, JobContext& job, const WeighSplats& weigh = {});

// A group of a performance, whole.
SplatGroup load_group(const SplatSequenceReader& source, size_t group);

}  // namespace diorama
