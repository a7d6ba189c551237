// Keys and values as a pass reads and writes them.
layout(std430, set = 0, binding = 0) readonly buffer Control { RadixControl control; };
layout(std430, set = 0, binding = 1) readonly buffer WordsIn { uint words_in[]; };
layout(push_constant) uniform Constants { RadixPassConstants pass; };

bool is_first() { return (pass.flags & kRadixFirst) != 0; }
bool is_last() { return (pass.flags & kRadixLast) != 0; }

uint key_at(uint i) { return words_in[is_first() ? i : 2 * i]; }
uint value_at(uint i) { return is_first() ? i : words_in[2 * i + 1]; }
