#include "reconstruction/splats/splat_model.h"

#include "engine/base/error.h"

#include <algorithm>
#include <cmath>

namespace diorama {

SplatModel::SplatModel(const SplatCloud& cloud) {
  resize({.sh_degree = cloud.sh_degree}, cloud.size());
  records = records_from_cloud(cloud);
}

float SplatModel::opacity(size_t splat) const {
  return 1 / (1 + std::exp(-records[splat * stride() + SplatLayout::kOpacity]));
}

void SplatModel::forget_motion(size_t splat) {
  const auto begin = static_cast<ptrdiff_t>(splat * stride()), length = static_cast<ptrdiff_t>(stride());
  std::fill_n(first_moments.begin() + begin, length, 0.0f);
  std::fill_n(second_moments.begin() + begin, length, 0.0f);
  history[splat] = {};
}

size_t SplatModel::append_copy(size_t source) {
  const size_t splat = count();
  const size_t floats = (splat + 1) * stride();
  records.resize(floats);
  first_moments.resize(floats, 0.0f);
  second_moments.resize(floats, 0.0f);
  history.emplace_back();
  overwrite(splat, source);
  return splat;
}

void SplatModel::overwrite(size_t splat, size_t source) {
  std::ranges::copy(std::as_const(*this).record(source), record(splat).begin());
}

void SplatModel::remove(std::span<const uint8_t> gone) {
  DIO_CHECK(gone.size() == count());
  size_t kept = 0;
  for (size_t i = 0; i < gone.size(); ++i) {
    if (gone[i]) continue;
    if (kept != i) {
      for (AlignedVector<float>* const array : {&records, &first_moments, &second_moments}) {
        std::copy_n(array->data() + i * stride(), stride(), array->data() + kept * stride());
      }
      history[kept] = history[i];
    }
    ++kept;
  }
  for (AlignedVector<float>* const array : {&records, &first_moments, &second_moments}) array->resize(kept * stride());
  history.resize(kept);
}

void SplatModel::reserve(size_t count) {
  for (AlignedVector<float>* const array : {&records, &first_moments, &second_moments})
    array->reserve(count * stride());
  history.reserve(count);
}

size_t SplatModel::memory_bytes() const {
  return count() * (3 * stride() * sizeof(float) + sizeof(SplatHistory));
}

void SplatModel::resize(SplatLayout layout, size_t count) {
  layout_ = layout;
  for (AlignedVector<float>* const array : {&records, &first_moments, &second_moments}) {
    array->assign(count * stride(), 0.0f);
  }
  history.assign(count, {});
}

}  // namespace diorama
