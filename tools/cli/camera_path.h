#pragma once

#include "assets/asset.h"
#include "capture/capture.h"
#include "engine/scene/camera.h"

#include <string>
#include <vector>

namespace diorama {

// The same view at another size: the whole old picture stays inside, pixels stay square.
Camera fitted(const Camera& camera, glm::ivec2 size_px);

// "640x480". Error kInvalidInput otherwise, or outside 1..16384 a side.
glm::ivec2 parse_size(const std::string& text);

// Index of the frame with this id, or with this number. Error kInvalidInput naming some ids that exist.
size_t find_frame(const Capture& capture, const std::string& frame);

}  // namespace diorama
