#include "assets/asset_file.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/scene/image_io.h"
#include "engine/video/video_writer.h"
#include "tools/cli/command.h"
#include "tools/cli/option_flags.h"
#include "tools/cli/view_choice.h"

namespace diorama {
namespace {

struct RenderOptions {
  double frames_per_s = 30;
  int background = 0;
  template <class Visitor>
  void visit(Visitor&& option) {
    option("fps", frames_per_s, {1, 240}, "frames a second of a video");
    option("background", background, {"black", "white", "grey"}, "where the asset leaves the picture empty");
  }
  glm::vec3 background_srgb() const {
    constexpr float kLevels[] = {0.0f, 1.0f, 0.25f};
    return glm::vec3(kLevels[background]);
  }
};

struct RenderArguments {
  std::string asset, output;
  ViewChoice view;
  RenderOptions options;
  BackendOptions backend;
};

// "out.png" for one picture, "out-0007.png" for the seventh of several.
std::filesystem::path numbered(const std::filesystem::path& output, size_t index, size_t count) {
  if (count == 1) return output;
  return output.parent_path() / fmt::format("{}-{:04}{}", output.stem().string(), index, output.extension().string());
}

void run_render(const RenderArguments& args, const Settings& settings) {
  const std::filesystem::path output = args.output;
  const std::string kind = output.extension().string();
  if (kind != ".png" && kind != ".mp4") {
    fail(ErrorCode::kInvalidInput, "{}: ends in '{}', expected .png or .mp4", args.output, kind);
  }
  TerminalJob terminal(settings);
  const Asset asset = read_asset(args.asset);
  for (const std::string& note : asset.notes) terminal.warn(fmt::format("{}: {}", args.asset, note));
  const auto log = [&](LogLevel level, std::string_view line) { terminal.context().log(level, line); };
  const std::unique_ptr<AssetView> view = with_context(
      args.asset, [&] { return make_asset_view(asset, with_environment(args.backend), terminal.pool(), log); });
  const std::vector<Camera> cameras = chosen_cameras(args.view, asset);
  std::optional<VideoWriter> video;
  if (kind == ".mp4") video.emplace(output, cameras.front().size_px, VideoOptions{args.options.frames_per_s});
  const RasterOptions raster{.background = args.options.background_srgb()};
  terminal.context().begin_stage("rendering", cameras.size());
  for (size_t i = 0; i < cameras.size(); ++i) {
    const ImageRgba8 picture = view->draw(cameras[i], raster, false).color;
    if (video) {
      video->add(picture);
    } else {
      write_file(numbered(output, i, cameras.size()), encode_png(picture));
    }
    terminal.context().advance();
  }
  if (video) video->finish();
  terminal.finish_line();
  fmt::print("{}: {} picture{} of {}x{}\n", args.output, cameras.size(), cameras.size() == 1 ? "" : "s",
             cameras.front().size_px.x, cameras.front().size_px.y);
}

}  // namespace

Command render_command(CLI::App& program) {
  CLI::App* app = program.add_subcommand(
      "render", "Draws an asset into a PNG, numbered PNGs, or an MP4. Without a choice of view: once, from outside.");
  const auto args = std::make_shared<RenderArguments>();
  app->add_option("ASSET", args->asset, "the .glb, .gltf, .ply of splats or .spz to draw")->required();
  app->add_option("-o,--output", args->output, "the .png or .mp4 to write")->required();
  add_view_flags(*app, args->view);
  add_options(*app, args->options, "Picture");
  add_options(*app, args->backend, "Drawing");
  return {app, [args](const Settings& settings) { run_render(*args, settings); }};
}

}  // namespace diorama
