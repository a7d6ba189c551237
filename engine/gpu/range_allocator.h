#pragma once

#include <cstdint>
#include <map>
#include <optional>

namespace diorama {

// Hands out ranges of [0, size): the smallest free range that fits, neighbours merged on release.
class RangeAllocator {
 public:
  explicit RangeAllocator(uint64_t size);

  // Offset of `size` > 0 bytes at a multiple of `alignment` (a power of two), or nothing.
  std::optional<uint64_t> allocate(uint64_t size, uint64_t alignment);
  void release(uint64_t offset);  // as allocate() returned it

  uint64_t used() const { return used_; }
  bool empty() const { return taken_.empty(); }

 private:
  struct Taken {
    uint64_t begin, end;  // with the gap before the aligned offset
  };
  void add_free(uint64_t begin, uint64_t end);
  void remove_free(std::map<uint64_t, uint64_t>::iterator range);

  std::map<uint64_t, uint64_t> free_;             // begin -> end
  std::multimap<uint64_t, uint64_t> free_sizes_;  // size -> begin
  std::map<uint64_t, Taken> taken_;               // aligned offset -> range
  uint64_t used_ = 0;
};

}  // namespace diorama
