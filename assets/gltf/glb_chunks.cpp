#include "assets/gltf/glb_chunks.h"

#include "assets/gltf/format.h"
#include "engine/base/error.h"

#include <cstring>

namespace diorama {
namespace {

constexpr size_t kHeaderBytes = 12, kChunkHeaderBytes = 8;

uint32_t word_at(std::span<const std::byte> bytes, size_t offset) {
  uint32_t word = 0;
  std::memcpy(&word, bytes.data() + offset, sizeof(word));
  return word;
}

struct Chunk {
  uint32_t type = 0;
  std::span<const std::byte> payload;
};

// Takes the chunk at the front of `rest`.
Chunk take_chunk(std::span<const std::byte>& rest) {
  if (rest.size() < kChunkHeaderBytes) fail(ErrorCode::kInvalidInput, "the .glb ends inside a chunk header");
  const size_t length = word_at(rest, 0);
  const uint32_t type = word_at(rest, 4);
  rest = rest.subspan(kChunkHeaderBytes);
  if (length > rest.size() || length % 4 != 0) {
    fail(ErrorCode::kInvalidInput, "a .glb chunk says {} bytes, expected a multiple of 4 and at most the {} left",
         length, rest.size());
  }
  const Chunk chunk{type, rest.first(length)};
  rest = rest.subspan(length);
  return chunk;
}

}  // namespace

bool is_glb(std::span<const std::byte> bytes) {
  return bytes.size() >= 4 && word_at(bytes, 0) == kGlbMagic;
}

GlbChunks split_glb(std::span<const std::byte> bytes) {
  if (!is_glb(bytes)) fail(ErrorCode::kInvalidInput, "is not a .glb, its first four bytes must be \"glTF\"");
  if (bytes.size() < kHeaderBytes) {
    fail(ErrorCode::kInvalidInput, "the .glb is cut after {} bytes, inside its header", bytes.size());
  }
  if (word_at(bytes, 4) != kGlbVersion) {
    fail(ErrorCode::kUnsupported, "the .glb has container version {}, this build reads version {}", word_at(bytes, 4),
         kGlbVersion);
  }
  if (word_at(bytes, 8) != bytes.size()) {
    fail(ErrorCode::kInvalidInput, "the .glb has {} bytes, its header says {}; take the file from its source again",
         bytes.size(), word_at(bytes, 8));
  }
  std::span<const std::byte> rest = bytes.subspan(kHeaderBytes);
  const Chunk json = take_chunk(rest);
  if (json.type != kGlbJsonChunk) fail(ErrorCode::kInvalidInput, "the .glb's first chunk is not JSON");
  GlbChunks chunks{{reinterpret_cast<const char*>(json.payload.data()), json.payload.size()}, {}};
  if (!rest.empty()) {
    const Chunk second = take_chunk(rest);  // unknown chunks are to be skipped
    if (second.type == kGlbBinaryChunk) chunks.binary = second.payload;
  }
  while (!rest.empty()) take_chunk(rest);
  return chunks;
}

}  // namespace diorama
