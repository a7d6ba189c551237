#pragma once

#include "engine/video/video_writer.h"
#include "tools/eval/evaluate.h"

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <vector>

namespace diorama {

// What is scored as a video: of each camera the recorded picture and, on its right, the rendered one; a camera a row,
// rows in several columns where there are many. Cells are shrunk where the whole would be larger than this.
inline constexpr glm::ivec2 kLargestVideoPx{2560, 1440};

class ComparisonVideo {
 public:
  // The frames are those of scored_frames(). A camera that has no picture at a time keeps its last. Error
  // kInvalidInput: frames without times, fewer than two times.
  ComparisonVideo(const std::filesystem::path& path, const Capture& capture, std::vector<size_t> frames, float scale);

  void add(size_t index, const ScoredPictures& pictures);
  void finish();

 private:
  void place_cameras(float scale);
  glm::ivec2 corner_of(size_t cell) const;

  const Capture& capture_;
  std::vector<size_t> frames_;
  std::map<int, size_t> cell_of_camera_;
  glm::ivec2 cell_px_{0};  // of one picture
  int columns_ = 1;
  ImageRgba8 canvas_;
  std::optional<VideoWriter> writer_;
};

}  // namespace diorama
