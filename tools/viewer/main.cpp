#include "engine/base/error.h"
#include "tools/cli/camera_path.h"
#include "tools/cli/option_flags.h"
#include "viewer/window/viewer_window.h"

#include <cstdio>
#include <cstdlib>
#include <new>

namespace diorama {
namespace {

// Exit codes as the program diorama has them.
constexpr int kExitBug = 1, kExitBadInput = 2;

int run_program(int argc, char** argv) {
  CLI::App program{"Shows scenes: splats, meshes and splat video.\n  diorama-viewer room.glb"};
  program.name("diorama-viewer");
  program.set_version_flag("--version", "diorama-viewer " DIORAMA_VERSION);
  std::string asset, size = "1280x720", screenshot;
  ViewerOptions options;
  WindowOptions window;
  int threads = 0;
  program.add_option("ASSET", asset, "what to show first: .glb, .gltf, .ply, .spz, .sog, .splat, or a folder of SOG");
  program.add_option("--size", size, "of the window, WIDTHxHEIGHT")->capture_default_str();
  program.add_option("--device", window.device, "Vulkan device, as for diorama render; default: DIORAMA_DEVICE");
  program.add_option("--screenshot", screenshot, "write a PNG of the window once the asset is shown, and close");
  program.add_option("--threads", threads, "threads to use; 0: one a core")->check(CLI::Range(0, 1024));
  program.add_flag("--validation", window.validation, "the Vulkan validation layer; its messages go to standard error");
  add_options(program, options, "View");
  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return program.exit(error) == 0 ? 0 : kExitBadInput;
  }
  window.size_px = parse_size(size);
  window.screenshot = screenshot;
  if (const char* device = std::getenv("DIORAMA_DEVICE"); window.device.empty() && device != nullptr) {
    window.device = device;
  }
  ThreadPool pool(threads);
  run_viewer(asset, options, window, pool, [](LogLevel level, std::string_view line) {
    if (level != LogLevel::kDebug) fmt::print(stderr, "diorama-viewer: {}\n", line);
  });
  return 0;
}

}  // namespace
}  // namespace diorama

int main(int argc, char** argv) {
  using namespace diorama;
  try {
    return run_program(argc, argv);
  } catch (const Error& error) {
    fmt::print(stderr, "diorama-viewer: {}\n", error.what());
    return kExitBadInput;
  } catch (const std::bad_alloc&) {
    fmt::print(stderr, "diorama-viewer: the memory does not suffice\n");
    return kExitBadInput;
  } catch (const std::exception& error) {
    fmt::print(stderr, "diorama-viewer: internal error, please report it: {}\n", error.what());
    return kExitBug;
  }
}
