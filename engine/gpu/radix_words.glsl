// Keys and values as a pass reads and writes them.
layout(std430, set = 0, binding = 0) readonly buffer Control { RadixControl control; };
layout(std430, set = 0, binding = 1) readonly buffer WordsIn { uint words_in[]; };
layout(push_constant) uniform Constants { RadixPassConstants pass; };

// A constant: software drivers go through both sides of a branch.
layout(constant_id = 5) const uint kForm = 0;  // kRadixFirst and so on

bool has_form(uint form) { return (kForm & form) != 0; }

// What the pass reads for a key: its digit lies at pass.shift.
uint key_at(uint i) { return words_in[has_form(kRadixFirst | kRadixPackedIn) ? i : 2 * i]; }
// `key`: what was read for it.
uint value_at(uint i, uint key) {
  if (has_form(kRadixFirst)) return i;
  return has_form(kRadixPackedIn) ? bitfieldExtract(key, 0, int(pass.bits & 255u)) : words_in[2 * i + 1];
}
