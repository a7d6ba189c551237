#define Eigen EigenForBase
#include <Eigen/Core>
#define DIORAMA_EIGEN_PRODUCTS kEigenProductsBase
#define DIORAMA_EIGEN_INSTRUCTIONS "base"
#include "tools/bench/eigen_product-inl.h"
