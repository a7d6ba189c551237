#include "viewer/window/viewer_window.h"

#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/base/measure.h"
#include "engine/gpu/pipeline_cache.h"
#include "engine/gpu/vulkan_result.h"
#include "engine/scene/image_io.h"
#include "viewer/window/window_frames.h"

#define GLFW_INCLUDE_VULKAN
#include <GLFW/glfw3.h>
#include <backends/imgui_impl_glfw.h>
#include <backends/imgui_impl_vulkan.h>
#include <imgui.h>

#include <atomic>
#include <cmath>
#include <optional>
#include <utility>

namespace diorama {
namespace {

constexpr int kFramesAfterInput = 3;  // panels take a frame or two to settle
constexpr const char* kScreenshotFile = "diorama.png";
constexpr double kHiddenWait_s = 0.1;
constexpr float kFont_px = 13;

struct GlfwLibrary {
  GlfwLibrary() {
    if (glfwInit() == GLFW_FALSE) {
      const char* reason = nullptr;
      glfwGetError(&reason);
      fail(ErrorCode::kNotFound, "no window can be opened here: {}; `diorama render` draws without one",
           reason != nullptr ? reason : "no display");
    }
    if (glfwVulkanSupported() == GLFW_FALSE) {
      glfwTerminate();
      fail(ErrorCode::kNotFound, "no Vulkan driver was found: install the GPU's, or mesa-vulkan-drivers");
    }
  }
  ~GlfwLibrary() { glfwTerminate(); }
  GlfwLibrary(const GlfwLibrary&) = delete;
};

std::optional<ViewerKey> viewer_key(int key) {
  switch (key) {
    case GLFW_KEY_W:
      return ViewerKey::kForward;
    case GLFW_KEY_S:
      return ViewerKey::kBack;
    case GLFW_KEY_A:
      return ViewerKey::kLeft;
    case GLFW_KEY_D:
      return ViewerKey::kRight;
    case GLFW_KEY_E:
      return ViewerKey::kUp;
    case GLFW_KEY_Q:
      return ViewerKey::kDown;
    case GLFW_KEY_LEFT_SHIFT:
      return ViewerKey::kFast;
    case GLFW_KEY_SPACE:
      return ViewerKey::kPlay;
    case GLFW_KEY_LEFT:
      return ViewerKey::kStepBack;
    case GLFW_KEY_RIGHT:
      return ViewerKey::kStepOn;
    case GLFW_KEY_L:
      return ViewerKey::kLoop;
    case GLFW_KEY_HOME:
      return ViewerKey::kHome;
    case GLFW_KEY_B:
      return ViewerKey::kBackground;
    case GLFW_KEY_TAB:
      return ViewerKey::kPanels;
    case GLFW_KEY_H:
      return ViewerKey::kHelp;
    case GLFW_KEY_ENTER:
    case GLFW_KEY_KP_ENTER:
      return ViewerKey::kEnter;
    case GLFW_KEY_O:
      return ViewerKey::kOpen;
    case GLFW_KEY_ESCAPE:
      return ViewerKey::kEscape;
    default:
      return std::nullopt;
  }
}

class ViewerWindow {
 public:
  ViewerWindow(const ViewerOptions& options, const WindowOptions& window, ThreadPool& pool, const LogSink& log)
      : options_(window), log_(log), viewer_(options, pool, [this] {
          woken_ = true;
          glfwPostEmptyEvent();
        }) {
    glfwWindowHint(GLFW_CLIENT_API, GLFW_NO_API);
    window_ = glfwCreateWindow(window.size_px.x, window.size_px.y, "Diorama", nullptr, nullptr);
    if (window_ == nullptr) fail(ErrorCode::kNotFound, "the window cannot be opened");
    glfwSetWindowUserPointer(window_, this);
    glfwSetKeyCallback(window_, [](GLFWwindow* of, int key, int, int action, int) { self(of).on_key(key, action); });
    glfwSetDropCallback(window_, [](GLFWwindow* of, int count, const char** paths) {
      self(of).touch();
      if (count > 0) self(of).viewer_.open(paths[count - 1]);
    });
    glfwSetWindowRefreshCallback(window_, [](GLFWwindow* of) { self(of).touch(); });
    glfwSetWindowFocusCallback(window_, [](GLFWwindow* of, int) { self(of).touch(); });
    glfwSetCursorPosCallback(window_, [](GLFWwindow* of, double, double) { self(of).touch(); });
    glfwSetScrollCallback(window_, [](GLFWwindow* of, double, double) { self(of).touch(); });
    glfwSetMouseButtonCallback(window_, [](GLFWwindow* of, int, int, int) { self(of).touch(); });
    glfwSetCharCallback(window_, [](GLFWwindow* of, unsigned) { self(of).touch(); });
    ImGui::CreateContext();
    ImGui::GetIO().IniFilename = nullptr;
    float scale = 1, scale_y = 1;
    glfwGetWindowContentScale(window_, &scale, &scale_y);
    ImFontConfig font;
    font.SizePixels = std::round(kFont_px * scale);
    ImGui::GetIO().Fonts->AddFontDefault(&font);
    ImGui::GetStyle().ScaleAllSizes(scale);
    ImGui::GetStyle().WindowRounding = 4 * scale;
    ImGui_ImplGlfw_InitForVulkan(window_, true);
  }

  ~ViewerWindow() {
    lose_device();
    ImGui_ImplGlfw_Shutdown();
    ImGui::DestroyContext();
    glfwDestroyWindow(window_);
  }
  ViewerWindow(const ViewerWindow&) = delete;

