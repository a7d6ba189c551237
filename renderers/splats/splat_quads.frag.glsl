#version 450
#include "renderers/splats/splat_quads.glsl"
