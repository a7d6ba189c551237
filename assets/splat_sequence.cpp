#include "assets/splat_sequence.h"

#include "assets/gltf.h"
#include "assets/gltf/asset_record.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/scene/splat_transform.h"

#include <algorithm>

namespace diorama {
namespace {

namespace fs = std::filesystem;
using OrderedJson = nlohmann::ordered_json;

constexpr int kVersion = 1;
constexpr const char* kIndex = "sequence.json";
constexpr const char* kBackground = "background.splats";
constexpr std::string_view kGroupStart = "group_", kGroupEnd = ".splats";

// Whether a file's name is one that splat_group_path gives.
bool is_group_name(std::string_view name) {
  if (!name.starts_with(kGroupStart) || !name.ends_with(kGroupEnd)) return false;
  const std::string_view number = name.substr(kGroupStart.size(), name.size() - kGroupStart.size() - kGroupEnd.size());
  return !number.empty() && number.find_first_not_of("0123456789") == std::string_view::npos;
}

std::vector<fs::path> group_files(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  if (!fs::exists(folder, error)) return files;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    if (is_group_name(it->path().filename().string())) files.push_back(it->path());
  }
  if (error) fail(ErrorCode::kIo, "{}: the folder cannot be read: {}", folder.string(), error.message());
  return files;
}

SplatGroupInfo info_of(const SplatGroupHead& head) {
  return {head.first_frame, head.frame_count(), head.splat_count, head.sh_degree,
          splat_group_path({}, head.first_frame).string()};
}

// Groups of several fits, or a background of another, would make a performance that nobody fitted.
void check_fit_key(uint64_t key, const std::string& file, uint64_t first_key, const std::string& first_file) {
  if (key == first_key) return;
  fail(ErrorCode::kInvalidInput, "{} and {} are of fits with different options; fit one of them again", first_file,
       file);
}

SplatSequence sequence_in(const fs::path& folder) {
  SplatSequence sequence;
  const std::vector<SplatGroupHead> heads = find_splat_groups(folder);
  for (const SplatGroupHead& head : heads) {
    sequence.groups.push_back(info_of(head));
    sequence.times_s.insert(sequence.times_s.end(), head.times_s.begin(), head.times_s.end());
    check_fit_key(head.fit_key, sequence.groups.back().file, heads.front().fit_key, sequence.groups.front().file);
  }
  if (fs::exists(folder / kBackground)) {
    const SplatGroupHead head = read_splat_group_head(folder / kBackground);
    if (!heads.empty()) check_fit_key(head.fit_key, kBackground, heads.front().fit_key, sequence.groups.front().file);
    sequence.background = read_splat_group_frame(folder / kBackground, head, 0);
  }
  check_splat_sequence(sequence);
  return sequence;
}

OrderedJson index_json(const SplatSequence& sequence, OrderedJson record) {
  OrderedJson json{{"format", "diorama-splat-sequence"}, {"version", kVersion}, {"record", std::move(record)}};
  json["times_s"] = sequence.times_s;
  json["background"] = sequence.background.size() > 0 ? OrderedJson(kBackground) : OrderedJson(nullptr);
  json["groups"] = OrderedJson::array();
  for (const SplatGroupInfo& group : sequence.groups) {
    json["groups"].push_back({{"file", group.file},
                              {"first_frame", group.first_frame},
                              {"frames", group.frame_count},
                              {"splats", group.splat_count},
                              {"sh_degree", group.sh_degree}});
  }
  return json;
}

std::vector<SplatPart> parts_of(const SplatCloud& background_in_asset, SplatCloud moving,
                                const Rigid& asset_from_capture) {
  std::vector<SplatPart> parts;
  if (background_in_asset.size() > 0) parts.push_back({kSplatBackgroundName, background_in_asset});
  if (moving.size() > 0) {
    transform(moving, asset_from_capture);
    parts.push_back({kSplatMovingName, std::move(moving)});
  }
  return parts;
}

// The first frame that has splats; of the groups, all frames have the same number.
Asset first_frame(const fs::path& folder, const SplatSequence& sequence, const AssetRecord& record) {
  Asset asset{.record = record};
  SplatCloud background = sequence.background;
  transform(background, record.asset_from_capture);
  const auto group = std::find_if(sequence.groups.begin(), sequence.groups.end(),
                                  [](const SplatGroupInfo& info) { return info.splat_count > 0; });
  const bool at_start = background.size() > 0 || group == sequence.groups.end();
  const fs::path file = folder / (at_start ? sequence.groups.front() : *group).file;
  asset.splats =
      parts_of(background, read_splat_group_frame(file, read_splat_group_head(file), 0), record.asset_from_capture);
  if (asset.splats.empty()) {
    fail(ErrorCode::kInvalidInput,
         "no frame has a splat, so no .glb is written; check that the capture shows a subject");
  }
  return asset;
}

SplatGroupInfo group_from(const JsonNode& node) {
  SplatGroupInfo group;
  group.file = node.at("file").file_name();
  group.first_frame = node.at("first_frame").whole_number();
  group.frame_count = node.at("frames").whole_number();
  group.splat_count = node.at("splats").whole_number();
  const uint64_t degree = node.at("sh_degree").whole_number();
  if (degree > 3) fail(ErrorCode::kInvalidInput, "{} has an SH degree of {}, expected 0 to 3", node.where(), degree);
  group.sh_degree = static_cast<int>(degree);
  return group;
}

void check_format(const JsonNode& root) {
  if (root.text("format", "") != "diorama-splat-sequence") {
    fail(ErrorCode::kInvalidInput, "is no index of a sequence of splats");
  }
  const uint64_t version = root.at("version").whole_number();
  if (version != kVersion) {
    fail(ErrorCode::kUnsupported, "has version {}, this build reads version {}; use a newer Diorama", version,
         kVersion);
  }
}

uint64_t bytes_of(const fs::path& file) {
  std::error_code error;
  const uintmax_t bytes = fs::file_size(file, error);
  return error ? 0 : bytes;
}

}  // namespace

