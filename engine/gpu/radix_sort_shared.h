// What the radix sort and its shaders both read.
#ifdef __cplusplus
#pragma once
#include <cstdint>
namespace diorama {
using uint = uint32_t;
#endif

// Arguments of the indirect dispatches over all keys, and how many keys there are.
struct RadixControl {
  uint groups_x;
  uint groups_y;
  uint groups_z;
  uint key_count;
};

// The table holds a row of `stride` parts (of the keys) for each digit: first how often the digit is in the part, then
// where the part's first key of that digit goes.
struct RadixPassConstants {
  uint shift;    // of the digit in the key
  uint stride;   // of the table: parts
  uint sums_at;  // in the table: totals by digit of this pass, or sums of pieces of the table
  uint flags;    // kRadixFirst, kRadixLast
};

// The first pass reads keys alone (values are 0, 1, 2 ...), the last writes values alone; pairs lie between.
#define kRadixFirst 1u
#define kRadixLast 2u

#ifdef __cplusplus
static_assert(sizeof(RadixControl) == 16);
static_assert(sizeof(RadixPassConstants) == 16);
}  // namespace diorama
#endif
