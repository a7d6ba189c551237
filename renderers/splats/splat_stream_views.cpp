#include "renderers/splats/splat_stream_views.h"

#include "engine/base/error.h"
#include "engine/scene/splat_fade_shared.h"

namespace diorama {

SplatStreamRenderer::SplatStreamRenderer(GpuDevice& device, const SplatStream& stream)
    : buffers_(device, {.sh_degree = stream.sh_degree()}),
      pages_(buffers_, stream.page_bound(kSplatPage)),
      uploads_(device),
      renderer_(device, buffers_) {}

void SplatStreamRenderer::apply(const SplatStreamStep& step) {
  for (const SplatStreamStep::Departure& gone : step.departures) {
    const auto piece = pieces_.find({gone.node, gone.level});
    DIO_CHECK(piece != pieces_.end());
    pages_.release(piece->second);
    pieces_.erase(piece);
  }
  for (const SplatStreamStep::Arrival& arrival : step.arrivals) {
    pieces_[{arrival.node, arrival.level}] = pages_.put(arrival.cloud, uploads_);
  }
  uploads_.flush();
  std::vector<SplatRun> runs;
  for (const SplatLodDraw& draw : step.draws) {
    for (SplatRun run : pieces_.at({draw.node, draw.level})) {
      run.weight = draw.weight;
      runs.push_back(run);
    }
  }
  buffers_.show(std::move(runs));
}

SplatStreamRaster::SplatStreamRaster(const SplatStream& stream, bool antialiased)
    : layout_{stream.sh_degree()}, view_(layout_, antialiased) {}

void SplatStreamRaster::apply(const SplatStreamStep& step) {
  for (const SplatStreamStep::Departure& gone : step.departures) pieces_.erase({gone.node, gone.level});
  for (const SplatStreamStep::Arrival& arrival : step.arrivals) {
    DIO_CHECK(arrival.cloud.sh_degree == layout_.sh_degree);
    pieces_[{arrival.node, arrival.level}] = {records_from_cloud(arrival.cloud), arrival.cloud.opacities};
  }
  size_t floats = 0;
  for (const SplatLodDraw& draw : step.draws) floats += pieces_.at({draw.node, draw.level}).records.size();
  AlignedVector<float> records(floats);
  float* at = records.data();
  for (const SplatLodDraw& draw : step.draws) {
    const Piece& piece = pieces_.at({draw.node, draw.level});
    std::copy(piece.records.begin(), piece.records.end(), at);
    for (size_t i = 0; draw.weight < 1 && i < piece.opacities.size(); ++i) {
      at[i * layout_.stride() + SplatLayout::kOpacity] = opacity_logit(faded_opacity(piece.opacities[i], draw.weight));
    }
    at += piece.records.size();
  }
  view_.set_records(std::move(records));
}

}  // namespace diorama
