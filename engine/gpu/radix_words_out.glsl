layout(std430, set = 0, binding = 2) RADIX_TABLE buffer Table { uint table[]; };
layout(std430, set = 0, binding = 3) writeonly buffer WordsOut { uint words_out[]; };

void put_pair(uint at, uint key, uint value) {
  if (has_form(kRadixLast)) {
    words_out[at] = value;
  } else if (has_form(kRadixPackedOut)) {
    words_out[at] = key >> (pass.shift + (pass.bits >> 8)) << (pass.bits & 255u) | value;
  } else {
    words_out[2 * at] = key;
    words_out[2 * at + 1] = value;
  }
}
