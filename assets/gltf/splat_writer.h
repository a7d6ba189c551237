#pragma once

#include "assets/gltf/glb_builder.h"
#include "engine/scene/rigid.h"
#include "engine/scene/splat_cloud.h"

namespace diorama {

// The glTF primitive of a cloud as KHR_gaussian_splatting (release candidate), with COLOR_0 as the colour of plain
// points. The cloud is in the asset's frame, the data in the file in the capture's. The cloud must be sound
// (check_splat_cloud) and not empty.
nlohmann::ordered_json splat_primitive_json(GlbBuilder& builder, const SplatCloud& cloud,
                                            const Rigid& asset_from_capture);

// The same with the data as SPZ version 2 (KHR_gaussian_splatting_compression_spz_2, a draft): accessors tell count and
// type alone.
nlohmann::ordered_json packed_splat_primitive_json(GlbBuilder& builder, const SplatCloud& cloud,
                                                   const Rigid& asset_from_capture, bool antialiased);

}  // namespace diorama
