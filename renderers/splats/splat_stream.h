#pragma once

#include "engine/scene/splat_lod.h"
#include "renderers/splats/splat_loader.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace diorama {

struct SplatStreamOptions {
  SplatLodOptions lod;
  bool wait = false;  // for every load, in advance() itself: the same pictures every time; else a thread reads
};

// What changes from one picture to the next of splats with levels of detail, for whoever draws them.
struct SplatStreamStep {
  struct Arrival {
    uint32_t node = 0, level = 0;
    SplatCloud cloud;
  };
  struct Departure {
    uint32_t node = 0, level = 0;
  };
  std::vector<Departure> departures;  // first
  std::vector<Arrival> arrivals;
  std::vector<SplatLodDraw> draws;  // of what arrived and did not depart
};

// Levels of detail as the camera moves: chosen and faded by advance_lod(), read in the background. What is drawn never
// has a hole: a node's level stays until its successor is there and has faded in. A level that cannot be read is told
// in notes(), and the node's other ones are used.
class SplatStream {
 public:
  // Reads the coarsest levels; the first step brings them. Error: what coarsest_lod() and reading refuse.
  SplatStream(std::unique_ptr<SplatLodSource> source, const SplatStreamOptions& options);
  ~SplatStream();

  // Goes on by dt_s. Waiting, an error of reading is thrown.
  SplatStreamStep advance(const Camera& camera, double dt_s);

  // With everything read and faded that a camera which stays there gets. Waits, whatever the options.
  SplatStreamStep settle(const Camera& camera);

  const std::vector<SplatLodNode>& nodes() const { return nodes_; }
  const std::vector<SplatLodState>& states() const { return states_; }
  int sh_degree() const { return sh_degree_; }  // of all clouds: the highest of the coarsest levels
  size_t page_bound(size_t page_splats) const;  // pages that all which is there at once can fill, a piece its own pages
  const std::vector<std::string>& notes() const { return notes_; }

 private:
  void take_loaded(SplatStreamStep& step);
  void ask();
  void read_now(SplatStreamStep& step);
  void accept(uint32_t node, uint32_t level, SplatCloud cloud, SplatStreamStep& step);
  void finish(SplatStreamStep& step);

  std::unique_ptr<SplatLodSource> source_;
  SplatStreamOptions options_;
  std::vector<SplatLodNode> nodes_;
  std::vector<SplatLodState> states_;
  std::vector<SplatStreamStep::Arrival> first_;       // not handed out yet
  std::vector<std::pair<uint32_t, uint32_t>> there_;  // node and level of what was handed out, ascending
  std::vector<std::string> notes_;
  int sh_degree_ = 0;
  std::optional<SplatLoader> loader_;  // absent: options_.wait
};

}  // namespace diorama
