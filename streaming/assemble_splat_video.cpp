#include "streaming/assemble_splat_video.h"

#include "assets/gltf.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "streaming/cmaf.h"
#include "streaming/rate_plan.h"
#include "streaming/splat_video_reader.h"

#include <cmath>
#include <deque>
#include <optional>

namespace diorama {
namespace {

namespace fs = std::filesystem;

// The streams of a video in the order of their tracks: the exact one, then the representations'.
template <class Video>
auto& track_at(Video& video, size_t track) {
  return track == 0 ? video.exact : video.representations[track - 1].lossy;
}
template <class Video>
auto& segments_at(Video& video, size_t track) {
  return track == 0 ? video.exact_segments : video.representations[track - 1].segments;
}
size_t track_count(const SplatVideo& video) {
  return 1 + video.representations.size();
}

size_t first_picture_of(const SplatVideo& video, size_t group) {
  size_t picture = 0;
  for (size_t i = 0; i < group; ++i) picture += video.groups[i].frame_count;
  return picture;
}

// A piece that is read.
struct Source {
  VideoPiece piece;
  SplatVideo video;
  std::vector<std::vector<std::byte>> headers;  // of its tracks, all with number 1

  Source(const VideoPiece& of, const Asset& asset) : piece(of), video(splat_video_of(asset, of.glb)) {
    if (piece.group_count == 0 || piece.first_group + piece.group_count > video.groups.size()) {
      fail(ErrorCode::kInvalidInput, "{}: has {} groups, there are no groups {} to {}", piece.glb.string(),
           video.groups.size(), piece.first_group, piece.first_group + piece.group_count);
    }
    for (size_t track = 0; track < track_count(video); ++track) {
      const VideoTrack& one = track_at(video, track);
      headers.push_back(read_file_part(file_of(track), one.init_offset, one.init_bytes));
      with_context(file_of(track), [&] { set_track_of_header(headers.back(), 1); });
    }
  }
  fs::path file_of(size_t track) const { return piece.glb.parent_path() / track_at(video, track).file; }
  std::vector<std::byte> segment(size_t track, size_t group) const {
    const ByteRange range = segments_at(video, track)[group];
    return read_file_part(file_of(track), range.offset, range.bytes);
  }
};

void check_same(const Source& first, const Source& other) {
  const auto refuse = [&](std::string_view what) {
    fail(ErrorCode::kInvalidInput, "{} has {} than {}: pack both with the same options and the same number of splats",
         other.piece.glb.string(), what, first.piece.glb.string());
  };
  if (std::abs(first.video.frames_per_s - other.video.frames_per_s) > 1e-6 * first.video.frames_per_s) {
    refuse("another rate of frames");
  }
  if (track_count(first.video) != track_count(other.video)) refuse("more or fewer representations");
  for (size_t track = 0; track < track_count(first.video); ++track) {
    if (!(track_at(first.video, track).layout == track_at(other.video, track).layout)) refuse("another atlas");
    if (first.headers[track] != other.headers[track]) refuse("streams that are coded otherwise");
  }
}

// Tracks as they are written, to files of their own or to one.
class TrackWriter {
 public:
  TrackWriter(const fs::path& glb, const Source& first, SplatVideo& video, bool single_file)
      : video_(video), single_file_(single_file), pictures_(track_count(video)) {
    const std::string stem = glb.stem().string();
    const auto open = [&](const std::string& ending) {
      names_.push_back(stem + ending);
      files_.emplace_back(glb.parent_path() / names_.back());
      ends_.push_back(0);
    };
    if (single_file) {
      open(".mp4");
    } else {
      for (size_t track = 0; track < track_count(video); ++track) {
        open(track == 0 ? "_exact.mp4" : "_" + video.representations[track - 1].id + ".mp4");
      }
    }
    write_headers(first.headers);
  }

  void add(size_t track, std::vector<std::byte> segment) {
    set_track_of_segment(segment, number_of(track));
    const std::vector<size_t> samples = sample_bytes_of(segment);
    pictures_[track].insert(pictures_[track].end(), samples.begin(), samples.end());
    segments_at(video_, track).push_back({write(file_index(track), segment), segment.size()});
  }

  void commit() {
    for (size_t track = 0; track < pictures_.size(); ++track) {
      track_at(video_, track).most_bits_per_s = std::ceil(most_bits_per_s(pictures_[track], video_.frames_per_s));
    }
    for (AtomicFile& file : files_) file.commit();
  }

 private:
  uint32_t number_of(size_t track) const { return single_file_ ? static_cast<uint32_t>(track + 1) : 1; }
  size_t file_index(size_t track) const { return single_file_ ? 0 : track; }

