#pragma once

#include "engine/base/measure.h"
#include "engine/gpu/frame_ring.h"
#include "viewer/core/transport.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

namespace diorama {

// What lies over the picture, and what its user changed there. Drawn with Dear ImGui.
struct Panels {
  std::string title;    // of what is open; empty: nothing
  std::string details;  // a line on it
  std::string loading;  // what is being read; empty: nothing
  std::string message;  // a sentence; goes after a while
  Stopwatch message_shown;
  std::string device;
  std::vector<PassTime> passes;
  size_t splats = 0, splats_visible = 0, triangles = 0;
  uint64_t memory_bytes = 0;
  double frame_ms = 0;  // running mean
  bool shown = true, help = false;

  // Changed here, taken by the viewer.
  std::string path;  // in the box for opening
  bool asks_path = false, wants_open = false;

  void tell(std::string sentence) {
    message = std::move(sentence);
    message_shown = {};
  }
  double message_left_s() const { return message.empty() ? 0 : std::max(0.0, 8 - message_shown.seconds()); }
};

// Between ImGui::NewFrame() and ImGui::Render().
void draw_panels(Panels& panels, Transport& transport);

}  // namespace diorama