  void run(const std::filesystem::path& asset) {
    make_device();
    if (!asset.empty()) viewer_.open(asset);
    Stopwatch since_frame;
    while (glfwWindowShouldClose(window_) == GLFW_FALSE) {
      wait_for_work(since_frame);
      if (frames_wanted_ == 0) continue;
      --frames_wanted_;
      const double dt_s = since_frame.seconds();
      since_frame = {};
      try {
        draw(dt_s);
      } catch (const DeviceLost& lost) {
        ImGui::EndFrame();
        log_(LogLevel::kWarning, fmt::format("{}; the device is opened again", lost.what()));
        lose_device();
        make_device();
      }
    }
  }

 private:
  static ViewerWindow& self(GLFWwindow* window) {
    return *static_cast<ViewerWindow*>(glfwGetWindowUserPointer(window));
  }

  void touch() { frames_wanted_ = kFramesAfterInput; }

  // Until a frame is wanted, or something happened. Time that was waited is no time that a performance plays.
  void wait_for_work(Stopwatch& since_frame) {
    const std::optional<double> next_s = viewer_.next_change_s();
    if (frames_wanted_ > 0 || next_s == 0) {
      glfwPollEvents();
    } else {
      next_s ? glfwWaitEventsTimeout(*next_s) : glfwWaitEvents();
      since_frame = {};
    }
    if (woken_.exchange(false)) touch();
    if (next_s) frames_wanted_ = std::max(frames_wanted_, 1);
  }

  void on_key(int key, int action) {
    touch();
    if (key == GLFW_KEY_F12 && action == GLFW_PRESS) keep(kScreenshotFile);
    const std::optional<ViewerKey> known = viewer_key(key);
    const bool typing = ImGui::GetIO().WantTextInput && known != ViewerKey::kEscape && known != ViewerKey::kEnter;
    if (known && action != GLFW_REPEAT && !(typing && action == GLFW_PRESS)) {
      viewer_.on_key(*known, action == GLFW_PRESS);
    }
  }

  // What is shown once panels have settled.
  void keep(const std::filesystem::path& file) {
    keep_to_ = file;
    keep_in_frames_ = kFramesAfterInput;
    touch();
  }

  void make_device() {
    GpuOptions gpu;
    gpu.device = options_.device;
    gpu.validation = options_.validation;
    gpu.cache_dir = user_cache_dir();
    gpu.log = log_;
    uint32_t count = 0;
    const char** const names = glfwGetRequiredInstanceExtensions(&count);
    gpu.window_extensions.assign(names, names + count);
    device_ = std::make_unique<GpuDevice>(gpu);
    check_vk(glfwCreateWindowSurface(device_->instance(), window_, nullptr, &surface_), "glfwCreateWindowSurface");
    frames_ = std::make_unique<WindowFrames>(*device_, surface_);
    viewer_.on_start(*device_);
    frames_wanted_ = kFramesAfterInput;
  }

  void lose_device() {
    viewer_.on_suspend();
    frames_.reset();
    if (surface_ != VK_NULL_HANDLE) vkDestroySurfaceKHR(device_->instance(), surface_, nullptr);
    surface_ = VK_NULL_HANDLE;
    device_.reset();
  }

  void draw(double dt_s) {
    glm::ivec2 size_px(0);
    glfwGetFramebufferSize(window_, &size_px.x, &size_px.y);
    if (!frames_->fit(size_px)) return glfwWaitEventsTimeout(kHiddenWait_s);
    // Pictures of a size that the window no longer has are cut, and the next one fits.
    ImGui_ImplVulkan_NewFrame();
    ImGui_ImplGlfw_NewFrame();
    ImGui::NewFrame();
    const bool was_settled = viewer_.is_settled();
    const GpuImage* const picture = viewer_.frame(dt_s, frames_->size_px());
    ImGui::Render();
    const bool wanted = !options_.screenshot.empty();
    settled_frames_ = was_settled && viewer_.is_settled() ? settled_frames_ + 1 : 0;
    if (wanted && !viewer_.failure().empty()) throw Error(ErrorCode::kInvalidInput, viewer_.failure());
    if (wanted && settled_frames_ == 1) keep(options_.screenshot);
    if (wanted) touch();
    const std::filesystem::path keep_to = keep_in_frames_ > 1 ? "" : std::exchange(keep_to_, {});
    keep_in_frames_ = std::max(keep_in_frames_ - 1, 0);
    const ImageRgba8 kept = frames_->show(picture, ImGui::GetDrawData(), !keep_to.empty());
    if (keep_to.empty()) return;
    if (kept.empty()) return keep(keep_to);  // the window took no picture: another time
    write_file(keep_to, encode_png(kept));
    log_(LogLevel::kInfo, fmt::format("{}: the window's picture", keep_to.string()));
    if (wanted) glfwSetWindowShouldClose(window_, GLFW_TRUE);
  }

  WindowOptions options_;
  LogSink log_;
  Viewer viewer_;
  GLFWwindow* window_ = nullptr;
  std::unique_ptr<GpuDevice> device_;
  VkSurfaceKHR surface_ = VK_NULL_HANDLE;
  std::unique_ptr<WindowFrames> frames_;
  std::atomic<bool> woken_{false};
  int frames_wanted_ = kFramesAfterInput, settled_frames_ = 0;
  std::filesystem::path keep_to_;  // where a picture goes; empty: nowhere
  int keep_in_frames_ = 0;
};

}  // namespace

void run_viewer(const std::filesystem::path& asset, const ViewerOptions& options, const WindowOptions& window,
                ThreadPool& pool, const LogSink& log) {
  const GlfwLibrary library;
  ViewerWindow(options, window, pool, log).run(asset);
}

}  // namespace diorama
