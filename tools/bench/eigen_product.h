#pragma once

#include <cstddef>

namespace diorama {

// Eigen's matrix products on plain row-major matrices of one thread, as a peer in benchmarks: C = A B with A rows x k,
// and G = A^T C.
struct EigenProducts {
  const char* instructions;
  void (*multiply)(const float* a, const float* b, float* c, ptrdiff_t rows, ptrdiff_t k, ptrdiff_t n);
  void (*outer)(const float* a, const float* c, float* g, ptrdiff_t rows, ptrdiff_t k, ptrdiff_t n);
};

// Compiled for the widest vectors that this machine has.
const EigenProducts& best_eigen_products();

}  // namespace diorama
