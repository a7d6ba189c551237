#include "streaming/group_dequantizer.h"

#include "engine/base/error.h"

#include <algorithm>
#include <cmath>

namespace diorama {
namespace {

constexpr size_t kGrainBlocks = 8;

size_t index_of(SplatScalar scalar) {
  return static_cast<size_t>(scalar);
}

// What each code of a scalar stands for; scales are no longer logarithms.
std::array<float, 256> values_of(const ScalarRange& range, size_t scalar) {
  std::array<float, 256> values;
  for (int code = 0; code < 256; ++code) {
    float& value = values[static_cast<size_t>(code)];
    value = range.low + range.step() * static_cast<float>(std::min(code, range.levels));
    if (scalar >= index_of(SplatScalar::kLogScaleX) && scalar <= index_of(SplatScalar::kLogScaleZ)) {
      value = std::exp(value);
    }
    if (scalar == index_of(SplatScalar::kOpacity)) value = std::clamp(value, 0.0f, 1.0f);
  }
  return values;
}

// A block's scalars, array by array.
struct alignas(64) BlockValues {
  float scalars[kScalarsOfDegree1][kBlockSplats];
  const float* of(SplatScalar scalar) const { return scalars[index_of(scalar)]; }
  std::array<const float*, 3> triple(SplatScalar first) const {
    const size_t at = index_of(first);
    return {scalars[at], scalars[at + 1], scalars[at + 2]};
  }
};

void write_looks(const BlockValues& block, size_t first, size_t count, SplatCloud& cloud) {
  const auto scales = block.triple(SplatScalar::kLogScaleX);
  const auto coefficients = static_cast<size_t>(sh_count(cloud.sh_degree));
  const float* const y = block.of(SplatScalar::kColorY);
  const float* const co = block.of(SplatScalar::kColorCo);
  const float* const cg = block.of(SplatScalar::kColorCg);
  for (size_t i = 0; i < count; ++i) {
    cloud.scales[first + i] = {scales[0][i], scales[1][i], scales[2][i]};
    const float green = y[i] + cg[i] / 2, middle = y[i] - cg[i] / 2;  // middle: of red and blue
    cloud.sh[(first + i) * coefficients] =
        (glm::vec3(middle + co[i] / 2, green, middle - co[i] / 2) - 0.5f) * (1 / kShC0);
  }
  std::copy_n(block.of(SplatScalar::kOpacity), count, cloud.opacities.data() + first);
  for (size_t k = 1; k < coefficients; ++k) {
    const float* const values = block.scalars[index_of(SplatScalar::kSh1) + 3 * (k - 1)];
    for (size_t i = 0; i < count; ++i) {
      cloud.sh[(first + i) * coefficients + k] = {values[i], values[kBlockSplats + i], values[2 * kBlockSplats + i]};
    }
  }
}

}  // namespace

GroupDequantizer::GroupDequantizer(const GroupParameters& parameters, const GroupLayouts& layouts,
                                   const Picture420& first_exact, ThreadPool& pool)
    : parameters_((check_fits(parameters, layouts), parameters)),
      layouts_(layouts),
      pool_(pool),
      transforms_(parameters.node_count),
      splats_([&] {
        const std::vector<glm::vec3> base = read_base(parameters, layouts.exact, first_exact);
        node_places_.assign(base.begin(), base.begin() + static_cast<ptrdiff_t>(parameters.node_count));
        return SkinnedSplats(base, NodeMotion(base, parameters.node_count, pool));
      }()) {
  // Without nodes one row, which turns and moves nothing.
  node_table_.assign(std::max<size_t>(parameters.node_count, 1) * kNodeRow, 0.0f);
  node_table_[3] = 1;
  for (size_t scalar = 0; scalar < parameters.scalars.size(); ++scalar) {
    const ScalarPlace place = place_of(scalar);
    tiles_.emplace_back(layouts.lossy, place.plane, place.tile);
    values_.push_back(values_of(parameters.scalars[scalar], scalar));
  }
}

void GroupDequantizer::decode(const Picture420& exact, const Picture420& lossy, SplatCloud& cloud) {
  if (exact.size_px != layouts_.exact.size_px || lossy.size_px != layouts_.lossy.size_px) {
    fail(ErrorCode::kInvalidInput, "pictures of {}x{} and {}x{}, expected {}x{} and {}x{}", exact.size_px.x,
         exact.size_px.y, lossy.size_px.x, lossy.size_px.y, layouts_.exact.size_px.x, layouts_.exact.size_px.y,
         layouts_.lossy.size_px.x, layouts_.lossy.size_px.y);
  }
  read_nodes(parameters_, layouts_.exact, exact, transforms_);
  for (size_t node = 0; node < transforms_.size(); ++node) {
    const NodeTransform& transform = transforms_[node];
    const glm::vec3 place = node_places_[node], target = place + transform.shift_m;
    float* const row = node_table_.data() + node * kNodeRow;
    for (int k = 0; k < 4; ++k) row[k] = transform.rotation_xyzw[k];
    for (int k = 0; k < 3; ++k) row[4 + k] = place[k];
    for (int k = 0; k < 3; ++k) row[7 + k] = target[k];
  }
  cloud.sh_degree = parameters_.sh_degree;
  cloud.resize(parameters_.splat_count);
  const size_t blocks = (parameters_.splat_count + kBlockSplats - 1) / kBlockSplats;
  pool_.parallel_for(blocks, kGrainBlocks, [&](size_t begin, size_t end) {
    for (size_t block = begin; block < end; ++block) decode_block(lossy, block, cloud);
  });
}

void GroupDequantizer::decode_block(const Picture420& lossy, size_t block, SplatCloud& cloud) const {
  const size_t first = block * kBlockSplats, count = std::min(kBlockSplats, parameters_.splat_count - first);
  BlockValues values;
  std::array<uint8_t, kBlockSplats> codes{};
  for (size_t scalar = 0; scalar < tiles_.size(); ++scalar) {
    tiles_[scalar].read(lossy, block, codes);
    for (size_t i = 0; i < kBlockSplats; ++i) values.scalars[scalar][i] = values_[scalar][codes[i]];
  }
  const size_t padded = (count + kSplatLanes - 1) / kSplatLanes * kSplatLanes;
  alignas(64) float positions[3 * kBlockSplats], rotations[4 * kBlockSplats];
  move_splats(splats_, node_table_.data(), first, padded,
              {values.triple(SplatScalar::kRestX), values.triple(SplatScalar::kRotationX), positions, rotations});
  std::copy_n(positions, 3 * count, &cloud.positions[first].x);
  std::copy_n(rotations, 4 * count, &cloud.rotations_xyzw[first].x);
  write_looks(values, first, count, cloud);
}

}  // namespace diorama
