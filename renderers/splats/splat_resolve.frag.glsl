#version 450
#include "renderers/splats/splat_resolve.glsl"
