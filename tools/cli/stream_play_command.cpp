#include "tools/cli/stream_play_command.h"

#include "engine/base/measure.h"
#include "engine/base/random.h"
#include "streaming/glb_opener.h"
#include "streaming/splat_video_player.h"
#include "streaming/splat_video_reader.h"
#include "tools/cli/option_flags.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <thread>

namespace diorama {
namespace {

using Json = nlohmann::ordered_json;

struct PlayArguments {
  std::string place, json;
  double seconds = 0, seek_s = 0, rate = 1, buffer_s = 6;
  int seeks = 0;
  bool loop = false, splats = false;
  VideoPlayOptions play;
};

// What a run of the player showed.
struct PlayReport {
  std::optional<double> opened_s, first_frame_s;  // from the start
  std::vector<double> seeks_ms;
  double stalled_s = 0, played_s = 0;
  std::vector<double> splats_ms;
  std::vector<std::string> problems;
};

// A player in real time, without a window.
class PlayRun {
 public:
  PlayRun(const PlayArguments& args, const Settings& settings, TerminalJob& terminal)
      : args_(args), quiet_(settings.quiet), terminal_(terminal), dequantizer_(terminal.pool()) {
    PlayerOptions options;
    options.loop = args.loop;
    options.buffer.goal_s = args.buffer_s;
    options.decoding.decoder = args.play.decoder;
    options.decoding.log = [&terminal](LogLevel level, std::string_view line) { terminal.context().log(level, line); };
    if (!args.play.representation.empty()) {
      const SplatVideo video = load_splat_video(args.place);
      options.representation = find_representation(video, args.play.representation, args.place);
    }
    player_.emplace(open_byte_source(args.place), options);
    player_->seek(0, args.seek_s);
    player_->set_rate(0, args.rate);
  }

  PlayReport run() {
    if (args_.seeks > 0) {
      run_seeks();
    } else {
      player_->play(watch_.seconds());
      while (!over()) turn();
    }
    collect_problems();
    return report_;
  }
  const SplatVideoPlayer& player() const { return *player_; }

 private:
  bool over() const {
    const PlayerState state = player_->status().state;
    return state == PlayerState::kEnded || state == PlayerState::kFailed || terminal_.context().cancel_requested() ||
           (args_.seconds > 0 && watch_.seconds() >= args_.seconds);
  }

  // One picture of a display that is quick enough for any video.
  bool turn() {
    constexpr auto kPause = std::chrono::milliseconds(2);
    std::this_thread::sleep_for(kPause);
    const double now_s = watch_.seconds();
    const auto frame = player_->update(now_s);
    if (player_->video() != nullptr && !report_.opened_s) report_.opened_s = now_s;
    if (frame != nullptr) {
      if (!report_.first_frame_s) report_.first_frame_s = now_s;
      if (args_.splats) dequantize(*frame);
    }
    const PlayerState state = player_->status().state;
    report_.stalled_s += state == PlayerState::kStalled ? now_s - last_s_ : 0;
    report_.played_s += state == PlayerState::kPlaying ? now_s - last_s_ : 0;
    last_s_ = now_s;
    tell(now_s);
    return frame != nullptr;
  }

  void dequantize(const DecodedFrame& frame) {
    const Stopwatch watch;
    dequantizer_.splats(frame);
    report_.splats_ms.push_back(watch.milliseconds());
  }

  // Places all over the video, one after the other, each when the one before is shown.
  void run_seeks() {
    Random random(1);
    while (!over() && !report_.first_frame_s) turn();
    for (int i = 0; i < args_.seeks && !over(); ++i) {
      const double start_s = watch_.seconds();
      player_->seek(start_s, player_->status().length_s * random.uniform());
      bool shown = player_->status().state == PlayerState::kPaused;
      while (!over() && !shown) shown = turn() || player_->status().state == PlayerState::kPaused;
      report_.seeks_ms.push_back(1e3 * (watch_.seconds() - start_s));
    }
  }

  void collect_problems() {
    for (std::string& problem : player_->take_problems()) {
      if (!quiet_) fmt::print(stderr, "{}\n", problem);
      report_.problems.push_back(std::move(problem));
    }
  }

  // Each change of the state, and a line a second.
  void tell(double now_s) {
    collect_problems();
    const PlayerStatus& status = player_->status();
    const bool changed = told_state_ != status.state;
    if (quiet_ || (!changed && now_s - told_s_ < 1) || args_.seeks > 0) return;
    told_state_ = status.state;
    told_s_ = now_s;
    std::string line = fmt::format("{:6.2f} s  {:9}", now_s, name_of(status.state));
    if (player_->video() != nullptr) {
      line += fmt::format("  at {:.2f} of {:.2f} s, {:.1f} s ahead ({:.1f} MB)", status.position_s, status.length_s,
                          status.buffered_s, 1e-6 * static_cast<double>(status.buffered_bytes));
      if (status.representation) line += ", " + player_->video()->representations[*status.representation].id;
      if (status.throughput_bits_s) line += fmt::format(", {:.1f} Mbit/s", 1e-6 * *status.throughput_bits_s);
      line += fmt::format(", {:.1f} ms a frame, {} shown, {} dropped", status.decode_ms, status.frames_shown,
                          status.frames_dropped);
    }
    if (!status.reason.empty()) line += "  " + status.reason;
    fmt::print(stderr, "{}\n", line);
  }

