#include "reconstruction/splats/fit_checkpoint.h"

#include "engine/base/byte_archive.h"
#include "engine/base/error.h"
#include "engine/base/file.h"

#include <cstring>

namespace diorama {
namespace {

namespace fs = std::filesystem;

constexpr char kMagic[8] = {'D', 'I', 'O', 'S', 'P', 'L', 'T', '1'};
constexpr uint64_t kMaxBytes = uint64_t{64} << 30;

fs::path state_path(const fs::path& folder) {
  return folder / "splats.state";
}

// FNV-1a by words: a state that a disk or a crash has damaged is not gone on with.
uint64_t hash_of(std::span<const std::byte> bytes) {
  uint64_t hash = 0xcbf29ce484222325ULL;
  for (size_t i = 0; i < bytes.size(); i += 8) {
    uint64_t word = 0;
    std::memcpy(&word, bytes.data() + i, std::min<size_t>(8, bytes.size() - i));
    hash = (hash ^ word) * 0x100000001b3ULL;
    hash ^= hash >> 32;
  }
  return hash;
}

}  // namespace

void save_fit_state(const fs::path& folder, const std::string& identity, std::span<const std::byte> state) {
  ByteWriter head;
  for (const char c : kMagic) head.put(c);
  head.put_all(std::span<const char>(identity));
  head.put(hash_of(state));
  head.put(uint64_t{state.size()});
  AtomicFile file(state_path(folder));
  file.write(head.bytes());
  file.write(state);
  file.commit();
}

std::optional<std::vector<std::byte>> load_fit_state(const fs::path& folder, const std::string& identity) {
  const fs::path path = state_path(folder);
  if (!fs::exists(path)) return std::nullopt;
  const std::vector<std::byte> bytes = read_file(path, kMaxBytes);
  return with_context(path, [&] {
    ByteReader in(bytes);
    for (const char c : kMagic) {
      if (in.get<char>() != c) {
        fail(ErrorCode::kInvalidInput, "is not the state of a fit of splats: delete it and start anew");
      }
    }
    std::vector<char> of;
    in.get_all(of);
    if (std::string(of.begin(), of.end()) != identity) {
      fail(ErrorCode::kInvalidInput, "belongs to another capture or other options: start anew without --resume");
    }
    const auto hash = in.get<uint64_t>();
    std::vector<std::byte> state;
    in.get_all(state);
    if (!in.at_end() || hash_of(state) != hash) {
      fail(ErrorCode::kInvalidInput, "is damaged: delete it and start anew");
    }
    return std::optional(std::move(state));
  });
}

}  // namespace diorama
