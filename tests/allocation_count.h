#pragma once

#include <cstddef>

namespace diorama {

// How often the program has called operator new so far. A program that links allocation_count.cpp counts.
size_t allocation_count();

}  // namespace diorama
