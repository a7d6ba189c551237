#include "viewer/core/panels.h"

#include <fmt/format.h>
#include <imgui.h>
#include <imgui_stdlib.h>

#include <algorithm>

namespace diorama {
namespace {

constexpr ImGuiWindowFlags kFixed = ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoMove |
                                    ImGuiWindowFlags_NoSavedSettings | ImGuiWindowFlags_AlwaysAutoResize |
                                    ImGuiWindowFlags_NoFocusOnAppearing | ImGuiWindowFlags_NoNav;

float margin() {
  return 0.75f * ImGui::GetFontSize();
}

void text(const std::string& line) {
  ImGui::TextUnformatted(line.data(), line.data() + line.size());
}

// A window whose `pivot` (0 to 1) lies at the same part of the screen, a margin from the edges.
bool begin_at(const char* name, ImVec2 pivot) {
  const ImVec2 size = ImGui::GetIO().DisplaySize;
  const auto place = [](float whole, float share) { return margin() + share * (whole - 2 * margin()); };
  ImGui::SetNextWindowPos({place(size.x, pivot.x), place(size.y, pivot.y)}, ImGuiCond_Always, pivot);
  ImGui::SetNextWindowBgAlpha(0.8f);
  return ImGui::Begin(name, nullptr, kFixed);
}

void draw_facts(const Panels& panels) {
  begin_at("facts", {0, 0});
  text(panels.title);
  if (!panels.details.empty()) ImGui::TextDisabled("%s", panels.details.c_str());
  ImGui::Separator();
  if (panels.frame_ms > 0)
    text(fmt::format("{:.1f} ms a frame, {:.0f} a second", panels.frame_ms, 1e3 / panels.frame_ms));
  for (const PassTime& pass : panels.passes) text(fmt::format("  {:<6} {:6.2f} ms", pass.name, pass.ms));
  if (panels.splats > 0) text(fmt::format("{} splats, {} drawn", panels.splats, panels.splats_visible));
  if (panels.triangles > 0) text(fmt::format("{} triangles", panels.triangles));
  text(fmt::format("{:.0f} MiB on {}", static_cast<double>(panels.memory_bytes) / (1 << 20), panels.device));
  ImGui::End();
}

void draw_transport(Transport& transport) {
  ImGui::SetNextWindowSize({std::min(ImGui::GetIO().DisplaySize.x - 2 * margin(), 45 * ImGui::GetFontSize()), 0});
  begin_at("transport", {0.5f, 1});
  if (ImGui::Button(transport.is_playing() ? "Pause" : "Play ", {4.5f * ImGui::GetFontSize(), 0})) {
    transport.set_playing(!transport.is_playing());
  }
  ImGui::SameLine();
  if (ImGui::Button("<")) transport.step(-1);
  ImGui::SameLine();
  if (ImGui::Button(">")) transport.step(1);
  ImGui::SameLine();
  bool looping = transport.is_looping();
  if (ImGui::Checkbox("loop", &looping)) transport.set_looping(looping);
  ImGui::SameLine();
  ImGui::SetNextItemWidth(5 * ImGui::GetFontSize());
  auto rate = static_cast<float>(transport.rate());
  if (ImGui::SliderFloat("rate", &rate, 0.1f, 4, "%.2f", ImGuiSliderFlags_Logarithmic)) {
    transport.set_rate(static_cast<double>(rate));
  }
  ImGui::SameLine();
  ImGui::SetNextItemWidth(-1);
  auto time = static_cast<float>(transport.time_s());
  const std::string label = fmt::format("%.2f s  frame {} of {}", transport.frame() + 1, transport.frame_count());
  if (ImGui::SliderFloat("##time", &time, 0, static_cast<float>(transport.duration_s()), label.c_str())) {
    transport.seek(static_cast<double>(time));
  }
  ImGui::End();
}

void draw_empty(const Panels& panels) {
  begin_at("empty", {0.5f, 0.5f});
  if (!panels.loading.empty()) {
    text("Reading " + panels.loading + " ...");
  } else {
    text("Drop a scene here, or press O to open one.");
    ImGui::TextDisabled(".glb, .gltf, .ply, .spz, .sog, .splat; captures become scenes with `diorama fit`");
    ImGui::TextDisabled("H shows all keys");
  }
  ImGui::End();
}

void draw_help() {
  begin_at("help", {0.5f, 0.5f});
  constexpr const char* kLines[][2] = {{"drag", "turn around the pivot"},
                                       {"right or middle drag", "move along the picture"},
                                       {"Ctrl and drag", "look around"},
                                       {"wheel", "nearer, farther"},
                                       {"double click", "turn around this point of the surface"},
                                       {"W A S D Q E", "fly; with Shift faster"},
                                       {"Home", "see it all"},
                                       {"Space", "play, pause"},
                                       {"left, right", "a frame back, on"},
                                       {"L", "loop"},
                                       {"B", "background"},
                                       {"Tab", "panels"},
                                       {"O", "open"},
                                       {"F12", "save the picture"},
                                       {"H, Esc", "close this"}};
  if (ImGui::BeginTable("keys", 2, ImGuiTableFlags_SizingFixedFit)) {
    for (const auto& line : kLines) {
      ImGui::TableNextColumn();
      ImGui::TextUnformatted(line[0]);
      ImGui::TableNextColumn();
      ImGui::TextDisabled("%s", line[1]);
    }
    ImGui::EndTable();
  }
  ImGui::End();
}

void draw_open_box(Panels& panels) {
  begin_at("open", {0.5f, 0.3f});
  text("File or folder to open");
  ImGui::SetNextItemWidth(30 * ImGui::GetFontSize());
  if (ImGui::IsWindowAppearing()) ImGui::SetKeyboardFocusHere();
  ImGui::InputText("##path", &panels.path);
  ImGui::SameLine();
  if (ImGui::Button("Open")) {
    panels.wants_open = !panels.path.empty();
    panels.asks_path = false;
  }
  ImGui::End();
}

}  // namespace

void draw_panels(Panels& panels, Transport& transport) {
  if (panels.title.empty()) {
    draw_empty(panels);
  } else if (panels.shown) {
    draw_facts(panels);
    if (transport.frame_count() > 1) draw_transport(transport);
  }
  if (panels.asks_path) draw_open_box(panels);
  if (panels.help) draw_help();
  const bool reads_more = !panels.loading.empty() && !panels.title.empty();
  if (!reads_more && panels.message.empty()) return;
  begin_at("message", {1, 0});
  ImGui::PushTextWrapPos(25 * ImGui::GetFontSize());
  if (reads_more) text("Reading " + panels.loading + " ...");
  if (!panels.message.empty()) text(panels.message);
  ImGui::PopTextWrapPos();
  ImGui::End();
}

}  // namespace diorama