  const PlayArguments& args_;
  const bool quiet_;
  TerminalJob& terminal_;
  FrameDequantizer dequantizer_;
  std::optional<SplatVideoPlayer> player_;
  Stopwatch watch_;
  PlayReport report_;
  double last_s_ = 0, told_s_ = 0;
  std::optional<PlayerState> told_state_;
};

Json figures(const PlayArguments& args, const PlayReport& report, const SplatVideoPlayer& player) {
  const PlayerStatus& status = player.status();
  const auto number = [](const std::optional<double>& value) { return value ? Json(*value) : Json(); };
  Json json = {{"place", args.place},
               {"state", name_of(status.state)},
               {"length_s", status.length_s},
               {"opened_s", number(report.opened_s)},
               {"first_frame_s", number(report.first_frame_s)},
               {"frames_shown", status.frames_shown},
               {"frames_dropped", status.frames_dropped},
               {"played_s", report.played_s},
               {"stalls", status.stalls},
               {"stalled_s", report.stalled_s},
               {"switches", status.switches},
               {"retries", status.retries},
               {"groups_skipped", status.groups_skipped},
               {"received_bytes", status.glb_bytes + status.segment_bytes},
               {"throughput_bits_per_s", number(status.throughput_bits_s)},
               {"decode_ms", status.decode_ms},
               {"problems", report.problems}};
  if (!report.splats_ms.empty()) json["splats_ms"] = median(report.splats_ms);
  if (!report.seeks_ms.empty()) {
    json["seek_ms"] = {{"count", report.seeks_ms.size()},
                       {"median", median(report.seeks_ms)},
                       {"most", *std::max_element(report.seeks_ms.begin(), report.seeks_ms.end())}};
  }
  return json;
}

std::string summary(const PlayReport& report, const SplatVideoPlayer& player) {
  const PlayerStatus& status = player.status();
  std::string text = fmt::format(
      "first frame after {:.0f} ms; {} frames shown, {} dropped, {:.2f} s stalled in {}; {:.2f} MB received",
      1e3 * report.first_frame_s.value_or(0), status.frames_shown, status.frames_dropped, report.stalled_s,
      status.stalls, 1e-6 * static_cast<double>(status.glb_bytes + status.segment_bytes));
  if (status.throughput_bits_s) text += fmt::format(" at {:.1f} Mbit/s", 1e-6 * *status.throughput_bits_s);
  text += fmt::format("; {:.1f} ms to decode a frame", status.decode_ms);
  if (!report.splats_ms.empty()) text += fmt::format(", {:.1f} ms to its splats", median(report.splats_ms));
  if (!report.seeks_ms.empty()) {
    text += fmt::format("; {} seeks, median {:.0f} ms, longest {:.0f} ms", report.seeks_ms.size(),
                        median(report.seeks_ms), *std::max_element(report.seeks_ms.begin(), report.seeks_ms.end()));
  }
  return text + "\n";
}

void run_play(const PlayArguments& args, const Settings& settings) {
  TerminalJob terminal(settings);
  PlayRun run(args, settings, terminal);
  const PlayReport report = run.run();
  const PlayerStatus& status = run.player().status();
  if (!args.json.empty()) write_output(args.json, figures(args, report, run.player()).dump(1) + "\n");
  if (status.state == PlayerState::kFailed) fail(ErrorCode::kInvalidInput, "{}", status.reason);
  if (!report.first_frame_s) {
    fail(ErrorCode::kIo, "{}: no frame came in {:.3g} s{}{}", args.place, args.seconds,
         status.reason.empty() ? "" : "; ", status.reason);
  }
  if (args.json != "-") write_output("-", summary(report, run.player()));
  if (!report.problems.empty()) {
    fail(ErrorCode::kInvalidInput, "{}: {} group{} could not be played, the first: {}", args.place,
         report.problems.size(), report.problems.size() == 1 ? "" : "s", report.problems.front());
  }
}

}  // namespace

Command stream_play_command(CLI::App& stream) {
  CLI::App* const app = stream.add_subcommand(
      "play",
      "Plays a coded performance in real time, without a window, and says how it goes: a look at a server, and a "
      "benchmark.\n  diorama stream play https://host/show.glb --seconds 30");
  const auto args = std::make_shared<PlayArguments>();
  app->add_option("PLACE", args->place, "path or http(s) URL of the .glb, its streams beside it")->required();
  app->add_option("--seconds", args->seconds, "ends after this time; 0: at the end of the performance")
      ->check(CLI::Range(0.0, 1e7));
  app->add_flag("--loop", args->loop, "starts again at the end");
  app->add_option("--seek", args->seek_s, "starts at this time of it, s")->check(CLI::Range(0.0, 1e7));
  app->add_option("--rate", args->rate, "so many times as fast")->check(CLI::Range(0.25, 4.0));
  app->add_option("--buffer", args->buffer_s, "seconds that are loaded ahead")->check(CLI::Range(0.0, 600.0));
  app->add_option("--seeks", args->seeks, "instead of playing: goes to so many places, and times it")
      ->check(CLI::Range(0, 100000));
  app->add_flag("--splats", args->splats, "turns each frame into splats too, on the CPU");
  app->add_option("--json", args->json, "write the figures to this file; - is standard output");
  add_options(*app, args->play, "Decoding");
  return {app, [args](const Settings& settings) { run_play(*args, settings); }};
}

}  // namespace diorama
