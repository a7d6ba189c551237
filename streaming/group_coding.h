#pragma once

#include "engine/base/thread_pool.h"
#include "engine/scene/splat_sequence.h"
#include "streaming/atlas.h"
#include "streaming/kept_splats.h"
#include "streaming/node_motion.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace diorama {

// How a group of splats stands in two streams of pictures; docs/splat_video.md has it to the bit.
//
// The exact stream, bit-exact: each splat's place in the base as three numbers of 8 + base_low_bits bits (tiles 0 to 2
// the high bytes of x, y, z, tiles 3 to 5 the rest), the same in all pictures of a group, and in the extra rows the
// nodes' transforms of the picture's frame. The lossy stream, 8 bits a scalar: what the nodes' motion leaves of the
// centres and the rotations, and scales, opacities and colours.

// The scalars of the lossy stream. Colours are luma and two differences of SH degree 0's colour (0.5 + kShC0 * DC):
// y = (r + 2 g + b) / 4, co = r - b, cg = g - (r + b) / 2. Degree 1: the coefficients of -y, z, -x times 3 channels.
enum class SplatScalar {
  kRestX,
  kRestY,
  kRestZ,
  kRotationX,
  kRotationY,
  kRotationZ,
  kLogScaleX,
  kLogScaleY,
  kLogScaleZ,
  kColorY,
  kColorCo,
  kOpacity,
  kColorCg,
  kSh1,  // the first of 9
};
inline constexpr size_t kScalarsOfDegree0 = 13, kScalarsOfDegree1 = 22;
constexpr size_t scalar_count(int sh_degree) {
  return sh_degree == 0 ? kScalarsOfDegree0 : kScalarsOfDegree1;
}

struct ScalarPlace {
  AtlasPlane plane = AtlasPlane::kLuma;
  int tile = 0;
};
ScalarPlace place_of(size_t scalar);

// code 0 stands for low, code `levels` for high.
struct ScalarRange {
  float low = 0, high = 0;
  int levels = 255;  // 1 to 255; fewer cost fewer bits
  float step() const { return (high - low) / static_cast<float>(levels); }
  bool operator==(const ScalarRange&) const = default;
};

// What a decoder must know of a group beside its pictures.
struct GroupParameters {
  size_t first_frame = 0, frame_count = 0, splat_count = 0, node_count = 0;
  int sh_degree = 0;
  glm::vec3 base_low{0};
  float base_step_m = 0;
  int base_low_bits = 0;             // 0 to 8
  float node_shift_m = 0;            // codes of the nodes' shifts span -this to this
  std::vector<ScalarRange> scalars;  // scalar_count(sh_degree)
  bool operator==(const GroupParameters&) const = default;
};

// Error kInvalidInput: counts, ranges or bits that no group has.
void check_group_parameters(const GroupParameters& parameters);

// Lengths are in units of the group's size / 4096: the longest side of the box of its first frame's centres.
inline constexpr float kUnitsOfSize = 4096;

// What is kept, and how far apart neighbouring codes are: errors are up to half of that, before the codec's. A scalar
// has 256 codes at most, and where its range asks for more, they are farther apart.
struct CodingOptions {
  int base_bits = 12;       // of each coordinate in the base, 8 to 16
  int splats_of_node = 80;  // about
  int most_nodes = 256;
  int node_bits = 12;  // of each number of a node's motion, 8 to 16
  int sh_degree = 1;   // 0 or 1; coefficients of higher degrees are dropped
  bool hold_sh = true;
  float prune = 0;
  float least_scale_units = 1;
  float position_step_units = 0.15f, rotation_step = 0.008f, scale_step = 0.045f, opacity_step = 0.008f,
        color_step = 0.007f, sh_step = 0.02f;
  template <class Visitor>
  void visit(Visitor&& option) {
    option("base-bits", base_bits, {8, 16}, "bits of each coordinate of the places that splats move from");
    option("node-splats", splats_of_node, {8, 10000}, "splats for each node of the motion, about");
    option("max-nodes", most_nodes, {5, 4096}, "nodes of the motion at most");
    option("node-bits", node_bits, {8, 16}, "bits of each number of a node's motion");
    option("sh-degree", sh_degree, {0, 1}, "degree of the colours that is kept");
    option("hold-sh", hold_sh, "view-dependent colours are the same in all frames of a group");
    option("prune", prune, {0, 0.5}, "share of what is seen of the splats that may be left out, the faintest first");
    option("least-scale", least_scale_units, {0.01, 100}, "axes thinner than this become this, 1/4096 of the size");
    option("position-step", position_step_units, {0.01, 100}, "between codes of centres, 1/4096 of the size");
    option("rotation-step", rotation_step, {1e-4, 1}, "between codes of rotations, of a unit quaternion");
    option("scale-step", scale_step, {1e-4, 2}, "between codes of scales' logarithms");
    option("opacity-step", opacity_step, {1e-4, 1}, "between codes of opacities");
    option("color-step", color_step, {1e-4, 1}, "between codes of colours, white is 1");
    option("sh-step", sh_step, {1e-4, 1}, "between codes of view-dependent colours' coefficients");
  }
};

// Axes of splats thinner than this are coded as this, whatever the group's size.
inline constexpr float kLeastScale_m = 1e-4f;

size_t node_count_of(size_t splats, const CodingOptions& options);

// The order of a group's splats in its streams: nodes first, then along a Morton curve, by their first frame.
std::vector<uint32_t> coding_order(const SplatCloud& first, size_t nodes);

// A group's codes: of the base once, of the nodes and the scalars frame by frame. Splats are in the order of the
// streams.
struct GroupCodes {
  GroupParameters parameters;
  std::vector<uint32_t> order;                             // index in the group of each splat here
  std::array<std::vector<uint16_t>, 3> base;               // [axis][splat]
  std::vector<std::vector<uint16_t>> nodes;                // [frame][6 node + (rotation x y z, shift x y z)]
  std::vector<std::vector<std::vector<uint8_t>>> scalars;  // [frame][scalar][splat]
};

// `weights`: how much each splat is seen, for options.prune; by default what it covers. Error kInvalidInput: what
// check_splat_group refuses; more than 65,535 x 128 splats.
GroupCodes encode_codes(const SplatGroup& group, const CodingOptions& options, ThreadPool& pool,
                        const SplatWeights* weights = nullptr);

// Layouts for groups of at most these sizes.
struct GroupLayouts {
  AtlasLayout exact, lossy;
};
GroupLayouts choose_layouts(size_t splats, size_t nodes, int sh_degree, glm::ivec2 most_px);

// Pictures of a group's frames, as they are coded.
std::vector<Picture420> exact_pictures(const GroupCodes& codes, const AtlasLayout& layout);
std::vector<Picture420> lossy_pictures(const GroupCodes& codes, const AtlasLayout& layout);

// Error kInvalidInput: a group that check_group_parameters refuses, or that does not fit the layouts.
void check_fits(const GroupParameters& parameters, const GroupLayouts& layouts);

// Where splats move from, and how the nodes move, as pictures of the exact stream have them.
std::vector<glm::vec3> read_base(const GroupParameters& parameters, const AtlasLayout& layout, const Picture420& exact);
void read_nodes(const GroupParameters& parameters, const AtlasLayout& layout, const Picture420& exact,
                std::span<NodeTransform> transforms);

}  // namespace diorama
