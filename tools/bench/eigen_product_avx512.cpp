#define Eigen EigenForAvx512
#include <Eigen/Core>
#define DIORAMA_EIGEN_PRODUCTS kEigenProductsAvx512
#define DIORAMA_EIGEN_INSTRUCTIONS "AVX512"
#include "tools/bench/eigen_product-inl.h"
