#pragma once

#include "engine/gpu/frame_ring.h"
#include "engine/gpu/gpu_image.h"
#include "engine/gpu/swapchain.h"
#include "engine/gpu/transfer.h"
#include "engine/scene/image.h"

#include <glm/glm.hpp>

#include <optional>
#include <vector>

struct ImDrawData;

namespace diorama {

// Puts pictures and Dear ImGui's panels over them onto a window's surface.
class WindowFrames {
 public:
  // The surface must stay. Dear ImGui's Vulkan backend lives as long as this.
  WindowFrames(GpuDevice& device, VkSurfaceKHR surface);
  ~WindowFrames();
  WindowFrames(WindowFrames&&) = delete;

  // False: the window is of no size now, nothing is to be drawn.
  bool fit(glm::ivec2 size_px) { return swapchain_.fit(size_px); }
  glm::ivec2 size_px() const { return swapchain_.size_px(); }

  // `picture`: in the layout for copies; null: a plain ground. `keep`: also gives what is shown, with the panels; empty
  // where the window took no picture.
  ImageRgba8 show(const GpuImage* picture, ImDrawData* panels, bool keep);

 private:
  void make_backend();
  void prepare();
  void record(VkCommandBuffer commands, uint32_t image, const GpuImage* picture, ImDrawData* panels);
  void record_picture(VkCommandBuffer commands, uint32_t image, const GpuImage& picture);
  ImageRgba8 read(const ReadbackRing::Region& region) const;

  GpuDevice* device_;
  Swapchain swapchain_;
  OwnedRenderPass pass_;
  OwnedDescriptorPool pool_;
  std::vector<OwnedFramebuffer> framebuffers_;
  std::vector<OwnedSemaphore> drawn_;     // of the images
  std::vector<OwnedSemaphore> acquired_;  // of the frames in flight
  glm::ivec2 made_px_{0};
  GpuImage canvas_;  // the picture's values in a plain format
  std::optional<ReadbackRing> readback_;
  FrameRing frames_;  // goes first: it waits for the device
};

}  // namespace diorama
