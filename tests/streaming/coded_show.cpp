#include "tests/streaming/coded_show.h"

#include "assets/gltf.h"
#include "assets/splat_sequence.h"
#include "streaming/pack_splat_video.h"
#include "tests/streaming/moving_splats.h"

namespace diorama {
namespace {

uint64_t mixed(uint64_t hash, const std::vector<uint8_t>& bytes) {
  for (const uint8_t byte : bytes) hash = (hash ^ byte) * 0x100000001b3ULL;
  return hash;
}

// As the segments lie in the file, without the player.
std::vector<Picture420> decoded(const std::filesystem::path& file, const VideoTrack& track,
                                const std::vector<ByteRange>& segments) {
  std::vector<Picture420> pictures;
  const auto init = read_file_part(file, 0, track.init_bytes);
  for (const ByteRange& range : segments) {
    GroupDecoder decoder(init, read_file_part(file, range.offset, range.bytes), file.string());
    for (Picture420 picture; decoder.next(picture);) pictures.push_back(picture);
  }
  return pictures;
}

}  // namespace

uint64_t pattern_of(const Picture420& exact, const Picture420& lossy) {
  uint64_t hash = 0xcbf29ce484222325ULL;
  for (const Picture420* const picture : {&exact, &lossy}) {
    hash = mixed(mixed(mixed(hash, picture->luma), picture->cb), picture->cr);
  }
  return hash;
}

CodedShow::CodedShow() {
  const auto groups = splat_groups_folder(folder / "source.glb");
  constexpr double kRate = 25;
  size_t first = 0;
  for (const size_t frames : {5, 3, 4, 6, 2}) {
    const SplatGroup group = swaying_sheet(300 + 20 * first, frames, 0, first);
    std::vector<double> times;
    for (size_t t = 0; t < frames; ++t) times.push_back(static_cast<double>(first + t) / kRate);
    add_splat_group(groups, group, times, 1);
    first += frames;
  }
  finish_splat_sequence(folder / "source.glb", {.capture_name = "sheet"});
  ThreadPool pool(2);
  JobContext job(pool);
  video =
      pack_splat_video(SplatSequenceReader(groups), glb(), {.best_qp = 8, .qp_step = 24, .representations = 2}, job);
  const auto exact_pictures = decoded(exact(), video.exact, video.exact_segments);
  for (size_t r = 0; r < video.representations.size(); ++r) {
    const auto& one = video.representations[r];
    const auto lossy_pictures = decoded(stream(r), one.lossy, one.segments);
    DIO_CHECK(lossy_pictures.size() == exact_pictures.size());
    std::vector<uint64_t>& numbers = pattern.emplace_back();
    for (size_t i = 0; i < exact_pictures.size(); ++i) {
      numbers.push_back(pattern_of(exact_pictures[i], lossy_pictures[i]));
    }
  }
}

const CodedShow& CodedShow::get() {
  static const CodedShow show;
  return show;
}

}  // namespace diorama
