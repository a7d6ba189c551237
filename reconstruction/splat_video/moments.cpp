#include "reconstruction/splat_video/moments.h"

#include "engine/base/error.h"
#include "engine/base/measure.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

namespace diorama {
namespace {

constexpr double kUsualInterval_s = 1.0 / 30;  // of captures with one frame a camera

struct TimedFrame {
  double time_s = 0;
  int camera = 0;
  size_t frame = 0;
};

using Tracks = std::map<int, std::vector<TimedFrame>>;  // by camera, times rise

Tracks tracks_of(const Capture& capture) {
  Tracks tracks;
  for (const size_t index : capture.frames_of(Split::kTrain)) {
    const Frame& frame = capture.frames()[index];
    if (!frame.has_color) continue;
    if (!frame.time_s || !std::isfinite(*frame.time_s)) {
      fail(ErrorCode::kInvalidInput,
           "{}: frame {} of camera {} has no time; a splat video needs the time of each frame", capture.name(),
           frame.id, frame.camera);
    }
    tracks[frame.camera].push_back({*frame.time_s, frame.camera, index});
  }
  if (tracks.empty()) {
    fail(ErrorCode::kInvalidInput, "{}: no training frame has colour; a fit needs at least one", capture.name());
  }
  for (auto& [camera, track] : tracks) {
    std::ranges::stable_sort(track, {}, &TimedFrame::time_s);
    for (size_t i = 1; i < track.size(); ++i) {
      if (track[i].time_s > track[i - 1].time_s) continue;
      fail(ErrorCode::kInvalidInput, "{}: camera {} has the frames {} and {} at the same time {} s; expected one",
           capture.name(), camera, capture.frames()[track[i - 1].frame].id, capture.frames()[track[i].frame].id,
           track[i].time_s);
    }
  }
  return tracks;
}

double interval_of(const Tracks& tracks) {
  std::vector<double> steps;
  for (const auto& [camera, track] : tracks) {
    for (size_t i = 1; i < track.size(); ++i) steps.push_back(track[i].time_s - track[i - 1].time_s);
  }
  return steps.empty() ? kUsualInterval_s : median(std::move(steps));
}

// The entry nearest in time; nothing in an empty track.
const TimedFrame* nearest(const std::vector<TimedFrame>& track, double time_s) {
  const TimedFrame* best = nullptr;
  double least = std::numeric_limits<double>::infinity();
  const auto after = std::ranges::lower_bound(track, time_s, {}, &TimedFrame::time_s);
  for (const auto& at : {after == track.begin() ? track.end() : after - 1, after}) {
    if (at == track.end() || !(std::abs(at->time_s - time_s) < least)) continue;
    least = std::abs(at->time_s - time_s);
    best = &*at;
  }
  return best;
}

// The camera whose times most frames of the others agree with.
int steadiest(const Tracks& tracks, double most_apart_s) {
  int best = tracks.begin()->first;
  size_t most = 0;
  for (const auto& [candidate, reference] : tracks) {
    size_t agreeing = 0;
    for (const auto& [camera, track] : tracks) {
      for (const TimedFrame& frame : track) {
        const TimedFrame* const near = nearest(reference, frame.time_s);
        agreeing += near && std::abs(near->time_s - frame.time_s) <= most_apart_s;
      }
    }
    if (agreeing > most) {
      most = agreeing;
      best = candidate;
    }
  }
  return best;
}

struct Skewed {
  TimedFrame frame;
  double apart_s = 0;
};

// Moments at the times of one camera after another, until every frame has one: what the first dropped, others saw.
std::vector<Moment> gather(Tracks rest, double interval_s, std::vector<Skewed>& skewed) {
  const double most_apart_s = kMostSkew * interval_s;
  std::vector<Moment> moments;
  while (!rest.empty()) {
    const std::vector<TimedFrame> reference = rest[steadiest(rest, most_apart_s)];
    std::vector<Moment> found;
    for (const TimedFrame& at : reference) found.push_back({at.time_s, {}});
    for (auto& [camera, track] : rest) {
      std::erase_if(track, [&](const TimedFrame& frame) {
        const TimedFrame* const near = nearest(reference, frame.time_s);
        const double apart_s = std::abs(near->time_s - frame.time_s);
        if (apart_s >= interval_s / 2) return false;
        if (apart_s > most_apart_s) {
          skewed.push_back({frame, frame.time_s - near->time_s});
        } else {
          found[static_cast<size_t>(near - reference.data())].frames.push_back(frame.frame);
        }
        return true;
      });
    }
    std::erase_if(rest, [](const auto& entry) { return entry.second.empty(); });
    moments.insert(moments.end(), found.begin(), found.end());
  }
  std::ranges::stable_sort(moments, {}, &Moment::time_s);
  return moments;
}

void tell_of_skewed(const Capture& capture, const Tracks& tracks, const std::vector<Skewed>& skewed, Moments& moments) {
  std::map<int, std::vector<Skewed>> by_camera;
  for (const Skewed& one : skewed) by_camera[one.frame.camera].push_back(one);
  size_t out_of_step = 0;
  for (const auto& [camera, frames] : by_camera) {
    const Skewed& first = frames.front();
    const std::string where = fmt::format("{:.1f} ms from the other cameras', which are {:.1f} ms apart",
                                          1e3 * first.apart_s, 1e3 * moments.interval_s);
    const std::string& id = capture.frames()[first.frame.frame].id;
    out_of_step += 2 * frames.size() > tracks.at(camera).size();
    if (2 * out_of_step > tracks.size()) {
      fail(ErrorCode::kInvalidInput,
           "{}: the cameras are not synchronous: frame {} of camera {} is {}; expected at most {:.0f} % of that",
           capture.name(), id, camera, where, 100 * kMostSkew);
    }
    moments.warnings.push_back(
        fmt::format("{}: {} of {} frames of camera {} are left out as not synchronous: frame {} is {}", capture.name(),
                    frames.size(), tracks.at(camera).size(), camera, id, where));
  }
}

void tell_of_dropped(const Capture& capture, size_t cameras, Moments& moments) {
  size_t dropped = 0;
  const Moment* first = nullptr;
  for (const Moment& moment : moments.list) {
    if (moment.frames.size() < cameras && first == nullptr) first = &moment;
    dropped += cameras - moment.frames.size();
  }
  if (first == nullptr) return;
  moments.warnings.push_back(
      fmt::format("{}: {} of {} frames are missing; the first at {:.3f} s, which {} of {} cameras saw", capture.name(),
                  dropped, cameras * moments.list.size(), first->time_s, first->frames.size(), cameras));
}

}  // namespace

Moments training_moments(const Capture& capture) {
  const Tracks tracks = tracks_of(capture);
  Moments moments;
  moments.interval_s = interval_of(tracks);
  std::vector<Skewed> skewed;
  moments.list = gather(tracks, moments.interval_s, skewed);
  tell_of_skewed(capture, tracks, skewed, moments);
  tell_of_dropped(capture, tracks.size(), moments);
  return moments;
}

}  // namespace diorama