  // Returns where it stands.
  size_t write(size_t file, std::span<const std::byte> bytes) {
    files_[file].write(bytes);
    ends_[file] += bytes.size();
    return ends_[file] - bytes.size();
  }

  // One file starts with a header of all tracks, for players, and then has each track's own, which players skip.
  void write_headers(std::vector<std::vector<std::byte>> headers) {
    for (size_t track = 0; track < headers.size(); ++track) set_track_of_header(headers[track], number_of(track));
    if (single_file_) write(0, joined_headers(headers));
    for (size_t track = 0; track < headers.size(); ++track) {
      constexpr size_t kBoxHead = 8;
      VideoTrack& one = track_at(video_, track);
      one.file = names_[file_index(track)];
      one.init_bytes = headers[track].size();
      one.init_offset =
          single_file_ ? write(0, mp4_box("free", headers[track])) + kBoxHead : write(track, headers[track]);
    }
  }

  SplatVideo& video_;
  bool single_file_;
  std::vector<std::string> names_;
  std::deque<AtomicFile> files_;
  std::vector<size_t> ends_;
  std::vector<PictureBytes> pictures_;
};

// Puts a segment where its first picture is number `to` instead of `from`.
void move_segment(std::vector<std::byte>& segment, const std::vector<std::byte>& header, double frames_per_s,
                  size_t from, size_t to) {
  const double ticks = timescale_of(header) / frames_per_s;
  shift_decode_times(segment,
                     std::llround(ticks * static_cast<double>(to)) - std::llround(ticks * static_cast<double>(from)));
}

void add_piece(const Source& source, TrackWriter& writer, SplatVideo& video, JobContext& job) {
  size_t from = first_picture_of(source.video, source.piece.first_group), to = video.frame_count();
  for (size_t i = 0; i < source.piece.group_count; ++i) {
    const size_t group = source.piece.first_group + i;
    for (size_t track = 0; track < track_count(video); ++track) {
      with_context(source.file_of(track), [&] {
        std::vector<std::byte> segment = source.segment(track, group);
        move_segment(segment, source.headers[track], video.frames_per_s, from, to);
        writer.add(track, std::move(segment));
      });
    }
    GroupParameters parameters = source.video.groups[group];
    if (!video.groups.empty()) {
      parameters.first_frame = video.groups.back().first_frame + video.groups.back().frame_count;
    }
    from += parameters.frame_count;
    to += parameters.frame_count;
    video.groups.push_back(std::move(parameters));
    for (size_t one = 0; one < video.representations.size(); ++one) {
      video.representations[one].errors.push_back(source.video.representations[one].errors[group]);
    }
    job.advance();
  }
}

}  // namespace

VideoPiece piece_of(const fs::path& glb, const SplatVideo& video, size_t first_frame, size_t frame_count) {
  const size_t frames = video.frame_count();
  if (frame_count == 0 || first_frame >= frames || frame_count > frames - first_frame) {
    fail(ErrorCode::kInvalidInput, "{}: has frames 0 to {}, there are not {} frames from {} on", glb.string(),
         frames - 1, frame_count, first_frame);
  }
  const size_t first = video.group_of(first_frame), last = video.group_of(first_frame + frame_count - 1);
  return {glb, first, last - first + 1};
}

SplatVideo assemble_splat_video(std::span<const VideoPiece> pieces, const fs::path& glb, bool single_file,
                                JobContext& job) {
  if (pieces.empty()) fail(ErrorCode::kInvalidInput, "{}: is to be made of no splat video", glb.string());
  Asset asset = read_gltf(pieces.front().glb);
  std::deque<Source> sources;
  size_t groups = 0;
  for (const VideoPiece& piece : pieces) {
    sources.emplace_back(piece, sources.empty() ? asset : read_gltf(piece.glb));
    check_same(sources.front(), sources.back());
    groups += piece.group_count;
  }
  const Source& first = sources.front();
  const size_t first_picture = first_picture_of(first.video, first.piece.first_group);
  if (first_picture > 0) asset.splats = SplatVideoReader(asset, first.piece.glb, job.pool()).frame(first_picture);

  SplatVideo video = first.video;
  video.first_time_s += static_cast<double>(first_picture) / video.frames_per_s;
  video.groups.clear();
  video.exact_segments.clear();
  for (VideoRepresentation& one : video.representations) {
    one.segments.clear();
    one.errors.clear();
  }
  job.begin_stage("copying groups", groups);
  TrackWriter writer(glb, first, video, single_file);
  for (const Source& source : sources) add_piece(source, writer, video, job);
  writer.commit();
  check_splat_video(video);
  fs::path manifest = glb;
  write_file(manifest.replace_extension(".mpd"), to_mpd(video));
  asset.splat_video_json = to_json(video);
  write_glb(asset, glb);
  return video;
}

}  // namespace diorama
