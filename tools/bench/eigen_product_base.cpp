#define Eigen EigenForBase
#define DIORAMA_EIGEN_PRODUCTS kEigenProductsBase
#define DIORAMA_EIGEN_INSTRUCTIONS "base"
#include "tools/bench/eigen_product-inl.h"
