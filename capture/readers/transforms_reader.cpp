#include "capture/readers/frame_names.h"
#include "capture/readers/json_value.h"
#include "capture/readers/reader.h"
#include "capture/readers/seven_scenes.h"
#include "capture/readers/transforms.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/scene/image_io.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>
#include <utility>

namespace diorama {
namespace {

namespace fs = std::filesystem;

TransformsFile read_transforms(const fs::path& path) {
  return with_context(path, [&] { return parse_transforms(read_text_file(path, kMaxJsonBytes)); });
}

bool is_file(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

bool matches_transforms(const fs::path& folder) {
  return is_file(folder / "transforms.json") || is_file(folder / "transforms_train.json") ||
         is_file(folder / "transforms_test.json");
}

// transforms.json, or Blender's file a split put together.
TransformsFile read_all_splits(const fs::path& folder) {
  if (is_file(folder / "transforms.json")) return read_transforms(folder / "transforms.json");
  TransformsFile all;
  bool first = true;
  for (const auto& [name, split] : {std::pair{"transforms_train.json", TransformsSplit::kTrain},
                                    std::pair{"transforms_val.json", TransformsSplit::kVal},
                                    std::pair{"transforms_test.json", TransformsSplit::kTest}}) {
    if (!is_file(folder / name)) continue;
    TransformsFile file = read_transforms(folder / name);
    for (TransformsFrame& frame : file.frames) frame.split = split;
    if (!first && file.depth_unit_m != all.depth_unit_m) {
      fail(ErrorCode::kInvalidInput, "{}: the depth unit is {} m, but {} m in the other splits", name,
           file.depth_unit_m, all.depth_unit_m);
    }
    all.depth_unit_m = file.depth_unit_m;
    all.has_applied_transform |= file.has_applied_transform;
    if (all.points.empty()) all.points = file.points;
    std::move(file.frames.begin(), file.frames.end(), std::back_inserter(all.frames));
    first = false;
  }
  if (first) fail(ErrorCode::kNotFound, "{}: there is no transforms.json", folder.string());
  return all;
}

// The image that a path means; Blender leaves the extension out. Empty where there is none.
fs::path existing_image(const fs::path& folder, const std::string& written) {
  const fs::path path = folder / written;
  if (is_file(path)) return path;
  for (const char* extension : {".png", ".jpg", ".jpeg", ".webp"}) {
    fs::path with_extension = path;
    with_extension += extension;
    if (is_file(with_extension)) return with_extension;
  }
  return {};
}

// Settles which frames train and which test; returns whether the file said so. Frames of a split that is not used are
// removed.
bool settle_splits(TransformsFile& file, std::vector<std::string>& warnings) {
  const auto count = [&](TransformsSplit split) {
    return std::count_if(file.frames.begin(), file.frames.end(), [&](const auto& f) { return f.split == split; });
  };
  const auto remove = [&](TransformsSplit split, const char* why) {
    const auto removed = std::erase_if(file.frames, [&](const auto& f) { return f.split == split; });
    if (removed > 0) warnings.push_back(fmt::format("{} frames are left out: {}", removed, why));
  };
  if (file.lists_splits) remove(TransformsSplit::kNone, "they are in none of train_, val_ and test_filenames");
  if (count(TransformsSplit::kTest) > 0) return true;
  if (count(TransformsSplit::kVal) == 0) return false;
  for (TransformsFrame& frame : file.frames) {
    if (frame.split == TransformsSplit::kVal) frame.split = TransformsSplit::kTest;
  }
  warnings.emplace_back("there are no test frames: those for validation are taken");
  return true;
}

Split split_of(TransformsSplit split) {
  if (split == TransformsSplit::kTest) return Split::kTest;
  return split == TransformsSplit::kVal ? Split::kValidation : Split::kTrain;
}

// Sizes of images from their headers. Where the file declares sizes, one image for each declared size is looked at;
// the others must have the same, which loading checks.
class ImageSizes {
 public:
  const ImageInfo& of(const fs::path& image, const std::optional<glm::ivec2>& declared) {
    if (!declared) return latest_ = probe_image(image);
    auto& info = by_declared_[{declared->x, declared->y}];
    if (info.format.empty()) info = probe_image(image);
    return info;
  }

 private:
  std::map<std::pair<int, int>, ImageInfo> by_declared_;
  ImageInfo latest_;
};

class TransformsBuilder {
 public:
  TransformsBuilder(fs::path folder, float depth_max_m) : folder_(std::move(folder)), depth_max_m_(depth_max_m) {}

  CaptureContent build() {
    TransformsFile file = read_all_splits(folder_);
    content_.has_split = settle_splits(file, content_.warnings);
    if (file.frames.empty()) fail(ErrorCode::kInvalidInput, "{}: transforms.json lists no frames", folder_.string());
    for (const TransformsFrame& frame : file.frames) add(frame);
    if (content_.frames.empty()) {
      fail(ErrorCode::kNotFound, "{}: none of the {} images that transforms.json lists exists, the first is {}",
           folder_.string(), file.frames.size(), missing_color_.first);
    }
    name_frames();
    note_missing(file);
    add_points(file.points);
    describe(file);
    std::vector<uint16_t> invalid{0};
    if (unregistered_) invalid.push_back(kSevenScenesInvalid);
    content_.source =
        make_file_source(std::move(files_), content_.frames, {file.depth_unit_m, invalid}, {}, depth_max_m_);
    return std::move(content_);
  }

 private:
  struct Missing {
    size_t count = 0;
    std::string first;
    void add(const std::string& name) {
      if (count++ == 0) first = name;
    }
  };

  void add(const TransformsFrame& described) {
    FrameFiles files;
    files.color = existing_image(folder_, described.color);
    if (files.color.empty()) return missing_color_.add(described.color);
    files.distortion = described.lens.distortion;
    with_context(files.color, [&] {
      const ImageInfo& info = color_sizes_.of(files.color, described.lens.size_px);
      Frame frame;
      frame.id = frame_id_of(files.color);
      frame.color = camera_of(described.lens, info.size_px, described.world_from_camera);
      frame.has_alpha = info.channels == 2 || info.channels == 4;
      frame.split = split_of(described.split);
      frame.time_s = described.time_s;
      add_depth(described, frame, files);
      add_mask(described, frame, files);
      unregistered_ |= names_unregistered_color(files.color, files.depth);
      content_.frames.push_back(std::move(frame));
    });
    written_.push_back(described.color);
    files_.push_back(std::move(files));
  }

  void add_depth(const TransformsFrame& described, Frame& frame, FrameFiles& files) {
    if (described.depth.empty()) return;
    const fs::path path = existing_image(folder_, described.depth);
    if (path.empty()) return missing_depth_.add(described.depth);
    if (path.extension() != ".png" && path.extension() != ".PNG") return unread_depth_.add(described.depth);
    with_context(path, [&] {
      const ImageInfo& info = depth_sizes_.of(path, frame.color.size_px);
      if (info.channels != 1 || info.bits != 16) return unread_depth_.add(described.depth);
      TransformsLens lens = described.lens;  // K is in the colour image's pixels unless the file says otherwise
      if (!lens.size_px) lens.size_px = frame.color.size_px;
      frame.depth = camera_of(lens, info.size_px, described.world_from_camera);
      files.depth = path;
    });
  }

  void add_mask(const TransformsFrame& described, Frame& frame, FrameFiles& files) {
    frame.has_mask = !described.lens.distortion.is_none();  // what the lens never saw is masked out
    if (described.mask.empty()) return;
    files.mask = existing_image(folder_, described.mask);
    if (files.mask.empty()) return missing_mask_.add(described.mask);
    frame.has_mask = true;
  }

  void add_points(const std::string& written) {
    if (written.empty()) return;
    if (is_file(folder_ / written)) {
      content_.points_file = folder_ / written;
    } else {
      content_.warnings.push_back(fmt::format("the file of points {} does not exist", written));
    }
  }

  // File stems, or where two are the same (Blender's splits), paths without extension.
  void name_frames() {
    std::set<std::string> ids;
    for (const Frame& frame : content_.frames) ids.insert(frame.id);
    if (ids.size() == content_.frames.size()) return;
    for (size_t i = 0; i < content_.frames.size(); ++i) {
      const fs::path folder = fs::path(written_[i]).lexically_normal().parent_path();
      content_.frames[i].id = (folder / content_.frames[i].id).generic_string();
    }
  }

  void note_missing(const TransformsFile& file) {
    for (std::string warning : {missing_warning(missing_color_.count, "image", missing_color_.first),
                                missing_warning(missing_depth_.count, "depth image", missing_depth_.first),
                                missing_warning(missing_mask_.count, "mask", missing_mask_.first)}) {
      if (!warning.empty()) content_.warnings.push_back(std::move(warning));
    }
    if (unread_depth_.count > 0) {
      content_.warnings.push_back(fmt::format("{} depth images are not 16-bit grey PNG and left out, the first is {}",
                                              unread_depth_.count, unread_depth_.first));
    }
    if (file.has_applied_transform) {
      content_.warnings.emplace_back("poses are taken as they stand, with applied_transform in them");
    }
  }

  void describe(const TransformsFile& file) {
    CaptureConventions& conventions = content_.conventions;
    const auto& frames = content_.frames;
    const bool has_depth =
        std::any_of(frames.begin(), frames.end(), [](const Frame& f) { return f.depth.has_value(); });
    const bool distorted =
        std::any_of(files_.begin(), files_.end(), [](const FrameFiles& f) { return !f.distortion.is_none(); });
    conventions.format = "transforms";
    conventions.camera_axes = "OpenGL";
    conventions.metric = has_depth;  // else from structure from motion, or a modelling program's units
    if (has_depth) {
      conventions.depth_unit = fmt::format("{:.6g} mm", file.depth_unit_m * 1000);
      conventions.invalid_depth = unregistered_ ? "0, 65535" : "0";
    }
    if (distorted) conventions.distortion = "Brown-Conrady, removed on loading";
    conventions.color_registered = !unregistered_;
    conventions.intrinsics_of = unregistered_ ? "depth" : "colour";
    conventions.up_source = unregistered_ ? "cameras" : "format";
    if (unregistered_) conventions.up_in_world = up_from_cameras(frames);
  }

  fs::path folder_;
  float depth_max_m_;
  CaptureContent content_;
  std::vector<FrameFiles> files_;
  std::vector<std::string> written_;  // file_path of each frame
  ImageSizes color_sizes_, depth_sizes_;
  Missing missing_color_, missing_depth_, missing_mask_, unread_depth_;
  bool unregistered_ = false;
};

CaptureContent read_transforms_capture(const fs::path& folder, const CaptureOptions& options) {
  return TransformsBuilder(folder, options.depth_max_m).build();
}

}  // namespace

extern const CaptureReader kTransformsReader{"transforms", matches_transforms, read_transforms_capture,
                                             "transforms.json, or transforms_train.json and transforms_test.json"};

}  // namespace diorama
