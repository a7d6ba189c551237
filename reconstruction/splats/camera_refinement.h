#pragma once

#include "engine/raster/splat_rasterizer.h"
#include "reconstruction/splats/schedule.h"
#include "reconstruction/splats/training_set.h"

#include <array>
#include <optional>
#include <vector>

namespace diorama {

// How a view's picture follows from the scene's: gain * colour + bias in sRGB, channel by channel.
struct Exposure {
  glm::vec3 gain{1.0f}, bias{0.0f};
};

// Sums over the pixels of a picture that count, for each channel: x of the scene as drawn, y of the view.
struct ExposureSums {
  double count = 0, square_error = 0;  // the error: of x with the view's exposure
  glm::dvec3 x{0.0}, y{0.0}, xx{0.0}, xy{0.0};
};
ExposureSums operator+(const ExposureSums& a, const ExposureSums& b);

// Which of a capture's cameras may move.
struct RefinementChoice {
  bool poses = false, rig = false, exposure = false;
};

// Corrections of the training views' cameras that a fit finds beside the splats. The rig's part (a motion of the colour
// camera against the depth camera, focal length, centre) is shared by all views and goes into the asset's calibration;
// poses and exposures are the views' own, kept at zero mean so that frames that were never trained on fit the scene as
// they are.
class CameraRefinement {
 public:
  // A view's own part; trivially copyable, as the checkpoint needs it.
  struct ViewState {
    Rigid correction;  // p_in_camera = rig * correction * (p_in_camera as given)
    Exposure exposure;
    std::array<float, 6> first{}, second{};  // Adam's moments of rotation and translation
    int visits = 0;
  };
  struct RigState {
    Rigid correction;
    glm::vec2 focal_scale{1.0f}, center_shift{0.0f};  // shares of the focal length
    std::array<float, 10> first{}, second{};
    int visits = 0;
  };

  CameraRefinement(const TrainingSet& set, RefinementChoice choice);

  Camera camera(const TrainingSet& set, size_t view) const;
  const Exposure& exposure(size_t view) const { return views_[view].exposure; }

  // One step of Adam; `gradient` is of the camera that camera() gave, shrunk by `shrink`.
  void step(const TrainingSet& set, size_t view, SplatCameraGradient gradient, float shrink, const StepRates& rates);
  void step_exposure(size_t view, const ExposureSums& sums, float rate);

  // Takes the mean out of poses and exposures; to be called once after each pass over the views.
  void recenter(const TrainingSet& set);

  // The rig as refined, from the one that the views were made with.
  RigCalibration refined(const RigCalibration& start) const;

  const RefinementChoice& choice() const { return choice_; }
  std::vector<ViewState>& views() { return views_; }
  const std::vector<ViewState>& views() const { return views_; }
  RigState& rig() { return rig_; }
  const RigState& rig() const { return rig_; }

 private:
  RefinementChoice choice_;
  std::vector<ViewState> views_;
  RigState rig_;
};

}  // namespace diorama
