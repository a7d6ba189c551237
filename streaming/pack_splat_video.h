#pragma once

#include "assets/splat_sequence.h"
#include "engine/base/job.h"
#include "streaming/splat_video.h"

#include <filesystem>
#include <vector>

namespace diorama {

struct PackOptions {
  int codec = 0;  // of the lossy streams: hevc, h264
  int best_qp = 12, qp_step = 8, representations = 3;
  int most_width_px = 1280, most_height_px = 720;
  CodingOptions coding;
  template <class Visitor>
  void visit(Visitor&& option) {
    option("codec", codec, {"hevc", "h264"}, "codec of the lossy streams; the exact one is HEVC");
    option("qp", best_qp, {1, 51}, "quantiser of the best representation's lossy stream; more is smaller and coarser");
    option("qp-step", qp_step, {1, 25}, "by how much each next representation is coarser");
    option("representations", representations, {1, 6}, "choices of quality for a player");
    option("max-width", most_width_px, {64, 8192}, "of the pictures, where the splats fit into that, px");
    option("max-height", most_height_px, {64, 8192}, "of the pictures, where the splats fit into that, px");
    coding.visit(option);
  }
};

// Codes a performance, group by group: NAME.glb with the first frame and the extension, NAME_exact.mp4, a NAME_qQP.mp4
// for each representation, and the DASH manifest NAME.mpd; NAME.glb comes last. Error: kInvalidInput (frames that are
// not evenly spaced in time, no frame with splats), what encode_codes and encode_group refuse, kIo.
SplatVideo pack_splat_video(const SplatSequenceReader& source, const std::filesystem::path& glb,
                            const PackOptions& options, JobContext& job);

// What coding did to a group: `decoded` in the order of the streams, where splat i is splat order[i] of the source.
GroupErrors coding_errors(std::span<const uint32_t> order, std::span<const SplatCloud> source,
                          std::span<const SplatCloud> decoded);

// A group of a performance, whole.
SplatGroup load_group(const SplatSequenceReader& source, size_t group);

}  // namespace diorama
