#include "capture/readers/image_files.h"
#include "capture/readers/json_value.h"
#include "capture/readers/npy.h"
#include "capture/readers/reader.h"
#include "engine/base/error.h"
#include "engine/scene/image_io.h"

#include <algorithm>
#include <array>
#include <span>
#include <string>

// LLFF (Mildenhall et al. 2019): poses_bounds.npy and images, images_4, ...

namespace diorama {
namespace {

namespace fs = std::filesystem;

constexpr size_t kRowLength = 17;  // 3x5 [R | t | h w f] by rows, then the nearest and farthest depth

bool llff_matches(const fs::path& folder) {
  return is_file(folder / "poses_bounds.npy");
}

// The most detailed copy of the images that is there: "images", else the smallest N of "images_N".
fs::path find_image_folder(const fs::path& folder) {
  if (is_folder(folder / "images")) return folder / "images";
  for (int divisor = 2; divisor <= 64; ++divisor) {
    const fs::path candidate = folder / fmt::format("images_{}", divisor);
    if (is_folder(candidate)) return candidate;
  }
  fail(ErrorCode::kNotFound,
       "{}: has poses_bounds.npy but no folder images or images_N (videos are not read: extract "
       "one image per camera)",
       folder.string());
}

// Names in the order of the rows: index.json's "order" where there is one, else the sorted images.
std::vector<std::string> image_names(const fs::path& folder, const fs::path& image_folder) {
  std::vector<std::string> names;
  const fs::path index_path = folder / "index.json";
  if (is_file(index_path)) {
    const nlohmann::json document = read_json_file(index_path);
    with_context(index_path, [&] {
      const JsonValue order = JsonValue(document).at("order");
      for (size_t i = 0; i < order.size(); ++i) names.push_back(order[i].text());
    });
    return names;
  }
  for (const fs::path& path : image_files(image_folder)) names.push_back(path.filename().string());
  return names;
}

Camera camera_of(std::span<const double> row, glm::ivec2 size_px) {
  const double height = row[4], width = row[9], focal_px = row[14];
  if (!(width >= 1 && width <= 1e6 && height >= 1 && height <= 1e6 && focal_px > 0)) {
    fail(ErrorCode::kInvalidInput, "height, width, focal length are {} {} {}, expected positive numbers of pixels",
         height, width, focal_px);
  }
  Camera camera;
  camera.size_px = size_px;
  camera.focal_px = focal_px * glm::dvec2(size_px) / glm::dvec2(width, height);
  camera.center_px = 0.5f * glm::vec2(size_px);
  // Columns: down, right, backwards, position.
  std::array<double, 16> world_from_camera{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  for (size_t i = 0; i < 3; ++i) {
    world_from_camera[4 * i] = row[5 * i + 1];
    world_from_camera[4 * i + 1] = row[5 * i];
    world_from_camera[4 * i + 2] = -row[5 * i + 2];
    world_from_camera[4 * i + 3] = row[5 * i + 3];
  }
  camera.world_from_camera = rigid_from_row_major(world_from_camera);
  return camera;
}

NpyArray read_rows(const fs::path& path) {
  NpyArray array = read_npy(path);
  if (array.shape.size() == 2 && array.shape[1] == kRowLength) return array;
  fail(ErrorCode::kInvalidInput, "{}: is of shape ({}), expected (images, {})", path.string(),
       fmt::join(array.shape, ", "), kRowLength);
}

void add_frames(const fs::path& folder, CaptureContent& content, std::vector<FrameFiles>& files) {
  const fs::path poses_path = folder / "poses_bounds.npy", image_folder = find_image_folder(folder);
  const NpyArray rows = read_rows(poses_path);
  const std::vector<std::string> names = image_names(folder, image_folder);
  if (names.size() != rows.shape[0]) {
    fail(ErrorCode::kInvalidInput,
         "{}: has {} rows, but there are {} images in {}; index.json (\"order\": [names]) can "
         "say which image each row is of",
         poses_path.string(), rows.shape[0], names.size(), image_folder.string());
  }
  size_t missing = 0;
  for (size_t i = 0; i < names.size(); ++i) {
    const fs::path path = image_folder / names[i];
    if (!is_file(path)) {
      ++missing;
      continue;
    }
    const auto row = std::span(rows.values).subspan(i * kRowLength, kRowLength);
    const Camera camera = with_context(fmt::format("{}: row {}", poses_path.string(), i),
                                       [&] { return camera_of(row, probe_image(path).size_px); });
    content.frames.push_back({.id = path.stem().string(), .color = camera});
    files.push_back({path, {}, {}, {}, {}});
  }
  if (missing > 0) {
    content.warnings.push_back(
        fmt::format("{} of {} images are not in {} and are left out", missing, names.size(), image_folder.string()));
  }
  if (content.frames.empty()) {
    fail(ErrorCode::kInvalidInput, "{}: none of the {} images is there", image_folder.string(), names.size());
  }
}

CaptureContent read_llff(const fs::path& folder, const CaptureOptions& options) {
  CaptureContent content;
  std::vector<FrameFiles> files;
  add_frames(folder, content, files);
  CaptureConventions& conventions = content.conventions;
  conventions.format = "llff";
  conventions.camera_axes = "down, right, backwards";
  conventions.metric = false;
  conventions.up_in_world = up_from_cameras(content.frames);
  conventions.up_source = "cameras";
  content.source = make_file_source(std::move(files), content.frames, {}, {}, options.depth_max_m);
  return content;
}

}  // namespace

extern const CaptureReader kLlffReader{"llff", llff_matches, read_llff, "poses_bounds.npy"};

}  // namespace diorama
