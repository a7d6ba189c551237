#include "assets/asset_file.h"
#include "capture/capture.h"
#include "engine/base/measure.h"
#include "reconstruction/fusion/bench_fusion.h"
#include "reconstruction/splats/bench_splats.h"
#include "tools/bench/bench_render.h"
#include "tools/cli/bench_formats_command.h"
#include "tools/cli/bench_light_field_command.h"
#include "tools/cli/bench_nn_command.h"
#include "tools/cli/bench_poses_command.h"
#include "tools/cli/bench_sort_command.h"
#include "tools/cli/bench_stream_command.h"
#include "tools/cli/choose_calibration.h"
#include "tools/cli/command.h"
#include "tools/cli/option_flags.h"
#include "tools/cli/view_choice.h"

namespace diorama {
namespace {

struct FusionBenchArguments {
  std::string capture, json;
  int max_frames = 100, repeats = 5;
  FusionOptions fusion;
  CaptureOptions capture_options;
};

void run_fusion_bench(const FusionBenchArguments& args, const Settings& settings) {
  TerminalJob terminal(settings);
  const Capture capture = open_capture(args.capture, args.capture_options);
  const FusionBench bench = bench_fusion(capture, args.fusion, args.max_frames, args.repeats, terminal.context());
  terminal.finish_line();
  if (!args.json.empty()) write_output(args.json, to_json(bench));
  if (args.json != "-") {
    fmt::print(
        "{} frames: integration {:.0f} frames/s, decoding {:.2f} s, extraction {:.3f} s, {} triangles, {} blocks, "
        "peak memory {:.0f} MiB\n",
        bench.frames, bench.integration_fps, bench.decode_s, bench.extraction_s, bench.triangles, bench.blocks,
        bench.peak_memory_mb);
  }
}

void add_fusion_bench(CLI::App& app, FusionBenchArguments& args) {
  app.add_option("CAPTURE", args.capture, "folder of the capture")->required();
  app.add_option("--json", args.json, "write the figures to this file; - is standard output");
  app.add_option("--max-frames", args.max_frames, "training frames to use, from the first")
      ->check(CLI::Range(1, 100000));
  app.add_option("--repeats", args.repeats, "runs; the median counts")->check(CLI::Range(1, 1000));
  add_options(app, args.fusion, "Fusion");
  add_options(app, args.capture_options, "Reading the capture");
}

struct RenderBenchArguments {
  std::string asset, json;
  ViewChoice view{.size = "640x480"};
  RenderBenchOptions options;
  BackendOptions backend;
};

void run_render_bench(const RenderBenchArguments& args, const Settings& settings) {
  TerminalJob terminal(settings);
  const Stopwatch read_watch;
  const Asset asset = read_asset(args.asset);
  const double read_ms = read_watch.milliseconds();
  if (asset.meshes.empty() && splat_count(asset) == 0) {
    fail(ErrorCode::kInvalidInput, "{}: has no meshes and no splats to draw", args.asset);
  }
  RenderBench bench = with_context(args.asset, [&] {
    return bench_render(asset, chosen_cameras(args.view, asset), args.options, with_environment(args.backend),
                        terminal.context());
  });
  terminal.finish_line();
  bench.asset = args.asset;
  bench.trajectory = args.view.trajectory;
  bench.start_ms.read = read_ms;
  if (!args.json.empty()) write_output(args.json, to_json(bench));
  if (args.json != "-") write_output("-", to_text(bench));
}

void add_render_bench(CLI::App& app, RenderBenchArguments& args) {
  app.add_option("ASSET", args.asset,
                 "the .glb or .gltf, or the splats (.ply, .spz, .sog, .splat, a folder of SOG) to draw")
      ->required();
  app.add_option("--json", args.json, "write the figures to this file; - is standard output");
  add_view_flags(app, args.view);
  add_options(app, args.options, "Measuring");
  add_options(app, args.backend, "Drawing");
}

struct SplatBenchArguments {
  std::string capture, json, calibration = "none";
  std::vector<size_t> counts = {30000, 100000, 300000};
  int steps = 60;
  SplatFitOptions options{.scale = 0.5f};
  CaptureOptions capture_options;
};

void run_splat_bench(const SplatBenchArguments& args, const Settings& settings) {
  TerminalJob terminal(settings);
  Capture capture = open_capture(args.capture, args.capture_options);
  choose_calibration(capture, args.calibration, terminal);
  const SplatBench bench =
      bench_splats(capture, args.options, args.counts, static_cast<size_t>(args.steps), terminal.context());
  terminal.finish_line();
  if (!args.json.empty()) write_output(args.json, to_json(bench));
  if (args.json != "-") write_output("-", to_text(bench));
}

void add_splat_bench(CLI::App& app, SplatBenchArguments& args) {
  app.add_option("CAPTURE", args.capture, "folder of the capture")->required();
  app.add_option("--json", args.json, "write the figures to this file; - is standard output");
  app.add_option("--splats", args.counts, "numbers of splats to time, about")
      ->check(CLI::Range(size_t{10}, size_t{16'000'000}))
      ->capture_default_str();
  app.add_option("--bench-steps", args.steps, "steps to time at each number")->check(CLI::Range(1, 100000));
  app.add_option("--calibration", args.calibration, "colour camera of an unregistered rig, as for fit")
      ->capture_default_str();
  add_options(app, args.options, "The fit");
  add_options(app, args.capture_options, "Reading the capture");
}

}  // namespace

Command bench_command(CLI::App& program) {
  CLI::App* app = program.add_subcommand("bench", "Times a stage on fixed input; medians over several runs.");
  app->require_subcommand(1);
  CLI::App* fusion = app->add_subcommand("fusion", "Depth fusion of a capture's training frames.");
  const auto fusion_args = std::make_shared<FusionBenchArguments>();
  add_fusion_bench(*fusion, *fusion_args);
  CLI::App* render = app->add_subcommand("render", "Drawing an asset along a path, pass by pass, and the start of it.");
  const auto render_args = std::make_shared<RenderBenchArguments>();
  add_render_bench(*render, *render_args);
  CLI::App* splats = app->add_subcommand("splats", "Training steps of the splat fitter, stage by stage.");
  const auto splat_args = std::make_shared<SplatBenchArguments>();
  add_splat_bench(*splats, *splat_args);
  const Command sort = bench_sort_command(*app), stream = bench_stream_command(*app);
  const Command formats = bench_formats_command(*app), poses = bench_poses_command(*app);
  const Command nn = bench_nn_command(*app), light_field = bench_light_field_command(*app);
  return {app, [=](const Settings& settings) {
            if (sort.app->parsed()) sort.run(settings);
            if (stream.app->parsed()) stream.run(settings);
            if (fusion->parsed()) run_fusion_bench(*fusion_args, settings);
            if (render->parsed()) run_render_bench(*render_args, settings);
            if (splats->parsed()) run_splat_bench(*splat_args, settings);
            if (formats.app->parsed()) formats.run(settings);
            if (poses.app->parsed()) poses.run(settings);
            if (nn.app->parsed()) nn.run(settings);
            if (light_field.app->parsed()) light_field.run(settings);
          }};
}

}  // namespace diorama
