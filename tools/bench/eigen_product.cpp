#include "tools/bench/eigen_product.h"

namespace diorama {

extern const EigenProducts kEigenProductsBase;

#if defined(__x86_64__)

extern const EigenProducts kEigenProductsAvx2, kEigenProductsAvx512;

const EigenProducts& best_eigen_products() {
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq")) return kEigenProductsAvx512;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return kEigenProductsAvx2;
  return kEigenProductsBase;
}

#else

const EigenProducts& best_eigen_products() {
  return kEigenProductsBase;
}

#endif

}  // namespace diorama
