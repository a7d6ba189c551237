#pragma once

#include "capture/capture.h"
#include "renderers/mesh/raster_view.h"

#include <fmt/format.h>

#include <algorithm>

namespace diorama {

// A coloured, tilted quad 2 m before the camera; it fills the middle of the image.
inline Asset quad_asset() {
  Asset asset;
  MeshPart part{.name = "quad", .material = 0};
  part.mesh.positions = {{-1, -1, 2}, {1, -1, 2.2f}, {1, 1, 2.4f}, {-1, 1, 2.2f}};
  part.mesh.colors_linear = {{1, 0, 0, 1}, {0, 1, 0, 1}, {0, 0, 1, 1}, {1, 1, 1, 1}};
  part.mesh.triangles = {{0, 2, 1}, {0, 3, 2}};
  asset.meshes.push_back(part);
  asset.materials.push_back({.double_sided = true, .unlit = true});
  return asset;
}

inline Camera small_camera() {
  return {{64, 48}, {30, 30}, {32, 24}, {}};
}

// Frames whose images are pictures of `asset`, with a brightness change of `offset` counts.
struct PictureSource : FrameSource {
  RasterResult picture;
  int offset = 0;
  bool depth = true;
  FrameImages load(size_t, FrameParts) const override {
    ImageRgba8 color = picture.color;
    for (glm::u8vec4& p : color.pixels()) {
      for (int c = 0; c < 3; ++c) p[c] = static_cast<uint8_t>(std::min(255, p[c] + offset));
    }
    FrameImages images{.color = std::make_shared<ImageRgba8>(std::move(color))};
    if (depth) images.depth_m = std::make_shared<ImageF32>(picture.depth_m);
    return images;
  }
};

inline Capture picture_capture(const Asset& asset, int frames, int offset, ThreadPool& pool, bool alpha = false) {
  auto source = std::make_unique<PictureSource>();
  source->picture = render_on_cpu(asset, small_camera(), {.background = glm::vec3(alpha ? 1.0f : 0.0f)}, pool);
  source->offset = offset;
  CaptureContent content{.name = "pictures", .has_split = true};
  for (int i = 0; i < frames; ++i) {
    Frame frame{.id = fmt::format("{:03}", i), .color = small_camera(), .depth = small_camera()};
    frame.split = i % 2 == 0 ? Split::kTest : Split::kTrain;
    frame.has_alpha = alpha;
    content.frames.push_back(frame);
  }
  content.source = std::move(source);
  return Capture(std::move(content), {});
}

}  // namespace diorama
