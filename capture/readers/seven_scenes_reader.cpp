#include "capture/readers/frame_names.h"
#include "capture/readers/reader.h"
#include "capture/readers/seven_scenes.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/scene/image_io.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <set>
#include <string>

namespace diorama {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kBlank = " \t\r\n\f\v";
constexpr uint64_t kMaxTextBytes = uint64_t{1} << 20;

// The next word of `text`, which is cut off from it; empty at the end.
std::string_view next_word(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(kBlank), text.size()));
  const std::string_view word = text.substr(0, text.find_first_of(kBlank));
  text.remove_prefix(word.size());
  return word;
}

struct FrameParts7 {
  fs::path color, depth, pose;
};

// A folder's frames by number-ordered name; nothing for a folder that holds none.
std::map<std::string, FrameParts7> frames_in(const fs::path& folder) {
  std::map<std::string, FrameParts7> frames;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    const fs::path& path = entry->path();
    const std::string name = path.filename().string();
    const std::string id = name.substr(0, name.find('.'));
    const std::string rest = name.substr(id.size());
    if (!id.starts_with("frame-")) continue;
    if (rest == ".pose.txt") frames[id].pose = path;
    if (rest == ".depth.png") frames[id].depth = path;
    if (rest == ".color.png" || rest == ".color.jpg" || rest == ".color.jpeg") frames[id].color = path;
  }
  std::erase_if(frames, [](const auto& item) { return item.second.pose.empty() && item.second.color.empty(); });
  return frames;
}

bool holds_frames(const fs::path& folder) {
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (name.starts_with("frame-") && name.ends_with(".pose.txt")) return true;
  }
  return false;
}

// Sequence number of a folder "seq-07"; nothing for another name.
std::optional<int> sequence_number(std::string_view name) {
  if (!name.starts_with("seq-")) return std::nullopt;
  int number = 0;
  const auto [end, error] = std::from_chars(name.data() + 4, name.data() + name.size(), number);
  if (error != std::errc() || end != name.data() + name.size() || number < 0) return std::nullopt;
  return number;
}

std::map<int, fs::path> sequences_in(const fs::path& folder) {
  std::map<int, fs::path> sequences;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    const auto number = sequence_number(entry->path().filename().string());
    if (number && holds_frames(entry->path())) sequences[*number] = entry->path();
  }
  return sequences;
}

bool matches_seven_scenes(const fs::path& folder) {
  return holds_frames(folder) || !sequences_in(folder).empty();
}

// What is gathered over all sequences.
struct Gathered {
  CaptureContent content;
  std::vector<FrameFiles> files;
  std::optional<glm::ivec2> color_size, depth_size;  // of the first image of each kind; the others must have it too
  size_t missing_color = 0, missing_depth = 0, missing_pose = 0;
  std::string first_missing_color, first_missing_depth, first_missing_pose;
};

void add_frame(const std::string& id, const std::string& name, const FrameParts7& parts, Split split, Gathered& all) {
  const auto note = [&](size_t& count, std::string& first) {
    if (count++ == 0) first = name;
  };
  if (parts.color.empty()) return note(all.missing_color, all.first_missing_color);
  if (parts.pose.empty()) return note(all.missing_pose, all.first_missing_pose);
  if (parts.depth.empty()) note(all.missing_depth, all.first_missing_depth);

  const Rigid world_from_camera =
      with_context(parts.pose, [&] { return parse_seven_scenes_pose(read_text_file(parts.pose, kMaxTextBytes)); });
  if (!all.color_size) all.color_size = probe_image(parts.color).size_px;
  if (!parts.depth.empty() && !all.depth_size) all.depth_size = probe_image(parts.depth).size_px;
  Frame frame;
  frame.id = id;
  frame.color = seven_scenes_camera(*all.color_size, world_from_camera);
  if (!parts.depth.empty()) frame.depth = seven_scenes_camera(*all.depth_size, world_from_camera);
  frame.split = split;
  all.content.frames.push_back(std::move(frame));
  all.files.push_back({parts.color, parts.depth, {}, {}, {}});
}

// Sequence numbers in the split file; empty where there is none.
std::set<int> split_sequences(const fs::path& file) {
  std::error_code ignored;
  if (!fs::exists(file, ignored)) return {};
  const auto numbers =
      with_context(file, [&] { return parse_seven_scenes_split(read_text_file(file, kMaxTextBytes)); });
  return {numbers.begin(), numbers.end()};
}

