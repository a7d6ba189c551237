#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace diorama {

// How far a fit is at each step: by its steps, or by its clock where that is further. What the clock decided is kept,
// so that a run bounded by time can be repeated to the bit.
class RealisedSchedule {
 public:
  static constexpr size_t kStepsAnEntry = 16;  // progress changes this often

  // max_seconds 0: steps alone. Seconds count from `start`.
  RealisedSchedule(size_t steps, double max_seconds, std::chrono::steady_clock::time_point start);

  // Repeats what an earlier run realised.
  static RealisedSchedule replay(std::vector<float> entries, size_t steps);

  // Progress of a step (counting from 1), [0, 1); steps are asked for in order. Below 0: the fit is over.
  float progress(size_t step);

  const std::vector<float>& entries() const { return entries_; }

  // Goes on from what an interrupted run realised; its clock goes on with the steps.
  void resume(std::vector<float> entries);

 private:
  RealisedSchedule() = default;

  size_t steps_ = 0;
  double max_seconds_ = 0;
  bool replayed_ = false;
  std::chrono::steady_clock::time_point start_;
  std::vector<float> entries_;  // for each kStepsAnEntry steps; as long as the fit went
};

// {"steps":N,"progress":[...]}. Reading checks that entries rise from 0 to below 1; Error kInvalidInput.
std::string to_json(const RealisedSchedule& schedule, size_t steps_made);
RealisedSchedule schedule_from_json(std::string_view json);

}  // namespace diorama