fs::path splat_groups_folder(const fs::path& glb) {
  return fs::path(glb).replace_extension(".groups");
}

fs::path splat_group_path(const fs::path& folder, size_t first_frame) {
  return folder / fmt::format("{}{:06}{}", kGroupStart, first_frame, kGroupEnd);
}

void add_splat_group(const fs::path& folder, const SplatGroup& group, std::span<const double> times_s,
                     uint64_t fit_key) {
  write_splat_group(group, times_s, fit_key, splat_group_path(folder, group.first_frame));
}

void set_splat_background(const fs::path& folder, const SplatCloud& background, uint64_t fit_key) {
  const double time_s = 0;
  write_splat_group({.first_frame = 0, .frames = {background}}, {&time_s, 1}, fit_key, folder / kBackground);
}

std::optional<SplatCloud> find_splat_background(const fs::path& folder, uint64_t fit_key) {
  const fs::path path = folder / kBackground;
  if (!fs::exists(path)) return std::nullopt;
  const SplatGroupHead head = read_splat_group_head(path);
  if (head.fit_key != fit_key) return std::nullopt;
  return read_splat_group_frame(path, head, 0);
}

std::vector<SplatGroupHead> find_splat_groups(const fs::path& folder) {
  std::vector<SplatGroupHead> heads;
  for (const fs::path& file : group_files(folder)) {
    heads.push_back(read_splat_group_head(file));
    if (file != splat_group_path(folder, heads.back().first_frame)) {
      fail(ErrorCode::kInvalidInput, "{}: starts at frame {}, expected the name {}", file.string(),
           heads.back().first_frame, splat_group_path({}, heads.back().first_frame).string());
    }
  }
  std::sort(heads.begin(), heads.end(),
            [](const SplatGroupHead& a, const SplatGroupHead& b) { return a.first_frame < b.first_frame; });
  return heads;
}

void remove_splat_groups(const fs::path& folder) {
  std::vector<fs::path> files = group_files(folder);
  files.push_back(folder / kBackground);
  files.push_back(folder / kIndex);
  for (const fs::path& file : files) {
    std::error_code error;
    fs::remove(file, error);
    if (error) fail(ErrorCode::kIo, "{}: cannot be removed: {}", file.string(), error.message());
  }
}

