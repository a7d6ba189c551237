#include "engine/gpu/range_allocator.h"

#include "engine/base/error.h"

#include <iterator>

namespace diorama {

RangeAllocator::RangeAllocator(uint64_t size) {
  add_free(0, size);
}

void RangeAllocator::add_free(uint64_t begin, uint64_t end) {
  if (begin == end) return;
  free_[begin] = end;
  free_sizes_.emplace(end - begin, begin);
}

void RangeAllocator::remove_free(std::map<uint64_t, uint64_t>::iterator range) {
  const auto [first, last] = free_sizes_.equal_range(range->second - range->first);
  for (auto it = first; it != last; ++it) {
    if (it->second != range->first) continue;
    free_sizes_.erase(it);
    break;
  }
  free_.erase(range);
}

std::optional<uint64_t> RangeAllocator::allocate(uint64_t size, uint64_t alignment) {
  DIO_CHECK(size > 0 && alignment > 0 && (alignment & (alignment - 1)) == 0);
  for (auto it = free_sizes_.lower_bound(size); it != free_sizes_.end(); ++it) {
    const auto [range_size, begin] = *it;
    const uint64_t offset = (begin + alignment - 1) & ~(alignment - 1);
    if (offset - begin > range_size - size) continue;
    const uint64_t end = begin + range_size;
    remove_free(free_.find(begin));
    taken_[offset] = {begin, offset + size};
    used_ += offset + size - begin;
    add_free(offset + size, end);
    return offset;
  }
  return std::nullopt;
}

void RangeAllocator::release(uint64_t offset) {
  const auto found = taken_.find(offset);
  DIO_CHECK(found != taken_.end());
  auto [begin, end] = found->second;
  taken_.erase(found);
  used_ -= end - begin;
  if (const auto next = free_.find(end); next != free_.end()) {
    end = next->second;
    remove_free(next);
  }
  if (auto previous = free_.lower_bound(begin); previous != free_.begin()) {
    previous = std::prev(previous);
    if (previous->second == begin) {
      begin = previous->first;
      remove_free(previous);
    }
  }
  add_free(begin, end);
}

}  // namespace diorama
