#pragma once

#include "capture/synth/render.h"
#include "capture/synth/synth.h"
#include "engine/scene/image.h"

#include <cstdint>

namespace diorama {

// The depth camera's pose as tracking reports it: off by the options' noise, another one for each `key`.
Rigid reported_pose(const Rigid& world_from_camera, const SynthOptions& options, uint32_t key);

// Linear radiance to 8-bit sRGB: the camera's exposure (which may wander), shot and read noise, a film-like shoulder.
// Alpha is the coverage; `key` names the frame for the noise.
ImageRgba8 develop(const SynthColorSum& sum, int samples, const SynthOptions& options, double time_s, uint32_t key);

// Counts of kSynthDepthUnitM as the depth sensor reports them, 0: no measurement. Exact (rounded) without depth noise.
inline constexpr float kSynthDepthUnitM = 0.00025f;
ImageU16 measure_depth(const SynthSurfaceImage& surface, const SynthOptions& options, uint32_t key);

}  // namespace diorama
