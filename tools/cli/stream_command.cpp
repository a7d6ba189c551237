#include "tools/cli/stream_command.h"

#include "assets/gltf.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "streaming/check_splat_video.h"
#include "streaming/glb_opener.h"
#include "streaming/pack_splat_video.h"
#include "streaming/splat_video_reader.h"
#include "tools/cli/option_flags.h"
#include "tools/cli/splat_visibility.h"
#include "tools/cli/stream_edit_command.h"
#include "tools/cli/stream_play_command.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <utility>

namespace diorama {
namespace {

namespace fs = std::filesystem;

struct StreamArguments {
  std::string input, output, source, json;
  VideoPlayOptions play;
  PackOptions pack{.coding = {.prune = 0.004f}};  // of weights that tell what is seen
};

SplatSequenceReader open_groups(const std::string& path) {
  std::optional<SplatSequenceReader> performance = open_splat_sequence(read_gltf(path), path);
  if (!performance) {
    fail(ErrorCode::kInvalidInput,
         "{}: is no performance as splats; `diorama fit CAPTURE --as splat-video -o {}` makes one", path, path);
  }
  return std::move(*performance);
}

SplatVideo open_video(const std::string& path) {
  return is_url(path) ? load_splat_video(path) : splat_video_of(read_gltf(path), path);
}

// The largest of the groups, and the mean square over them.
CodingError over_groups(const VideoRepresentation& one, CodingError GroupErrors::*member) {
  CodingError all;
  for (const GroupErrors& group : one.errors) {
    all.rms += (group.*member).rms * (group.*member).rms / static_cast<double>(one.errors.size());
    all.most = std::max(all.most, (group.*member).most);
  }
  all.rms = std::sqrt(all.rms);
  return all;
}

double bytes_of(const std::vector<ByteRange>& segments) {
  double bytes = 0;
  for (const ByteRange& range : segments) bytes += static_cast<double>(range.bytes);
  return bytes;
}

std::string track_line(const SplatVideo& video, const std::string& id, const VideoTrack& track,
                       const std::vector<ByteRange>& segments) {
  const BitRate rate = bit_rate_of(video, segments);
  return fmt::format("{:8} {:16} {:4}x{:<4} {:9.1f} {:9.2f} {:9.2f}\n", id, codecs_of(track), track.layout.size_px.x,
                     track.layout.size_px.y, bytes_of(segments) / 1e3 / static_cast<double>(video.frame_count()),
                     rate.mean / 1e6, track.most_bits_per_s / 1e6);
}

std::string to_text(const SplatVideo& video) {
  size_t most = 0;
  for (const GroupParameters& group : video.groups) most = std::max(most, group.splat_count);
  std::string text =
      fmt::format("{} frames at {:.4g} a second in {} groups, up to {} splats, SH degree {}\n\n", video.frame_count(),
                  video.frames_per_s, video.groups.size(), most, video.groups.front().sh_degree);
  text += "stream   codec            picture   KB/frame  Mbit/s  most in 1 s\n";
  text += track_line(video, "exact", video.exact, video.exact_segments);
  for (const VideoRepresentation& one : video.representations)
    text += track_line(video, one.id, one.lossy, one.segments);
  text += "\nerror, RMS / largest   position, mm     rotation, deg    scale, %         opacity          colour\n";
  for (const VideoRepresentation& one : video.representations) {
    text += fmt::format("{:22}", one.id);
    const auto add = [&](CodingError GroupErrors::*member, double unit) {
      const CodingError error = over_groups(one, member);
      text += fmt::format(" {:<16}", fmt::format("{:.3g} / {:.3g}", unit * error.rms, unit * error.most));
    };
    add(&GroupErrors::position_m, 1e3);
    add(&GroupErrors::rotation, 180 / 3.14159265358979);
    add(&GroupErrors::log_scale, 100);
    add(&GroupErrors::opacity, 1);
    add(&GroupErrors::color, 1);
    text += "\n";
  }
  return text;
}

nlohmann::ordered_json summary_json(const SplatVideo& video) {
  using Json = nlohmann::ordered_json;
  const auto frames = static_cast<double>(video.frame_count());
  const auto track = [&](const VideoTrack& one, const std::vector<ByteRange>& segments) {
    const BitRate rate = bit_rate_of(video, segments);
    return Json{{"file", one.file},
                {"codecs", codecs_of(one)},
                {"width", one.layout.size_px.x},
                {"height", one.layout.size_px.y},
                {"bytes_per_frame", bytes_of(segments) / frames},
                {"bits_per_s", rate.mean},
                {"most_bits_per_s", one.most_bits_per_s}};
  };
  Json representations = Json::array();
  for (const VideoRepresentation& one : video.representations) {
    Json json = track(one.lossy, one.segments);
    json["id"] = one.id;
    const auto error = [&](CodingError GroupErrors::*member) {
      const CodingError all = over_groups(one, member);
      return Json{{"rms", all.rms}, {"most", all.most}};
    };
    json["errors"] = {{"position_m", error(&GroupErrors::position_m)},
                      {"rotation_rad", error(&GroupErrors::rotation)},
                      {"log_scale", error(&GroupErrors::log_scale)},
                      {"opacity", error(&GroupErrors::opacity)},
                      {"color", error(&GroupErrors::color)}};
    representations.push_back(std::move(json));
  }
  return {{"frames", video.frame_count()},
          {"frames_per_s", video.frames_per_s},
          {"groups", video.groups.size()},
          {"exact", track(video.exact, video.exact_segments)},
          {"representations", std::move(representations)}};
}

void print(const SplatVideo& video, const std::string& json) {
  if (json.empty()) {
    fmt::print("{}", to_text(video));
    return;
  }
  const std::string text = summary_json(video).dump(1) + "\n";
  if (json == "-") {
    fmt::print("{}", text);
  } else {
    write_file(json, text);
  }
}

void run_pack(const StreamArguments& args, const Settings& settings) {
  if (fs::path(args.output).extension() != ".glb") {
    fail(ErrorCode::kInvalidInput, "{}: give a name that ends in .glb; the streams get names that start like it",
         args.output);
  }
  std::error_code error;
  if (fs::equivalent(args.input, args.output, error)) {
    fail(ErrorCode::kInvalidInput, "{}: is the performance itself; give the coded one another name", args.output);
  }
  const SplatSequenceReader source = open_groups(args.input);
  TerminalJob terminal(settings);
  const SplatVideo video = pack_splat_video(source, args.output, args.pack, terminal.context(), seen_weights);
  terminal.finish_line();
  for (const std::string& problem : level_problems(video)) terminal.warn(problem);
  print(video, args.json);
}

void run_unpack(const StreamArguments& args, const Settings& settings) {
  if (fs::path(args.output).extension() != ".glb") {
    fail(ErrorCode::kInvalidInput, "{}: give a name that ends in .glb; the frames go into a folder beside it",
         args.output);
  }
  std::error_code error;
  if (fs::equivalent(args.input, args.output, error)) {
    fail(ErrorCode::kInvalidInput, "{}: is the coded performance itself; give the decoded one another name",
         args.output);
  }
  TerminalJob terminal(settings);
  const SplatVideoReader reader(read_gltf(args.input), args.input, terminal.pool(), args.play,
                                [&](LogLevel level, std::string_view line) { terminal.context().log(level, line); });
  unpack_splat_video(reader, args.output, terminal.context());
  terminal.finish_line();
  fmt::print("{}: {} frames of {}\n", args.output, reader.video().frame_count(), reader.representation().id);
}

void run_check(const StreamArguments& args, const Settings& settings) {
  TerminalJob terminal(settings);
  std::optional<SplatSequenceReader> source;
  if (!args.source.empty()) source.emplace(open_groups(args.source));
  open_video(args.input);
  const SplatVideoCheck check = check_streams(args.input, source ? &*source : nullptr, terminal.context());
  terminal.finish_line();
  for (const std::string& problem : check.problems) fmt::print("{}\n", problem);
  if (!check.problems.empty()) {
    fail(ErrorCode::kInvalidInput, "{}: {} problem{} found; pack the video again", args.input, check.problems.size(),
         check.problems.size() == 1 ? "" : "s");
  }
  for (const std::string& decoder : check.decoders) fmt::print("{}\n", decoder);
  fmt::print("{}: every segment decodes and is as the .glb says.\n", args.input);
}

}  // namespace

Command stream_command(CLI::App& program) {
  CLI::App* const app = program.add_subcommand(
      "stream", "Codes a performance as video that the decoders of phones play (docs/splat_video.md), and checks it.");
  app->require_subcommand(1);
  const auto args = std::make_shared<StreamArguments>();
  CLI::App* const pack = app->add_subcommand(
      "pack",
      "Codes a performance: OUT.glb, an .mp4 for each stream and a DASH manifest beside it. Example:\n"
      "  diorama fit show --as splat-video -o show.glb && diorama stream pack show.glb show_coded.glb");
  pack->add_option("IN", args->input, "the .glb that `fit --as splat-video` made, its .groups folder beside it")
      ->required();
  pack->add_option("OUT", args->output, "the .glb to write")->required();
  add_options(*pack, args->pack, "Coding");
  CLI::App* const info = app->add_subcommand("info", "What a coded performance holds: streams, rates, errors.");
  info->add_option("IN", args->input, "the .glb that `stream pack` made; a URL too")->required();
  for (CLI::App* one : {pack, info}) {
    one->add_option("--json", args->json, "write the figures to this file; - is standard output");
  }
  CLI::App* const check = app->add_subcommand(
      "check", "Decodes every segment and compares profile, level, rate, index and errors with what the .glb says.");
  check->add_option("IN", args->input, "the .glb that `stream pack` made")->required();
  check->add_option("--source", args->source, "the performance it was made from: checks the declared errors too");
  CLI::App* const unpack = app->add_subcommand(
      "unpack", "Decodes a performance into frames again, for `eval` and `render`: OUT.glb and its .groups folder.");
  unpack->add_option("IN", args->input, "the .glb that `stream pack` made")->required();
  unpack->add_option("OUT", args->output, "the .glb to write")->required();
  add_options(*unpack, args->play, "Decoding");
  const std::array others = {stream_play_command(*app), stream_cut_command(*app), stream_join_command(*app)};
  return {app, [args, pack, info, unpack, others](const Settings& settings) {
            for (const Command& other : others) {
              if (other.app->parsed()) return other.run(settings);
            }
            if (pack->parsed()) return run_pack(*args, settings);
            if (unpack->parsed()) return run_unpack(*args, settings);
            if (info->parsed()) return print(open_video(args->input), args->json);
            run_check(*args, settings);
          }};
}

}  // namespace diorama
