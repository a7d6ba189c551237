#include "renderers/splats/splat_stream.h"

#include "engine/base/error.h"
#include "engine/scene/splat_edit.h"

#include <algorithm>
#include <limits>

namespace diorama {

SplatStream::SplatStream(std::unique_ptr<SplatLodSource> source, const SplatStreamOptions& options)
    : source_(std::move(source)),
      options_(options),
      nodes_(source_->nodes()),
      states_(coarsest_lod(nodes_, options.lod)) {
  for (uint32_t node = 0; node < nodes_.size(); ++node) {
    const auto level = static_cast<uint32_t>(states_[node].shown);
    first_.push_back({node, level, source_->read(node, level)});
    DIO_CHECK(first_.back().cloud.size() == nodes_[node].levels[level].splats);
    sh_degree_ = std::max(sh_degree_, first_.back().cloud.sh_degree);
  }
  for (SplatStreamStep::Arrival& arrival : first_) set_sh_degree(arrival.cloud, sh_degree_);
  if (!options.wait) loader_.emplace(*source_);
}

SplatStream::~SplatStream() = default;

size_t SplatStream::page_bound(size_t page_splats) const {
  // No more splats than the budget, or than all levels have; and of each piece a page that is not full.
  size_t all = 0;
  for (const SplatLodNode& node : nodes_) {
    size_t largest = 0, second = 0;
    for (const SplatLodLevel& level : node.levels) {
      if (level.splats > largest) {
        second = std::exchange(largest, level.splats);
      } else {
        second = std::max(second, level.splats);
      }
    }
    all += largest + second;
  }
  const auto budget = static_cast<size_t>(options_.lod.max_splats);
  return (budget == 0 ? all : std::min(all, budget)) / page_splats + 2 * nodes_.size();
}

void SplatStream::accept(uint32_t node, uint32_t level, SplatCloud cloud, SplatStreamStep& step) {
  SplatLodState& state = states_[node];
  if (state.coming != static_cast<int>(level) || state.loaded) return;
  DIO_CHECK(cloud.size() == nodes_[node].levels[level].splats);
  state.loaded = true;
  set_sh_degree(cloud, sh_degree_);
  step.arrivals.push_back({node, level, std::move(cloud)});
}

void SplatStream::take_loaded(SplatStreamStep& step) {
  for (SplatLoader::Loaded& loaded : loader_->take()) {
    const auto [node, level] = loaded.piece;
    if (loaded.failure.empty()) {
      accept(node, level, std::move(loaded.cloud), step);
      continue;
    }
    SplatLodLevel& failed = nodes_[node].levels[level];
    if (failed.usable) {
      notes_.push_back(
          fmt::format("level {} of box {}: {}; other levels are drawn there", failed.number, node, loaded.failure));
    }
    failed.usable = false;
    SplatLodState& state = states_[node];
    if (state.coming == static_cast<int>(level) && !state.loaded) state = {.shown = state.shown};
  }
}

void SplatStream::ask() {
  std::vector<SplatLoader::Piece> pieces;
  for (uint32_t node = 0; node < states_.size(); ++node) {
    const SplatLodState& state = states_[node];
    if (state.coming >= 0 && !state.loaded) pieces.emplace_back(node, static_cast<uint32_t>(state.coming));
  }
  loader_->want(pieces);
}

void SplatStream::read_now(SplatStreamStep& step) {
  for (uint32_t node = 0; node < states_.size(); ++node) {
    const SplatLodState& state = states_[node];
    if (state.coming < 0 || state.loaded) continue;
    const auto level = static_cast<uint32_t>(state.coming);
    accept(node, level, source_->read(node, level), step);
  }
}

// What goes with the states: departures of what they do not name any more.
void SplatStream::finish(SplatStreamStep& step) {
  std::vector<std::pair<uint32_t, uint32_t>> there;
  for (uint32_t node = 0; node < states_.size(); ++node) {
    const SplatLodState& state = states_[node];
    there.emplace_back(node, static_cast<uint32_t>(state.shown));
    if (state.coming >= 0 && state.loaded) there.emplace_back(node, static_cast<uint32_t>(state.coming));
  }
  std::sort(there.begin(), there.end());
  for (const auto& [node, level] : there_) {
    if (!std::binary_search(there.begin(), there.end(), std::pair(node, level))) {
      step.departures.push_back({node, level});
    }
  }
  there_ = std::move(there);
  step.draws = lod_draws(states_);
}

SplatStreamStep SplatStream::advance(const Camera& camera, double dt_s) {
  SplatStreamStep step{.departures = {}, .arrivals = std::exchange(first_, {}), .draws = {}};
  if (loader_) take_loaded(step);
  // Before the states change: what was drawn fades from here on.
  advance_lod(nodes_, states_, camera, options_.lod, dt_s);
  loader_ ? ask() : read_now(step);
  finish(step);
  return step;
}

SplatStreamStep SplatStream::settle(const Camera& camera) {
  SplatStreamStep all{.departures = {}, .arrivals = std::exchange(first_, {}), .draws = {}};
  loader_.reset();
  SplatLodOptions at_once = options_.lod;
  at_once.fade_s = 0;
  // A turn brings up to kMostLodLoads nodes to their levels, some of them by way of a coarser one.
  const size_t most_turns = 4 * nodes_.size() + 16;
  for (size_t turn = 0; turn < most_turns; ++turn) {
    advance_lod(nodes_, states_, camera, at_once, 0);
    const bool busy = std::ranges::any_of(states_, [](const SplatLodState& state) { return state.coming >= 0; });
    if (!busy) break;
    read_now(all);
  }
  const std::vector<std::pair<uint32_t, uint32_t>> before = there_;
  finish(all);
  // What came and went meanwhile, or went and came.
  std::vector<std::pair<uint32_t, uint32_t>> kept = before;
  std::erase_if(all.arrivals, [&](const SplatStreamStep::Arrival& arrival) {
    const std::pair piece(arrival.node, arrival.level);
    const bool stays = std::binary_search(there_.begin(), there_.end(), piece);
    if (!stays || std::find(kept.begin(), kept.end(), piece) != kept.end()) return true;
    kept.push_back(piece);
    return false;
  });
  if (!options_.wait) loader_.emplace(*source_);
  return all;
}

}  // namespace diorama
