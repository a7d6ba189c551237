#version 450
#define WITH_DEPTH
#include "renderers/splats/splat_resolve.glsl"
