#include "reconstruction/fusion/volume_file.h"

#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/base/options.h"

#include <array>
#include <bit>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

namespace diorama {
namespace {

static_assert(std::endian::native == std::endian::little, "the file is little-endian as it is in memory");

struct Header {
  std::array<char, 8> magic{'D', 'I', 'O', 'T', 'S', 'D', 'F', 0};
  uint32_t version = 1;
  uint32_t options_bytes = 0;
  uint64_t blocks = 0;
  uint32_t has_color = 0;
  uint32_t zero = 0;
};
static_assert(sizeof(Header) == 32);

constexpr uint32_t kMaxOptionsBytes = 1 << 16;

template <class T>
std::span<const std::byte> bytes_of(const T& value) {
  return std::as_bytes(std::span(&value, 1));
}

uint64_t block_bytes(bool color) {
  return sizeof(std::array<int32_t, 3>) + sizeof(BlockGeometry) + (color ? sizeof(BlockColor) : 0);
}

class Reader {
 public:
  explicit Reader(const std::filesystem::path& path) : path_(path), stream_(path, std::ios::binary) {
    read_file_head(path, 0);  // names what is wrong with a path that is no file
    if (!stream_) fail(ErrorCode::kIo, "{}: cannot be opened", path.string());
    size_ = std::filesystem::file_size(path);
  }
  uint64_t size() const { return size_; }
  void read(void* target, size_t count) {
    stream_.read(static_cast<char*>(target), static_cast<std::streamsize>(count));
    if (static_cast<size_t>(stream_.gcount()) != count) {
      fail(ErrorCode::kInvalidInput, "{}: is cut short: the volume is not whole, fuse it again", path_.string());
    }
  }

 private:
  std::filesystem::path path_;
  std::ifstream stream_;
  uint64_t size_ = 0;
};

Header read_header(const std::filesystem::path& path, Reader& reader) {
  Header header;
  reader.read(&header, sizeof(header));
  const Header expected;
  if (header.magic != expected.magic) {
    fail(ErrorCode::kInvalidInput, "{}: is not a fusion volume (its first bytes are not DIOTSDF)", path.string());
  }
  if (header.version != expected.version) {
    fail(ErrorCode::kUnsupported, "{}: is a fusion volume of version {}, this build reads version {}", path.string(),
         header.version, expected.version);
  }
  const bool sane = header.options_bytes <= kMaxOptionsBytes && header.has_color <= 1 && header.zero == 0 &&
                    header.blocks <= reader.size() / block_bytes(header.has_color != 0);
  const uint64_t whole = sizeof(Header) + header.options_bytes + header.blocks * block_bytes(header.has_color != 0);
  if (!sane || whole != reader.size()) {
    fail(ErrorCode::kInvalidInput,
         "{}: has {} bytes, its header promises {} blocks and {} bytes of options: it is "
         "damaged, fuse again",
         path.string(), reader.size(), header.blocks, header.options_bytes);
  }
  return header;
}

// Halves from +0 up to the largest finite one.
bool sound_weights(std::span<const uint16_t> weights) {
  constexpr uint16_t kInfinity = 0x7c00;
  for (const uint16_t weight : weights) {
    if (weight >= kInfinity) return false;
  }
  return true;
}

}  // namespace

void write_volume(const std::filesystem::path& path, const FusionOptions& options, const BlockGrid& grid) {
  FusionOptions copy = options;
  const std::string json = options_to_json(option_fields(copy));
  Header header;
  header.options_bytes = static_cast<uint32_t>(json.size());
  header.blocks = grid.size();
  header.has_color = grid.has_color() ? 1 : 0;
  AtomicFile file(path);
  file.write(bytes_of(header));
  file.write(json);
  for (size_t block = 0; block < grid.size(); ++block) {
    const glm::ivec3 coord = grid.coord(block);
    file.write(bytes_of(std::array<int32_t, 3>{coord.x, coord.y, coord.z}));
    file.write(bytes_of(grid.geometry(block)));
    if (grid.has_color()) file.write(bytes_of(grid.color(block)));
  }
  file.commit();
}

VolumeContent read_volume(const std::filesystem::path& path) {
  Reader reader(path);
  const Header header = read_header(path, reader);
  std::string json(header.options_bytes, '\0');
  reader.read(json.data(), json.size());
  VolumeContent content{{}, BlockGrid(header.has_color != 0)};
  with_context(path, [&] { options_from_json(option_fields(content.options), json); });
  if (content.options.color != (header.has_color != 0)) {
    fail(ErrorCode::kInvalidInput, "{}: header and options disagree about colour: it is damaged, fuse again",
         path.string());
  }
  for (uint64_t i = 0; i < header.blocks; ++i) {
    std::array<int32_t, 3> at{};
    reader.read(at.data(), sizeof(at));
    const glm::ivec3 coord(at[0], at[1], at[2]);
    if (!BlockGrid::in_range(coord) || content.grid.insert(BlockGrid::key_of(coord)) != i) {
      fail(ErrorCode::kInvalidInput, "{}: block {} at ({}, {}, {}) is out of range or there twice: fuse again",
           path.string(), i, coord.x, coord.y, coord.z);
    }
    BlockGeometry& geometry = content.grid.geometry(i);
    reader.read(&geometry, sizeof(geometry));
    bool sound = sound_weights(geometry.weight_f16);
    if (header.has_color != 0) {
      BlockColor& color = content.grid.color(i);
      reader.read(&color, sizeof(color));
      sound = sound && sound_weights(color.weight_f16);
    }
    if (!sound) {
      fail(ErrorCode::kInvalidInput, "{}: block {} has a weight that is negative or not finite: fuse again",
           path.string(), i);
    }
  }
  return content;
}

}  // namespace diorama
