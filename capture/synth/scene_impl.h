#pragma once

#include "capture/synth/bvh.h"
#include "capture/synth/geometry.h"
#include "capture/synth/scene.h"

#include <utility>

namespace diorama {

struct SynthScene::Impl {
  explicit Impl(SynthGeometry g) : geometry(std::move(g)), bvh(geometry) {}
  SynthGeometry geometry;
  SynthBvh bvh;
};

}  // namespace diorama
