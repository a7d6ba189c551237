#pragma once

#include "engine/raster/splat_records.h"

#include <glm/glm.hpp>

#include <cstdint>
#include <span>
#include <vector>

namespace diorama {

// Neighbours of each splat, both ways: those of splat i are list[first[i]] to list[first[i + 1] - 1].
struct SplatNeighbours {
  std::vector<uint32_t> first, list;
  std::span<const uint32_t> of(size_t splat) const {
    return std::span(list).subspan(first[splat], first[splat + 1] - first[splat]);
  }
};

// The `count` nearest of each among the splats' centres, made symmetric.
SplatNeighbours neighbours_of(std::span<const float> records, SplatLayout layout, size_t count);

struct TemporalWeights {
  float temporal = 0, entropy = 0, rigidity = 0;
};

// What a frame's splats are held to, summed over splats and divided by their number. r: a parameter's change from
// where motion alone puts it, in steps of about what an 8-bit code resolves (positions: 1 mm).
//   temporal * sum r^2
//   entropy * sum 1/2 log2(1 + r^2), about the bits that coding the change takes; not of positions
//   rigidity * sum over neighbours of |d - d'|^2, d the positions' change in mm
class TemporalTerms {
 public:
  // `anchor`: records where motion alone puts the splats. All that is passed must stay.
  TemporalTerms(std::span<const float> anchor, SplatLayout layout, const SplatNeighbours& neighbours,
                const TemporalWeights& weights);

  double energy(std::span<const float> records) const;

  // Adds the derivatives by one splat's parameters. `positions`: of all splats, as of one time.
  void add_gradient(size_t splat, std::span<const float> record, std::span<const glm::vec3> positions,
                    std::span<float> gradient) const;

 private:
  std::span<const float> anchor_;
  SplatLayout layout_;
  const SplatNeighbours& neighbours_;
  TemporalWeights weights_;
  std::vector<float> inverse_steps_;  // of each float of a record; 0: a pad
  float inverse_count_;
};

}  // namespace diorama
