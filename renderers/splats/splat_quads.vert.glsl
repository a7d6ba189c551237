#version 450
#include "renderers/splats/splat_corners.glsl"
