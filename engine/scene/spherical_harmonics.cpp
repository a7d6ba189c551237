#include "engine/scene/spherical_harmonics.h"

#include "engine/base/error.h"

#include <cmath>
#include <numbers>

namespace diorama {
namespace {

// Gauss-Legendre nodes along z times equal steps around it: exact for polynomials of degree 7, and products of two
// harmonics have degree 6 at most.
constexpr std::array<double, 4> kNodes = {-0.8611363115940526, -0.3399810435848563, 0.3399810435848563,
                                          0.8611363115940526};
constexpr std::array<double, 4> kWeights = {0.3478548451374538, 0.6521451548625461, 0.6521451548625461,
                                            0.3478548451374538};
constexpr int kTurns = 8;

constexpr size_t first_of(size_t degree) {
  return degree * degree;
}

}  // namespace

// Factor (j, k) is the integral of Y_j(R d) Y_k(d) over all directions d, since the harmonics are orthonormal.
ShRotation::ShRotation(const glm::dmat3& b_from_a) {
  std::array<std::array<double, 49>, 3> sums{};
  for (size_t node = 0; node < kNodes.size(); ++node) {
    const double radius = std::sqrt(1 - kNodes[node] * kNodes[node]);
    for (int turn = 0; turn < kTurns; ++turn) {
      const double angle = 2 * std::numbers::pi / kTurns * turn;
      const double weight = kWeights[node] * 2 * std::numbers::pi / kTurns;
      const glm::dvec3 direction(radius * std::cos(angle), radius * std::sin(angle), kNodes[node]);
      const auto before = sh_basis(direction), after = sh_basis(b_from_a * direction);
      for (size_t degree = 1; degree <= 3; ++degree) {
        const size_t first = first_of(degree), width = 2 * degree + 1;
        for (size_t i = 0; i < width * width; ++i) {
          sums[degree - 1][i] += weight * after[first + i / width] * before[first + i % width];
        }
      }
    }
  }
  for (size_t band = 0; band < bands_.size(); ++band) {
    for (size_t i = 0; i < bands_[band].size(); ++i) bands_[band][i] = static_cast<float>(sums[band][i]);
  }
}

void ShRotation::apply(std::span<glm::vec3> coefficients) const {
  for (size_t degree = 1; first_of(degree) < coefficients.size(); ++degree) {
    const size_t first = first_of(degree), width = 2 * degree + 1;
    DIO_CHECK(degree <= 3 && first + width <= coefficients.size());
    std::array<glm::vec3, 7> turned{};
    for (size_t i = 0; i < width * width; ++i) {
      turned[i / width] += bands_[degree - 1][i] * coefficients[first + i % width];
    }
    for (size_t i = 0; i < width; ++i) coefficients[first + i] = turned[i];
  }
}

}  // namespace diorama
