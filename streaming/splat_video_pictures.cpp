#include "streaming/splat_video_pictures.h"

#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/video/group_decoder.h"

#include <algorithm>
#include <optional>

namespace diorama {
namespace {

namespace fs = std::filesystem;

// A stream inside the group that plays.
struct TrackDecoder {
  fs::path file;
  VideoTrack track;
  std::vector<ByteRange> segments;
  std::vector<std::byte> init;
  std::shared_ptr<const DecodeDevice> device;
  std::optional<GroupDecoder> decoder;
  Picture420 picture;

  TrackDecoder(const fs::path& folder, const VideoTrack& of, const std::vector<ByteRange>& ranges)
      : file(folder / of.file),
        track(of),
        segments(ranges),
        init(read_file_part(file, of.init_offset, of.init_bytes)) {}

  std::vector<std::byte> segment(size_t group) const {
    return read_file_part(file, segments[group].offset, segments[group].bytes);
  }

  void start(size_t group) {
    if (decoder) {
      decoder->start(segment(group));
    } else {
      decoder.emplace(init, segment(group), file.string(), device.get());
    }
    const glm::ivec2 found = decoder->facts().size_px, expected = track.layout.size_px;
    if (found != expected) {
      fail(ErrorCode::kInvalidInput, "{}: segment {} has pictures of {}x{}, the .glb says {}x{}", file.string(), group,
           found.x, found.y, expected.x, expected.y);
    }
  }

  void advance(size_t group, size_t in_group) {
    if (!decoder->next(picture)) {
      fail(ErrorCode::kInvalidInput, "{}: segment {} ends before its picture {}; pack the video again", file.string(),
           group, in_group);
    }
  }
};

const VideoRepresentation& representation_of(const SplatVideo& video, size_t index, const fs::path& glb) {
  if (index >= video.representations.size()) {
    fail(ErrorCode::kInvalidInput, "{}: has {} representations, there is no number {}", glb.string(),
         video.representations.size(), index);
  }
  return video.representations[index];
}

}  // namespace

struct SplatVideoPictures::Impl {
  std::vector<size_t> first_frames;  // of the groups, counted from 0, and the number of frames
  TrackDecoder exact, lossy;
  GroupLayouts layouts;
  Picture420 first_exact;
  size_t group = 0, next = 0;  // the group that plays, and the next of its pictures
  bool playing = false, chosen = false;
  DecoderOptions decoder;
  LogSink log;

  Impl(const SplatVideo& video, const fs::path& glb, const VideoRepresentation& one, const DecoderOptions& options,
       const LogSink& sink)
      : exact(glb.parent_path(), video.exact, video.exact_segments),
        lossy(glb.parent_path(), one.lossy, one.segments),
        layouts{video.exact.layout, one.lossy.layout},
        decoder(options),
        log(sink) {
    first_frames.push_back(0);
    for (const GroupParameters& each : video.groups) first_frames.push_back(first_frames.back() + each.frame_count);
  }

  void choose() {
    const std::vector<std::byte> exact_segment = exact.segment(0), lossy_segment = lossy.segment(0);
    const DecodeProbe probes[] = {{exact.init, exact_segment, exact.file.string()},
                                  {lossy.init, lossy_segment, lossy.file.string()}};
    exact.device = lossy.device = choose_decoder(decoder, probes, log);
    chosen = true;
  }

  void start(size_t wanted) {
    playing = false;
    if (!chosen) choose();
    exact.start(wanted);
    lossy.start(wanted);
    group = wanted;
    next = 0;
    playing = true;
  }

  VideoPictures at(size_t frame) {
    const auto after = std::upper_bound(first_frames.begin(), first_frames.end(), frame);
    const auto wanted = static_cast<size_t>(after - first_frames.begin()) - 1;
    const size_t in_group = frame - first_frames[wanted];
    if (!playing || wanted != group || in_group + 1 < next) start(wanted);
    for (; next <= in_group; ++next) {
      exact.advance(group, next);
      lossy.advance(group, next);
      if (next == 0) first_exact = exact.picture;
    }
    return {group, in_group, exact.picture, lossy.picture};
  }
};

SplatVideoPictures::SplatVideoPictures(const SplatVideo& video, const fs::path& glb, size_t representation,
                                       const DecoderOptions& options, const LogSink& log)
    : impl_(std::make_unique<Impl>(video, glb, representation_of(video, representation, glb), options, log)) {}

SplatVideoPictures::~SplatVideoPictures() = default;
SplatVideoPictures::SplatVideoPictures(SplatVideoPictures&&) noexcept = default;

const GroupLayouts& SplatVideoPictures::layouts() const {
  return impl_->layouts;
}

std::string SplatVideoPictures::decoder() const {
  return impl_->exact.device ? impl_->exact.device->name() : "software";
}

VideoPictures SplatVideoPictures::at(size_t frame) {
  const size_t count = impl_->first_frames.back();
  if (frame >= count) {
    fail(ErrorCode::kInvalidInput, "the splat video has {} frames, there is no frame {}", count, frame);
  }
  return impl_->at(frame);
}

const Picture420& SplatVideoPictures::first_exact() const {
  return impl_->first_exact;
}

}  // namespace diorama
