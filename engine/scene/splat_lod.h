#pragma once

#include "engine/scene/camera.h"
#include "engine/scene/mesh.h"
#include "engine/scene/splat_cloud.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace diorama {

// Levels of detail of splats: a scene cut into boxes ("nodes"), each of which has its splats at several levels. What
// follows decides, picture by picture, which level of each node is drawn, within a number of splats, and fades from one
// level to the next. It loads and draws nothing itself, and the same calls give the same answers.

struct SplatLodLevel {
  size_t splats = 0;
  int number = 0;      // of the level in its file
  bool usable = true;  // false: could not be read
};

struct SplatLodNode {
  Bounds bounds;
  std::vector<SplatLodLevel> levels;  // finest first, each of fewer splats than the one before; the last is usable
};

struct SplatLodOptions {
  int max_splats = 0;  // drawn, faded and loading together; 0: any number
  double detail_px = 1;
  double fade_s = 1;
  template <class Visitor>
  void visit(Visitor&& option) {
    option("lod-detail", detail_px, {0, 1000},
           "levels of detail: no finer than to bring splats this many pixels apart; 0: as fine as --max-splats allows");
    option("lod-fade", fade_s, {0, 10}, "levels of detail: seconds in which one fades into the next");
  }
};

// What a node shows. Levels are indices into SplatLodNode::levels.
struct SplatLodState {
  int shown = -1;       // drawn now
  int coming = -1;      // its successor, which is being loaded or fades in; -1: none
  bool loaded = false;  // the successor is there; set by who loads it
  float fade = 0;       // share of the successor, [0, 1]
};

// How far apart, in pixels, a node's splats are at a level: its box's diagonal over the square root of their number,
// from the nearest point of the box. Boxes outside the view count as up to four times as far away.
double lod_spacing_px(const SplatLodNode& node, size_t level, const Camera& camera);

// The levels to be at. From all the coarsest on, the node with the widest spacing is refined, until the splats, and
// with them the most that a single switch needs beside them, would be more than max_splats, or none is wider than
// detail_px. So a larger budget never gives a coarser node, and of two equal nodes the nearer is never the coarser.
// Steps that `states` have taken already count as 1.2 times as wide: no camera makes two nodes swap levels to and fro.
std::vector<int> choose_lod_levels(std::span<const SplatLodNode> nodes, std::span<const SplatLodState> states,
                                   const Camera& camera, const SplatLodOptions& options);

// All nodes at their coarsest levels. Error kInvalidInput: they have more splats than max_splats.
std::vector<SplatLodState> coarsest_lod(std::span<const SplatLodNode> nodes, const SplatLodOptions& options);

// Goes on by dt_s: fades whose successors are loaded go on (or back, where they are not wanted any more); loads that
// are not wanted are dropped; new ones are begun as far as max_splats lets both levels be there, coarser ones first. At
// most kMostLodLoads are loading at once. From any states that this function made it gets to those that are chosen.
inline constexpr size_t kMostLodLoads = 8;
void advance_lod(std::span<const SplatLodNode> nodes, std::span<SplatLodState> states, const Camera& camera,
                 const SplatLodOptions& options, double dt_s);

// Splats that the states need memory for: shown and coming.
size_t lod_splats(std::span<const SplatLodNode> nodes, std::span<const SplatLodState> states);

// Share of the successor's optical depth in a fade; the other level has the rest. What lies in front hides what is
// behind it long before it has its whole depth: the share grows slowly at both ends, so that the picture changes evenly
// whichever of the two is in front.
float lod_weight(float fade);

// What is drawn, node by node.
struct SplatLodDraw {
  uint32_t node = 0, level = 0;
  float weight = 1;  // for faded_opacity(); those of a node add up to 1
};
std::vector<SplatLodDraw> lod_draws(std::span<const SplatLodState> states);

// A scene that can be read piece by piece.
class SplatLodSource {
 public:
  virtual ~SplatLodSource() = default;
  virtual const std::vector<SplatLodNode>& nodes() const = 0;
  // As many splats as the level has. From one thread at a time. Error: what reading refuses.
  virtual SplatCloud read(size_t node, size_t level) = 0;
};

}  // namespace diorama
