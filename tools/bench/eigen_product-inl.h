// Included once by each eigen_product_*.cpp, which sets DIORAMA_EIGEN_PRODUCTS and DIORAMA_EIGEN_INSTRUCTIONS. Eigen's
// templates get a namespace of their own there: the linker must not take one instruction set's for another's. For the
// same reason nothing of the standard library is used.
#include "tools/bench/eigen_product.h"

namespace diorama {
namespace {

using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

void multiply(const float* a, const float* b, float* c, ptrdiff_t rows, ptrdiff_t k, ptrdiff_t n) {
  Eigen::Map<Matrix>(c, rows, n).noalias() = Eigen::Map<const Matrix>(a, rows, k) * Eigen::Map<const Matrix>(b, k, n);
}

void outer(const float* a, const float* c, float* g, ptrdiff_t rows, ptrdiff_t k, ptrdiff_t n) {
  Eigen::Map<Matrix>(g, k, n).noalias() =
      Eigen::Map<const Matrix>(a, rows, k).transpose() * Eigen::Map<const Matrix>(c, rows, n);
}

}  // namespace

extern const EigenProducts DIORAMA_EIGEN_PRODUCTS;
const EigenProducts DIORAMA_EIGEN_PRODUCTS{DIORAMA_EIGEN_INSTRUCTIONS, multiply, outer};

}  // namespace diorama
