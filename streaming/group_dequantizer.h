#pragma once

#include "engine/base/aligned_vector.h"
#include "streaming/dequantize_kernel.h"
#include "streaming/group_coding.h"

#include <array>
#include <vector>

namespace diorama {

// Turns decoded pictures of a group back into splats. Between frames nothing is allocated but the cloud.
class GroupDequantizer {
 public:
  // The group's first exact picture has the base. Error kInvalidInput: parameters that do not fit the layouts.
  GroupDequantizer(const GroupParameters& parameters, const GroupLayouts& layouts, const Picture420& first_exact,
                   ThreadPool& pool);

  // In the order of the streams. Error kInvalidInput: pictures of another size than the layouts'.
  void decode(const Picture420& exact, const Picture420& lossy, SplatCloud& cloud);

 private:
  void decode_block(const Picture420& lossy, size_t block, SplatCloud& cloud) const;

  GroupParameters parameters_;
  GroupLayouts layouts_;
  ThreadPool& pool_;
  std::vector<NodeTransform> transforms_;
  AlignedVector<float> node_table_;  // see SkinnedSplats
  std::vector<glm::vec3> node_places_;
  SkinnedSplats splats_;
  std::vector<TileBlocks> tiles_;               // of the scalars
  std::vector<std::array<float, 256>> values_;  // of the scalars' codes
};

}  // namespace diorama
