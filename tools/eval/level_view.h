#pragma once

#include "assets/sog_levels.h"
#include "renderers/splats/splat_stream.h"
#include "tools/eval/asset_view.h"

namespace diorama {

// A folder with levels of detail, drawn picture by picture with as many splats as `lod.max_splats` allows: the first
// picture with the levels that its camera gets, each further one `picture_s` later, levels fading meanwhile. Every load
// is waited for, so that the pictures are the same every time. Error: as make_asset_view and SplatStream.
std::unique_ptr<AssetView> make_level_view(std::unique_ptr<SogLevelSource> source, const SplatLodOptions& lod,
                                           double picture_s, const BackendOptions& options, ThreadPool& pool,
                                           LogSink log = {}, std::future<std::unique_ptr<GpuDevice>> device = {});

}  // namespace diorama