void add_sequences(const fs::path& folder, const std::map<int, fs::path>& sequences, Gathered& all) {
  const std::set<int> test = split_sequences(folder / "TestSplit.txt");
  const std::set<int> train = split_sequences(folder / "TrainSplit.txt");
  for (const auto& [number, path] : sequences) {
    if (!train.empty() && !test.contains(number) && !train.contains(number)) {
      all.content.warnings.push_back(
          fmt::format("{} is in neither TrainSplit.txt nor TestSplit.txt and left out", path.filename().string()));
      continue;
    }
    const Split split = test.contains(number) ? Split::kTest : Split::kTrain;
    const std::string prefix = sequences.size() > 1 ? path.filename().string() + "/" : "";
    for (const auto& [id, parts] : frames_in(path)) add_frame(prefix + id, (path / id).string(), parts, split, all);
  }
  const auto is_test = [](const Frame& frame) { return frame.split == Split::kTest; };
  const auto tests = std::count_if(all.content.frames.begin(), all.content.frames.end(), is_test);
  all.content.has_split = tests > 0 && tests < static_cast<std::ptrdiff_t>(all.content.frames.size());
  if (!(test.empty() && train.empty()) && !all.content.has_split) {
    all.content.warnings.emplace_back("of the split's two sides only one is here: every 8th frame is held out instead");
  }
}

CaptureContent read_seven_scenes(const fs::path& folder, const CaptureOptions& options) {
  Gathered all;
  if (const auto sequences = sequences_in(folder); !sequences.empty()) {
    add_sequences(folder, sequences, all);
  } else {
    for (const auto& [id, parts] : frames_in(folder)) {
      add_frame(id, (folder / id).string(), parts, Split::kTrain, all);
    }
  }
  CaptureContent content = std::move(all.content);
  for (std::string warning :
       {missing_warning(all.missing_color, "colour image", all.first_missing_color + ".color.png"),
        missing_warning(all.missing_depth, "depth image", all.first_missing_depth + ".depth.png"),
        missing_warning(all.missing_pose, "pose file", all.first_missing_pose + ".pose.txt")}) {
    if (!warning.empty()) content.warnings.push_back(std::move(warning));
  }
  if (content.frames.empty()) {
    fail(ErrorCode::kInvalidInput, "{}: no frame is whole, expected frame-000000.color.png, .depth.png and .pose.txt",
         folder.string());
  }
  content.conventions.format = "7scenes";
  content.conventions.depth_unit = "1 mm";
  content.conventions.invalid_depth = "0, 65535";
  content.conventions.intrinsics_of = "depth";
  content.conventions.color_registered = false;
  content.conventions.up_in_world = up_from_cameras(content.frames);
  content.conventions.up_source = "cameras";
  content.source = make_file_source(std::move(all.files), content.frames, {0.001, {0, kSevenScenesInvalid}}, {},
                                    options.depth_max_m);
  return content;
}

}  // namespace

Rigid parse_seven_scenes_pose(std::string_view text) {
  std::array<double, 16> matrix{};
  size_t count = 0;
  for (std::string_view word = next_word(text); !word.empty(); word = next_word(text)) {
    double value = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (error != std::errc() || end != word.data() + word.size()) {
      fail(ErrorCode::kInvalidInput, "holds \"{}\", expected the 16 numbers of a 4x4 matrix", word.substr(0, 40));
    }
    if (count < matrix.size()) matrix[count] = value;
    ++count;
  }
  if (count != matrix.size()) {
    fail(ErrorCode::kInvalidInput, "holds {} numbers, expected the 16 of a 4x4 matrix", count);
  }
  return rigid_from_row_major(matrix);
}

std::vector<int> parse_seven_scenes_split(std::string_view text) {
  std::vector<int> numbers;
  for (std::string_view word = next_word(text); !word.empty(); word = next_word(text)) {
    const size_t digits = std::min(word.find_first_of("0123456789"), word.size());
    const std::string_view prefix = word.substr(0, digits);
    int number = 0;
    const auto [end, error] = std::from_chars(word.data() + digits, word.data() + word.size(), number);
    const bool whole = error == std::errc() && end == word.data() + word.size();
    if (!whole || (prefix != "sequence" && prefix != "seq-")) {
      fail(ErrorCode::kInvalidInput, "holds \"{}\", expected lines like \"sequence1\"", word.substr(0, 40));
    }
    numbers.push_back(number);
  }
  return numbers;
}

Camera seven_scenes_camera(glm::ivec2 size_px, const Rigid& world_from_camera) {
  // Nominal values that the data set publishes for its depth camera.
  const Camera nominal{{640, 480}, {585.0f, 585.0f}, {320.0f, 240.0f}, world_from_camera};
  return resized(nominal, size_px);
}

extern const CaptureReader kSevenScenesReader{
    "7scenes", matches_seven_scenes, read_seven_scenes,
    "seq-01/frame-000000.{color,depth}.png and .pose.txt, or a folder of such frames"};

}  // namespace diorama
