#include "reconstruction/mesh/fusion_checkpoint.h"

#include "engine/base/error.h"
#include "engine/base/file.h"

#include <nlohmann/json.hpp>

namespace diorama {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr uint64_t kMaxStateBytes = uint64_t{16} << 20;

fs::path state_path(const fs::path& folder) {
  return folder / "fusion.json";
}

std::string volume_name(size_t frames_done) {
  return fmt::format("fusion-{}.tsdf", frames_done);
}

// Volumes other than the one named are left from earlier stops.
void remove_volumes(const fs::path& folder, const std::string& kept) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("fusion-") && name.ends_with(".tsdf") && name != kept) fs::remove(entry.path(), ignored);
  }
}

}  // namespace

void save_checkpoint(const fs::path& folder, const std::string& identity, const TsdfVolume& volume,
                     size_t frames_done) {
  // The volume first, under a name of its own: until the state names it, the old checkpoint holds.
  volume.save(folder / volume_name(frames_done));
  const Json state = {{"of", Json::parse(identity)}, {"frames_done", frames_done}};
  write_file(state_path(folder), state.dump(2));
  remove_volumes(folder, volume_name(frames_done));
}

std::optional<FusionProgress> load_checkpoint(const fs::path& folder, const std::string& identity, size_t frame_count) {
  const fs::path path = state_path(folder);
  if (!fs::exists(path)) return std::nullopt;
  const Json state = Json::parse(read_text_file(path, kMaxStateBytes), nullptr, false);
  if (!state.is_object() || !state.contains("of") || !state.contains("frames_done") ||
      !state["frames_done"].is_number_unsigned() || state["frames_done"].get<uint64_t>() > frame_count) {
    fail(ErrorCode::kInvalidInput, "{}: is not the state of a fusion of {} frames: delete it and start anew",
         path.string(), frame_count);
  }
  if (state["of"] != Json::parse(identity)) {
    fail(ErrorCode::kInvalidInput, "{}: belongs to another capture or other options ({}): start anew without --resume",
         path.string(), state["of"].dump(-1, ' ', false, Json::error_handler_t::replace));
  }
  const auto frames_done = state["frames_done"].get<size_t>();
  return FusionProgress{TsdfVolume::load(folder / volume_name(frames_done)), frames_done};
}

void remove_checkpoint(const fs::path& folder) {
  std::error_code ignored;
  fs::remove(state_path(folder), ignored);
  remove_volumes(folder, {});
}

}  // namespace diorama
