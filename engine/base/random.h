#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace diorama {

// PCG32 (O'Neill 2014): small, seeded, the same numbers on every machine.
class Random {
 public:
  explicit Random(uint64_t seed, uint64_t stream = 0) : increment_((stream << 1) | 1) {
    next();
    state_ += seed;
    next();
  }

  uint32_t next() {
    const uint64_t old = state_;
    state_ = old * 6364136223846793005ULL + increment_;
    const auto shifted = static_cast<uint32_t>(((old >> 18) ^ old) >> 27);
    const auto turn = static_cast<uint32_t>(old >> 59);
    return (shifted >> turn) | (shifted << ((32 - turn) & 31));
  }

  // In [0, 1), 24 bits.
  float uniform() { return static_cast<float>(next() >> 8) * 0x1p-24f; }
  float uniform(float low, float high) { return low + (high - low) * uniform(); }

  // Standard normal (Box-Muller, one of the pair). The same numbers wherever the C library's log and cos are the same.
  float normal();

  // In [0, bound), bound > 0; the bias is below bound / 2^32.
  uint32_t below(uint32_t bound) { return static_cast<uint32_t>((uint64_t{next()} * bound) >> 32); }

  // Where the sequence stands, to go on from later.
  struct State {
    uint64_t state = 0, increment = 1;
  };
  State state() const { return {state_, increment_}; }
  void restore(State state) {
    state_ = state.state;
    increment_ = state.increment | 1;
  }

 private:
  uint64_t state_ = 0, increment_;
};

// Puts the items in random order (Fisher-Yates); there are less than 2^32.
template <class T>
void shuffle(std::vector<T>& items, Random& random) {
  for (size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[random.below(static_cast<uint32_t>(i))]);
}

}  // namespace diorama