SplatSequence finish_splat_sequence(const fs::path& glb, AssetRecord record) {
  const fs::path folder = splat_groups_folder(glb);
  record.representation = "splat-video";
  record.splat_groups = folder.filename().string();
  return with_context(folder, [&] {
    SplatSequence sequence = sequence_in(folder);
    const Asset asset = first_frame(folder, sequence, record);
    const OrderedJson json = index_json(sequence, record_to_json(record, asset));
    write_file(folder / kIndex, json.dump(1, ' ', true, OrderedJson::error_handler_t::replace) + "\n");
    write_glb(asset, glb);
    return sequence;
  });
}

SplatSequenceReader::SplatSequenceReader(fs::path folder) : folder_(std::move(folder)) {
  const fs::path index = folder_ / kIndex;
  std::optional<fs::path> background;
  with_context(index, [&] {
    const nlohmann::json json = parse_json_object(read_text_file(index, kMaxJsonBytes), "the index");
    const JsonNode root(json, "the index");
    check_format(root);
    record_ = record_from_json(root.at("record"));
    for (const JsonNode& time : root.elements("times_s")) sequence_.times_s.push_back(time.number());
    for (const JsonNode& group : root.elements("groups")) sequence_.groups.push_back(group_from(group));
    if (!root.at("background").value().is_null()) background = folder_ / root.at("background").file_name();
  });
  file_bytes_ = bytes_of(index);
  if (background) {
    sequence_.background = read_splat_group_frame(*background, read_splat_group_head(*background), 0);
    file_bytes_ += bytes_of(*background);
  }
  with_context(index, [&] { check_splat_sequence(sequence_); });
  for (const SplatGroupInfo& group : sequence_.groups) {
    const fs::path file = folder_ / group.file;
    heads_.push_back(read_splat_group_head(file));
    file_bytes_ += bytes_of(file);
    if (info_of(heads_.back()) != group) {
      fail(ErrorCode::kInvalidInput,
           "{}: has {} frames of {} splats from frame {} on, {} lists {} of {} from {} on; finish the fit again",
           file.string(), heads_.back().frame_count(), heads_.back().splat_count, heads_.back().first_frame, kIndex,
           group.frame_count, group.splat_count, group.first_frame);
    }
  }
  background_in_asset_ = sequence_.background;
  transform(background_in_asset_, record_.asset_from_capture);
}

Bounds SplatSequenceReader::bounds() const {
  Bounds bounds = bounds_of(background_in_asset_);
  for (const SplatGroupHead& head : heads_) {
    if (head.bounds.empty()) continue;
    for (int corner = 0; corner < 8; ++corner) {
      const glm::bvec3 high((corner & 1) != 0, (corner & 2) != 0, (corner & 4) != 0);
      bounds.extend(record_.asset_from_capture * glm::mix(head.bounds.min, head.bounds.max, high));
    }
  }
  return bounds;
}

SplatCloud SplatSequenceReader::moving(size_t frame) const {
  const size_t group = sequence_.group_of(frame);
  const size_t first = sequence_.groups[group].first_frame - sequence_.groups.front().first_frame;
  return read_splat_group_frame(folder_ / sequence_.groups[group].file, heads_[group], frame - first);
}

std::vector<SplatPart> SplatSequenceReader::frame(size_t index) const {
  return parts_of(background_in_asset_, moving(index), record_.asset_from_capture);
}

std::optional<SplatSequenceReader> open_splat_sequence(const Asset& asset, const fs::path& path) {
  if (!asset.record || asset.record->splat_groups.empty()) return std::nullopt;
  const fs::path folder = path.parent_path() / asset.record->splat_groups;
  if (!fs::exists(folder)) {
    fail(ErrorCode::kNotFound, "{}: is the first frame of a splat video, whose folder {} is not beside it",
         path.string(), asset.record->splat_groups);
  }
  return SplatSequenceReader(folder);
}

}  // namespace diorama
