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
// where the part's first key of that digit goes. (The shaders for software drivers: eight parts of all digits, the next
// eight, and so on, so that no two workgroups write the same cache line.)
struct RadixPassConstants {
  uint shift;    // of the digit in what the pass reads for a key
  uint stride;   // of the table: parts
  uint sums_at;  // in the table: totals by digit of this pass, or sums of pieces of the table
  uint bits;     // of a value in a packed word; from bit 8 on of a digit
};

// The first pass reads keys alone (values are 0, 1, 2 ...), the last writes values alone. Between them lie words of the
// key's bits that are still to be sorted by over the value's, or where those do not fit, pairs of key and value.
#define kRadixFirst 1u
#define kRadixLast 2u
#define kRadixPackedIn 4u
#define kRadixPackedOut 8u

#ifdef __cplusplus
static_assert(sizeof(RadixControl) == 16);
static_assert(sizeof(RadixPassConstants) == 16);
}  // namespace diorama
#endif
