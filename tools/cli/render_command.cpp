#include "assets/asset_file.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/scene/image_io.h"
#include "engine/video/video_writer.h"
#include "tools/cli/command.h"
#include "tools/cli/option_flags.h"
#include "tools/cli/playback.h"
#include "tools/cli/view_choice.h"
#include "tools/eval/level_view.h"

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
  std::vector<std::string> others;
  ViewChoice view;
  RenderOptions options;
  PlaybackOptions playback;
  VideoPlayOptions video;
  AssetReadOptions read;
  SplatLodOptions levels;
  BackendOptions backend;

  // A folder with levels of detail by itself, and a number of splats: levels are chosen box by box as the camera moves.
  bool streams() const { return read.max_splats > 0 && others.empty() && !playback.moves() && is_sog_levels(asset); }
};

// "out.png" for one picture, "out-0007.png" for the seventh of several.
std::filesystem::path numbered(const std::filesystem::path& output, size_t index, size_t count) {
  if (count == 1) return output;
  return output.parent_path() / fmt::format("{}-{:04}{}", output.stem().string(), index, output.extension().string());
}

// Where the pictures go: one video, or PNG files.
class PictureWriter {
 public:
  PictureWriter(std::filesystem::path output, glm::ivec2 size_px, size_t count, double frames_per_s)
      : output_(std::move(output)), count_(count) {
    if (output_.extension() == ".mp4") video_.emplace(output_, size_px, VideoOptions{frames_per_s});
  }
  void add(const ImageRgba8& picture) {
    if (video_) {
      video_->add(picture);
    } else {
      write_file(numbered(output_, next_, count_), encode_png(picture));
    }
    ++next_;
  }
  void finish() {
    if (video_) video_->finish();
  }

 private:
  std::filesystem::path output_;
  size_t count_, next_ = 0;
  std::optional<VideoWriter> video_;
};

std::vector<SplatPart> splats_of(const std::string& path) {
  Asset asset = read_asset(path);
  if (asset.splats.empty() || !asset.meshes.empty()) {
    fail(ErrorCode::kInvalidInput, "{}: an asset after the first must hold splats and nothing else", path);
  }
  return std::move(asset.splats);
}

// What is drawn, and what draws it.
struct Scene {
  std::unique_ptr<Playback> playback;
  std::unique_ptr<AssetView> view;  // refers to it
};

Scene open_scene(const RenderArguments& args, const BackendOptions& backend, TerminalJob& terminal) {
  const LogSink log = [&](LogLevel level, std::string_view line) { terminal.context().log(level, line); };
  std::future<std::unique_ptr<GpuDevice>> device = start_device(backend, log);
  Scene scene;
  std::unique_ptr<SogLevelSource> source;
  if (args.streams()) {
    source = std::make_unique<SogLevelSource>(args.asset);
    scene.playback = std::make_unique<Playback>(source->coarsest());
  } else {
    scene.playback = std::make_unique<Playback>(args.asset, args.playback, args.options.frames_per_s, args.read,
                                                args.video, terminal.pool(), log);
  }
  for (const std::string& other : args.others) scene.playback->add_splats(splats_of(other));
  const Asset& asset = scene.playback->asset();
  for (const std::string& note : asset.notes) terminal.warn(fmt::format("{}: {}", args.asset, note));
  scene.view = with_context(args.asset, [&] {
    if (!source) return make_asset_view(asset, backend, terminal.pool(), log, std::move(device));
    SplatLodOptions levels = args.levels;
    levels.max_splats = args.read.max_splats;
    return make_level_view(std::move(source), levels, 1 / args.options.frames_per_s, backend, terminal.pool(), log,
                           std::move(device));
  });
  return scene;
}

void run_render(const RenderArguments& args, const Settings& settings) {
  const std::string kind = std::filesystem::path(args.output).extension().string();
  if (kind != ".png" && kind != ".mp4") {
    fail(ErrorCode::kInvalidInput, "{}: ends in '{}', expected .png or .mp4", args.output, kind);
  }
  TerminalJob terminal(settings);
  const Scene scene = open_scene(args, with_environment(args.backend), terminal);
  const std::vector<ChosenView> views = chosen_views(args.view, scene.playback->swept());
  const size_t count = scene.playback->picture_count(views.size());
  const glm::ivec2 size_px = views.front().camera.size_px;
  PictureWriter writer(args.output, size_px, count, args.options.frames_per_s);
  const RasterOptions raster{.background = args.options.background_srgb()};
  terminal.context().begin_stage("rendering", count);
  for (size_t i = 0; i < count; ++i) {
    const ChosenView& from = views[i % views.size()];
    scene.playback->show(i, from.taken_at_s, *scene.view);
    writer.add(scene.view->draw(from.camera, raster, false).color);
    terminal.context().advance();
  }
  writer.finish();
  terminal.finish_line();
  fmt::print("{}: {} picture{} of {}x{}\n", args.output, count, count == 1 ? "" : "s", size_px.x, size_px.y);
}

}  // namespace

Command render_command(CLI::App& program) {
  CLI::App* app = program.add_subcommand(
      "render", "Draws an asset into a PNG, numbered PNGs, or an MP4. Without a choice of view: once, from outside.");
  const auto args = std::make_shared<RenderArguments>();
  app->add_option("ASSET", args->asset,
                  "the .glb, .gltf, .ply of splats, .spz, .sog, .splat, or folder of SOG, to draw")
      ->required();
  app->add_option("SPLATS", args->others, "more files of splats, drawn in the same scene (with meshes: on Vulkan)");
  app->add_option("-o,--output", args->output, "the .png or .mp4 to write")->required();
  add_view_flags(*app, args->view);
  add_options(*app, args->options, "Picture");
  add_options(*app, args->read, "Reading the asset");
  add_options(*app, args->levels, "Levels of detail, of a folder with --max-splats");
  for (const char* flag : {"--lod-detail", "--lod-fade"}) app->get_option(flag)->needs("--max-splats");
  add_options(*app, args->playback, "Animation");
  add_options(*app, args->video, "Coded splat video");
  add_options(*app, args->backend, "Drawing");
  return {app, [args](const Settings& settings) { run_render(*args, settings); }};
}

}  // namespace diorama
