#define Eigen EigenForAvx2
#include <Eigen/Core>
#define DIORAMA_EIGEN_PRODUCTS kEigenProductsAvx2
#define DIORAMA_EIGEN_INSTRUCTIONS "AVX2"
#include "tools/bench/eigen_product-inl.h"
