#include "capture/readers/image_files.h"
#include "capture/readers/reader.h"
#include "capture/readers/text_table.h"
#include "capture/readers/timeline.h"
#include "engine/base/error.h"
#include "engine/scene/image_io.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>

// RGB-D benchmark of TU Munich (Sturm et al. 2012): rgb.txt, depth.txt, groundtruth.txt.

namespace diorama {
namespace {

namespace fs = std::filesystem;

constexpr double kMaxAssociationGap_s = 0.02, kMaxPoseBracket_s = 0.1;
constexpr double kDepthUnit_m = 1.0 / 5000;
constexpr glm::ivec2 kCalibratedSize_px(640, 480);  // what the sequences' published intrinsics belong to

// As published: pixel (0, 0) has its centre at (0, 0).
struct TumIntrinsics {
  glm::dvec2 focal_px{525, 525}, center_px{319.5, 239.5};
  LensDistortion distortion;
  std::string source = "the generic 525 525 319.5 239.5";
  bool of_image = false;  // belongs to the images at their own size, whatever it is
};

struct TimedFile {
  double time_s = 0;
  fs::path path;
};

bool tum_matches(const fs::path& folder) {
  return is_file(folder / "rgb.txt") && is_file(folder / "groundtruth.txt");
}

std::vector<TimedFile> read_file_list(const fs::path& path) {
  const TextTable table = TextTable::read(path);
  std::vector<TimedFile> files;
  for (const TextTable::Line& line : table.lines()) {
    table.require_fields(line, 2, "time, path");
    files.push_back({table.number(line, 0), path.parent_path() / line.fields[1]});
  }
  if (files.empty()) fail(ErrorCode::kInvalidInput, "{}: lists no images", path.string());
  std::sort(files.begin(), files.end(), [](const TimedFile& a, const TimedFile& b) { return a.time_s < b.time_s; });
  return files;
}

std::vector<TimedPose> read_trajectory(const fs::path& path) {
  const TextTable table = TextTable::read(path, 10'000'000);
  std::vector<TimedPose> trajectory;
  for (const TextTable::Line& line : table.lines()) {
    table.require_fields(line, 8, "time, tx ty tz, qx qy qz qw");
    std::array<double, 8> v{};
    for (size_t i = 0; i < v.size(); ++i) v[i] = table.number(line, i);
    const glm::dquat rotation(v[7], v[4], v[5], v[6]);
    const double length = glm::length(rotation);
    if (!(std::abs(length - 1) <= 1e-2)) {
      fail(ErrorCode::kInvalidInput, "{}: the quaternion has length {:.4g}, expected 1", table.where(line), length);
    }
    trajectory.push_back({v[0], {v[1], v[2], v[3]}, rotation / length});
  }
  if (trajectory.empty()) fail(ErrorCode::kInvalidInput, "{}: has no poses", path.string());
  std::stable_sort(trajectory.begin(), trajectory.end(),
                   [](const TimedPose& a, const TimedPose& b) { return a.time_s < b.time_s; });
  return trajectory;
}

TumIntrinsics read_intrinsics_file(const fs::path& path) {
  const TextTable table = TextTable::read(path, 100);
  if (table.lines().size() != 1) {
    fail(ErrorCode::kInvalidInput, "{}: has {} lines of numbers, expected one: fx fy cx cy [k1 k2 p1 p2 k3]",
         path.string(), table.lines().size());
  }
  const TextTable::Line& line = table.lines().front();
  if (line.fields.size() != 9) table.require_fields(line, 4, "fx fy cx cy, or these with k1 k2 p1 p2 k3");
  std::array<double, 9> v{};
  for (size_t i = 0; i < line.fields.size(); ++i) v[i] = table.number(line, i);
  return {{v[0], v[1]}, {v[2], v[3]}, {v[4], v[5], v[8], v[6], v[7]}, path.filename().string(), true};
}

// The colour cameras of the three recording set-ups, told from the folder's name as the benchmark gives it.
TumIntrinsics intrinsics_by_name(std::string name) {
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
  const auto recorded_with = [&](const char* set_up) {
    return name.find(std::string("freiburg") + set_up) != std::string::npos ||
           name.find(std::string("fr") + set_up) != std::string::npos;
  };
  if (recorded_with("1")) {
    return {{517.3, 516.5}, {318.6, 255.3}, {0.2624, -0.9531, 1.1633, -0.0054, 0.0026}, "the published fr1", false};
  }
  if (recorded_with("2")) {
    return {{520.9, 521.0}, {325.1, 249.7}, {0.2312, -0.7849, 0.9172, -0.0033, -0.0001}, "the published fr2", false};
  }
  if (recorded_with("3")) return {{535.4, 539.2}, {320.1, 247.6}, {}, "the published fr3", false};
  return {};
}

std::string folder_name(const fs::path& folder) {
  std::error_code error;
  const fs::path whole = fs::weakly_canonical(folder, error);
  return (error ? folder : whole).filename().string();
}

TumIntrinsics find_intrinsics(const fs::path& folder) {
  for (const char* name : {"calibration.txt", "camera.txt"}) {
    if (is_file(folder / name)) return read_intrinsics_file(folder / name);
  }
  return intrinsics_by_name(folder_name(folder));
}

Camera color_camera(const TumIntrinsics& intrinsics, glm::ivec2 size_px) {
  const glm::dvec2 center_px = intrinsics.center_px + 0.5;  // to pixel centres at (0.5, 0.5)
  const Camera camera{intrinsics.of_image ? size_px : kCalibratedSize_px, intrinsics.focal_px, center_px, {}};
  return resized(camera, size_px);
}

std::string left_out(size_t count, size_t of, const char* what, const char* why) {
  return fmt::format("{} of {} {} are left out: {}", count, of, what, why);
}

// Colour images with the depth image of their time, where the sequence has depth.
struct Association {
  std::vector<TimedFile> colors, depths;  // of equal length, or no depths
};

Association associate(const fs::path& folder, std::vector<std::string>& warnings) {
  Association all{read_file_list(folder / "rgb.txt"), {}};
  if (!is_file(folder / "depth.txt")) {
    warnings.emplace_back("there is no depth.txt: the frames have no depth");
    return all;
  }
  const std::vector<TimedFile> depths = read_file_list(folder / "depth.txt");
  const auto times = [](const std::vector<TimedFile>& files) {
    std::vector<double> times_s(files.size());
    std::transform(files.begin(), files.end(), times_s.begin(), [](const TimedFile& file) { return file.time_s; });
    return times_s;
  };
  Association paired;
  for (const auto& [color, depth] : associate_times(times(all.colors), times(depths), kMaxAssociationGap_s)) {
    paired.colors.push_back(all.colors[color]);
    paired.depths.push_back(depths[depth]);
  }
  if (paired.colors.empty()) {
    fail(ErrorCode::kInvalidInput, "{}: no colour image has a depth image within {} s; check the times in both lists",
         (folder / "depth.txt").string(), kMaxAssociationGap_s);
  }
  if (const size_t lost = all.colors.size() - paired.colors.size(); lost > 0) {
    warnings.push_back(left_out(lost, all.colors.size(), "colour images", "no depth image within 0.02 s"));
  }
  return paired;
}

// Appends the frames that have a pose and whose files are there.
void add_frames(const fs::path& folder, const Association& images, const TumIntrinsics& intrinsics,
                CaptureContent& content, std::vector<FrameFiles>& files) {
  const std::vector<TimedPose> trajectory = read_trajectory(folder / "groundtruth.txt");
  std::optional<Camera> color, depth;
  size_t without_pose = 0, missing = 0;
  for (size_t i = 0; i < images.colors.size(); ++i) {
    const fs::path color_path = images.colors[i].path;
    const fs::path depth_path = images.depths.empty() ? fs::path{} : images.depths[i].path;
    const double time_s = images.colors[i].time_s;
    const std::optional<Rigid> pose = pose_at(trajectory, time_s, kMaxPoseBracket_s);
    const bool there = is_file(color_path) && (depth_path.empty() || is_file(depth_path));
    without_pose += pose ? 0 : 1;
    missing += pose && !there ? 1 : 0;
    if (!pose || !there) continue;
    // One camera took all images: the first tells the size, and loading checks the others against it.
    if (!color) color = color_camera(intrinsics, probe_image(color_path).size_px);
    if (!depth && !depth_path.empty()) depth = resized(*color, probe_image(depth_path).size_px);
    color->world_from_camera = *pose;
    if (depth) depth->world_from_camera = *pose;
    Frame frame{.id = color_path.stem().string(), .color = *color, .depth = depth};
    frame.time_s = time_s - images.colors.front().time_s;
    frame.has_mask = !intrinsics.distortion.is_none();
    content.frames.push_back(std::move(frame));
    files.push_back({color_path, depth_path, {}, {}, intrinsics.distortion});
  }
  if (without_pose > 0) {
    content.warnings.push_back(left_out(without_pose, images.colors.size(), "frames",
                                        "groundtruth.txt has no poses less than 0.1 s apart around their time"));
  }
  if (missing > 0) {
    content.warnings.push_back(left_out(missing, images.colors.size(), "frames", "their image files are not there"));
  }
  if (content.frames.empty()) {
    fail(ErrorCode::kInvalidInput,
         "{}: no frame has both a pose and its image files ({} without a pose, {} without files)", folder.string(),
         without_pose, missing);
  }
}

CaptureContent read_tum(const fs::path& folder, const CaptureOptions& options) {
  CaptureContent content;
  const TumIntrinsics intrinsics = find_intrinsics(folder);
  const Association images = associate(folder, content.warnings);
  std::vector<FrameFiles> files;
  add_frames(folder, images, intrinsics, content, files);
  if (!intrinsics.of_image) {
    content.warnings.push_back(
        fmt::format("the intrinsics are {} values; a calibration.txt with 'fx fy cx cy' beside rgb.txt replaces them",
                    intrinsics.source));
  }
  CaptureConventions& conventions = content.conventions;
  conventions.format = "tum";
  if (!images.depths.empty()) {
    conventions.depth_unit = "1/5000 m";
    conventions.invalid_depth = std::string(1, '0');
  }
  conventions.distortion = intrinsics.distortion.is_none() ? "none" : "k1 k2 p1 p2 k3, removed on loading";
  conventions.up_in_world = {0, 0, 1};  // the motion capture system's z axis
  conventions.up_source = "format";
  content.source = make_file_source(std::move(files), content.frames, {kDepthUnit_m, {0}}, {}, options.depth_max_m);
  return content;
}

}  // namespace

extern const CaptureReader kTumReader{"tum", tum_matches, read_tum, "rgb.txt with groundtruth.txt"};

}  // namespace diorama
