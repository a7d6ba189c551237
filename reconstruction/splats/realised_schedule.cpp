#include "reconstruction/splats/realised_schedule.h"

#include "engine/base/error.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace diorama {

RealisedSchedule::RealisedSchedule(size_t steps, double max_seconds, std::chrono::steady_clock::time_point start)
    : steps_(steps), max_seconds_(max_seconds), start_(start) {}

RealisedSchedule RealisedSchedule::replay(std::vector<float> entries, size_t steps) {
  RealisedSchedule schedule;
  schedule.steps_ = steps;
  schedule.replayed_ = true;
  schedule.entries_ = std::move(entries);
  return schedule;
}

float RealisedSchedule::progress(size_t step) {
  DIO_CHECK(step > 0);
  const size_t entry = (step - 1) / kStepsAnEntry;
  if (step > steps_) return -1;
  if (entry < entries_.size()) return entries_[entry];
  if (replayed_) return -1;
  double progress = static_cast<double>(step - 1) / static_cast<double>(steps_);
  if (max_seconds_ > 0) {
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start_;
    progress = std::max(progress, elapsed.count() / max_seconds_);
  }
  if (!entries_.empty()) progress = std::max(progress, static_cast<double>(entries_.back()));
  if (!(progress < 1)) return -1;
  entries_.push_back(static_cast<float>(progress));
  return entries_.back();
}

void RealisedSchedule::resume(std::vector<float> entries) {
  entries_ = std::move(entries);
  if (entries_.empty()) return;
  const std::chrono::duration<double> used(static_cast<double>(entries_.back()) * max_seconds_);
  start_ = std::chrono::steady_clock::now() - std::chrono::duration_cast<std::chrono::steady_clock::duration>(used);
}

std::string to_json(const RealisedSchedule& schedule, size_t steps_made) {
  return nlohmann::ordered_json{{"steps", steps_made}, {"progress", schedule.entries()}}.dump();
}

RealisedSchedule schedule_from_json(std::string_view json) {
  const auto parsed = nlohmann::json::parse(json, nullptr, false);
  const bool shaped = parsed.is_object() && parsed.contains("steps") && parsed["steps"].is_number_unsigned() &&
                      parsed.contains("progress") && parsed["progress"].is_array();
  if (!shaped) fail(ErrorCode::kInvalidInput, "the schedule is not an object of 'steps' and 'progress'");
  const auto steps = parsed["steps"].get<uint64_t>();
  std::vector<float> entries;
  for (const auto& entry : parsed["progress"]) {
    const double value = entry.is_number() ? entry.get<double>() : -1;
    if (!(value >= (entries.empty() ? 0.0 : static_cast<double>(entries.back())) && value < 1)) {
      fail(ErrorCode::kInvalidInput, "the schedule's progress {} does not rise from 0 to below 1", entries.size());
    }
    entries.push_back(static_cast<float>(value));
  }
  const size_t expected = (steps + RealisedSchedule::kStepsAnEntry - 1) / RealisedSchedule::kStepsAnEntry;
  if (steps == 0 || entries.size() != expected) {
    fail(ErrorCode::kInvalidInput, "the schedule has {} entries of progress for {} steps, expected {}", entries.size(),
         steps, expected);
  }
  return RealisedSchedule::replay(std::move(entries), steps);
}

}  // namespace diorama
