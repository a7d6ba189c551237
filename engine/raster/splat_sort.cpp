#include "engine/raster/splat_frame.h"

#include <algorithm>
#include <array>
#include <bit>
#include <utility>

namespace diorama {
namespace {

constexpr int kKeyBits = 32, kMostDigitBits = 11;
constexpr size_t kLeastChunk = 8192, kMostChunks = 16;

struct KeyRange {
  uint32_t least = ~0u, most = 0;
};

// Of the splats that are drawn; the others, all-ones keys, sort last in any case.
KeyRange range_of(const std::vector<uint64_t>& order, size_t count) {
  KeyRange range;
  for (size_t i = 0; i < count; ++i) {
    const auto key = static_cast<uint32_t>(order[i] >> kKeyBits);
    range.least = std::min(range.least, key);
    if (key != kNotDrawn) range.most = std::max(range.most, key);
  }
  return range;
}

// One digit of a stable least-digit-first radix sort, over fixed chunks.
class RadixPass {
 public:
  RadixPass(uint32_t least_key, uint32_t most_digits, int shift, int bits)
      : least_(least_key), most_(most_digits), shift_(shift), mask_((1u << bits) - 1) {}

  size_t bucket_count() const { return mask_ + size_t{1}; }

  void count(std::span<const uint64_t> items, std::span<uint32_t> counts) const {
    std::fill(counts.begin(), counts.end(), 0u);
    for (const uint64_t item : items) ++counts[digit(item)];
  }
  void scatter(std::span<const uint64_t> items, std::span<uint32_t> places, uint64_t* out) const {
    for (const uint64_t item : items) out[places[digit(item)]++] = item;
  }

 private:
  uint32_t digit(uint64_t item) const {
    const uint32_t digits = std::min(static_cast<uint32_t>(item >> kKeyBits) - least_, most_);
    return digits >> shift_ & mask_;
  }

  uint32_t least_, most_;
  int shift_;
  uint32_t mask_;
};

// Counts of [chunk][bucket] to first places, bucket by bucket.
void accumulate(std::vector<uint32_t>& counts, size_t chunks, size_t buckets) {
  uint32_t sum = 0;
  for (size_t bucket = 0; bucket < buckets; ++bucket) {
    for (size_t chunk = 0; chunk < chunks; ++chunk) {
      sum += std::exchange(counts[chunk * buckets + bucket], sum);
    }
  }
}

}  // namespace

void sort_by_depth(SplatFrame& frame, ThreadPool& pool) {
  const size_t count = frame.visible_count;
  if (count < 2) return;
  const KeyRange range = range_of(frame.order, count);
  if (range.least > range.most) return;
  const uint32_t span = range.most - range.least + 1;  // the last for what is not drawn
  const int bits = std::max<int>(std::bit_width(span), 1), passes = (bits + kMostDigitBits - 1) / kMostDigitBits;
  const int digit_bits = (bits + passes - 1) / passes;
  const size_t chunk_size = std::max(kLeastChunk, (count + kMostChunks - 1) / kMostChunks);
  const size_t chunks = (count + chunk_size - 1) / chunk_size;
  grow(frame.tile_entries, count);
  uint64_t *from = frame.order.data(), *to = frame.tile_entries.data();
  for (int pass = 0; pass < passes; ++pass) {
    const RadixPass radix(range.least, span, pass * digit_bits, digit_bits);
    const size_t buckets = radix.bucket_count();
    grow(frame.counts, chunks * buckets);
    const auto for_each_chunk = [&](const auto& body) {
      parallel_pieces(pool, count, chunk_size, [&](size_t begin, size_t end) {
        body(std::span<const uint64_t>(from + begin, end - begin),
             std::span(frame.counts).subspan(begin / chunk_size * buckets, buckets));
      });
    };
    for_each_chunk([&](auto items, auto counts) { radix.count(items, counts); });
    accumulate(frame.counts, chunks, buckets);
    for_each_chunk([&](auto items, auto places) { radix.scatter(items, places, to); });
    std::swap(from, to);
  }
  if (from != frame.order.data()) std::copy_n(from, count, frame.order.data());
}

}  // namespace diorama
