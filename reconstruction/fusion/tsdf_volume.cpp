#include "reconstruction/fusion/tsdf_volume.h"

#include "engine/base/options.h"
#include "reconstruction/fusion/block_grid.h"
#include "reconstruction/fusion/cull.h"
#include "reconstruction/fusion/extract.h"
#include "reconstruction/fusion/integrate.h"
#include "reconstruction/fusion/prepare_view.h"
#include "reconstruction/fusion/volume_file.h"

#include <limits>

namespace diorama {

struct TsdfVolume::Impl {
  FusionOptions options;
  BlockGrid grid;
  PreparedView view;
  BlockCuller culler;
  std::vector<ActiveBlock> active;
};

TsdfVolume::TsdfVolume(const FusionOptions& options) {
  FusionOptions checked = options;
  check_options(option_fields(checked));
  impl_ = std::make_unique<Impl>(Impl{checked, BlockGrid(checked.color), {}, {}, {}});
}

TsdfVolume::~TsdfVolume() = default;
TsdfVolume::TsdfVolume(TsdfVolume&&) noexcept = default;
TsdfVolume& TsdfVolume::operator=(TsdfVolume&&) noexcept = default;

const FusionOptions& TsdfVolume::options() const {
  return impl_->options;
}

size_t TsdfVolume::block_count() const {
  return impl_->grid.size();
}

size_t TsdfVolume::memory_bytes() const {
  return impl_->grid.memory_bytes();
}

void TsdfVolume::integrate(const FusionView& view, ThreadPool& pool) {
  constexpr size_t kBlocksAPiece = 16;  // 100 us: both ends of the frame's work stay balanced
  Impl& m = *impl_;
  const float truncation_m = m.options.truncation_voxels * m.options.voxel_m;
  prepare_view(view, m.options, m.grid, pool, m.view);
  m.culler.cull(m.grid, m.view, {m.options.voxel_m, truncation_m, m.options.carve_free_space}, pool, m.active);
  const IntegrateOptions integrate_options{
      .voxel_m = m.options.voxel_m,
      .truncation_m = truncation_m,
      .max_weight = m.options.max_weight > 0 ? m.options.max_weight : std::numeric_limits<float>::max(),
      .carve = m.options.carve_free_space};
  pool.parallel_for(m.active.size(), kBlocksAPiece, [&](size_t begin, size_t end) {
    integrate_blocks(m.view, integrate_options, std::span(m.active).subspan(begin, end - begin), m.grid);
  });
}

Mesh TsdfVolume::extract(const ExtractOptions& options, ThreadPool& pool) const {
  ExtractOptions checked = options;
  check_options(option_fields(checked));
  return extract_mesh(impl_->grid, impl_->options, checked, pool);
}

void TsdfVolume::save(const std::filesystem::path& path) const {
  write_volume(path, impl_->options, impl_->grid);
}

TsdfVolume TsdfVolume::load(const std::filesystem::path& path) {
  VolumeContent content = read_volume(path);
  TsdfVolume volume(content.options);
  volume.impl_->grid = std::move(content.grid);
  return volume;
}

}  // namespace diorama
