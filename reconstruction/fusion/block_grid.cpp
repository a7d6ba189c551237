#include "reconstruction/fusion/block_grid.h"

#include "engine/base/error.h"

namespace diorama {

size_t BlockGrid::memory_bytes() const {
  const size_t chunk_bytes = kChunk * (sizeof(BlockGeometry) + (color_ ? sizeof(BlockColor) : 0));
  return geometry_.size() * chunk_bytes + keys_.size() * (sizeof(uint64_t) + sizeof(uint32_t)) +
         x_.capacity() * 3 * sizeof(int32_t);
}

uint32_t BlockGrid::insert(uint64_t key) {
  if (const auto found = find(key)) return *found;
  DIO_CHECK(size() < UINT32_MAX);
  if ((size() + 1) * 2 > keys_.size()) rehash(keys_.size() * 2);
  const auto block = static_cast<uint32_t>(size());
  if (block % kChunk == 0) {
    geometry_.push_back(std::make_unique<BlockGeometry[]>(kChunk));
    if (color_) colors_.push_back(std::make_unique<BlockColor[]>(kChunk));
  }
  const glm::ivec3 coord = coord_of(key);
  x_.push_back(coord.x);
  y_.push_back(coord.y);
  z_.push_back(coord.z);
  size_t slot = slot_of(key);
  while (keys_[slot] != 0) slot = (slot + 1) & (keys_.size() - 1);
  keys_[slot] = key;
  values_[slot] = block;
  return block;
}

void BlockGrid::rehash(size_t slots) {
  keys_.assign(slots, 0);
  values_.assign(slots, 0);
  for (size_t block = 0; block < size(); ++block) {
    const uint64_t key = key_of(coord(block));
    size_t slot = slot_of(key);
    while (keys_[slot] != 0) slot = (slot + 1) & (slots - 1);
    keys_[slot] = key;
    values_[slot] = static_cast<uint32_t>(block);
  }
}

}  // namespace diorama
