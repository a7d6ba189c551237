#include "tools/cli/stream_edit_command.h"

#include "assets/gltf.h"
#include "engine/base/error.h"
#include "streaming/assemble_splat_video.h"
#include "streaming/splat_video_reader.h"
#include "tools/cli/option_flags.h"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace diorama {
namespace {

namespace fs = std::filesystem;

struct EditArguments {
  std::vector<std::string> inputs;
  std::string output;
  size_t from = 0, frames = 0;
  bool single_file = false;
};

void check_output(const EditArguments& args) {
  if (fs::path(args.output).extension() != ".glb") {
    fail(ErrorCode::kInvalidInput, "{}: give a name that ends in .glb; the streams get names that start like it",
         args.output);
  }
  for (const std::string& input : args.inputs) {
    std::error_code error;
    if (fs::equivalent(input, args.output, error)) {
      fail(ErrorCode::kInvalidInput, "{}: is a splat video that is read; give the new one another name", args.output);
    }
  }
}

void assemble(const EditArguments& args, std::span<const VideoPiece> pieces, const Settings& settings) {
  TerminalJob terminal(settings);
  const SplatVideo video = assemble_splat_video(pieces, args.output, args.single_file, terminal.context());
  terminal.finish_line();
  fmt::print("{}: {} frames from {:.3f} s on, {} groups\n", args.output, video.frame_count(), video.first_time_s,
             video.groups.size());
}

SplatVideo open_video(const std::string& path) {
  return splat_video_of(read_gltf(path), path);
}

void run_cut(const EditArguments& args, const Settings& settings) {
  check_output(args);
  const SplatVideo video = open_video(args.inputs.front());
  const size_t frames = args.frames > 0 ? args.frames : video.frame_count() - std::min(args.from, video.frame_count());
  const VideoPiece piece = piece_of(args.inputs.front(), video, args.from, frames);
  assemble(args, {&piece, 1}, settings);
}

void run_join(const EditArguments& args, const Settings& settings) {
  check_output(args);
  std::vector<VideoPiece> pieces;
  for (const std::string& input : args.inputs) pieces.push_back({input, 0, open_video(input).groups.size()});
  assemble(args, pieces, settings);
}

void add_output(CLI::App& app, EditArguments& args) {
  app.add_option("-o,--output", args.output, "the .glb to write")->required();
  app.add_flag("--single-file", args.single_file, "all streams in one .mp4 beside the .glb, for sharing");
}

}  // namespace

Command stream_cut_command(CLI::App& stream) {
  const auto args = std::make_shared<EditArguments>();
  CLI::App* const app = stream.add_subcommand(
      "cut",
      "Takes some frames out of a coded performance, whole groups of them, without coding anything again. Example:\n"
      "  diorama stream cut show.glb -o part.glb --from 30 --frames 60");
  app->add_option("IN", args->inputs, "the .glb that `stream pack` made")->required()->expected(1);
  add_output(*app, *args);
  app->add_option("--from", args->from, "the first frame, counted from 0; the start of its group is where it is cut");
  app->add_option("--frames", args->frames, "frames, up to the end of the last one's group; 0: all that follow");
  return {app, [args](const Settings& settings) { run_cut(*args, settings); }};
}

Command stream_join_command(CLI::App& stream) {
  const auto args = std::make_shared<EditArguments>();
  CLI::App* const app = stream.add_subcommand(
      "join",
      "Puts coded performances one after another, without coding anything again; a single one may get another form.\n"
      "Example:\n  diorama stream join a.glb b.glb -o both.glb --single-file");
  app->add_option("IN", args->inputs, "the .glb files that `stream pack` made, coded alike")->required();
  add_output(*app, *args);
  return {app, [args](const Settings& settings) { run_join(*args, settings); }};
}

}  // namespace diorama
