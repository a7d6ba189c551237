#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace diorama {

// 256 values in rising order by which a byte stands for a number: k-means in one dimension (Lloyd 1982) from the
// density that is best for many levels (Panter and Dite 1951).
class Codebook {
 public:
  // Of a few values each gets its own level, and the last one fills the rest. At least one value, all finite.
  explicit Codebook(std::vector<float> values);

  const std::array<float, 256>& levels() const { return levels_; }
  uint8_t nearest(float value) const;

 private:
  std::array<float, 256> levels_{};
  std::array<float, 255> middles_{};  // between neighbouring levels
};

}  // namespace diorama
