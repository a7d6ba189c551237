#pragma once

#include <cstdint>

namespace diorama {

// IEEE 754 binary16. Rounds to nearest, ties to even; what is too large becomes infinite.
uint16_t half_from_float(float value);
float float_from_half(uint16_t half);

}  // namespace diorama
