#include "capture/capture.h"
#include "reconstruction/fusion/bench_fusion.h"
#include "tools/cli/command.h"
#include "tools/cli/option_flags.h"

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

}  // namespace

Command bench_command(CLI::App& program) {
  CLI::App* app = program.add_subcommand("bench", "Times a stage on fixed input; medians over several runs.");
  app->require_subcommand(1);
  CLI::App* fusion = app->add_subcommand("fusion", "Depth fusion of a capture's training frames.");
  const auto args = std::make_shared<FusionBenchArguments>();
  fusion->add_option("CAPTURE", args->capture, "folder of the capture")->required();
  fusion->add_option("--json", args->json, "write the figures to this file; - is standard output");
  fusion->add_option("--max-frames", args->max_frames, "training frames to use, from the first")
      ->check(CLI::Range(1, 100000));
  fusion->add_option("--repeats", args->repeats, "runs; the median counts")->check(CLI::Range(1, 1000));
  add_options(*fusion, args->fusion, "Fusion");
  add_options(*fusion, args->capture_options, "Reading the capture");
  return {app, [args](const Settings& settings) { run_fusion_bench(*args, settings); }};
}

}  // namespace diorama
